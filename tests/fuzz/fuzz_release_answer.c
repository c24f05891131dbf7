#include "fuzz.h"

#include "formats/release_answer.h"

/* What is printed is words. */
static void check(const char *text)
{
	if (!*text || strlen(text) >= RELEASE_VERSION_MAX)
		abort();
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[RELEASE_VERSION_MAX];
	bool is_signed;

	if (release_answer_npm(SPAN(data, size), text, &is_signed, NULL) >= 0)
		check(text);
	if (release_answer_github(SPAN(data, size), text, NULL) >= 0)
		check(text);
	return 0;
}
