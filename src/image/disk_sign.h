/*
 * Signing of a built image: its registers, predicted from its finished disk, are approved with the
 * policy key (formats/signed_policy.h), and the signed policy is put beside the kernel image on the
 * EFI system partition. No register changes by that, no partition moves, no other byte.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "crypto/rsa.h"
#include "formats/luks2.h"
#include "formats/signed_policy.h"

/* A disk of an older version, by its header. */
struct disk_sign_old_disk {
	const char *path; /* for messages */
	struct luks2_tpm token;
};

struct disk_sign_options {
	const char *artifacts; /* folder of artefacts */
	const char *image;
	bool debug;
	const struct rsa_public *public_key;
	const struct rsa_private *key; /* of public_key; not needed with `from` */
	/* A policy that was signed for this image before (IMAGE.policy), to be put on it as it is: NULL, or
	 * instead of all that follows. */
	const char *from;
	uint16_t epoch; /* 0: that of the policy which the disk carries already */
	/* Paths of firmware logs, one of a boot on each platform that may run the image. Empty: the
	 * platforms of the policy which the disk carries already. */
	struct string_list platform_logs;
	bool accept_drivers; /* that are in these logs: explain/platform_registers.h */
	/*
	 * Which the image may open once, to seal them anew: while the TPM's counter is below the epoch, which
	 * that opening raises it to. Of an earlier policy none are taken over.
	 */
	const struct disk_sign_old_disk *old_disks;
	size_t old_disks_n;
};

struct disk_sign_result {
	char *directory; /* artifacts/devnet */
	uint16_t epoch;
	bool current;			 /* it was signed like this before: nothing was written */
	struct signed_policies policies; /* one for each platform, then for each old disk on each */
	size_t platforms_n;
	char *platforms; /* what was taken of each log, a line for each event */
	struct digest raw_sha256;
};

void disk_sign_result_release(struct disk_sign_result *r);

/*
 * Replaces artifacts/IMAGE[-debug]/ as a whole, or not at all: IMAGE.raw, IMAGE.vhd, IMAGE.policy (the
 * text alone), measurements.json and manifest.json are new, all else stays. What was signed once
 * with an epoch becomes the same bytes again.
 *
 * Whatever is taken of an earlier policy, the key must have signed, for this image. -ERROR_REFUSED if not, and
 * if the key is not the image's, the disk is not the one that was built, a log tells of
 * other code than firmware (explain/platform_registers.h), or an old disk was not sealed by an image of the key.
 * Without an epoch or logs and without an earlier policy, or with an epoch that is not above that of an
 * old disk: -ERROR_USAGE.
 */
_must_check_ int disk_sign(const struct disk_sign_options *options, struct disk_sign_result *ret,
			   struct error **err);
