/* Control data: Release files, apt's sources of both formats, npm's configuration. */
#include "fuzz.h"

#include "formats/deb822.h"
#include "formats/release.h"
#include "packages/mirror.h"

static void parse_stanzas(struct span text)
{
	struct deb822_reader reader = deb822_reader_init(text);
	struct deb822_field f;
	struct span word;

	while (!deb822_at_end(&reader)) {
		int r;

		while ((r = deb822_next(&reader, &f, NULL)) > 0) {
			while (deb822_word(&f.value, &word))
				;
		}
		if (r < 0)
			return;
	}
}

static void parse_release(struct span text)
{
	struct release release = {0};
	struct digest sha256;
	uint64_t size;

	if (release_parse(text, &release, NULL) < 0)
		return;
	if (release_find(&release, "main/binary-amd64/Packages.xz", &size, &sha256, NULL) >= 0 &&
	    sha256.algorithm != DIGEST_SHA256)
		abort();
	release_release(&release);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct string_list addresses = {0};
	struct span text = SPAN(data, size);

	parse_stanzas(text);
	parse_release(text);

	int ignored = mirror_parse_list(text, &addresses, NULL) +
		      mirror_parse_sources(text, &addresses, NULL);

	(void)ignored;
	free(mirror_parse_npmrc(text));
	string_list_release(&addresses);
	return 0;
}
