/* The paravisor of Azure's confidential machines takes 64 bytes by one index of its TPM and gives its report, with
 * them in it, by another; the metadata service, which is the host's, has the report's TD report quoted. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "formats/base64url.h"
#include "formats/hcl.h"
#include "formats/http_answer.h"
#include "formats/json_read.h"
#include "formats/quote.h"
#include "guest/attest/attest.h"

#define TD_REPORT_OFFSET 32u
#define TD_REPORT_SIZE 1024u
/* Base64 of the longest quote. */
#define ANSWER_MAX (128u << 10)
#define ANSWER_MILLISECONDS 30000
/* How often the report is read until it has the data. */
#define REPORT_ATTEMPTS 5

static void pause_for(unsigned milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000,
			     .tv_nsec = (long)(milliseconds % 1000) * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

int azure_read_quote(struct span json, struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	const char *text;
	size_t n;
	int r = json_read_document(json, false, &root, err);

	if (r >= 0)
		r = json_read_string(root, "quote", &text, err);
	if (r < 0)
		return r;
	if (!base64url_decode(span_string(text), &bytes, &n) || !quote_is(SPAN(bytes, n)))
		return error_set(err, -ERROR_MALFORMED, "'quote' is no TDX quote");
	buffer_put(ret, SPAN(bytes, n));
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int receive(int fd, int64_t deadline, struct buffer *bytes, struct http_answer *ret,
		   struct error **err)
{
	int r = 0;

	while (r == 0) {
		uint8_t part[4096];
		ssize_t got = recv(fd, part, sizeof part, 0);

		if (got < 0)
			return error_errno(err, errno, "no answer");
		if (clock_milliseconds() > deadline)
			return error_errno(err, ETIMEDOUT, "no answer");
		buffer_put(bytes, SPAN(part, (size_t)got));
		if (!buffer_ok(bytes))
			return error_set(err, -ERROR_MALFORMED, "the answer is too long");
		r = http_answer_parse(buffer_span(bytes), got == 0, ANSWER_MAX, ret, err);
	}
	return r;
}

/* `answer` holds what *ret refers to. */
static int post(const struct sockaddr_in *to, struct span request, struct buffer *answer,
		struct span *ret, struct error **err)
{
	const struct timeval limit = {.tv_sec = ANSWER_MILLISECONDS / 1000};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http_answer a;
	int r;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
		return error_errno(err, errno, "a socket");
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0)
		return error_errno(err, errno, "no connection");
	r = write_full(fd, request);
	if (r < 0)
		return error_errno(err, -r, "no request");
	r = receive(fd, clock_milliseconds() + ANSWER_MILLISECONDS, answer, &a, err);
	if (r < 0)
		return r;
	if (a.status != 200)
		return error_set(err, -EIO, "status %u", a.status);
	http_answer_join(answer, &a);
	*ret = a.body;
	return 0;
}

static int ask_quote(const struct sockaddr_in *to, struct span report, struct buffer *ret,
		     struct error **err)
{
	_cleanup_(buffer_release) struct buffer request = BUFFER_INIT(8u << 10),
						answer = BUFFER_INIT(HTTP_ANSWER_SIZE(ANSWER_MAX));
	_cleanup_free_ char *text = base64url_string(report);
	struct span body;
	int r;

	if (!text)
		return error_oom(err);
	buffer_printf(&request,
		      "POST /acc/tdquote HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: "
		      "true\r\nUser-Agent: tdnode\r\nContent-Type: application/json\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n{\"report\":\"%s\"}",
		      strlen(text) + strlen("{\"report\":\"\"}"), text);
	if (!buffer_ok(&request))
		return error_oom(err);
	r = post(to, buffer_span(&request), &answer, &body, err);
	if (r >= 0)
		r = azure_read_quote(body, ret, err);
	return r < 0 ? error_wrap(err, r, "the metadata service") : 0;
}

/* The report, once it has the data. */
static int read_report(const struct attest_places *p, int tpm, const uint8_t data[ATTEST_DATA_SIZE],
		       struct buffer *ret, struct error **err)
{
	for (unsigned i = 0; i < REPORT_ATTEMPTS; i++) {
		struct hcl_report report;
		struct hcl_claims claims;
		int r;

		pause_for(p->paravisor_milliseconds);
		ret->n = 0;
		r = tpm_index_read(tpm, AZURE_INDEX_REPORT, ret, err);
		if (r == -ENOENT)
			return error_set(err, r, "the paravisor's report is gone");
		if (r >= 0)
			r = hcl_report_parse(buffer_span(ret), &report, err);
		if (r >= 0)
			r = hcl_claims_parse(report.claims, &claims, err);
		if (r < 0)
			return r;
		if (claims.has_user_data && memcmp(claims.user_data, data, ATTEST_DATA_SIZE) == 0)
			return 0;
	}
	return error_set(err, -EIO, "the paravisor's report does not get the data");
}

int azure_report(const struct attest_places *p, int tpm, const uint8_t data[ATTEST_DATA_SIZE],
		 struct evidence *e, struct error **err)
{
	int r = tpm_index_write(tpm, AZURE_INDEX_USER_DATA, SPAN(data, ATTEST_DATA_SIZE), err);
	struct span report;

	e->hcl_report.max = e->quote.max = EVIDENCE_MAX;
	if (r >= 0)
		r = read_report(p, tpm, data, &e->hcl_report, err);
	if (r < 0)
		return r;
	/* hcl_report_parse() has read beyond. */
	if (!span_slice(buffer_span(&e->hcl_report), TD_REPORT_OFFSET, TD_REPORT_SIZE, &report))
		return error_set(err, -ERROR_MALFORMED, "the paravisor's report is cut off");
	return ask_quote(&p->metadata, report, &e->quote, err);
}
