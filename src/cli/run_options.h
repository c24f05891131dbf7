/*
 * The command line of `tdnode run`.
 */
#pragma once

#include "base/text.h"
#include "cli/options.h"
#include "vm/accelerator.h"

struct run_options {
	const char *image;
	const char *artifacts;
	const char *state;
	const char *instance; /* NULL: named after image and variant */
	const char *disk;
	uint64_t disk_size;
	const char *recovery_file;
	const char *tpm_socket;
	const char *config;
	const char *timeline;
	struct string_list config_set; /* KEY=VALUE */
	enum accelerator_choice accelerator;
	unsigned cpus; /* 0: as the accelerator needs */
	uint64_t memory;
	uint16_t rpc_port;
	uint16_t attest_port;
	uint16_t ssh_port;
	uint16_t metrics_port; /* 0: none */
	unsigned timeout;
	bool debug;
	bool internet;
	bool detach;
	bool check;
	bool until_rpc;
	bool json;
	bool quiet;
};

extern const struct option_spec run_options[];

void run_options_release(struct run_options *o);

/* The command line of command_run. Release *ret also after an error. */
_must_check_ int run_options_parse(int argc, char **argv, struct run_options *ret,
				   struct error **err);
