/*
 * The storage account that a VHD goes through on its way into a gallery: signed addresses for one blob, that end when
 * they are taken back; the account's key signs them and is in memory alone.
 */
#pragma once

#include "base/buffer.h"
#include "cloud/arm_client.h"

#define STORAGE_CONTAINER "images"

struct azure_storage {
	struct arm *arm;
	char *account;	   /* its name */
	char *id;	   /* of the resource */
	char *blobs;	   /* where its blobs are: "https://ACCOUNT.blob.core.windows.net/" */
	struct buffer key; /* secret; empty until one is needed */
};

void azure_storage_release(struct azure_storage *s);

/* A name that follows from subscription and group: names are unique in the world. */
_must_check_ int azure_storage_name(const struct arm *a, const char *group, char ret[25],
				    struct error **err);

/* Where the account's blobs are. *ret_exists is false, and nothing else set, if there is none. */
_must_check_ int azure_storage_find(struct arm *a, const char *id, const char *account,
				    bool *ret_exists, struct azure_storage *ret,
				    struct error **err);

/* The address of a blob without signature. */
char *azure_storage_url(const struct azure_storage *s, const char *blob) _must_check_;

/* Makes a signed address that may create and write the blob. *ret is malloc()ed and secret. */
_must_check_ int azure_storage_grant(struct azure_storage *s, const char *blob, char **ret,
				     struct error **err);
/* Ends all signed addresses; a container that is not there has none. */
_must_check_ int azure_storage_revoke(struct azure_storage *s, struct error **err);
/* What is absent is deleted. */
_must_check_ int azure_storage_delete(struct azure_storage *s, const char *blob,
				      struct error **err);
