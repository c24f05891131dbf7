#include "measure/companion.h"

#include <errno.h>
#include <strings.h>

#include "base/text.h"

void companion_list_release(struct companion_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].name);
		buffer_release(&l->items[i].content);
	}
	free(l->items);
	*l = (struct companion_list){0};
}

/* The reader of FAT shows characters outside ASCII as "?", which no name can hold. */
static bool is_plain(const char *name)
{
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c >= 0x80 || *c == '?')
			return false;
	}
	return name[0] != '\0' && name[0] != '.';
}

static bool ends_without_case(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcasecmp(s + n - m, suffix) == 0;
}

bool companion_recognise(const char *name, enum companion_folder folder, enum companion_kind *ret)
{
	static const struct {
		enum companion_folder folder;
		const char *suffix;
		enum companion_kind kind;
	} rules[] = {
		{COMPANION_FOLDER_ADDONS, ".addon.efi", COMPANION_GLOBAL_ADDON},
		{COMPANION_FOLDER_CREDENTIALS, ".cred", COMPANION_GLOBAL_CREDENTIAL},
		{COMPANION_FOLDER_IMAGE, ".addon.efi", COMPANION_ADDON},
		{COMPANION_FOLDER_IMAGE, ".cred", COMPANION_CREDENTIAL},
		{COMPANION_FOLDER_IMAGE, ".confext.raw", COMPANION_CONFEXT},
		{COMPANION_FOLDER_IMAGE, ".raw", COMPANION_SYSEXT},
	};

	for (size_t i = 0; is_plain(name) && i < ARRAY_SIZE(rules); i++) {
		if (rules[i].folder == folder && ends_without_case(name, rules[i].suffix)) {
			*ret = rules[i].kind;
			return true;
		}
	}
	return false;
}

bool companion_list_has_addons(const struct companion_list *l)
{
	for (size_t i = 0; l && i < l->n; i++) {
		if (l->items[i].kind == COMPANION_ADDON ||
		    l->items[i].kind == COMPANION_GLOBAL_ADDON)
			return true;
	}
	return false;
}

static bool before(const struct companion *s, enum companion_kind kind, const char *name)
{
	return s->kind != kind ? s->kind < kind : strcmp(s->name, name) <= 0;
}

int companion_list_take(struct companion_list *l, enum companion_kind kind, const char *name,
			struct buffer *content, struct error **err)
{
	uint64_t size = content->n;
	size_t at = l->n;

	for (size_t i = 0; i < l->n; i++)
		size += l->items[i].content.n;
	if (l->n == COMPANIONS_MAX || size > COMPANIONS_SIZE_MAX)
		return error_set(err, -E2BIG, "'%s': more than %u files or %u MiB beside an image",
				 name, COMPANIONS_MAX, COMPANIONS_SIZE_MAX >> 20);

	char *copy = strdup(name);

	if (!copy || array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0) {
		free(copy);
		return error_oom(err);
	}
	for (; at > 0 && !before(&l->items[at - 1], kind, name); at--)
		l->items[at] = l->items[at - 1];
	l->items[at] = (struct companion){.kind = kind, .name = copy, .content = *content};
	l->n++;
	*content = (struct buffer){0};
	return 0;
}
