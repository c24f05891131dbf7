#include "image/disk_sign.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "explain/platform_registers.h"
#include "formats/fat.h"
#include "formats/gpt.h"
#include "image/artifacts.h"
#include "image/disk_raw.h"
#include "image/disk_vhd.h"
#include "image/esp_fat.h"
#include "image/manifest.h"
#include "image/release_sign.h"
#include "measure/measure.h"
#include "measure/measurement_report.h"

enum {
	FILE_RAW,
	FILE_VHD,
	FILE_POLICY,
	FILE_EFI,
	FILE_MEASUREMENTS,
	FILE_MANIFEST,
	FILES,
};

/* Everything of one signing. */
struct signing {
	const struct disk_sign_options *options;
	struct artifacts artifacts;
	struct string_list names; /* of the files above */
	struct file_map raw;
	struct span esp; /* of raw */
	uint64_t esp_offset;
	struct measurement before;
	struct signed_policies policies; /* of platforms, then of old disks */
	size_t platforms_n;
	struct buffer platforms; /* what the logs say, for people */
	struct buffer policy;	 /* the new text */
	uint16_t epoch;
	struct disk_raw new_raw;
	struct disk_vhd new_vhd;
};

static void signing_release(struct signing *s)
{
	artifacts_release(&s->artifacts);
	string_list_release(&s->names);
	file_map_release(&s->raw);
	measurement_release(&s->before);
	buffer_release(&s->policy);
	buffer_release(&s->platforms);
	disk_raw_release(&s->new_raw);
}

static char *old_path(const struct signing *s, unsigned file)
{
	return path_join(s->artifacts.path, s->names.items[file]);
}

static char *new_path(const struct signing *s, unsigned file)
{
	return path_join(s->artifacts.temporary, s->names.items[file]);
}

static int name_files(struct signing *s, struct error **err)
{
	static const char *const suffixes[] = {".raw", ".vhd", ".policy", ".efi"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char *name = string_printf("%s%s", s->options->image, suffixes[i]);

		if (!name || string_list_take(&s->names, name) < 0)
			return error_oom(err);
	}
	return string_list_add(&s->names, "measurements.json") < 0 ||
			       string_list_add(&s->names, "manifest.json") < 0
		       ? error_oom(err)
		       : 0;
}

static int open_artefacts(struct signing *s, struct error **err)
{
	const struct disk_sign_options *o = s->options;
	_cleanup_free_ char *folder = string_printf("%s%s", o->image, o->debug ? "-debug" : "");
	_cleanup_free_ char *manifest =
		folder ? string_printf("%s/%s/manifest.json", o->artifacts, folder) : NULL;

	if (!manifest)
		return error_oom(err);
	if (!path_exists(manifest))
		return error_set(err, -ENOENT, "no '%s': run 'tdnode build %s%s' first", manifest,
				 o->image, o->debug ? " --debug" : "");

	int r = name_files(s, err);

	return r < 0 ? r : artifacts_open(o->artifacts, folder, &s->artifacts, err);
}

