/*
 * The list of memory that a host hands to a trust domain's firmware (UEFI Platform Initialization
 * Specification, volume 3, chapter 5, "HOB Code Definitions"), which firmware measures into RTMR0.
 * It follows from the firmware's sections, the size of memory, and the host's habits.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "formats/tdvf.h"

/* Ranges of memory are at most twice as many as sections, and two. */
#define TD_HOB_MAX (64u * (2u * TDVF_SECTIONS_MAX + 4u))
/* Far more than machines have. */
#define TD_MEMORY_MAX (1ull << 46)

enum td_hob_host {
	TD_HOB_QEMU,
	TD_HOB_GOOGLE,
};

/*
 * Appends the list without its end marker, as firmware measures it. Firmware without exactly one
 * section for the list, and memory that its sections do not fit into, are errors.
 */
_must_check_ int td_hob_build(const struct tdvf *firmware, uint64_t memory, enum td_hob_host host,
			      struct buffer *ret, struct error **err);
