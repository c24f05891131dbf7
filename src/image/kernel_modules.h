/*
 * Kernel modules of an image: which ones the recipe's Module= lines need, dependencies first, as
 * depmod of the build root found them.
 */
#pragma once

#include "image/build_root.h"
#include "tree/tree.h"

/* One module as init loads it. */
struct kernel_module {
	char *name;			/* file name without compression: "dm-verity.ko" */
	struct string_list needs;	/* names of the modules that it depends on */
	const struct tree_entry *entry; /* in the kernel package's tree, which outlives this */
};

struct kernel_modules {
	char *release; /* "6.12.118+deb13-cloud-amd64" */
	struct digest
		kernel; /* of the kernel package: all that a module's entry says follows from it */
	struct kernel_module *items;
	size_t n, capacity;
};

void kernel_modules_release(struct kernel_modules *m);

/* Limit of modules.dep: a line of a few hundred bytes for each of some thousand modules. */
#define MODULES_DEP_MAX (8u << 20)

/*
 * Orders `wanted` (module names, "-" and "_" alike) and all that they depend on so that each comes
 * after its dependencies. Modules compiled into the kernel are left out; one that the kernel does not
 * have is an error. `modules_dep` and `modules_builtin` are the texts of depmod's and the package's
 * files; `paths` receives module paths below usr/lib/modules/RELEASE.
 */
_must_check_ int modules_order(struct span modules_dep, struct span modules_builtin,
			       const struct string_list *wanted, struct string_list *paths,
			       struct error **err);

/* "kernel/drivers/md/dm-verity.ko.xz" to "dm-verity.ko". NULL out of memory. */
char *modules_file_name(const char *path) _must_check_;

/* Adds the file names of all modules that the module of this path depends on, as depmod lists them. */
_must_check_ int modules_needs(struct span modules_dep, const char *path, struct string_list *ret,
			       struct error **err);

/* The modules of a kernel package's tree that the recipe wants. */
_must_check_ int kernel_modules_select(const struct store *s, const struct build_root *b,
				       const struct tree *kernel,
				       const struct digest *kernel_sha256,
				       const struct string_list *wanted, struct kernel_modules *ret,
				       struct error **err);
