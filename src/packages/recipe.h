/*
 * Recipes: what an image is made of. images/NAME/image.conf, its layers (Include=), the debug variant
 * (debug.conf beside image.conf, read only for debug images) and the files laid over the root
 * (files/, files-debug/).
 *
 * Strict: unknown section or key, duplicate single-valued key, missing key, bad value, include loop,
 * path that leaves the recipe: each an error "images/x/image.conf:12: ...". docs/recipe.md has all
 * sections and keys.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "packages/recipe_folders.h"

enum component_kind {
	COMPONENT_NPM,	    /* Npm= name, Version=, Integrity=sha512-<base64> */
	COMPONENT_NPM_LOCK, /* NpmLock= a package-lock.json of the recipe, Version=, Directory= */
	COMPONENT_URL,	    /* Url= https address, Sha256= or Signature= and Signer=, Size= */
	COMPONENT_FILE	    /* File= a path on the build host given at lock time, Sha256=, Size= */
};

/*
 * Install=FROM TO MODE: one file of a component (FROM inside its archive; "." for a plain file), or a folder with
 * all files below it ("configs/ usr/lib/x/configs/ 0644").
 */
struct component_file {
	char *from; /* without the slash of a folder */
	char *to;
	uint16_t mode; /* of each file */
	bool folder;
};

struct component {
	char *name; /* of [Component NAME] */
	enum component_kind kind;
	char *source;	 /* npm name, address or path */
	char *npm_lock;	 /* text of the lock file, as it was when the recipe was read */
	char *directory; /* npm lock: where its node_modules/ is put */
	char *version;
	char *build;	       /* url: what "{build}" stands for; NULL: nothing */
	char *integrity;       /* npm: "sha512-..." */
	char *sha256;	       /* hexadecimal; NULL for npm, and where a signature is enough */
	uint64_t size;	       /* 0: not known */
	char *signature;       /* url: https address of a detached OpenPGP signature, NULL: none */
	char *signer;	       /* fingerprint of its primary key, upper-case hexadecimal */
	char *signer_key_file; /* SignerKey= file of the recipe with the public key, NULL: none */
	char *signer_key;      /* its text */
	char *licence;	       /* SPDX expression */
	struct component_file *files;
	size_t n_files, files_capacity;
	bool finished; /* checked, with all in its place */
};

/* Script=PACKAGE HOW: what replaces the maintainer scripts of a package: a step ("sysusers", "depmod",
 * "ca-certificates"), "files" (the recipe's own files) or "none" (nothing they do matters here). */
struct recipe_script {
	char *package;
	char *how;
};

#define RECIPE_SCRIPT_REPLACEMENTS "ca-certificates, depmod, files, none, sysusers"

/* [Step NAME]: a command of the build root that makes files out of a folder of the image. */
struct recipe_step {
	char *name;
	char *directory;	      /* Directory= of the image; what is made comes into it, too */
	struct string_list arguments; /* Argument= of the command, its program first */
};

/* One folder of the recipe, lowest layer first. */
struct recipe_layer {
	char *directory;   /* images/base */
	char *files;	   /* images/base/files, NULL if there is none */
	char *files_debug; /* images/base/files-debug, NULL if there is none */
};

/* A public key of [Disk]: a file of the recipe, checked and kept when the recipe is read. */
struct recipe_key {
	char *path; /* images/devnet/policy.pem */
	char *pem;  /* its text; NULL: the recipe names none */
};

struct recipe {
	char *name;	   /* [Image] Name=, equal to the folder's */
	char *description; /* [Image] Description= */
	char *directory;
	struct recipe_layer *layers;
	size_t n_layers, layers_capacity;

	char *suite;	    /* [Archive] Suite=trixie; -updates and -security follow */
	char *architecture; /* [Archive] Architecture=amd64 */
	struct string_list
		archive_components; /* [Archive] Component=; none: "main" alone is read */

	struct string_list install;	  /* [Packages] Install= */
	struct string_list install_debug; /* the same in debug.conf */
	struct string_list without;    /* [Packages] Without=: dependencies that are left unmet */
	struct recipe_script *scripts; /* [Packages] Script= */
	size_t n_scripts, scripts_capacity;
	struct string_list set_id;     /* [Packages] SetId= paths that may keep set-id bits */
	struct string_list duplicates; /* [Packages] Duplicate= paths that two packages may hold */

	char *kernel; /* [Kernel] Package= (its dependencies on images are followed, nothing else) */
	struct string_list command_line; /* [Kernel] CommandLine= words, in order */
	struct string_list command_line_debug;
	struct string_list
		modules; /* [Kernel] Module=: loaded by init in this order, with dependencies */

	struct string_list remove; /* [Root] Remove= shell patterns of paths left out */
	struct string_list keep;   /* [Root] Keep= patterns excepted from Remove= */
	struct string_list keep_debug;
	struct string_list enable; /* [Root] Enable= units wanted by tdnode.target */
	struct string_list enable_debug;
	struct string_list programs; /* [Root] Program= guest programs: NAME of guest/NAME */
	struct string_list bundles;  /* [Root] Bundle= .NET programs that unpack themselves */

	struct recipe_key policy_key;	/* [Disk] PolicyKey=: RSA, of who may approve images */
	struct recipe_key recovery_key; /* [Disk] RecoveryKey=: X25519, of who may recover disks */

	struct string_list build_root;	       /* [BuildRoot] Install= */
	struct string_list build_root_without; /* [BuildRoot] Without= */
	struct string_list firmware; /* [Firmware] Install= (extracted without dependencies) */

	struct component *components;
	size_t n_components, components_capacity;

	struct recipe_step *steps; /* in the order in which they run */
	size_t n_steps, steps_capacity;
};

/* Reads the recipe NAME with its layers. Both variants are always read: which one is built is the
 * builder's choice. */
_must_check_ int recipe_read(const struct recipe_folders *folders, const char *name,
			     struct recipe *ret, struct error **err);
void recipe_release(struct recipe *r);

/* Digest over everything of the recipe that a lock depends on, so that build can tell a lock that
 * was made for another recipe. */
_must_check_ int recipe_request_digest(const struct recipe *r, struct digest *ret,
				       struct error **err);
