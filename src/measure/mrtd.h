/*
 * MRTD: the register in which the TDX module measures how a trust domain's memory was filled before
 * its first instruction ("Intel TDX Module Base Architecture Specification", "Measurement and
 * Attestation"). It depends on the firmware and on the order in which the host adds and measures
 * pages; not on processors, memory size or image.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/tdvf.h"

enum page_order {
	/* Each page is added and then measured: upstream QEMU, Google Cloud. */
	PAGE_ORDER_ONE_PASS,
	/* All pages of a section are added, then measured: Intel's patches for QEMU 8.2, and so
	 * Canonical's and dstack's. */
	PAGE_ORDER_TWO_PASS,
	PAGE_ORDERS,
};

/* "one-pass", "two-pass" */
const char *page_order_name(enum page_order o);
_must_check_ bool page_order_from_name(const char *name, enum page_order *ret);

/* MRTD in each order. */
_must_check_ int mrtd_compute(const struct tdvf *firmware, struct digest ret[PAGE_ORDERS],
			      struct error **err);
