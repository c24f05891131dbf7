/*
 * How QEMU runs the processor: KVM where it works, else TCG.
 *
 * A /dev/kvm can be there without a processor that can virtualise; QEMU then hangs instead of failing.
 * So KVM is used only if the processor says vmx or svm and the device can be opened.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

enum accelerator_choice { ACCELERATOR_AUTO, ACCELERATOR_KVM, ACCELERATOR_TCG };

#define ACCELERATOR_REASON_SIZE 160

struct accelerator {
	bool kvm;
	char reason[ACCELERATOR_REASON_SIZE]; /* for people */
};

/* True if the text of /proc/cpuinfo lists the flag vmx or svm. */
bool cpuinfo_can_virtualise(struct span cpuinfo);

/* Why /dev/kvm cannot be opened, and what to do. */
void accelerator_explain(int errno_value, char ret[ACCELERATOR_REASON_SIZE]);

/* Chooses for this machine. ACCELERATOR_KVM where KVM does not work is an error. */
_must_check_ int accelerator_choose(enum accelerator_choice choice, struct accelerator *ret,
				    struct error **err);
