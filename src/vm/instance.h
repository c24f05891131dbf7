/*
 * An instance: the state of one VM that outlives its runs. A folder below $XDG_STATE_HOME/tdnode, else
 * $HOME/.local/state/tdnode:
 *
 *	lock		held (flock) by the process that runs the instance
 *	instance.json	what runs: image, process, ports, since when; present while it runs
 *	disk.qcow2	the persistent disk, unless --disk names another (vm/data_disk.h)
 *	disk.json	which disk belongs to the instance
 *	tpm/		state of the software TPM
 *	OVMF_VARS.fd	variables of the firmware
 *	console.log	the serial console of the last run
 *	eventlog.bin	the firmware's log of the last run, if the guest sent it
 *	run.log		messages of a run with --detach
 *	last-run.json	how the last run went, and its boot (vm/last_run.h)
 *
 * Beside the instances, under a name that none can have, lies .tpm-root (vm/tpm_authority.h).
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

struct instance {
	char *name;
	char *path;
	int lock_fd; /* -1: not held */
};

#define INSTANCE_INIT         \
	{                     \
		.lock_fd = -1 \
	}

#define INSTANCE_EVENTLOG "eventlog.bin"

/* What instance.json says. */
struct instance_record {
	char *image;
	int64_t pid;	 /* of the supervising tdnode */
	int64_t started; /* seconds since 1970 */
	uint16_t rpc_port;
	uint16_t attest_port; /* 0: not known, of an older version */
	uint16_t ssh_port;    /* 0: none */
	char *accelerator;
	char *sha256;	 /* of the disk image, as it was built; NULL: not known */
	char *registers; /* "equal" or "different"; NULL: not checked (yet) */
};

void instance_release(struct instance *i);
void instance_record_release(struct instance_record *r);

/* Letters, digits, "-", "_", "."; not starting with ".". */
bool instance_name_is_valid(const char *name);

/* Opens the folder, making it if need be, for its owner alone (mode 0700); does not lock. `state`
 * NULL: the default above. */
_must_check_ int instance_open(const char *state, const char *name, struct instance *ret,
			       struct error **err);
/*
 * Takes the lock; an instance that runs already is an error that names it. From then on what this process
 * and its children make is for the owner alone (umask 077), and files of others before it are mended.
 */
_must_check_ int instance_lock(struct instance *i, struct error **err);
/* True if some process holds the lock. */
bool instance_is_running(const struct instance *i);

/* Path of a file in the folder; malloc()ed. */
char *instance_file(const struct instance *i, const char *name) _must_check_;

/* The authority of the TPMs of all instances in this folder, or in `state` as with instance_open(); malloc()ed, NULL
 * without memory (or HOME). */
char *instance_authority(const struct instance *i) _must_check_;
char *instance_authority_of(const char *state) _must_check_;

_must_check_ int instance_write_record(const struct instance *i, const struct instance_record *r,
				       struct error **err);
_must_check_ int instance_read_record(const struct instance *i, struct instance_record *ret,
				      struct error **err);
void instance_remove_record(const struct instance *i);

/* Names of all instances, sorted. */
_must_check_ int instance_list(const char *state, struct string_list *ret, struct error **err);
