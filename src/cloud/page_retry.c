#include "cloud/page_retry.h"

#include <errno.h>

#include "base/text.h"

#define PAUSE_MAX 30000u

static enum page_verdict judge_failure(int result)
{
	switch (result) {
	case -ETIMEDOUT:
	case -ECONNRESET:
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -EMSGSIZE:
		return PAGE_LATER;
	default:
		return PAGE_REFUSED;
	}
}

enum page_verdict page_judge(int result, unsigned status, const char *code)
{
	if (result < 0)
		return judge_failure(result);
	switch (status) {
	case 200:
	case 201:
	case 206:
		return PAGE_ACCEPTED;
	case 400:
		return code && string_equal(code, "Md5Mismatch") ? PAGE_DAMAGED : PAGE_REFUSED;
	case 401:
	case 403:
		return PAGE_NEW_ADDRESS;
	case 404:
		return PAGE_GONE;
	case 409:
		return PAGE_IN_USE;
	case 503:
		return PAGE_BUSY;
	case 408:
	case 429:
		return PAGE_LATER;
	default:
		return status >= 500 ? PAGE_LATER : PAGE_REFUSED;
	}
}

unsigned page_pause(unsigned failures, uint32_t random, const char *retry_after)
{
	unsigned whole = failures < 5 ? 1000u << failures : PAUSE_MAX;
	unsigned pause = whole / 2 + random % (whole / 2 + 1);
	uint64_t seconds;

	if (!retry_after || !parse_u64(span_string(retry_after), UINT64_MAX, &seconds))
		return pause;
	return MAX(pause, (unsigned)MIN(seconds, (uint64_t)PAGE_RETRY_AFTER_MAX) * 1000);
}