/* Only the key whose public half the image holds can open a disk for it. */
static int check_key(const struct signing *s, struct error **err)
{
	_cleanup_free_ char *manifest = old_path(s, FILE_MANIFEST);
	struct tpm_name wanted, given;
	bool has = false;
	int r = manifest ? manifest_read_policy_key(manifest, &has, &wanted, err) : error_oom(err);

	if (r >= 0)
		r = tpm_policy_key_name(s->options->public_key, &given, err);
	if (r < 0)
		return r;
	if (!has)
		return error_set(
			err, -ERROR_REFUSED,
			"image '%s' holds no policy key: name its public key with PolicyKey= in "
			"[Disk] of the recipe, and build it again",
			s->options->image);
	if (memcmp(wanted.bytes, given.bytes, TPM_NAME_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED,
				 "image '%s' holds the public half of another key",
				 s->options->image);
	return 0;
}

/* What somebody else put into the folder is not signed. */
static int check_digest(const struct signing *s, struct error **err)
{
	_cleanup_free_ char *manifest = old_path(s, FILE_MANIFEST), *raw = old_path(s, FILE_RAW);
	struct digest expected, actual;
	int r = manifest && raw
			? manifest_read_digest(manifest, s->names.items[FILE_RAW], &expected, err)
			: error_oom(err);

	if (r >= 0)
		r = digest_file(raw, DIGEST_SHA256, &actual, NULL, err);
	if (r < 0)
		return r;
	if (!digest_equal(&expected, &actual))
		return error_set(err, -ERROR_REFUSED,
				 "%s is not the disk that manifest.json names: build it again",
				 raw);
	return 0;
}

static int measure(struct signing *s, struct error **err)
{
	_cleanup_free_ char *raw = old_path(s, FILE_RAW);
	int r = raw ? measure_file(raw, NULL, &s->before, err) : error_oom(err);

	return r < 0 ? r : measurement_require(&s->before, err);
}

static void put_pcr(struct tpm_pcrs *pcrs, unsigned pcr, const struct digest *d)
{
	memcpy(pcrs->values[tpm_policy_index(pcr)], d->bytes, TPM_DIGEST_SIZE);
}

/* The registers of the image on a machine with the variables of Secure Boot in `log`. */
static int predict(const struct signing *s, const char *log,
		   const struct platform_registers *platform, struct tpm_pcrs *ret,
		   struct error **err)
{
	const struct measure_options options = {
		.banks = 1u << EVENT_SHA256,
		.registers_only = true,
		.inputs.machine.log = log,
	};
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_free_ char *raw = old_path(s, FILE_RAW);
	int r = raw ? measure_file(raw, &options, &m, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < TPM_POLICY_PCRS; i++) {
		unsigned pcr = tpm_policy_pcrs[i];

		if (pcr < PLATFORM_REGISTERS)
			continue;
		if (!m.banks[EVENT_SHA256].known[pcr])
			return error_set(err, -ERROR_REFUSED,
					 "PCR %u cannot be predicted for the machine of '%s'", pcr,
					 log);
		put_pcr(ret, pcr, &m.banks[EVENT_SHA256].registers[pcr]);
	}
	/* With Secure Boot the register has what let another image start, too. */
	if (r >= 0 && !m.secure_boot &&
	    !digest_equal(&m.banks[EVENT_SHA256].registers[7], &platform->secure_boot))
		return error_set(err, -ERROR_REFUSED,
				 "%s: PCR 7 is not what its variables of Secure Boot give", log);
	return r;
}

/* The registers of the image on the platform of a log. */
static int take_platform(struct signing *s, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(FIRMWARE_LOG_MAX);
	struct tpm_pcrs *pcrs = &s->policies.items[s->policies.n].pcrs;
	struct platform_registers platform;
	int r = file_read(path, FIRMWARE_LOG_MAX, &bytes, err);

	buffer_printf(&s->platforms, "%s\n", path);
	if (r >= 0)
		r = platform_registers_read(path, buffer_span(&bytes),
					    s->options->accept_drivers ? PLATFORM_DRIVERS_ACCEPTED
								       : PLATFORM_DRIVERS_REFUSED,
					    &platform, &s->platforms, err);
	if (r >= 0)
		r = predict(s, path, &platform, pcrs, err);
	if (r < 0)
		return r;
	for (unsigned pcr = 0; pcr < PLATFORM_REGISTERS; pcr++)
		put_pcr(pcrs, pcr, &platform.registers[pcr]);
	for (size_t i = 0; i < s->policies.n; i++) {
		if (memcmp(&s->policies.items[i].pcrs, pcrs, sizeof(*pcrs)) == 0)
			return 0; /* the same platform again */
	}
	s->policies.n++;
	return 0;
}

static int find_esp(struct signing *s, struct error **err)
{
	_cleanup_free_ char *path = old_path(s, FILE_RAW);
	const struct gpt_entry *e;
	struct guid type;
	struct gpt gpt;
	uint64_t size;
	int r = path ? file_map(path, &s->raw, err) : error_oom(err);

	if (r >= 0)
		r = gpt_parse_disk(s->raw.data, &gpt, err);
	if (r < 0)
		return r;
	e = guid_parse(GPT_TYPE_ESP, &type) ? gpt_find_type(&gpt, &type) : NULL;
	if (!e)
		return error_set(err, -ERROR_MALFORMED, "%s: no EFI system partition", path);
	gpt_entry_range(e, &s->esp_offset, &size);
	if (!span_slice(s->raw.data, s->esp_offset, size, &s->esp))
		return error_set(err, -ERROR_MALFORMED, "%s: the EFI system partition lies outside",
				 path);
	return 0;
}

/* The text of the policy that the disk carries; empty if there is none. */
static int read_old_policy(const struct signing *s, struct buffer *ret, struct error **err)
{
	struct fat_file file;
	struct fat fat;
	int r = fat_open(s->esp, &fat, err);

	if (r < 0)
		return r;
	r = fat_find(&fat, SIGNED_POLICY_PATH, &file, NULL);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_set(err, r, "cannot find '%s'", SIGNED_POLICY_PATH)
		     : fat_read(&fat, &file, ret, err);
}

/* A section that the key must have signed, for this image. */
static int check_section(const struct signing *s, const struct signed_policy *p, struct error **err)
{
	const struct bank *predicted = &s->before.banks[EVENT_SHA256];
	int r = signed_policy_verify(p, s->options->public_key, err);

	for (size_t k = 0; r >= 0 && k < TPM_POLICY_PCRS; k++) {
		unsigned pcr = tpm_policy_pcrs[k];

		/* Secure Boot changes PCR 4 and 7 of a platform. */
		if (pcr >= 9 && memcmp(p->pcrs.values[k], predicted->registers[pcr].bytes,
				       TPM_DIGEST_SIZE) != 0)
			return error_set(err, -ERROR_REFUSED, "PCR %u is not that of this image",
					 pcr);
	}
	return r;
}

/* Appends the sections of a kind. Their text is not trusted: each is checked. */
static int take_over(struct signing *s, const char *name, const struct signed_policies *from,
		     enum signed_policy_kind kind, struct error **err)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct signed_policy *p = &from->items[i];
		int r;

		if (p->kind != kind)
			continue;
		r = check_section(s, p, err);
		if (r < 0)
			return error_wrap(err, r, "%s, section %zu", name, i + 1);
		s->policies.items[s->policies.n++] = *p;
	}
	return 0;
}

