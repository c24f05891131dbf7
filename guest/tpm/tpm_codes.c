/* What a response code says. The text is here because the library that has it is not in the image. */
#include "guest/tpm/tpm_device.h"

#include <errno.h>

/* Those that the commands of guest programs can end with: TPM 2.0 Library Part 2, 6.6.3, and the device's. */
static const struct {
	TSS2_RC base;
	const char *text;
} codes[] = {
	{TPM2_RC_INITIALIZE, "the firmware did not start it"},
	{TPM2_RC_FAILURE, "it failed its self-test, and does nothing until it is reset"},
	{TPM2_RC_DISABLED, "the command is disabled"},
	{TPM2_RC_POLICY, "the policy compares what does not hold"},
	{TPM2_RC_PCR_CHANGED, "a register changed meanwhile"},
	{TPM2_RC_UPGRADE, "it waits for new firmware of its own"},
	{TPM2_RC_COMMAND_CODE, "it does not know the command"},
	{TPM2_RC_NV_RANGE, "more than the index holds"},
	{TPM2_RC_NV_SIZE, "more than an index may hold"},
	{TPM2_RC_NV_LOCKED, "the index is locked"},
	{TPM2_RC_NV_AUTHORIZATION, "the index does not allow it"},
	{TPM2_RC_NV_UNINITIALIZED, "the index was never written"},
	{TPM2_RC_NV_SPACE, "no room for another index"},
	{TPM2_RC_NV_DEFINED, "the index exists already"},
	{TPM2_RC_ASYMMETRIC, "it does not know the algorithm"},
	{TPM2_RC_ATTRIBUTES, "wrong attributes"},
	{TPM2_RC_HASH, "it does not know the hash algorithm"},
	{TPM2_RC_VALUE, "a value out of range"},
	{TPM2_RC_HIERARCHY, "the owner's hierarchy is disabled"},
	{TPM2_RC_KEY_SIZE, "it does not know keys of that size"},
	{TPM2_RC_TYPE, "wrong type of object"},
	{TPM2_RC_HANDLE, "there is no such object"},
	{TPM2_RC_AUTH_FAIL, "the owner's password is not empty"},
	{TPM2_RC_SCHEME, "it does not know the scheme"},
	{TPM2_RC_SIZE, "wrong size"},
	{TPM2_RC_SYMMETRIC, "it does not know the cipher"},
	{TPM2_RC_SIGNATURE, "the signature is wrong"},
	{TPM2_RC_POLICY_FAIL, "the policy does not hold"},
	{TPM2_RC_INTEGRITY, "made by another TPM, or damaged"},
	{TPM2_RC_TICKET, "the ticket is of another TPM"},
	{TPM2_RC_BAD_AUTH, "the owner's password is not empty"},
	{TPM2_RC_CURVE, "it does not know the curve"},
	{TPM2_RC_OBJECT_MEMORY, "no room for another key"},
	{TPM2_RC_SESSION_MEMORY, "no room for another session"},
	{TPM2_RC_MEMORY, "out of memory"},
	{TPM2_RC_OBJECT_HANDLES, "no room for another key"},
	{TPM2_RC_SESSION_HANDLES, "no room for another session"},
	{TPM2_RC_LOCALITY, "not allowed at this locality"},
	{TPM2_RC_TESTING, "its self-test still runs"},
	{TPM2_RC_NV_RATE, "too many writes to its memory in a short time"},
	{TPM2_RC_LOCKOUT, "locked out after wrong passwords"},
	{TPM2_RC_RETRY, "it is busy"},
	{TPM2_RC_NV_UNAVAILABLE, "its memory cannot be written now"},
	{TSS2_TCTI_RC_NO_CONNECTION, "the device is gone"},
	{TSS2_TCTI_RC_IO_ERROR, "the device does not answer"},
	{TSS2_TCTI_RC_MALFORMED_RESPONSE, "the device answers something else"},
};

TSS2_RC tpm_base_code(TSS2_RC rc)
{
	if ((rc & TSS2_RC_LAYER_MASK) != TSS2_TPM_RC_LAYER)
		return rc;
	/* Part 2, 6.6.2: format-one codes carry a number in bits 8 to 11 and a kind in bit 6. */
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

int tpm_failed(TSS2_RC rc, const char *what, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (tpm_base_code(rc) == codes[i].base)
			return error_set(err, -EIO, "the TPM cannot %s: %s (0x%x)", what,
					 codes[i].text, (unsigned)rc);
	}
	return error_set(err, -EIO, "the TPM cannot %s (0x%x)", what, (unsigned)rc);
}
