#include "packages/package_stanza.h"

#include "base/text.h"

int span_compare_string(struct span s, const char *text)
{
	size_t n = strlen(text);
	int c = memcmp(s.p, text, MIN(s.n, n));

	return c ? c : s.n < n ? -1 : s.n > n;
}

bool package_stanza_next(struct reader *r, struct package_stanza *ret)
{
	const struct {
		const char *name;
		struct span *place;
	} fields[] = {
		{"Package:", &ret->package},
		{"Version:", &ret->version},
		{"Architecture:", &ret->architecture},
		{"Depends:", &ret->depends},
		{"Filename:", &ret->filename},
		{"Size:", &ret->size},
		{"SHA256:", &ret->sha256},
	};
	struct span line;
	bool any = false;

	*ret = (struct package_stanza){.text = r->rest};
	while (reader_line(r, &line)) {
		ret->text.n = (size_t)(r->rest.p - ret->text.p);
		if (line.n == 0 && any)
			return true;
		any |= line.n > 0;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			size_t n = strlen(fields[i].name);

			if (line.n > n && memcmp(line.p, fields[i].name, n) == 0) {
				*fields[i].place = span_trim(span_skip(line, n));
				break;
			}
		}
	}
	return any;
}
