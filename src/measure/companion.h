/*
 * Files that lie beside a unified kernel image on its file system and that systemd's stub takes in:
 * addons, credentials, extensions (systemd-stub(7), "Companion files"). Nothing signs what is in the
 * EFI system partition: each of them is measured, into PCR 4, 12 or 13.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Of one file, and of all together: they are held in memory. */
#define COMPANIONS_SIZE_MAX (128u << 20)
#define COMPANIONS_MAX 256u

enum companion_kind {
	COMPANION_GLOBAL_ADDON,	     /* loader/addons/NAME.addon.efi */
	COMPANION_ADDON,	     /* IMAGE.extra.d/NAME.addon.efi */
	COMPANION_CREDENTIAL,	     /* IMAGE.extra.d/NAME.cred */
	COMPANION_GLOBAL_CREDENTIAL, /* loader/credentials/NAME.cred */
	COMPANION_SYSEXT,	     /* IMAGE.extra.d/NAME.raw */
	COMPANION_CONFEXT,	     /* IMAGE.extra.d/NAME.confext.raw */
};

/* The folders that are looked into. */
enum companion_folder {
	COMPANION_FOLDER_IMAGE,
	COMPANION_FOLDER_ADDONS,
	COMPANION_FOLDER_CREDENTIALS,
	COMPANION_FOLDERS,
};

struct companion {
	enum companion_kind kind;
	char *name;
	struct buffer content;
};

/* Sorted by kind and then by name, as the stub takes them. */
struct companion_list {
	struct companion *items;
	size_t n;
	size_t capacity;
};

void companion_list_release(struct companion_list *l);

/* What the stub takes a file of that name in that folder for; false if it leaves it alone. Names
 * that are not ASCII, begin with a dot or have another ending are left alone. */
_must_check_ bool companion_recognise(const char *name, enum companion_folder folder,
				      enum companion_kind *ret);

/* True if there are addons, wherever they lie. NULL has none. */
bool companion_list_has_addons(const struct companion_list *l);

/* Adds a file in its place. The content moves into the list. */
_must_check_ int companion_list_take(struct companion_list *l, enum companion_kind kind,
				     const char *name, struct buffer *content, struct error **err);
