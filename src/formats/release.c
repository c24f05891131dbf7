#include "formats/release.h"

#include <errno.h>

#include "base/text.h"
#include "formats/deb822.h"

/* Largest index file that a list may name: far above Debian's. */
#define INDEX_SIZE_MAX (1ull << 32)

void release_release(struct release *r)
{
	free(r->suite);
	free(r->codename);
	*r = (struct release){0};
}

static bool parse_date(struct span text, int64_t *ret)
{
	_cleanup_free_ char *copy = span_to_string(text);
	struct tm tm = {0};
	const char *end = copy ? strptime(copy, "%a, %d %b %Y %H:%M:%S UTC", &tm) : NULL;

	if (!end || *end)
		return false;
	*ret = timegm(&tm);
	return *ret > 0;
}

void release_timestamp(int64_t date, char out[RELEASE_TIMESTAMP_SIZE])
{
	time_t t = date;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, RELEASE_TIMESTAMP_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}

bool release_parse_timestamp(const char *text, int64_t *ret)
{
	char again[RELEASE_TIMESTAMP_SIZE];
	struct tm tm = {0};
	const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);
	int64_t date = end && !*end ? timegm(&tm) : -1;

	/* strptime() takes blanks, short numbers and days that no month has. */
	if (date <= 0)
		return false;
	release_timestamp(date, again);
	if (!string_equal(again, text))
		return false;
	*ret = date;
	return true;
}

static int take_field(struct release *r, const struct deb822_field *f, struct error **err)
{
	if (deb822_is(f, "Suite") && !r->suite) {
		r->suite = span_to_string(f->value);
	} else if (deb822_is(f, "Codename") && !r->codename) {
		r->codename = span_to_string(f->value);
	} else if (deb822_is(f, "Date")) {
		if (!parse_date(f->value, &r->date))
			return error_set(err, -ERROR_MALFORMED, "line %u: Date is not a date",
					 f->line);
	} else if (deb822_is(f, "Valid-Until")) {
		if (!parse_date(f->value, &r->valid_until))
			return error_set(err, -ERROR_MALFORMED,
					 "line %u: Valid-Until is not a date", f->line);
	} else if (deb822_is(f, "Acquire-By-Hash")) {
		r->acquire_by_hash = span_equal(f->value, SPAN_LITERAL("yes"));
	} else if (deb822_is(f, "SHA256")) {
		r->sha256 = f->value;
	}
	return 0;
}

int release_parse(struct span text, struct release *ret, struct error **err)
{
	_cleanup_(release_release) struct release release = {0};
	struct deb822_reader reader = deb822_reader_init(text);
	struct deb822_field f;
	int r;

	while ((r = deb822_next(&reader, &f, err)) > 0) {
		r = take_field(&release, &f, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;

	const char *missing = !release.codename	  ? "Codename"
			      : !release.date	  ? "Date"
			      : !release.sha256.n ? "SHA256"
						  : NULL;

	if (missing)
		return error_set(err, -ERROR_MALFORMED, "no field '%s'", missing);
	*ret = release;
	release = (struct release){0};
	return 0;
}

int release_find(const struct release *r, const char *path, uint64_t *ret_size,
		 struct digest *ret_sha256, struct error **err)
{
	struct span rest = r->sha256, digest, size, name;

	while (deb822_word(&rest, &digest) && deb822_word(&rest, &size) &&
	       deb822_word(&rest, &name)) {
		_cleanup_free_ char *hex = NULL;

		if (!span_equal(name, span_string(path)))
			continue;
		hex = span_to_string(digest);
		if (!hex || !digest_parse(DIGEST_SHA256, hex, ret_sha256) ||
		    !parse_u64(size, INDEX_SIZE_MAX, ret_size))
			return error_set(err, -ERROR_MALFORMED, "malformed entry of '%s'", path);
		return 0;
	}
	return error_set(err, -ENOENT, "the suite has no '%s'", path);
}
