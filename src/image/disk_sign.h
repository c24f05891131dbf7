/*
 * Signing of a built image: its registers, predicted from its finished disk, are approved with the
 * policy key (formats/signed_policy.h), and the signed policy is put beside the kernel image on the
 * EFI system partition. No register changes by that, no partition moves, no other byte.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "crypto/rsa.h"
#include "formats/signed_policy.h"

struct disk_sign_options {
	const char *artifacts; /* folder of artefacts */
	const char *image;
	bool debug;
	const struct rsa_private *key;
	uint16_t epoch; /* 0: that of the policy which the disk carries already */
	/* Paths of firmware logs, one of a boot on each platform that may run the image. Empty: the
	 * platforms of the policy which the disk carries already. */
	struct string_list platform_logs;
	bool accept_drivers; /* that are in these logs: explain/platform_log.h */
};

struct disk_sign_result {
	char *directory; /* artifacts/devnet */
	uint16_t epoch;
	bool current;			 /* it was signed like this before: nothing was written */
	struct signed_policies policies; /* one for each platform */
	char *platforms;		 /* what was taken of each log, a line for each event */
	struct digest raw_sha256;
};

void disk_sign_result_release(struct disk_sign_result *r);

/*
 * Replaces artifacts/IMAGE[-debug]/ as a whole, or not at all: IMAGE.raw, IMAGE.vhd, IMAGE.policy (the
 * text alone), measurements.json and manifest.json are new, all else stays. What was signed once
 * with an epoch becomes the same bytes again.
 *
 * -ERROR_REFUSED if the key is not the image's, the disk is not the one that was built, or a log tells of
 * other code than firmware (explain/platform_log.h). Without an epoch or logs and without an earlier
 * policy: -ERROR_USAGE.
 */
_must_check_ int disk_sign(const struct disk_sign_options *options, struct disk_sign_result *ret,
			   struct error **err);
