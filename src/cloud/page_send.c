/*
 * The writes of an upload side by side. A slot holds a range from the first try until it is accepted; how many slots
 * may send at once follows what the service can take.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "cloud/page_upload_parts.h"
#include "crypto/md5.h"
#include "net/http_parallel.h"

/* How soon somebody is heard who asks to stop. */
#define WAIT_MILLISECONDS 100

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING, /* has a range, which is to be sent (again) */
	SLOT_SENDING,
};

struct slot {
	enum slot_state state;
	size_t range;
	uint8_t *bytes;
	size_t capacity;
	char *url;
	char range_header[64];
	char md5_header[64];
	const char *headers[6];
	unsigned tries, failures, damaged;
	unsigned grant;	    /* number of the address that it is sent by */
	int64_t not_before; /* to be sent again */
	int64_t started;
};

struct sending {
	struct upload *up;
	struct http_parallel *parallel;
	struct slot *slots;
	unsigned n_slots;
	unsigned sending;
	unsigned limit;	      /* of slots that send at once */
	unsigned since_raise; /* accepted writes */
	int64_t halved;
	int64_t not_before; /* nothing is sent before, as the service asks */
	size_t next;	    /* range that no slot had */
	size_t left;	    /* ranges that were not accepted */
	bool want_address;
};

static void sending_release(struct sending *s)
{
	http_parallel_free(s->parallel);
	for (unsigned i = 0; i < s->n_slots; i++) {
		free(s->slots[i].bytes);
		address_free(s->slots[i].url);
	}
	free(s->slots);
}

/* The next range for a slot; false if there is none now. The footer waits until all else is there. */
static bool next_range(struct sending *s, size_t *ret)
{
	const size_t footer = s->up->ranges.n - 1;

	while (s->next < footer && page_journal_has(&s->up->journal, s->next))
		s->next++;
	if (s->next > footer || (s->next == footer && s->left > 1) || s->left == 0)
		return false;
	*ret = s->next++;
	return true;
}

/* Reads the range into the slot, with what is said of it. */
static int fill(const struct sending *s, struct slot *slot, struct error **err)
{
	const struct page_range *range = &s->up->ranges.items[slot->range];
	uint8_t md5[MD5_SIZE];

	if (array_reserve(&slot->bytes, &slot->capacity, range->length, 1) < 0)
		return error_oom(err);

	/* With the footer the blob is complete: of one disk, not of two. */
	int r = slot->range == s->up->ranges.n - 1 ? upload_check_file(s->up, err) : 0;

	if (r < 0)
		return r;
	r = pread_full(s->up->fd, slot->bytes, range->length, (off_t)range->offset);

	if (r < 0)
		return error_errno(err, -r, "%s: cannot read at byte %llu", s->up->of->path,
				   (unsigned long long)range->offset);
	md5_bytes(SPAN(slot->bytes, range->length), md5);

	_cleanup_free_ char *base64 = base64_string(SPAN(md5, sizeof md5));

	if (!base64)
		return error_oom(err);
	snprintf(slot->md5_header, sizeof slot->md5_header, "Content-MD5: %s", base64);
	snprintf(slot->range_header, sizeof slot->range_header, "x-ms-range: bytes=%llu-%llu",
		 (unsigned long long)range->offset,
		 (unsigned long long)(range->offset + range->length - 1));
	slot->headers[0] = BLOB_VERSION;
	slot->headers[1] = "x-ms-page-write: update";
	slot->headers[2] = slot->range_header;
	slot->headers[3] = slot->md5_header;
	slot->headers[4] = NULL;
	slot->tries = slot->failures = slot->damaged = 0;
	slot->not_before = 0;
	slot->state = SLOT_WAITING;
	return 0;
}

/* The whole exchange of 4 MiB over a line that 16 of them share; one that stalls ends sooner. */
#define WRITE_SECONDS 900

static int start(struct sending *s, struct slot *slot, struct error **err)
{
	const struct page_range *range = &s->up->ranges.items[slot->range];

	address_free(slot->url);
	slot->url = string_printf("%s&comp=page", s->up->url);
	if (!slot->url)
		return error_oom(err);

	const struct http_request q = {
		.method = "PUT",
		.url = slot->url,
		.headers = slot->headers,
		.body = SPAN(slot->bytes, range->length),
		.name = s->up->of->blob,
		.seconds = WRITE_SECONDS,
		.direct = s->up->of->direct,
	};
	int r = http_parallel_start(s->parallel, &q, BLOB_ANSWER_MAX, slot, err);

	if (r < 0)
		return r;
	if (slot->tries++ > 0)
		s->up->result->again += range->length;
	slot->grant = s->up->result->grants;
	slot->started = clock_milliseconds();
	slot->state = SLOT_SENDING;
	s->sending++;
	return 0;
}

