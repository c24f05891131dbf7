/*
 * The command line of `tdnode deploy`, and what of it becomes settings of a deployment.
 */
#pragma once

#include "cli/command.h"
#include "cli/disk_unlock.h"
#include "cloud/deploy.h"

struct deploy_options {
	const char *what, *name, *version_operand;
	const char *image;
	const char *config;
	struct string_list config_set;
	const char *region, *size, *zone, *group;
	uint64_t data_size;
	const char *data_sku, *allowed_ip;
	enum vtpm vtpm;
	uint32_t count;
	bool fleet;
	const char *image_group, *gallery, *account, *version;
	struct string_list regions;
	uint32_t replicas;
	const char *template, *delete_data;
	bool follow, back, json, trace, quiet;
	/* How the node is judged once it is up; no policies: it is not. */
	struct string_list policies;
	const char *collateral, *service;
	bool local;
	/* What recovers the data disk of a node that is replaced; NULL: nothing is sent. */
	const char *recovery_key;
	bool leave_data_locked;
	struct wanted_disk disk; /* given where the machine that had it cannot be asked */
	uint32_t patience;	 /* seconds */
	uint16_t attest_port;
	enum azure_auth auth;
	const char *subscription, *tenant, *client, *endpoint, *prices, *state;
	uint32_t call_seconds;
};

extern const struct option_spec deploy_option_table[];

void deploy_options_release(struct deploy_options *o);

/* Settings for one VM, but for its region and what is of its image. Borrows from the options. */
_must_check_ int deploy_options_settings(const struct deploy_options *o,
					 struct deploy_settings *ret, struct error **err);
