/*
 * A boot: which files are started, by whom, and how. From it each pcr_NN.c derives the events of
 * one register; none of them reads files or knows how an image is built. A new platform is a new
 * enum boot_path and what it changes in those files.
 */
#pragma once

#include "formats/uki.h"
#include "measure/event.h"

enum boot_path {
	/* Firmware starts the image as EFI/BOOT/BOOTX64.EFI of a disk's EFI system partition. */
	BOOT_DISK,
	/* Firmware starts the image that QEMU passes with -kernel. */
	BOOT_QEMU_KERNEL,
};

/* "disk", "qemu-kernel" */
const char *boot_path_name(enum boot_path path);
_must_check_ bool boot_path_from_name(const char *name, enum boot_path *ret);

struct boot_options {
	enum boot_path path;
	bool secure_boot;
	/* What whoever starts the image passes to it as LoadOptions (QEMU: -append); NULL: nothing.
	 */
	const char *load_options;
};

struct boot {
	enum boot_path path;
	bool secure_boot;
	const struct uki *uki;
	unsigned profile;
	/* The kernel's command line as the stub passes it on, UTF-16LE without NUL. */
	struct buffer command_line;
	/* It comes from LoadOptions, not from the image. */
	bool command_line_is_foreign;
	/* The bytes of the partition table that firmware measures; empty: no disk is known. */
	struct span gpt;
};

void boot_release(struct boot *b);

/*
 * Describes how `uki` boots. What cannot be predicted is refused with the reason (-EOPNOTSUPP): an
 * unknown stub version, sections whose use depends on the machine, a kernel older than 6.1, a stub
 * that adds random data.
 */
_must_check_ int boot_describe(const struct uki *uki, const struct boot_options *options,
			       struct span gpt, struct boot *ret, struct error **err);

/* The kernel's version text, up to its NUL: "6.12.117+deb13-cloud-amd64 (...) #1 SMP ...". */
struct span boot_kernel_version(const struct boot *b);

/* Appends the events of one register, in the order in which they occur. */
_must_check_ int pcr_04_events(const struct boot *b, struct event_list *l, struct error **err);
void pcr_05_events(const struct boot *b, struct event_list *l);
_must_check_ int pcr_09_events(const struct boot *b, struct event_list *l, struct error **err);
void pcr_11_events(const struct boot *b, struct event_list *l);
void pcr_12_events(const struct boot *b, struct event_list *l);

/* Adds a section as it is in memory: its bytes, then zeros up to VirtualSize. */
void boot_section_bytes(const struct boot *b, const struct pe_section *s, struct event_list *l);
/* Adds the command line with its terminating NUL. */
void boot_command_line_bytes(const struct boot *b, struct event_list *l);
