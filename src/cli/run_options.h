/*
 * The command line of `tdnode run`.
 */
#pragma once

#include "base/error.h"
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
	enum accelerator_choice accelerator;
	unsigned cpus; /* 0: as the accelerator needs */
	uint64_t memory;
	uint16_t rpc_port;
	uint16_t ssh_port;
	unsigned timeout;
	bool debug;
	bool detach;
	bool check;
	bool until_rpc;
	bool json;
	bool quiet;
};

extern const char run_help[];

_must_check_ int run_options_parse(int argc, char **argv, struct run_options *ret,
				   struct error **err);
