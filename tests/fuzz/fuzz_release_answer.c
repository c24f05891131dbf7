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
	struct release_npm npm;

	if (release_answer_npm(SPAN(data, size), &npm, NULL) >= 0) {
		check(npm.version);
		for (const char *p = npm.deprecated; *p; p++) {
			if (*p < ' ' || *p > '~')
				abort();
		}
	}
	if (release_answer_github(SPAN(data, size), text, NULL) >= 0)
		check(text);
	return 0;
}
