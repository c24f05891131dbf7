/*
 * A boot: which files are started, by whom, and how. From it each pcr_NN.c derives the events of one
 * register; none of them reads files or knows how an image is built.
 */
#pragma once

#include "formats/uki.h"
#include "measure/event.h"
#include "measure/loader.h"
#include "measure/machine_facts.h"
#include "measure/registers.h"
#include "measure/companion.h"

enum boot_kind {
	/* Firmware starts EFI/BOOT/BOOTX64.EFI of a disk's EFI system partition: the image, or
	 * systemd-boot, which starts the image. */
	BOOT_DISK,
	/* Firmware starts the image that QEMU passes with -kernel. */
	BOOT_QEMU_KERNEL,
};

/* "disk", "qemu-kernel" */
const char *boot_kind_name(enum boot_kind kind);
_must_check_ bool boot_kind_from_name(const char *name, enum boot_kind *ret);

struct boot_options {
	enum boot_kind kind;
	bool secure_boot;
	/* The machine is a confidential VM, and the stub can see it. */
	bool confidential;
	/* Beside its TDX module the machine has a TPM that firmware offers to the kernel, which then
	 * measures there alone; firmware and stub measure into both. */
	bool vtpm;
	/* What firmware passes to what it starts as LoadOptions (QEMU: -append); NULL: nothing. */
	const char *load_options;
	/* SMBIOS string io.systemd.stub.kernel-cmdline-extra; NULL: none. */
	const char *smbios_command_line;
	/* Of systemd-pcrphase in user space: words with colons between; NULL: it does not run. */
	const char *phases;
	/* Whether the initrd has systemd-pcrphase is to be known: it is unpacked for that, which takes as long
	 * as all digests. */
	bool look_into_initrd;
};

/* The bytes that take part. All of them must stay as long as the boot and its events. */
struct boot_files {
	struct span image;
	struct span loader;	   /* systemd-boot, if the image is started by it */
	struct span loader_conf;   /* loader/loader.conf beside it */
	struct loader_start start; /* what it does with the image; its text is borrowed */
	struct span initrd;	   /* that it hands to the kernel; empty if none */
	bool initrd_unknown;	   /* it may join the initrds in another way */
	bool loader_drivers;	   /* it loads drivers first */
	/* What firmware measures of the partition table; empty: no disk is known. */
	struct span gpt;
	const struct companion_list *companions; /* may be NULL */
	bool beside_unknown;			 /* which files lie beside the image for the stub */
	bool global_extensions;			 /* the disk has loader/extensions */
	const struct machine_facts *machine;	 /* NULL: nothing is known of it */
	const struct buffer *configuration; /* its canonical form; NULL: the image takes none */
};

/* A command line on its way from its sources to the kernel; all UTF-16LE without NUL. */
struct command_line {
	struct buffer passed; /* LoadOptions, if the stub uses them */
	/* Of addons: of all of them, or first of those for all images, then of the image's own. */
	struct buffer addons[2];
	struct buffer smbios;
	struct buffer whole;  /* as the kernel gets it */
	struct buffer loader; /* what systemd-boot passes and measures itself */
};

/* The first systemd-boot that passes its EV_IPL events to a TDX module, and the first that passes those of
 * type EV_EVENT_TAG, too; like stubs of its version it then measures the machine's SMBIOS tables. */
#define LOADER_MEASURES_TO_TDX 256u
#define SYSTEMD_TAGS_TO_TDX 261u

/* What Secure Boot judges. */
enum boot_program {
	BOOT_PROGRAM_LOADER,
	BOOT_PROGRAM_IMAGE,
	BOOT_PROGRAMS,
};

enum boot_archive {
	ARCHIVE_CREDENTIALS,
	ARCHIVE_GLOBAL_CREDENTIALS,
	ARCHIVE_SYSEXTS,
	ARCHIVE_CONFEXTS,
	BOOT_ARCHIVES,
};

/* `*.addon.efi`: a PE image without kernel, loaded (and so measured) by firmware. */
struct addon {
	const char *name;
	bool global;	       /* of loader/addons */
	struct span authority; /* with Secure Boot: the entry of db by which it is loaded */
	struct uki uki;	       /* with the rules of the image's stub for finding sections */
	/* The stub takes something of it; it leaves alone what has a kernel or is for another. */
	bool used;
};

