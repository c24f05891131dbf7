/*
 * What the stub makes of the files beside the image: archives for the initrd, and addons.
 */
#include <errno.h>

#include "measure/boot.h"

struct archive_rule {
	enum companion_kind kind;
	const char *folder;
	unsigned folder_mode;
	unsigned file_mode;
};

static const struct archive_rule archive_rules[BOOT_ARCHIVES] = {
	[ARCHIVE_CREDENTIALS] = {COMPANION_CREDENTIAL, ".extra/credentials", 0500, 0400},
	[ARCHIVE_GLOBAL_CREDENTIALS] = {COMPANION_GLOBAL_CREDENTIAL, ".extra/global_credentials",
					0500, 0400},
	[ARCHIVE_SYSEXTS] = {COMPANION_SYSEXT, ".extra/sysext", 0555, 0444},
	[ARCHIVE_CONFEXTS] = {COMPANION_CONFEXT, ".extra/confext", 0555, 0444},
};

/* Stubs that do not know configuration extensions take them for system extensions. */
static enum companion_kind kind_for(const struct boot *b, const struct companion *s)
{
	return s->kind == COMPANION_CONFEXT && !b->uki->stub->confext ? COMPANION_SYSEXT : s->kind;
}

static int by_name(const void *a, const void *b)
{
	const struct uki_archive_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int make_archive(struct boot *b, enum boot_archive archive, struct error **err)
{
	const struct archive_rule *rule = &archive_rules[archive];
	const struct companion_list *l = b->files.companions;
	struct uki_archive_file files[COMPANIONS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct companion *s = &l->items[i];

		if (kind_for(b, s) == rule->kind)
			files[n++] = (struct uki_archive_file){s->name, buffer_span(&s->content),
							       s->content.n};
	}
	if (n == 0)
		return 0;
	qsort(files, n, sizeof(*files), by_name);
	/* Headers and padding of the most files there can be. */
	b->archives[archive] =
		(struct buffer)BUFFER_INIT(COMPANIONS_SIZE_MAX + COMPANIONS_MAX * 512u);
	uki_archive(rule->folder, rule->folder_mode, rule->file_mode, files, n,
		    &b->archives[archive]);
	return buffer_ok(&b->archives[archive]) ? 0 : error_oom(err);
}

/* As strncmp(): the image's name ends at its first NUL, the addon's also at its section's end. */
static bool same_uname(struct span image, struct span addon)
{
	for (size_t i = 0; i < addon.n; i++) {
		uint8_t a = i < image.n ? image.p[i] : 0;

		if (a != addon.p[i])
			return false;
		if (a == 0)
			return true;
	}
	return true;
}

static bool is_used(const struct boot *b, const struct uki *addon)
{
	const struct pe_section *image = uki_section(b->uki, ".uname", b->profile);
	const struct pe_section *own = uki_section(addon, ".uname", 0);

	if (uki_section(addon, ".linux", 0))
		return false;
	return !image || !own ||
	       same_uname(pe_section_data(&b->uki->pe, image), pe_section_data(&addon->pe, own));
}

const struct pe_section *addon_section(const struct addon *a, const char *name)
{
	return a->used ? uki_section(&a->uki, name, 0) : NULL;
}

/*
 * Whether firmware loads an addon while Secure Boot is on. The stub passes over one that is refused.
 */
static bool is_allowed(struct boot *b, struct addon *a)
{
	_cleanup_error_ struct error *e = NULL;
	const char *why = "the variables that decide were not given";
	bool known = b->secure.source != SECURE_UNKNOWN && b->secure.source != SECURE_EMPTY;
	int r = known ? secure_boot_authority(&b->secure, &a->uki.pe, &a->authority, &e)
		      : -ERROR_UNPREDICTABLE;

	if (r == -ENOMEM)
		b->reasons.failed = true;
	if (r != -ERROR_UNPREDICTABLE)
		return r >= 0;
	reasons_add(&b->reasons,
		    REGISTERS_OF_STUB | REGISTER_BIT(PCR_SECURE_BOOT_POLICY) |
			    REGISTER_BIT(REGISTER_RTMR0),
		    known,
		    "with Secure Boot it depends on its signature whether addon '%s' is loaded: %s",
		    a->name, known ? error_message(e) : why);
	return true;
}

static int take_addon(struct boot *b, const struct companion *s, struct error **err)
{
	struct addon *a = &b->addons[b->n_addons];
	int r = pe_parse(buffer_span(&s->content), &a->uki.pe, err);

	if (r < 0)
		return error_wrap(err, r, "addon '%s'", s->name);
	a->name = s->name;
	a->global = s->kind == COMPANION_GLOBAL_ADDON;
	a->uki.stub = b->uki->stub;
	a->used = is_used(b, &a->uki);
	if (b->options.secure_boot && !is_allowed(b, a)) {
		*a = (struct addon){0};
		return 0;
	}
	b->n_addons++;
	if (addon_section(a, ".dtb") || addon_section(a, ".dtbauto"))
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_CONFIG), true,
			    "addon '%s' has a device tree: whether it is installed depends on the "
			    "firmware",
			    s->name);
	return 0;
}

static int take_addons(struct boot *b, struct error **err)
{
	const struct companion_list *l = b->files.companions;
	enum uki_addons support = b->uki->stub->addons;
	int r = 0;

	b->addons = calloc(l->n + 1, sizeof(*b->addons));
	if (!b->addons)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < l->n; i++) {
		const struct companion *s = &l->items[i];

		if (s->kind != COMPANION_ADDON && s->kind != COMPANION_GLOBAL_ADDON)
			continue;
		if (support == UKI_ADDONS_IGNORED)
			continue;
		r = take_addon(b, s, err);
	}
	return r;
}

int boot_take_companions(struct boot *b, struct error **err)
{
	int r = 0;

	/* A kernel alone takes nothing from beside it. */
	if (b->uki->is_kernel || !b->files.companions || b->files.companions->n == 0)
		return 0;
	for (size_t i = 0; r >= 0 && i < BOOT_ARCHIVES; i++)
		r = make_archive(b, (enum boot_archive)i, err);
	return r < 0 ? r : take_addons(b, err);
}
