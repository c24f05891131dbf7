/*
 * What an answer of a blob service means for what was sent, and how long to wait before it is sent again.
 */
#pragma once

#include "base/error.h"

enum page_verdict {
	PAGE_ACCEPTED,
	PAGE_DAMAGED, /* on the way: send it again, PAGE_DAMAGED_MAX times */
	PAGE_LATER,   /* send it again after a pause, PAGE_TRIES_MAX times */
	PAGE_BUSY,    /* the same, and less at a time */
	PAGE_NEW_ADDRESS, /* the address is refused: another one, PAGE_GRANTS_MAX times without a success */
	PAGE_GONE,    /* there is no such blob */
	PAGE_IN_USE,  /* somebody else has it */
	PAGE_REFUSED, /* nothing that sending again would change */
};

#define PAGE_DAMAGED_MAX 3u
/* The last pauses are of half a minute: an outage of three minutes is waited for. */
#define PAGE_TRIES_MAX 10u
#define PAGE_GRANTS_MAX 3u

/*
 * `result` is that of the exchange, `status` and `code` (of the header x-ms-error-code or of the body; NULL: none) are
 * of its answer.
 */
enum page_verdict page_judge(int result, unsigned status, const char *code);

/* A server that asks for more is asked again sooner. */
#define PAGE_RETRY_AFTER_MAX 300u

/*
 * Milliseconds before try `failures` + 1: 1, 2, 4 .. 30 s, of which chance (`random`, any number) takes up to half;
 * and no less than the answer's Retry-After (NULL: none; in seconds, a date counts as none).
 */
unsigned page_pause(unsigned failures, uint32_t random, const char *retry_after);
