/*
 * Everything that takes part in a boot, gathered from files: the image or disk itself and what is
 * named beside it.
 */
#pragma once

#include "container/image_file.h"
#include "measure/boot.h"
#include "measure/disk.h"
#include "measure/machine_inputs.h"

/* What is named besides the file. All may be NULL. */
struct input_options {
	/* What systemd-boot starts, as in loader_entries_choose(); NULL: what it chooses itself. */
	const char *entry;
	/* Of an image alone: the systemd-boot that starts it, and its loader.conf. */
	const char *loader;
	const char *loader_conf;
	/* Of an image alone: paths of files that lie in IMAGE.extra.d, and of those in loader/addons
	 * and loader/credentials. */
	const struct string_list *beside;
	const struct string_list *global;
	/* The configuration of the node: a file, and KEY=value that set more; both NULL: its defaults. */
	const char *config;
	const struct string_list *config_set;
	struct machine_input_options machine;
	struct progress *progress; /* of expanding a disk; NULL */
};

struct inputs {
	const char *name; /* of the file, without folders */
	struct image_file file;
	struct disk disk;	/* of a disk */
	struct file_map loader; /* of an image alone */
	struct buffer loader_conf;
	struct loader_choice choice;
	struct companion_list beside;
	struct machine_inputs machine;
	struct boot_files files; /* refers to the above, but not to the machine */
	const char *image_path;	 /* on the disk; NULL of an image alone */
};

void inputs_release(struct inputs *in);

/* Opens `path` and what `options` names. Options that do not fit to the kind of file are errors. */
_must_check_ int inputs_open(const char *path, const struct input_options *options,
			     struct inputs *ret, struct error **err);
