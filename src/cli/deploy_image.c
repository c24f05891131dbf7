#include "cli/deploy_image.h"

#include <errno.h>

#include "base/file.h"
#include "base/progress.h"
#include "crypto/digest.h"
#include "formats/vhd.h"
#include "image/manifest.h"
#include "measure/bank.h"
#include "measure/measure.h"

/* Of Azure: as base64. */
#define USER_DATA_MAX (64u << 10)
/* Of an image definition. */
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

void deploy_image_parts_release(struct deploy_image_parts *p)
{
	free(p->name);
	free(p->user_data);
	*p = (struct deploy_image_parts){0};
}

static int check_footer(const char *path, uint64_t *ret_size, struct error **err)
{
	_cleanup_close_ int fd = -1;
	uint8_t bytes[VHD_FOOTER_SIZE];
	struct vhd_footer footer;
	uint64_t size;
	int r = file_open(path, &fd, &size, err);

	if (r < 0)
		return r;
	if (size <= VHD_FOOTER_SIZE ||
	    pread(fd, bytes, sizeof bytes, (off_t)(size - sizeof bytes)) != sizeof bytes)
		return error_set(err, -ERROR_MALFORMED, "%s: no fixed VHD", path);
	r = vhd_parse(SPAN(bytes, sizeof bytes), size - sizeof bytes, &footer, err);
	if (r >= 0 && footer.current_size % VHD_ALIGNMENT)
		r = error_set(err, -ERROR_MALFORMED,
			      "the disk is no whole number of MiB: Azure does not take it");
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret_size = size;
	return 0;
}

/* What the build wrote beside it, if it is there, is of these bytes. */
static int check_manifest(const char *path, const struct digest *digest, struct progress *progress,
			  struct error **err)
{
	const char *base = path_basename(path);
	_cleanup_free_ char *manifest =
		string_printf("%.*smanifest.json", (int)(base - path), path);
	struct digest wanted;
	int r;

	if (!manifest)
		return error_oom(err);
	if (!path_exists(manifest)) {
		progress_note(progress, "%s: no manifest.json beside it to hold it against", path);
		return 0;
	}
	r = manifest_read_digest(manifest, base, &wanted, err);
	if (r < 0)
		return error_wrap(err, r, "%s", manifest);
	if (!digest_equal(&wanted, digest))
		return error_set(err, -ERROR_REFUSED, "%s is not what %s says: build it again",
				 path, manifest);
	return 0;
}

static bool is_key(const struct config *c, const char *name, const char *value)
{
	const char *set = config_get(c, name);

	return set && string_equal(set, value);
}

static int take_configuration(const struct measurement *m, struct deploy_settings *s,
			      struct deploy_image_parts *parts, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_MAX);
	const struct config *c = &m->configuration->config;

	for (size_t i = 0; i < EVENT_BANKS; i++) {
		const struct bank *b = &m->banks[i];

		if (b->algorithm != DIGEST_SHA256 || !b->known[PCR_CONFIGURATION])
			continue;
		parts->has_pcr_8 = true;
		parts->pcr_8 = b->registers[PCR_CONFIGURATION];
	}
	s->image.recovers = m->configuration->recovers;
	s->ports.attest = config_get(c, "RPC");
	s->ports.rpc = is_key(c, "RPC", "public");
	s->ports.metrics = is_key(c, "METRICS", "public");
	config_difference(c, &text);
	if (!buffer_ok(&text))
		return error_set(err, -EMSGSIZE, "the configuration is too long for Azure");
	if (!text.n)
		return 0;
	parts->user_data = base64_string(buffer_span(&text));
	if (!parts->user_data)
		return error_oom(err);
	if (strlen(parts->user_data) > USER_DATA_MAX)
		return error_set(err, -EMSGSIZE,
				 "the configuration is too long for Azure: %zu "
				 "bytes as base64, not %u",
				 strlen(parts->user_data), USER_DATA_MAX);
	s->user_data = parts->user_data;
	return 0;
}

static int read_configuration(const struct deploy_options *o, struct progress *progress,
			      struct deploy_settings *s, struct deploy_image_parts *parts,
			      struct error **err)
{
	const bool given = o->config || o->config_set.n;
	const struct measure_options wanted = {
		.inputs = {.config = o->config,
			   .config_set = o->config_set.n ? &o->config_set : NULL},
		.banks = 1u << EVENT_SHA256,
		.registers_only = true,
	};
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_error_ struct error *why = NULL;
	int r = measure_file(o->image, &wanted, &m, &why);

	s->ports.peers = true;
	if (r < 0 && given)
		return error_move(err, r, &why);
	if (r < 0) {
		progress_note(progress,
			      "%s: no image of tdnode (%s): only the ports of peers are "
			      "opened",
			      o->image, error_message(why));
		s->ports.ssh = s->allowed_ip;
		return 0;
	}
	s->ports.ssh = m.debug && s->allowed_ip;
	if (m.configuration)
		return take_configuration(&m, s, parts, err);
	if (given)
		return error_set(err, -EINVAL, "%s: the image takes no configuration", o->image);
	return 0;
}

int deploy_image_read(const struct deploy_options *o, struct progress *progress,
		      struct deploy_settings *s, struct deploy_image_parts *parts,
		      struct error **err)
{
	const char *base = path_basename(o->image);
	struct digest digest;
	int r = check_footer(o->image, &s->image.size, err);

	if (r < 0)
		return r;
	progress_begin(progress, "read the image", 0, false);
	r = digest_file(o->image, DIGEST_SHA256, &digest, NULL, err);
	progress_end(progress, NULL);
	if (r >= 0)
		r = check_manifest(o->image, &digest, progress, err);
	if (r >= 0)
		r = read_configuration(o, progress, s, parts, err);
	if (r < 0)
		return r;
	parts->name = string_printf(
		"%.*s", (int)(strlen(base) - (string_ends(base, ".vhd") ? 4 : 0)), base);
	if (!parts->name)
		return error_oom(err);
	if (!parts->name[0] || parts->name[strspn(parts->name, NAME_CHARACTERS)])
		return error_set(
			err, -ERROR_USAGE,
			"%s: an image is called by its file, and '%s' is no name that Azure "
			"takes for one",
			o->image, parts->name);
	s->image.path = o->image;
	s->image.name = parts->name;
	digest_hex(&digest, s->image.sha256);
	return 0;
}
