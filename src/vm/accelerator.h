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

struct accelerator {
	bool kvm;
	const char *reason; /* for people, static text */
};

/* True if the text of /proc/cpuinfo lists the flag vmx or svm. */
bool cpuinfo_can_virtualise(struct span cpuinfo);

/* Chooses for this machine. ACCELERATOR_KVM where KVM does not work is an error. */
_must_check_ int accelerator_choose(enum accelerator_choice choice, struct accelerator *ret,
				    struct error **err);
