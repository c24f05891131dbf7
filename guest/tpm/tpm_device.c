#include "guest/tpm/tpm_device.h"

#include <errno.h>
#include <tss2/tss2_tcti_device.h>

#include "base/file.h"

#define DEVICE "/dev/tpm0"

bool tpm_device_is_absent(void)
{
	return path_is_absent(DEVICE);
}

void tpm_device_release(struct tpm_device *d)
{
	if (d->esys)
		Esys_Finalize(&d->esys);
	if (d->tcti)
		Tss2_Tcti_Finalize(d->tcti);
	free(d->tcti);
	*d = (struct tpm_device){0};
}

static int start(struct tpm_device *d, struct error **err)
{
	size_t size = 0;
	TSS2_RC rc = Tss2_Tcti_Device_Init(NULL, &size, DEVICE);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "be opened", err);

	TSS2_TCTI_CONTEXT *tcti = calloc(1, size);

	if (!tcti)
		return error_oom(err);
	rc = Tss2_Tcti_Device_Init(tcti, &size, DEVICE);
	if (rc != TSS2_RC_SUCCESS) {
		free(tcti);
		return tpm_failed(rc, "be opened", err);
	}
	d->tcti = tcti;
	rc = Esys_Initialize(&d->esys, tcti, NULL);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "be opened", err);
}

int tpm_device_open(struct tpm_device *ret, struct error **err)
{
	_cleanup_(tpm_device_release) struct tpm_device d = {0};

	if (tpm_device_is_absent())
		return error_set(err, -ENODEV, "there is no TPM (" DEVICE ")");

	int r = start(&d, err);

	if (r < 0)
		return r;
	*ret = d;
	d = (struct tpm_device){0};
	return 0;
}
