/*
 * A deployment: one VM with what belongs to it, in one resource group.
 *
 *	NAME		virtual machine		NAME-os-DIGEST	its system disk, of that image
 *	NAME-nic	network interface	NAME-data	the node's data
 *	NAME-ip		public address		NAME-net	network
 *	NAME-nsg	which ports are open
 *
 * All of them have tags, by which they are known from any machine: tdnode-deployment is an id that follows from
 * subscription, group and name; what lacks it is not ours, and is neither changed nor deleted.
 */
#pragma once

#include "base/text.h"
#include "cloud/arm_client.h"
#include "cloud/vtpm.h"
#include "crypto/digest.h"

#define DEPLOY_NAME_MAX 48u
/* Days and hours of prices: what Azure's own calculator has. */
#define DEPLOY_MONTH_HOURS 730

struct deploy_image {
	const char *path;	     /* the VHD */
	char *name;		     /* "devnet" */
	uint64_t size;		     /* of the file */
	char sha256[DIGEST_HEX_MAX]; /* of the file; "" if no image is given */
	bool recovers; /* it has a RecoveryKey=: what another TPM opened can be opened by it */
};

/* Which ports are open, as the image's configuration says. */
struct deploy_ports {
	bool peers, attest, rpc, metrics;
	bool ssh; /* from allowed_ip alone */
};

struct deploy_settings {
	const char *name;
	const char *group; /* NULL: as the name */
	const char *region, *size;
	const char *zone; /* NULL: none */
	enum vtpm vtpm;
	uint64_t data_gib; /* 0: no data disk */
	const char *data_sku;
	const char *allowed_ip;
	const char *user_data; /* base64; NULL: none */
	const char *fleet;     /* NULL: of none */
	struct deploy_ports ports;
	struct deploy_image image;
	/* Where images are published. */
	const char *image_group, *gallery;
	const char *account; /* of storage; NULL: a name that follows from subscription and group */
	const char *version; /* NULL: one that follows from the image's digest */
	const struct string_list *regions; /* of publish, beside `region` */
	uint64_t replicas;
	/* Addresses of Azure's list of prices; NULL: they are not asked for. */
	const char *prices;
	/* Folder of the journals of uploads. */
	const char *journal;
};

enum deploy_resource {
	DEPLOY_NETWORK,
	DEPLOY_FIREWALL,
	DEPLOY_ADDRESS,
	DEPLOY_INTERFACE,
	DEPLOY_VM,
	DEPLOY_OS_DISK,
	DEPLOY_DATA_DISK,
	DEPLOY_RESOURCES_,
};

/* The first five are made by one template. */
#define DEPLOY_TEMPLATE_RESOURCES (DEPLOY_VM + 1)

struct deploy_kind {
	const char *type; /* "Microsoft.Compute/disks" */
	const char *version;
	const char *suffix; /* of the name */
	const char *role;   /* tdnode-role */
	const char *text;   /* for people */
};

const struct deploy_kind *deploy_kind(enum deploy_resource r);

/* Names and ids of one deployment. */
struct deploy_names {
	char *group;	  /* its name */
	char *group_path; /* "/subscriptions/S/resourceGroups/G" */
	char *names[DEPLOY_RESOURCES_];
	char *ids[DEPLOY_RESOURCES_];
	char deployment[GUID_TEXT_SIZE]; /* tdnode-deployment */
};

/* -ERROR_USAGE if a name is none that Azure takes. `sha256` may be "": there is no system disk then. */
_must_check_ int deploy_names_make(const struct arm *a, const char *name, const char *group,
				   const char *sha256, struct deploy_names *ret,
				   struct error **err);
void deploy_names_release(struct deploy_names *n);

/* "ID?api-version=V" of one of the deployment's resources, and of the group. NULL out of memory. */
char *deploy_path(const struct deploy_names *n, enum deploy_resource r) _must_check_;
char *deploy_group_path(const struct deploy_names *n) _must_check_;

/* Ids and names differ in case between answers. */
static inline bool azure_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* "West US 3" and "westus3" are one place, whose name is the second. */
bool azure_same_region(const char *a, const char *b);
char *azure_region_word(const char *region) _must_check_;

/* The value of a tag, NULL if it has none. */
const char *deploy_tag(const json_t *resource, const char *name);
/* True if the resource has this deployment's tag. */
bool deploy_is_ours(const struct deploy_names *n, const json_t *resource);
/* The tags of a resource of this role, of NULL if memory is out. */
json_t *deploy_tags(const struct deploy_settings *s, const struct deploy_names *n, const char *role,
		    const char *sha256);
