/*
 * Unified kernel images, read: a PE image made of systemd's EFI stub and the sections that it boots
 * (UAPI.5 "Unified Kernel Image"). What the stub does with them depends on its version, which it
 * states in its own `.sdmagic` section; struct uki_stub holds the differences that decide what is
 * measured.
 */
#pragma once

#include "base/buffer.h"
#include "formats/pe.h"

/* Of a command line. The kernel's own limit on x86 is 2048 bytes; more would be cut off. */
#define UKI_COMMAND_LINE_MAX 4096

/* What a stub does with `*.addon.efi` files beside the image. */
enum uki_addons {
	UKI_ADDONS_IGNORED,
	UKI_ADDONS_COMMAND_LINE, /* appends their `.cmdline` */
	UKI_ADDONS_INITRD,	 /* and adds their `.initrd` and `.ucode` */
};

/* How a stub appends the texts of addons and of SMBIOS to the command line. */
enum uki_appends {
	/* Joins the addons of a folder and mangles that; each folder is an event of its own. What
	 * SMBIOS has is taken as it is. */
	UKI_APPENDS_FOLDERS,
	/* Joins all addons and mangles that; SMBIOS as it is. */
	UKI_APPENDS_TOGETHER,
	/* Mangles each addon, joins them; mangles SMBIOS, too. */
	UKI_APPENDS_EACH,
	/* One of the last two. */
	UKI_APPENDS_UNKNOWN,
};

/* Beside an image whose name has a boot counter ("node+3.efi"), where a stub looks for files. */
enum uki_beside {
	UKI_BESIDE_PLAIN,   /* "node.efi.extra.d" */
	UKI_BESIDE_COUNTED, /* "node+3.efi.extra.d" */
	UKI_BESIDE_UNKNOWN, /* one of the two, by the point release */
};

struct uki_stub {
	unsigned first; /* versions that behave like this, inclusive */
	unsigned last;
	/* The sections that are measured into PCR 11, in this order; ended by NULL. */
	const char *const *measured;
	bool last_match;	 /* section lookup: by prefix, last wins; else exact, first wins */
	bool profiles;		 /* knows `.profile`, and passes it to the kernel in a cpio */
	bool osrel_in_initrd;	 /* passes `.osrel` to the kernel in a cpio */
	bool ucode_in_initrd;	 /* passes `.ucode` to the kernel before the initrd */
	bool strips_leading;	 /* drops white space at the start of the command line */
	bool loads_kernel_image; /* starts the kernel by LoadImage(), which measures it */
	bool secret_in_initrd;	 /* booted from a disk, adds a random secret to the initrd */
	bool measures_to_tdx;	 /* EV_IPL events go to a TDX module, too */
	bool tags_to_tdx;	 /* and so do EV_EVENT_TAG events */
	bool confext;		 /* tells configuration extensions from system extensions */
	bool smbios;		 /* appends a command line from SMBIOS */
	bool refuses_control;	 /* takes no LoadOptions with a control character anywhere */
	enum uki_addons addons;
	enum uki_appends appends;
	enum uki_beside beside;
};

/* NULL for a version whose behaviour is not known. */
const struct uki_stub *uki_stub_find(unsigned version);

struct uki {
	struct pe pe;
	bool is_kernel; /* no unified kernel image, but a kernel alone: nothing of a stub is in it */
	unsigned version;	     /* 257 */
	struct span version_text;    /* "257.13-1~deb13u1", in the file */
	const struct uki_stub *stub; /* NULL for an unknown version */
};

/* Parses the PE image and the version in `.sdmagic`. A `.linux` section must be there. */
_must_check_ int uki_parse(struct span file, struct uki *ret, struct error **err);

/* Takes a Linux kernel alone (a bzImage with an EFI stub of its own) as an image of which no stub takes
 * anything. -ERROR_MALFORMED if it is none. */
_must_check_ int uki_from_kernel(struct span file, struct uki *ret, struct error **err);

/* Where the setup header of a bzImage has its magic "HdrS" (Documentation/arch/x86/boot.rst). */
#define UKI_KERNEL_MAGIC_OFFSET 0x202

/*
 * The section that the stub takes for `name` in profile `profile`: the profile's own section, else
 * that of the base (the sections before the first `.profile`). NULL if there is none or if it is
 * empty in memory. `u->stub` must be known.
 */
const struct pe_section *uki_section(const struct uki *u, const char *name, unsigned profile);

/* How many profiles the image has: the number of `.profile` sections, 0 for a plain image. */
unsigned uki_profiles(const struct uki *u);

/*
 * The command line as the stub hands it to the kernel: `text` up to its first NUL, white space
 * mangled as this stub does, as UTF-16LE without a terminating NUL. What is not UTF-8, and characters
 * of more than 16 bits, are left out: that is what the stub does. Too long a text is an error.
 */
_must_check_ int uki_command_line(const struct uki_stub *stub, struct span text, struct buffer *ret,
				  struct error **err);

/* The same without mangling. */
_must_check_ int uki_text(struct span text, struct buffer *ret, struct error **err);

/* True if the text is UTF-8 of which nothing is left out. */
bool uki_text_is_whole(struct span text);

/* A file of an archive that the stub makes; zeros follow `data` up to `size`. */
struct uki_archive_file {
	const char *name;
	struct span data;
	uint64_t size;
};

/*
 * Appends the cpio archive that the stub makes to pass files to the kernel's initrd: the folders of
 * `folder` (".extra/credentials"), the last of mode `folder_mode`, and in it the files with mode
 * `file_mode`, in order.
 */
void uki_archive(const char *folder, unsigned folder_mode, unsigned file_mode,
		 const struct uki_archive_file *files, size_t n, struct buffer *b);

/* The version number and text that one of systemd's EFI programs states in `.sdmagic`. `program` is
 * "systemd-stub" or "systemd-boot"; an image of another kind is an error. */
_must_check_ int uki_program_version(const struct pe *pe, const char *program, unsigned *ret,
				     struct span *ret_text, struct error **err);