/* Platforms and epoch of the policy that the disk carries, unless options say others. */
static int choose_platforms(struct signing *s, const struct signed_policies *old,
			    struct error **err)
{
	const struct string_list *logs = &s->options->platform_logs;
	bool needed = !s->options->epoch || logs->n == 0;
	int r = needed ? take_over(s, SIGNED_POLICY_PATH, old, SIGNED_POLICY, err) : 0;

	if (r < 0)
		return r;
	s->epoch = s->options->epoch ? s->options->epoch
		   : s->policies.n   ? s->policies.items[0].epoch
				     : 0;
	if (!s->epoch)
		return error_set(
			err, -ERROR_USAGE,
			"the image was not signed before: say with --epoch N which epoch it "
			"belongs to, 1 for the first");
	if (logs->n > SIGNED_POLICIES_MAX)
		return error_set(err, -ERROR_USAGE, "more than %d platforms", SIGNED_POLICIES_MAX);
	if (logs->n == 0 && s->policies.n == 0)
		return error_set(
			err, -ERROR_USAGE,
			"on which platforms may the image run? Give --platform-log FILE, the "
			"firmware's log of a good boot on each ('tdnode log-events --raw')");
	if (logs->n)
		s->policies.n = 0;
	for (size_t i = 0; r >= 0 && i < logs->n; i++)
		r = take_platform(s, logs->items[i], err);
	return r;
}

/* Whether an image of this key sealed it, and the name of its secret. */
static int check_old_disk(const struct signing *s, const struct disk_sign_old_disk *d,
			  struct tpm_name *ret, struct error **err)
{
	const struct rsa_public *key = s->options->public_key;
	struct signed_policy sealed_by = {
		.kind = SIGNED_POLICY_FEW,
		.pcrs = d->token.pcrs,
		.epoch = d->token.epoch,
		.signature_size = d->token.signature_size,
	};
	struct digest sealed_to;
	int r = tpm_policy_key_name(key, &sealed_by.key, err);

