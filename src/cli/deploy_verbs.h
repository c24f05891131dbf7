/*
 * The verbs of `tdnode deploy azure`. Each works on one VM at a time; a fleet is worked through one after the other.
 */
#pragma once

#include "base/progress.h"
#include "cli/deploy_image.h"

/* What all verbs have. */
struct deploy_session {
	const struct deploy_options *options;
	struct arm arm;
	struct progress *progress;
	struct deploy_settings settings; /* without an image, unless the verb has one */
	const struct deploy_image_parts *image;
	struct wanted_disk disk; /* that is recovered for the machine that is made */
};

typedef int deploy_verb(struct deploy_session *s, struct error **err);

deploy_verb deploy_verb_plan, deploy_verb_up, deploy_verb_publish, deploy_verb_replace;
deploy_verb deploy_verb_status, deploy_verb_logs, deploy_verb_stop, deploy_verb_start,
	deploy_verb_grow, deploy_verb_down, deploy_verb_list, deploy_verb_images;

/*
 * Asks the node at the address for evidence until it answers, and judges it by --policy. *ret_has_disk: by its evidence
 * it has its data disk open. -ERROR_REFUSED if it is refused.
 */
_must_check_ int deploy_attest(struct deploy_session *s, const char *address, bool *ret_has_disk,
			       struct error **err);

/*
 * deploy_recover.c, for --recovery-key. Which disk the machine at the address has open, by its evidence: into s->disk.
 * `host` is NULL if there is no such machine.
 */
_must_check_ int deploy_ask_disk(struct deploy_session *s, const char *host, struct error **err);
/*
 * Waits until the machine at the address asks for the secret of its disk, judges it, and sends it. *ret_opened: it was
 * taken, and the disk is open; else the machine asks for none.
 */
_must_check_ int deploy_recover(struct deploy_session *s, const char *host, bool *ret_opened,
				struct error **err);

/* Of one of the VMs that the command line names, with its group; NULL group: as the name. */
typedef int deploy_of_one(struct deploy_session *s, const char *name, const char *group,
			  struct error **err);

/* Calls it for the VM, or for each of the fleet. */
_must_check_ int deploy_each(struct deploy_session *s, deploy_of_one *one, struct error **err);
