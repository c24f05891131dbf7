/*
 * Files that lie beside a unified kernel image on its file system and that systemd's stub takes in:
 * addons, credentials, extensions (systemd-stub(7), "Companion files"). Nothing signs what is in the
 * EFI system partition: each of them is measured, into PCR 4, 12 or 13.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Of one file, and of all together: they are held in memory. */
#define SIDECARS_SIZE_MAX (128u << 20)
#define SIDECARS_MAX 256u

enum sidecar_kind {
	SIDECAR_GLOBAL_ADDON,	   /* loader/addons/NAME.addon.efi */
	SIDECAR_ADDON,		   /* IMAGE.extra.d/NAME.addon.efi */
	SIDECAR_CREDENTIAL,	   /* IMAGE.extra.d/NAME.cred */
	SIDECAR_GLOBAL_CREDENTIAL, /* loader/credentials/NAME.cred */
	SIDECAR_SYSEXT,		   /* IMAGE.extra.d/NAME.raw */
	SIDECAR_CONFEXT,	   /* IMAGE.extra.d/NAME.confext.raw */
};

/* The folders that are looked into. */
enum sidecar_folder {
	SIDECAR_FOLDER_IMAGE,
	SIDECAR_FOLDER_ADDONS,
	SIDECAR_FOLDER_CREDENTIALS,
	SIDECAR_FOLDERS,
};

struct sidecar {
	enum sidecar_kind kind;
	char *name;
	struct buffer content;
};

/* Sorted by kind and then by name, as the stub takes them. */
struct sidecar_list {
	struct sidecar *items;
	size_t n;
	size_t capacity;
};

void sidecar_list_release(struct sidecar_list *l);

/* What the stub takes a file of that name in that folder for; false if it leaves it alone. Names
 * that are not ASCII, begin with a dot or have another ending are left alone. */
_must_check_ bool sidecar_recognise(const char *name, enum sidecar_folder folder,
				    enum sidecar_kind *ret);

/* True if there are addons, wherever they lie. NULL has none. */
bool sidecar_list_has_addons(const struct sidecar_list *l);

/* Adds a file in its place. The content moves into the list. */
_must_check_ int sidecar_list_take(struct sidecar_list *l, enum sidecar_kind kind, const char *name,
				   struct buffer *content, struct error **err);
