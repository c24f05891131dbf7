/*
 * Uploads a VHD by src/cloud for tests/oracle/azure-upload and scripts/bench.
 *
 *	oracle_azure_upload VHD JOURNAL GRANT [create]
 *
 * GRANT is the address where an address to write by is asked for. Prints what page_upload() reports, how long it took, and the
 * peak of memory in KiB.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cloud/page_upload.h"

struct program {
	struct http_client *http;
	const char *grant;
};

static int grant(void *context, char **ret, struct error **err)
{
	const struct program *p = context;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	int r = http_get(p->http, p->grant, &b, err);

	if (r < 0)
		return r;
	*ret = buffer_steal_text(&b);
	return *ret ? 0 : error_oom(err);
}

static int upload(char **argv, struct page_upload_result *ret, struct error **err)
{
	_cleanup_(http_client_freep) struct http_client *http = NULL;
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, false);
	struct program p = {.grant = argv[3]};
	struct page_upload u = {
		.path = argv[1],
		.blob = "the blob",
		.journal = argv[2],
		.create = argv[4] && string_equal(argv[4], "create"),
		.grant = grant,
		.context = &p,
		.direct = true,
		.progress = progress,
	};
	struct digest digest;
	uint64_t size;
	int r = digest_file(argv[1], DIGEST_SHA256, &digest, &size, err);

	if (r >= 0)
		r = http_client_new(false, &http, err);
	if (r < 0)
		return r;
	u.digest = &digest;
	p.http = http;

	const int64_t started = clock_milliseconds();

	r = page_upload(http, &u, ret, err);
	printf("milliseconds %lld\n", (long long)(clock_milliseconds() - started));
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct page_upload_result result = {};
	struct rusage usage;

	if (argc < 4)
		return 2;

	int r = upload(argv, &result, &err);

	getrusage(RUSAGE_SELF, &usage);
	printf("data %llu\nsent %llu\nbefore %llu\nagain %llu\nwrites %llu\ngrants %u\ncomplete "
	       "%d\npeak %ld\n",
	       (unsigned long long)result.data, (unsigned long long)result.sent,
	       (unsigned long long)result.before, (unsigned long long)result.again,
	       (unsigned long long)result.writes, result.grants, result.complete, usage.ru_maxrss);
	if (r < 0)
		fprintf(stderr, "azure_upload: %s\n", error_message(err));
	return error_exit_status(r);
}
