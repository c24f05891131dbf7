/*
 * Whether the TPM of a VM keeps what it holds.
 */
#pragma once

enum vtpm {
	VTPM_PERSISTENT, /* over reboots and moves: the VM is made from an image in a gallery */
	VTPM_EPHEMERAL,	 /* empty at each boot: the VM is made from an uploaded disk */
};

static inline const char *vtpm_name(unsigned vtpm)
{
	return vtpm == VTPM_EPHEMERAL ? "ephemeral" : "persistent";
}