	if (r < 0)
		return r;
	if (d->token.version != LUKS2_TPM_TOKEN_VERSION_FEW)
		return error_set(err, -ERROR_REFUSED,
				 "it is sealed to all registers: it needs no permission");
	if (d->token.binding != LUKS2_BINDING_AUTHORIZE)
		return error_set(err, -ERROR_REFUSED,
				 "it is bound to no policy key: only recovery opens it");
	memcpy(sealed_by.signature, d->token.signature, d->token.signature_size);
	r = signed_policy_verify(&sealed_by, key, err);
	if (r < 0)
		return error_wrap(err, r, "no image of this key sealed it");
	if (s->epoch <= d->token.epoch)
		return error_set(err, -ERROR_USAGE,
				 "it is sealed under the epoch %u: --epoch must be above all that "
				 "older versions of tdnode signed",
				 d->token.epoch);
	sealed_to = tpm_disk_authorize_policy(&sealed_by.key, signed_policy_ref(SIGNED_POLICY_FEW));
	return tpm_sealed_name(SPAN(d->token.public, d->token.public_size), &sealed_to, ret, err);
}

/* A section for each platform. */
static int add_old_disk(struct signing *s, const struct disk_sign_old_disk *d, struct error **err)
{
	struct tpm_name object;
	int r = check_old_disk(s, d, &object, err);

	if (r < 0)
		return error_wrap(err, r, "%s", d->path);
	for (size_t i = 0; i < s->platforms_n; i++) {
		const struct tpm_pcrs *pcrs = &s->policies.items[i].pcrs;

		if (signed_policy_find_old_disk(&s->policies, pcrs, &object))
			continue;
		if (s->policies.n == SIGNED_POLICIES_MAX)
			return error_set(err, -ERROR_USAGE,
					 "%s: more than %d platforms and old disks on each",
					 d->path, SIGNED_POLICIES_MAX);
		s->policies.items[s->policies.n++] = (struct signed_policy){
			.kind = SIGNED_POLICY_OLD_DISK, .pcrs = *pcrs, .object = object};
	}
	return 0;
}

/* What is to be signed, with the private key. */
static int sign_policy(struct signing *s, struct span text, struct error **err)
{
	_cleanup_free_ struct signed_policies *old = calloc(1, sizeof(*old));
	int r = !old	 ? error_oom(err)
		: text.n ? signed_policy_parse(SIGNED_POLICY_PATH, text, old, err)
			 : 0;

	if (r >= 0)
		r = choose_platforms(s, old, err);
	s->platforms_n = s->policies.n;
	for (size_t i = 0; r >= 0 && i < s->options->old_disks_n; i++)
		r = add_old_disk(s, &s->options->old_disks[i], err);
	for (size_t i = 0; r >= 0 && i < s->policies.n; i++) {
		struct signed_policy *p = &s->policies.items[i];

		/* The counter that the first opening raises to the epoch ends it. */
		p->epoch = (uint16_t)(s->epoch - (p->kind == SIGNED_POLICY_OLD_DISK));
		r = signed_policy_sign(p, s->options->key, err);
	}
	return r;
}

/* What was signed before, of another copy of this image. */
static int take_policy(struct signing *s, const char *path, struct error **err)
{
	_cleanup_free_ struct signed_policies *from = calloc(1, sizeof(*from));
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SIGNED_POLICY_MAX);
	int r = from ? file_read(path, SIGNED_POLICY_MAX, &text, err) : error_oom(err);

	if (r >= 0)
		r = signed_policy_parse(path, buffer_span(&text), from, err);
	if (r >= 0)
		r = take_over(s, path, from, SIGNED_POLICY, err);
	s->platforms_n = s->policies.n;
	if (r >= 0)
		r = take_over(s, path, from, SIGNED_POLICY_OLD_DISK, err);
	if (r >= 0)
		s->epoch = s->policies.items[0].epoch;
	return r;
}

static int make_policy(struct signing *s, struct span old, struct error **err)
{
	int r = s->options->from ? take_policy(s, s->options->from, err) : sign_policy(s, old, err);

	if (r < 0)
		return r;
	signed_policy_write(&s->policies, &s->policy);
	return buffer_ok(&s->policy) ? 0 : error_oom(err);
}

