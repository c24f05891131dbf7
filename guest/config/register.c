/* PCR 8 of the TPM, in every bank that it keeps. Nobody else speaks with the TPM at that time. */
#include <errno.h>

#include "crypto/digest.h"
#include "guest/config/node_config.h"
#include "guest/tpm/tpm_device.h"

static const struct {
	TPM2_ALG_ID id;
	enum digest_algorithm algorithm;
} known_banks[] = {
	{TPM2_ALG_SHA1, DIGEST_SHA1},
	{TPM2_ALG_SHA256, DIGEST_SHA256},
	{TPM2_ALG_SHA384, DIGEST_SHA384},
	{TPM2_ALG_SHA512, DIGEST_SHA512},
};

/* A bank that the TPM keeps, and what the register is in it by what was extended here. */
struct used_bank {
	TPM2_ALG_ID id;
	struct digest value;
};

struct tpm_register {
	struct tpm_device device;
	struct used_bank banks[ARRAY_SIZE(known_banks)];
	size_t n_banks;
};

void tpm_register_free(struct tpm_register *t)
{
	if (!t)
		return;
	tpm_device_release(&t->device);
	free(t);
}

static bool selects(const TPMS_PCR_SELECTION *s, unsigned pcr)
{
	return pcr / 8 < s->sizeofSelect && s->pcrSelect[pcr / 8] & 1u << pcr % 8;
}

static int add_bank(struct tpm_register *t, TPM2_ALG_ID id, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_banks); i++) {
		if (known_banks[i].id != id)
			continue;
		if (t->n_banks == ARRAY_SIZE(t->banks))
			break;
		t->banks[t->n_banks].id = id;
		t->banks[t->n_banks++].value.algorithm = known_banks[i].algorithm;
		return 0;
	}
	/* In such a bank the register would stay open for whatever runs later. */
	return error_set(
		err, -ERROR_REFUSED,
		"the TPM keeps a bank of registers (algorithm 0x%x) that is not known here", id);
}

static int find_banks(struct tpm_register *t, struct error **err)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TSS2_RC rc = Esys_GetCapability(t->device.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_PCRS, 0, 1, NULL, &data);
	int r = rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "tell its registers", err);

	for (size_t i = 0; r >= 0 && i < data->data.assignedPCR.count; i++) {
		const TPMS_PCR_SELECTION *s = &data->data.assignedPCR.pcrSelections[i];

		if (selects(s, CONFIG_PCR))
			r = add_bank(t, s->hash, err);
	}
	if (r >= 0 && t->n_banks == 0)
		r = error_set(err, -ERROR_REFUSED, "the TPM has no register %u", CONFIG_PCR);
	Esys_Free(data);
	return r;
}

int tpm_register_open(struct tpm_register **ret, struct error **err)
{
	_cleanup_(tpm_register_freep) struct tpm_register *t = NULL;
	int r;

	*ret = NULL;
	if (tpm_device_is_absent())
		return 0;
	t = calloc(1, sizeof *t);
	r = t ? tpm_device_open(&t->device, err) : error_oom(err);
	if (r >= 0)
		r = find_banks(t, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

static int read_value(struct tpm_register *t, const struct used_bank *bank, struct digest *ret,
		      struct error **err)
{
	const TPML_PCR_SELECTION wanted = {
		.count = 1,
		.pcrSelections = {{
			.hash = bank->id,
			.sizeofSelect = 3,
			.pcrSelect = {[CONFIG_PCR / 8] = 1u << CONFIG_PCR % 8},
		}},
	};
	TPML_DIGEST *values = NULL;
	TSS2_RC rc = Esys_PCR_Read(t->device.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &wanted, NULL, NULL, &values);
	int r = 0;

	*ret = (struct digest){.algorithm = bank->value.algorithm};
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "read its registers", err);
	if (values->count == 1 && values->digests[0].size == digest_size(ret->algorithm))
		memcpy(ret->bytes, values->digests[0].buffer, digest_size(ret->algorithm));
	else
		r = error_set(err, -EIO, "the TPM gives no value of register %u", CONFIG_PCR);
	Esys_Free(values);
	return r;
}

/* That every bank has the value that was computed here; zeros at first. */
static int check_values(struct tpm_register *t, const char *why_not, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < t->n_banks; i++) {
		struct digest value;

		r = read_value(t, &t->banks[i], &value, err);
		if (r >= 0 && !digest_equal(&value, &t->banks[i].value))
			r = error_set(err, -ERROR_REFUSED, "register %u of the TPM (%s) %s",
				      CONFIG_PCR, digest_name(value.algorithm), why_not);
	}
	return r;
}

static int check_unused(void *context, struct error **err)
{
	return check_values(context,
			    "was extended before: by firmware, by the host, or at an earlier start "
			    "of this program",
			    err);
}

static int check_extended(void *context, struct error **err)
{
	return check_values(context, "is not what it was extended by", err);
}

/* TPM 2.0 Library, part 1, 17.2: value = H(value || digest). */
static void extend_value(struct digest *value, const struct digest *d)
{
	uint8_t both[2 * DIGEST_MAX];
	size_t n = digest_size(value->algorithm);

	memcpy(both, value->bytes, n);
	memcpy(both + n, d->bytes, n);
	*value = digest_bytes(value->algorithm, SPAN(both, 2 * n));
}

static int extend(void *context, struct span bytes, struct error **err)
{
	struct tpm_register *t = context;
	TPML_DIGEST_VALUES values = {.count = (UINT32)t->n_banks};
	TSS2_RC rc;

	for (size_t i = 0; i < t->n_banks; i++) {
		struct digest d = digest_bytes(t->banks[i].value.algorithm, bytes);

		values.digests[i].hashAlg = t->banks[i].id;
		memcpy(&values.digests[i].digest, d.bytes, digest_size(d.algorithm));
		extend_value(&t->banks[i].value, &d);
	}
	rc = Esys_PCR_Extend(t->device.esys, ESYS_TR_PCR8, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			     ESYS_TR_NONE, &values);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "extend a register", err);
}

struct config_register tpm_register_functions(struct tpm_register *t)
{
	return (struct config_register){t, check_unused, extend, check_extended};
}
