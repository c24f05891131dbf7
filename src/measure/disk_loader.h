/*
 * What systemd-boot starts from the volumes of a disk: its own and, if the disk has one, that of the
 * extended boot loader partition (XBOOTLDR).
 */
#pragma once

#include "measure/disk_file.h"
#include "measure/loader.h"

/* Of volumes: systemd-boot's own, and XBOOTLDR. */
#define DISK_VOLUMES_MAX 2u

struct disk_volumes {
	struct fat items[DISK_VOLUMES_MAX];
	size_t n;
};

/*
 * Finds what systemd-boot `loader` starts. `entry` as in loader_entries_choose(). *ret_conf gets
 * loader/loader.conf, *ret_drivers whether it loads drivers first.
 */
_must_check_ int disk_loader_find(const struct disk_volumes *volumes, struct span loader,
				  const char *entry, struct loader_choice *ret,
				  struct disk_file *ret_conf, bool *ret_drivers,
				  struct error **err);

/*
 * Joins the initrds of a text entry as systemd-boot does. *ret_unknown: versions like this one differ in
 * the zeros between or after files of other sizes than multiples of 4.
 */
_must_check_ int disk_loader_read_initrd(const struct fat *fat, const struct loader_choice *c,
					 struct buffer *ret, bool *ret_unknown, struct error **err);