/* The new partition must be the old one with a file more: firmware reads it the same way. */
static int check_plan(const struct signing *s, const struct esp_fat *plan, struct error **err)
{
	struct span boot = buffer_span(&plan->volume.boot_region);
	struct fat_file file;
	struct span uki;
	struct fat fat;
	int r = fat_open(s->esp, &fat, err);

	if (r >= 0)
		r = fat_find(&fat, ESP_BOOT_FILE, &file, err);
	if (r < 0)
		return r;
	if (!fat_map(&fat, &file, &uki))
		return error_set(err, -ERROR_MALFORMED, "'%s' is not in one piece", ESP_BOOT_FILE);

	struct digest d = digest_bytes(DIGEST_SHA256, uki);

	if (!digest_equal(&d, &plan->uki_sha256))
		return error_set(err, -ERROR_REFUSED, "%s is not the image on the disk",
				 s->names.items[FILE_EFI]);
	if (boot.n < FAT_SECTOR_SIZE || s->esp.n < FAT_SECTOR_SIZE ||
	    memcmp(boot.p, s->esp.p, FAT_SECTOR_SIZE) != 0)
		return error_set(
			err, -ERROR_REFUSED,
			"the EFI system partition is not one that this program made: build "
			"the image again");
	return 0;
}

static int write_raw(struct signing *s, const struct esp_fat *plan, struct error **err)
{
	_cleanup_free_ char *path = new_path(s, FILE_RAW);
	_cleanup_(pieces_release) struct pieces disk = {.size = s->raw.data.n};
	size_t behind = (size_t)s->esp_offset + s->esp.n;
	int r = path ? pieces_add_bytes(&disk, 0, SPAN(s->raw.data.p, s->esp_offset), err)
		     : error_oom(err);

	if (r >= 0)
		r = esp_fat_put(plan, s->esp_offset, &disk, err);
	if (r >= 0)
		r = pieces_add_bytes(&disk, behind, span_skip(s->raw.data, behind), err);
	if (r >= 0)
		r = pieces_sort(&disk, err);
	return r < 0 ? r : disk_raw_write_pieces(&disk, path, &s->new_raw, err);
}

static int write_disks(struct signing *s, struct error **err)
{
	_cleanup_free_ char *uki = old_path(s, FILE_EFI);
	_cleanup_free_ char *raw = new_path(s, FILE_RAW), *vhd = new_path(s, FILE_VHD);
	_cleanup_(esp_fat_release) struct esp_fat plan = {0};
	int r = uki && raw && vhd ? esp_fat_plan_signed(uki, buffer_span(&s->policy), s->esp.n,
							(uint32_t)(s->esp_offset / GPT_SECTOR_SIZE),
							&plan, err)
				  : error_oom(err);

	if (r >= 0)
		r = check_plan(s, &plan, err);
	if (r >= 0)
		r = write_raw(s, &plan, err);
	if (r >= 0)
		r = disk_vhd_write(raw, &s->new_raw, vhd, &s->new_vhd, err);
	return r;
}

/* Signing changes no register: seen before anybody else sees the disk. */
static int compare(const struct measurement *a, const struct measurement *b, struct error **err)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
			if (a->banks[i].known[pcr] != b->banks[i].known[pcr] ||
			    memcmp(a->banks[i].registers[pcr].bytes,
				   b->banks[i].registers[pcr].bytes, DIGEST_MAX) != 0)
				return error_set(err, -EIO, "signing would change PCR %u", pcr);
		}
	}
	return 0;
}

static int write_measurements(const struct signing *s, struct error **err)
{
	_cleanup_free_ char *raw = new_path(s, FILE_RAW), *path = new_path(s, FILE_MEASUREMENTS);
	_cleanup_(measurement_release) struct measurement after = {0};
	_cleanup_(buffer_release) struct buffer json = BUFFER_INIT(REPORT_MAX);
	int r = raw && path ? measure_file(raw, NULL, &after, err) : error_oom(err);

	if (r >= 0)
		r = compare(&s->before, &after, err);
	if (r >= 0)
		r = measurement_json(&after, &json, err);
	return r < 0 ? r : file_write(path, buffer_span(&json), err);
}

