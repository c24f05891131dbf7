#include <arpa/inet.h>
#include <errno.h>

#include "base/file.h"
#include "formats/disk_key.h"
#include "formats/ratls.h"
#include "guest/attest/attest.h"

#define PRODUCT_MAX 256u

struct attest_places attest_places_defaults(void)
{
	return (struct attest_places){
		.tpm = "/dev/tpmrm0",
		.tsm = "/sys/kernel/config/tsm/report/tdnode",
		.product = "/sys/class/dmi/id/product_name",
		.config = "/run/tdnode/config",
		.os_release = "/usr/lib/os-release",
		.enode = "/run/tdnode-status/execution-enode",
		.peer_id = "/run/tdnode-status/consensus-peer-id",
		.disk = "/run/tdnode/disk",
		.event_log = "/run/attest/eventlog",
		.disk_key = DISK_KEY_SOCKET,
		.disk_waits = DISK_KEY_WAITS,
		.metadata = {.sin_family = AF_INET,
			     .sin_port = htons(80),
			     .sin_addr = {inet_addr("169.254.169.254")}},
		.paravisor_milliseconds = 3000,
	};
}

static int kind_of_tpm(int tpm, enum evidence_kind *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer report = BUFFER_INIT(EVIDENCE_MAX);
	int r = tpm_index_read(tpm, AZURE_INDEX_REPORT, &report, err);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == -ENOENT ? EVIDENCE_TPM : EVIDENCE_AZURE;
	return 0;
}

int machine_kind(const struct attest_places *p, enum evidence_kind *ret, struct error **err)
{
	_cleanup_close_ int tpm = -1;
	int r;

	*ret = EVIDENCE_TDX;
	if (path_exists(p->tsm))
		return 0;
	if (path_is_absent(p->tpm))
		return error_set(err, -ENODEV, "there is neither a TD nor a TPM");
	r = tpm_connect(p->tpm, &tpm, err);
	return r < 0 ? r : kind_of_tpm(tpm, ret, err);
}

static int tpm_evidence(const struct attest_places *p, const uint8_t data[ATTEST_DATA_SIZE],
			size_t tpm_data_size, struct evidence *e, struct error **err)
{
	_cleanup_close_ int tpm = -1;
	int r = tpm_connect(p->tpm, &tpm, err);

	if (r >= 0 && e->kind == EVIDENCE_AZURE)
		r = azure_report(p, tpm, data, e, err);
	return r < 0 ? r : tpm_quote(tpm, SPAN(data, tpm_data_size), e, err);
}

int machine_evidence(const struct attest_places *p, const uint8_t data[ATTEST_DATA_SIZE],
		     size_t tpm_data_size, struct evidence *ret, struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	int r = machine_kind(p, &e.kind, err);

	if (r < 0)
		return r;
	e.quote.max = EVIDENCE_MAX;
	r = e.kind == EVIDENCE_TDX ? tdx_quote(p->tsm, data, &e.quote, err)
				   : tpm_evidence(p, data, tpm_data_size, &e, err);
	if (r < 0)
		return r;
	*ret = e;
	e = (struct evidence){0};
	return 0;
}

/* A name alone: the quote says what the machine is. */
static bool is_google(const struct attest_places *p)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PRODUCT_MAX);

	return file_read(p->product, PRODUCT_MAX, &text, NULL) >= 0 &&
	       string_starts(buffer_text(&text), "Google Compute Engine");
}

const char *machine_ratls_kind(const struct attest_places *p, enum evidence_kind kind)
{
	switch (kind) {
	case EVIDENCE_TDX:
		return is_google(p) ? RATLS_GCP : RATLS_DCAP;
	case EVIDENCE_AZURE:
		return RATLS_AZURE;
	default:
		return RATLS_NONE;
	}
}
