#include "cloud/page_upload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "cloud/page_upload_parts.h"
#include "formats/azure_error.h"
#include "formats/vhd.h"

/* How soon somebody is heard who asks to stop. */
#define WAIT_MILLISECONDS 100
/* With this a blob is marked that is made for a journal; names of metadata are identifiers. */
#define MARK "x-ms-meta-tdnodeupload"

static void upload_release(struct upload *up)
{
	closep(&up->fd);
	page_ranges_release(&up->ranges);
	page_journal_release(&up->journal);
	address_free(up->url);
}

int upload_check(const struct upload *up, struct error **err)
{
	if (up->of->stop && up->of->stop(up->of->context))
		return error_set(err, -ERROR_STOPPED, "the upload was stopped");
	return 0;
}

static int wait_for(const struct upload *up, unsigned milliseconds, struct error **err)
{
	const int64_t end = clock_milliseconds() + milliseconds;
	int r = upload_check(up, err);

	while (r >= 0 && clock_milliseconds() < end) {
		const struct timespec t = {0, WAIT_MILLISECONDS * 1000000l};

		nanosleep(&t, NULL);
		r = upload_check(up, err);
	}
	return r;
}

int upload_grant(struct upload *up, struct error **err)
{
	int r = 0;

	if (up->grants_in_vain > PAGE_GRANTS_MAX)
		return error_set(err, -EACCES, "%s: %u addresses were granted and each was refused",
				 up->of->blob, up->grants_in_vain);
	/* A grant may take its time to be known everywhere. */
	if (up->grants_in_vain > 1)
		r = wait_for(up, page_pause(up->grants_in_vain - 2, arc4random(), NULL), err);
	if (r < 0)
		return r;
	address_free(TAKE_PTR(up->url));
	r = up->of->grant(up->of->context, &up->url, err);
	if (r < 0)
		return error_wrap(err, r, "no address to write '%s' by", up->of->blob);
	up->grants_in_vain++;
	up->result->grants++;
	return 0;
}

const char *upload_code(const struct http_answer *a)
{
	return http_answer_header(a, "x-ms-error-code");
}

static int code_of(const struct http_answer *a)
{
	switch (page_judge(0, a->status, upload_code(a))) {
	case PAGE_GONE:
		return -ENOENT;
	case PAGE_IN_USE:
		return -EBUSY;
	case PAGE_NEW_ADDRESS:
		return -EACCES;
	default:
		return -EIO;
	}
}

int upload_refused(const struct upload *up, const char *what, const struct http_answer *a,
		   struct error **err)
{
	_cleanup_(azure_error_release) struct azure_error e = {};
	const char *id = http_answer_header(a, "x-ms-request-id");
	const char *code = upload_code(a);

	if (azure_error_parse(buffer_span(&a->body), &e, err) < 0)
		return -ENOMEM;
	if (!code)
		code = e.code;
	return error_set(err, code_of(a), "%s: %s: the service answers %u%s%s%s%s (request %s)",
			 up->of->blob, what, a->status, code[0] ? " " : "", code,
			 e.message[0] ? ": " : "", e.message, id ? id : "without a name");
}

/*
 * One request to the blob, sent again as long as that makes sense. Success is any answer that says something of the
 * blob: what it means is the caller's business.
 */
static int call(struct upload *up, struct http_request q, struct http_answer *ret,
		struct error **err)
{
	q.name = up->of->blob;
	q.direct = up->of->direct;
	for (unsigned failures = 0;;) {
		_cleanup_error_ struct error *e = NULL;

		q.url = up->url;

		int r = http_exchange(up->client, &q, ret, &e);
		const enum page_verdict verdict =
			page_judge(r, r < 0 ? 0 : ret->status, r < 0 ? NULL : upload_code(ret));

		switch (verdict) {
		case PAGE_BUSY:
		case PAGE_LATER:
			if (++failures >= PAGE_TRIES_MAX)
				return r < 0 ? error_move(err, r, &e) : 0;
			r = wait_for(
				up,
				page_pause(failures - 1, arc4random(),
					   r < 0 ? NULL : http_answer_header(ret, "retry-after")),
				err);
			break;
		case PAGE_NEW_ADDRESS:
			r = upload_grant(up, err);
			break;
		default:
			return r < 0 ? error_move(err, r, &e) : 0;
		}
		if (r < 0)
			return r;
	}
}