/* Sends what may be sent now: first what was to be sent again. */
static int start_all(struct sending *s, struct error **err)
{
	int64_t now = clock_milliseconds();
	int r = 0;

	if (now < s->not_before || s->want_address)
		return 0;
	for (unsigned i = 0; r >= 0 && i < s->n_slots && s->sending < s->limit; i++)
		if (s->slots[i].state == SLOT_WAITING && s->slots[i].not_before <= now)
			r = start(s, &s->slots[i], err);
	for (unsigned i = 0; r >= 0 && i < s->n_slots && s->sending < s->limit; i++) {
		struct slot *slot = &s->slots[i];

		if (slot->state != SLOT_FREE)
			continue;
		if (!next_range(s, &slot->range))
			break;
		r = fill(s, slot, err);
		if (r >= 0)
			r = start(s, slot, err);
	}
	return r;
}

static int accepted(struct sending *s, struct slot *slot, struct error **err)
{
	const uint32_t length = s->up->ranges.items[slot->range].length;
	struct page_upload_result *result = s->up->result;

	slot->state = SLOT_FREE;
	s->left--;
	s->up->grants_in_vain = 0;
	result->sent += length;
	result->writes++;
	progress_add(s->up->of->progress, length);
	/* One more at a time after as many as now were taken without complaint. */
	if (s->limit < s->n_slots && ++s->since_raise >= s->limit) {
		s->limit++;
		s->since_raise = 0;
	}
	return page_journal_add(&s->up->journal, slot->range, err);
}

/* Once for all that were under way when the service had enough. */
static void halve(struct sending *s, const struct slot *slot)
{
	s->since_raise = 0;
	if (slot->started < s->halved)
		return;
	s->halved = clock_milliseconds();
	s->limit = MAX(s->limit / 2, 1u);
}

static int refused(const struct sending *s, const struct slot *slot, struct http_done *done,
		   struct error **err)
{
	const struct page_range *range = &s->up->ranges.items[slot->range];
	char what[80];

	if (done->result < 0)
		return error_move(err, done->result, &done->error);
	snprintf(what, sizeof what, "write of bytes %llu-%llu", (unsigned long long)range->offset,
		 (unsigned long long)(range->offset + range->length - 1));
	return upload_refused(s->up, what, &done->answer, err);
}

static int handle(struct sending *s, struct http_done *done, struct error **err)
{
	struct slot *slot = done->context;
	const char *retry = http_answer_header(&done->answer, "retry-after");
	const int64_t now = clock_milliseconds();
	const enum page_verdict verdict =
		page_judge(done->result, done->answer.status, upload_code(&done->answer));

	s->sending--;
	slot->state = SLOT_WAITING;
	switch (verdict) {
	case PAGE_ACCEPTED:
		return accepted(s, slot, err);
	case PAGE_DAMAGED:
		return ++slot->damaged > PAGE_DAMAGED_MAX ? refused(s, slot, done, err) : 0;
	case PAGE_BUSY:
	case PAGE_LATER:
		if (++slot->failures >= PAGE_TRIES_MAX)
			return refused(s, slot, done, err);
		slot->not_before = now + page_pause(slot->failures - 1, arc4random(), retry);
		if (verdict == PAGE_BUSY)
			halve(s, slot);
		if (retry)
			s->not_before = MAX(s->not_before, slot->not_before);
		return 0;
	case PAGE_NEW_ADDRESS:
		/* Of those that were sent by one before it is no news. */
		if (slot->grant == s->up->result->grants)
			s->want_address = true;
		return 0;
	case PAGE_GONE:
	case PAGE_IN_USE:
	case PAGE_REFUSED:
	default:
		return refused(s, slot, done, err);
	}
}

static int step(struct sending *s, struct error **err)
{
	_cleanup_(http_done_release) struct http_done done = {};
	int r = upload_check(s->up, err);

	if (r >= 0 && s->want_address && s->sending == 0) {
		r = upload_grant(s->up, err);
		s->want_address = false;
	}
	if (r >= 0)
		r = start_all(s, err);
	if (r >= 0)
		r = http_parallel_wait(s->parallel, WAIT_MILLISECONDS, &done, err);
	return r > 0 ? handle(s, &done, err) : r;
}

int upload_send(struct upload *up, struct error **err)
{
	_cleanup_(sending_release) struct sending s = {.up = up, .left = up->ranges.n};
	int r;

	s.limit = up->of->connections ? up->of->connections : PAGE_UPLOAD_CONNECTIONS;
	s.slots = calloc(s.limit, sizeof *s.slots);
	if (!s.slots)
		return error_oom(err);
	s.n_slots = s.limit;
	for (size_t i = 0; i < up->ranges.n; i++)
		s.left -= page_journal_has(&up->journal, i);
	r = http_parallel_new(up->client, s.n_slots, &s.parallel, err);
	while (r >= 0 && s.left > 0)
		r = step(&s, err);
	return r;
}
