/*
 * What packages' maintainer scripts would have done, as declared steps on the tree. Each step reads
 * files of the tree and adds files to it; nothing of the host takes part.
 */
#pragma once

#include "image/build_root.h"
#include "packages/recipe.h"
#include "tree/tree.h"

/*
 * etc/passwd, etc/group, etc/shadow, etc/gshadow from the tree's sysusers.d, by the build root's
 * systemd-sysusers. The password files are readable by root alone.
 */
_must_check_ int root_step_sysusers(struct tree *t, const struct store *s,
				    const struct build_root *b, struct error **err);

/* etc/ssl/certs/ca-certificates.crt: the tree's usr/share/ca-certificates, in path order. */
_must_check_ int root_step_ca_certificates(struct tree *t, struct error **err);

/*
 * usr/lib/bundle/NAME/ID: what a .NET program of the tree, NAME, carries in its one file and would unpack when it
 * starts; with DOTNET_BUNDLE_EXTRACT_BASE_DIR=/usr/lib/bundle it finds it there. The program does it itself: it runs
 * once, with --version, in the build root.
 */
_must_check_ int root_step_bundle(struct tree *t, const char *program, const struct store *s,
				  const struct build_root *b, struct error **err);

/* etc/systemd/system/tdnode.target.wants/UNIT for each unit, which must be in the tree. */
_must_check_ int root_step_units(struct tree *t, const struct string_list *units,
				 struct error **err);

/* usr/lib/os-release with IMAGE_ID=, and VARIANT_ID=debug for a debug image. */
_must_check_ int root_step_os_release(struct tree *t, const char *image, bool debug,
				      struct error **err);