/* What there is of the blob. */
enum found {
	FOUND_NOTHING,
	FOUND_COMPLETE,
	FOUND_OURS, /* the journal is of it */
	FOUND_OTHER,
};

static int look(struct upload *up, const uint8_t footer[VHD_FOOTER_SIZE], enum found *ret,
		struct error **err)
{
	_cleanup_(http_answer_release) struct http_answer a = {
		.body = BUFFER_INIT(BLOB_ANSWER_MAX)};
	const uint64_t at = up->size - VHD_FOOTER_SIZE;
	char range[64], expected[96];

	snprintf(range, sizeof range, "x-ms-range: bytes=%" PRIu64 "-%" PRIu64, at, up->size - 1);
	/* The last page of a blob of this size. */
	snprintf(expected, sizeof expected, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, at,
		 up->size - 1, up->size);

	const char *const headers[] = {BLOB_VERSION, range, NULL};
	int r = call(up, (struct http_request){.method = "GET", .headers = headers}, &a, err);

	if (r < 0)
		return r;
	if (a.status == 404) {
		*ret = FOUND_NOTHING;
	} else if (a.status == 206) {
		const char *is = http_answer_header(&a, "content-range");
		const char *mark = http_answer_header(&a, MARK);

		if (!is || !string_equal(is, expected))
			*ret = FOUND_OTHER;
		else if (span_equal(buffer_span(&a.body), SPAN(footer, VHD_FOOTER_SIZE)))
			*ret = FOUND_COMPLETE;
		else
			*ret = mark && string_equal(mark, up->journal.id) ? FOUND_OURS
									  : FOUND_OTHER;
	} else if (a.status == 416) {
		*ret = FOUND_OTHER; /* too small */
	} else {
		return upload_refused(up, "looking for it", &a, err);
	}
	up->grants_in_vain = 0;
	return 0;
}

static int make_blob(struct upload *up, struct error **err)
{
	_cleanup_(http_answer_release) struct http_answer a = {
		.body = BUFFER_INIT(BLOB_ANSWER_MAX)};
	char length[64], mark[64 + PAGE_JOURNAL_ID_SIZE];
	int r = page_journal_restart(&up->journal, err);

	if (r < 0)
		return r;
	snprintf(length, sizeof length, "x-ms-blob-content-length: %" PRIu64, up->size);
	snprintf(mark, sizeof mark, MARK ": %s", up->journal.id);

	const char *const headers[] = {BLOB_VERSION, "x-ms-blob-type: PageBlob", length, mark,
				       NULL};

	r = call(up, (struct http_request){.method = "PUT", .headers = headers}, &a, err);
	if (r < 0)
		return r;
	up->grants_in_vain = 0;
	return a.status == 201 ? 0 : upload_refused(up, "making it", &a, err);
}

/* Sees to a blob that can be written; true in result->complete if there is nothing to write. */
static int prepare_blob(struct upload *up, const uint8_t footer[VHD_FOOTER_SIZE],
			struct error **err)
{
	enum found found = FOUND_OTHER;
	int r = look(up, footer, &found, err);

	if (r < 0)
		return r;
	up->result->complete = found == FOUND_COMPLETE;
	return found == FOUND_COMPLETE || found == FOUND_OURS ? 0 : make_blob(up, err);
}