static int write_texts(const struct signing *s, struct error **err)
{
	const struct manifest_artefact artefacts[] = {
		{s->names.items[FILE_RAW], s->new_raw.size, s->new_raw.sha256},
		{s->names.items[FILE_VHD], s->new_vhd.size, s->new_vhd.sha256},
		{s->names.items[FILE_POLICY], s->policy.n,
		 digest_bytes(DIGEST_SHA256, buffer_span(&s->policy))},
	};
	_cleanup_(buffer_release) struct buffer manifest = BUFFER_INIT(MANIFEST_MAX);
	_cleanup_free_ char *policy = new_path(s, FILE_POLICY);
	_cleanup_free_ char *from = old_path(s, FILE_MANIFEST), *to = new_path(s, FILE_MANIFEST);
	int r = policy && from && to ? file_write(policy, buffer_span(&s->policy), err)
				     : error_oom(err);

	if (r >= 0)
		r = write_measurements(s, err);
	if (r >= 0)
		r = manifest_replace(from, artefacts, ARRAY_SIZE(artefacts), &manifest, err);
	return r < 0 ? r : file_write(to, buffer_span(&manifest), err);
}

static int replace(struct signing *s, struct error **err)
{
	static const unsigned written[] = {FILE_RAW, FILE_VHD, FILE_POLICY, FILE_MEASUREMENTS,
					   FILE_MANIFEST};
	_cleanup_(string_list_release) struct string_list except = {0};
	/* A key that no build has: the next one makes the image anew. */
	struct digest key = {.algorithm = DIGEST_SHA256};
	int r;

	artifacts_key(&s->artifacts, &key);
	r = artifacts_begin(&s->artifacts, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(written); i++) {
		if (string_list_add(&except, s->names.items[written[i]]) < 0)
			r = error_oom(err);
	}
	/* A signature of the release is one over other bytes. */
	if (r >= 0 && (string_list_add(&except, RELEASE_SUMS) < 0 ||
		       string_list_add(&except, RELEASE_SIGNATURE) < 0))
		r = error_oom(err);
	if (r >= 0)
		r = artifacts_keep(&s->artifacts, &except, err);
	if (r >= 0)
		r = write_disks(s, err);
	if (r >= 0)
		r = write_texts(s, err);
	return r < 0 ? r : artifacts_commit(&s->artifacts, &key, err);
}

static int sign(struct signing *s, struct disk_sign_result *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer old = BUFFER_INIT(SIGNED_POLICY_MAX);
	struct disk_sign_result result = {0};
	int r = open_artefacts(s, err);

	if (r >= 0)
		r = check_key(s, err);
	if (r >= 0)
		r = check_digest(s, err);
	if (r >= 0)
		r = measure(s, err);
	if (r >= 0)
		r = find_esp(s, err);
	if (r >= 0)
		r = read_old_policy(s, &old, err);
	if (r >= 0)
		r = make_policy(s, buffer_span(&old), err);
	if (r < 0)
		return r;
	result.current = span_equal(buffer_span(&old), buffer_span(&s->policy));
	result.epoch = s->epoch;
	result.policies = s->policies;
	result.platforms_n = s->platforms_n;
	result.directory = strdup(s->artifacts.path);
	result.platforms = buffer_steal_text(&s->platforms);
	if (!result.directory || !result.platforms)
		r = error_oom(err);
	if (r >= 0 && !result.current)
		r = replace(s, err);
	if (r < 0) {
		disk_sign_result_release(&result);
		return r;
	}
	result.raw_sha256 = result.current ? s->before.digest : s->new_raw.sha256;
	*ret = result;
	return 0;
}

int disk_sign(const struct disk_sign_options *options, struct disk_sign_result *ret,
	      struct error **err)
{
	_cleanup_(signing_release) struct signing s = {
		.options = options,
		.artifacts = ARTIFACTS_INIT,
		.policy = BUFFER_INIT(SIGNED_POLICY_MAX),
		.platforms = BUFFER_INIT(PLATFORM_TEXT_MAX),
	};

	return sign(&s, ret, err);
}

void disk_sign_result_release(struct disk_sign_result *r)
{
	free(r->directory);
	free(r->platforms);
	*r = (struct disk_sign_result){0};
}