/* Archives that the stub makes of sections: signature and key, os-release, profile. */
#define SECTION_ARCHIVES 4

/* A part of the initrd; zeros follow `data` up to `size`. */
struct initrd_part {
	struct span data;
	uint64_t size;
};

struct boot {
	struct boot_options options;
	struct boot_files files;
	struct pe loader; /* if files.loader is not empty */
	unsigned loader_version;
	const struct uki *uki;
	unsigned profile;
	struct span kernel;	   /* section '.linux' as it is in memory */
	struct buffer kernel_copy; /* where zeros follow it there */
	struct command_line command_line;
	struct addon *addons; /* in the order in which they are loaded */
	size_t n_addons;
	struct buffer archives[BOOT_ARCHIVES]; /* empty: none */
	struct buffer section_archives[SECTION_ARCHIVES];
	struct initrd_part *initrd; /* in order; each is filled up to 4 bytes unless it is alone */
	size_t n_initrd;
	struct secure_boot secure;
	/* With Secure Boot: the entries of db by which the programs start; empty if unknown. */
	struct span authorities[BOOT_PROGRAMS];
	struct buffer td_hob; /* the list of memory for a trust domain; empty if unknown */
	/* The registers that this boot does not let predict, and what others hold under. */
	struct reasons reasons;
	struct reasons conditions;
};

void boot_release(struct boot *b);

/*
 * Describes how `files` boot. What cannot be predicted goes into ret->reasons: an unknown stub
 * version, sections whose use depends on the machine, a kernel older than 6.1, a stub that adds
 * random data. Files that nobody could boot are errors. `uki` and `files` must outlive *ret.
 */
_must_check_ int boot_describe(const struct uki *uki, const struct boot_files *files,
			       const struct boot_options *options, struct boot *ret,
			       struct error **err);

/* The kernel's version text, up to its NUL: "6.12.117+deb13-cloud-amd64 (...) #1 SMP ...". */
struct span boot_kernel_version(const struct boot *b);

/* True if the register is predicted: its events are wanted. */
static inline bool boot_predicts(const struct boot *b, unsigned reg)
{
	return !reasons_has(&b->reasons, reg);
}

/* All events of the boot, in the order in which they occur. */
_must_check_ int boot_events(const struct boot *b, struct event_list *l, struct error **err);

/* Adds a section as it is in memory: its bytes, then zeros up to VirtualSize. */
void boot_section_bytes(const struct pe *pe, const struct pe_section *s, struct event_list *l);
/* Adds UTF-16 text with its terminating NUL. */
void boot_text_bytes(const struct buffer *text, struct event_list *l);
/* The event just begun comes from the stub: older ones know nothing of a TDX module. */
void boot_stub_event(const struct boot *b, struct event_list *l);
/* The same for one of type EV_EVENT_TAG. */
void boot_stub_tag(const struct boot *b, struct event_list *l);
/* The event just begun comes from systemd-boot, whose versions from `first` on pass it to a TDX module. */
void boot_loader_event(const struct boot *b, unsigned first, struct event_list *l);

/* The section `name` that the stub takes of an addon, NULL if there is none or it takes nothing. */
const struct pe_section *addon_section(const struct addon *a, const char *name);

/*
 * Parts of boot_describe(), in this order: the machine, since it says whether Secure Boot is on
 * (machine_facts.c); what the image is passed and which profile that selects (command_line.c), the
 * files beside it (companion.c), the whole command line (command_line.c), the initrd (initrd.c); what
 * the machine does with the programs (machine_facts.c).
 */
_must_check_ int boot_take_machine(struct boot *b, struct error **err);
_must_check_ int boot_judge_machine(struct boot *b, struct error **err);
_must_check_ int boot_take_options(struct boot *b, struct error **err);
_must_check_ int boot_take_companions(struct boot *b, struct error **err);
_must_check_ int boot_take_command_line(struct boot *b, struct error **err);
_must_check_ int boot_take_initrd(struct boot *b, struct error **err);
