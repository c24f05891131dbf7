/*
 * The persistent disk of an instance, which belongs together with its TPM: neither opens without the
 * other. The instance remembers its disk in disk.json:
 *
 *	path	where it was last
 *	uuid	that of its LUKS2 header; null while nothing was seen on it
 *
 * A run with another disk, or without the TPM that an initialised disk needs, would end in a VM that
 * cannot open its disk, or that makes a new one in its place: it is refused here, with what to do.
 */
#pragma once

#include "base/error.h"
#include "formats/luks2.h"
#include "vm/instance.h"

#define DATA_DISK_SIZE_DEFAULT (10ull << 30)

struct data_disk_record {
	bool exists;
	char *path;
	char uuid[LUKS2_UUID_SIZE]; /* "": null */
};

void data_disk_record_release(struct data_disk_record *r);
/* No record is not an error: `exists` is false. */
_must_check_ int data_disk_read_record(const struct instance *i, struct data_disk_record *ret,
				       struct error **err);

struct data_disk_options {
	const struct instance *instance; /* locked */
	const char *state;		 /* folder of instances, NULL: the default */
	const char *path; /* NULL: disk.qcow2 of the instance, made if it does not exist */
	uint64_t size;	  /* to make it with; 0: the default size, or an error if `path` is given */
	bool own_tpm; /* the instance's; false: one that runs elsewhere, of which nothing is known */
	bool recovery; /* the recovery secret is at hand: the TPM may be a new one */
};

struct data_disk {
	char *path;
	bool initialised;	    /* holds a header of ours, valid or not */
	char uuid[LUKS2_UUID_SIZE]; /* "" if it cannot be told */
	int lock_fd;
};

#define DATA_DISK_INIT        \
	{                     \
		.lock_fd = -1 \
	}

/*
 * Takes the disk for a run: checks that it belongs to the instance, makes it if it does not exist,
 * locks it (until data_disk_release(), or the end of the process), and writes the record.
 */
_must_check_ int data_disk_open(const struct data_disk_options *o, struct data_disk *ret,
				struct error **err);
void data_disk_release(struct data_disk *d);

/* Looks again what is on the disk, after a run, and remembers it. */
_must_check_ int data_disk_note(struct data_disk *d, const struct instance *i, struct error **err);

/* Deletes the disk of a record unless it is in use or has become another's. Absent is fine. */
_must_check_ int data_disk_delete(const struct data_disk_record *r, struct error **err);