static int open_disk(struct upload *up, uint8_t ret_footer[VHD_FOOTER_SIZE], struct error **err)
{
	struct vhd_footer footer;
	int r = file_open(up->of->path, &up->fd, &up->size, err);

	if (r < 0)
		return r;
	if (up->size <= VHD_FOOTER_SIZE || up->size % BLOB_PAGE_SIZE != 0)
		return error_set(err, -ERROR_MALFORMED, "%s: not a VHD: it has %" PRIu64 " bytes",
				 up->of->path, up->size);
	r = pread_full(up->fd, ret_footer, VHD_FOOTER_SIZE, (off_t)(up->size - VHD_FOOTER_SIZE));
	if (r < 0)
		return error_errno(err, -r, "%s", up->of->path);
	r = vhd_parse(SPAN(ret_footer, VHD_FOOTER_SIZE), up->size - VHD_FOOTER_SIZE, &footer, err);
	return r < 0 ? error_wrap(err, r, "%s", up->of->path) : 0;
}

static int find_ranges(struct upload *up, struct error **err)
{
	struct page_ranges *ranges = &up->ranges;
	const uint64_t disk = up->size - VHD_FOOTER_SIZE;
	int r = page_ranges_find(up->fd, disk, ranges, err);

	if (r < 0)
		return error_wrap(err, r, "%s", up->of->path);
	if (array_reserve(&ranges->items, &ranges->capacity, ranges->n + 1, sizeof *ranges->items) <
	    0)
		return error_oom(err);
	ranges->items[ranges->n++] = (struct page_range){disk, VHD_FOOTER_SIZE};
	ranges->bytes += VHD_FOOTER_SIZE;
	up->result->data = ranges->bytes;
	return 0;
}

static int send_disk(struct upload *up, struct error **err)
{
	struct progress *progress = up->of->progress;
	_cleanup_free_ char *what = string_printf("upload %s", up->of->blob);
	uint64_t before = 0;

	if (!what)
		return error_oom(err);
	for (size_t i = 0; i < up->ranges.n; i++)
		if (page_journal_has(&up->journal, i))
			before += up->ranges.items[i].length;
	up->result->before = before;
	progress_begin(progress, what, up->ranges.bytes - before, true);

	int r = upload_send(up, err);

	progress_end(progress, r < 0 ? "not complete" : NULL);
	return r;
}

int upload_check_file(const struct upload *up, struct error **err)
{
	struct stat now;

	if (fstat(up->fd, &now) < 0)
		return error_errno(err, errno, "%s", up->of->path);
	if (now.st_size == up->opened.st_size && now.st_mtim.tv_sec == up->opened.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == up->opened.st_mtim.tv_nsec)
		return 0;
	return error_set(err, -ESTALE, "%s: changed while it was uploaded", up->of->path);
}

static int upload(struct upload *up, struct error **err)
{
	uint8_t footer[VHD_FOOTER_SIZE];
	int r = open_disk(up, footer, err);

	if (r < 0)
		return r;
	if (fstat(up->fd, &up->opened) < 0)
		return error_errno(err, errno, "%s", up->of->path);
	r = find_ranges(up, err);
	if (r >= 0)
		r = page_journal_open(up->of->journal, up->of->digest, up->of->blob, up->ranges.n,
				      &up->journal, err);
	if (r >= 0)
		r = upload_grant(up, err);
	if (r >= 0 && up->of->create)
		r = prepare_blob(up, footer, err);
	if (r >= 0 && !up->result->complete)
		r = send_disk(up, err);
	/* What was sent of a file that changed is of neither. */
	if (r >= 0 || r == -ESTALE)
		page_journal_remove(&up->journal);
	return r;
}

int page_upload(struct http_client *c, const struct page_upload *u, struct page_upload_result *ret,
		struct error **err)
{
	_cleanup_(upload_release) struct upload up = {
		.client = c,
		.of = u,
		.result = ret,
		.fd = -1,
		.journal = PAGE_JOURNAL_INIT,
	};

	*ret = (struct page_upload_result){};
	return upload(&up, err);
}
