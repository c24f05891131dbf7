/*
 * The program of the initrd: from the kernel to systemd in the verified root.
 *
 *	mount proc, sys, dev
 *	load the modules of /modules.list
 *	roothash= from the command line
 *	wait for the two partitions that the root hash names
 *	dm-verity over them, EROFS on it, mounted on /sysroot, with /tmp and /var in memory
 *	switch to it and execute systemd
 *
 * Anything that fails is said in one line on the console, and the machine powers off.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"
#include "formats/gpt.h"

#define ROOT_HASH_SIZE 32

/* The kernel's command line holds at most 2048 bytes on x86. */
#define COMMAND_LINE_MAX 4096

struct root_hash {
	uint8_t bytes[ROOT_HASH_SIZE];
};

/* Finds "roothash=<64 hexadecimal digits>" among the words; it must be there exactly once. */
_must_check_ int command_line_root_hash(struct span command_line, struct root_hash *ret,
					struct error **err);

/*
 * The unique GUIDs of the partitions (Discoverable Partitions Specification): the first half of the
 * root hash is the text form of root's, the second half that of verity's.
 */
void partition_guids(const struct root_hash *hash, struct guid *ret_root, struct guid *ret_verity);

/* The entry with this unique GUID, NULL if there is none. */
const struct gpt_entry *partition_find(const struct gpt *table, const struct guid *guid);

/* A line of /modules.list: a file name, and the blank-separated names of what it depends on. */
struct module_line {
	struct span name;
	struct span needs;
};

/* The next line: 1, 0 at the end, or an error if it does not start with a file name. */
_must_check_ int modules_next(struct reader *list, struct module_line *ret, struct error **err);

/* True if all of `needs` were loaded. */
bool modules_needs_met(struct span needs, const struct string_list *loaded);

/* A block device of the system: its name below /dev and its size. */
struct block_device {
	char path[64]; /* "/dev/vda2" */
	uint64_t size; /* bytes */
};

/* mounts.c */
_must_check_ int mount_early(struct error **err);
/* configfs, through which reports of TDX are asked for; its module must be loaded. */
_must_check_ int mount_configuration(struct error **err);
/* /dev/shm, and /tmp, /var and /run of the read-only root, in memory. No program runs from them. */
_must_check_ int mount_volatile(struct error **err);
/* Moves the mounts into /sysroot, makes it the root and removes what the initrd held. */
_must_check_ int switch_root(struct error **err);

/* modules.c: loads /modules/NAME for each line of /modules.list, in order. A module whose hardware is
 * absent is no error; those that depend on it are passed over. */
_must_check_ int modules_load(struct error **err);
/* Nothing that runs later, as root or not, can load another module. */
_must_check_ int modules_lock(struct error **err);

/*
 * partitions.c: waits until a disk has both partitions, at most PARTITIONS_WAIT_SECONDS. The kernel
 * does not tell the GUIDs of partitions, so the tables of the disks are read.
 */
#define PARTITIONS_WAIT_SECONDS 30
_must_check_ int partitions_wait(const struct root_hash *hash, struct block_device *ret_root,
				 struct block_device *ret_verity, struct error **err);

/*
 * verity_table.c: the device-mapper table of the verity target
 * (Documentation/admin-guide/device-mapper/verity.rst) for checked parameters of the superblock.
 */
#define VERITY_TABLE_MAX 1024
_must_check_ int verity_table(struct span superblock, const struct root_hash *hash,
			      const struct block_device *root, const struct block_device *verity,
			      char ret[VERITY_TABLE_MAX], uint64_t *ret_sectors,
			      struct error **err);

/* The first bytes of the verified device, at least EROFS_SUPERBLOCK_END: the file system must fill the
 * device. Its superblock is verified, that of verity is the host's. */
_must_check_ int verity_check_size(struct span first, uint64_t sectors, struct error **err);

/* verity_device.c: makes the device and mounts EROFS from it on /sysroot, read-only. */
_must_check_ int verity_mount(const struct root_hash *hash, const struct block_device *root,
			      const struct block_device *verity, struct error **err);
