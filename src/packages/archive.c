#include "packages/archive.h"

#include <errno.h>

#include "base/shortage.h"
#include "formats/release.h"
#include "packages/fetch.h"
#include "packages/signature.h"

/* Clocks of mirror and host may differ by this. */
#define CLOCK_TOLERANCE (24 * 3600)

void archive_lists_release(struct archive_lists *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].archive);
		free(l->items[i].suite);
		string_list_release(&l->items[i].packages);
	}
	free(l->items);
	*l = (struct archive_lists){0};
}

/* A captive portal, a page that says "moved", half a file: no verdict about signatures. */
static bool is_signed_text(struct span text)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	size_t at;

	return text.n > strlen(begin) && memcmp(text.p, begin, strlen(begin)) == 0 &&
	       span_find(text, SPAN_LITERAL("\n-----END PGP SIGNATURE-----"), &at);
}

/* *ret_pass: why another mirror may have it right. */
static int check_release(const struct archive_options *o, const struct release *release,
			 const struct archive_suite *suite, const char **ret_pass,
			 struct error **err)
{
	int64_t before = o->before ? lock_suite_date(o->before, suite->archive, suite->suite) : 0;
	char date[RELEASE_TIMESTAMP_SIZE], other[RELEASE_TIMESTAMP_SIZE];

	if (!string_equal(release->codename, suite->suite))
		return error_set(err, -ERROR_REFUSED, "is of suite '%s', not '%s'",
				 release->codename, suite->suite);
	if (release->date > o->now + CLOCK_TOLERANCE)
		return error_set(err, -ERROR_REFUSED,
				 "is from the future: is the clock of this machine right?");
	if (release->valid_until && release->valid_until < o->now) {
		*ret_pass = "has lists that expired";
		release_timestamp(release->valid_until, other);
		return error_set(err, -ERROR_REFUSED, "expired at %s", other);
	}
	if (release->date < before) {
		*ret_pass = "is behind the lock";
		release_timestamp(release->date, date);
		release_timestamp(before, other);
		return error_set(err, -ERROR_REFUSED, ARCHIVE_OLDER, suite->suite, date, other);
	}
	return 0;
}

/* Puts a package list into the store, by its digest where the mirror can, else by its name. */
static int fetch_list(const struct archive_options *o, const struct release *release,
		      const char *base, const char *component, struct string_list *ret,
		      struct error **err)
{
	_cleanup_free_ char *folder = string_printf("%s/binary-%s", component, o->architecture);
	_cleanup_free_ char *name = folder ? path_join(folder, "Packages.xz") : NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest sha256;
	uint64_t size;
	int r = name ? release_find(release, name, &size, &sha256, err) : error_oom(err);

	if (r < 0)
		return r;
	digest_hex(&sha256, hex);
	if (!store_check_blob(o->store, &sha256)) {
		_cleanup_free_ char *by_hash =
			string_printf("%s/%s/by-hash/SHA256/%s", base, folder, hex);
		_cleanup_free_ char *by_name = path_join(base, name);
		_cleanup_free_ char *file = NULL;

		if (!by_hash || !by_name)
			return error_oom(err);
		r = release->acquire_by_hash ? fetch_file(o->store, o->http, by_hash, hex,
							  ARCHIVE_PACKAGES_MAX, NULL, &file, err)
					     : -ENOENT;
		if (r < 0)
			r = fetch_file(o->store, o->http, by_name, hex, ARCHIVE_PACKAGES_MAX, NULL,
				       &file, err);
		if (r >= 0)
			r = store_adopt(o->store, file, &sha256, size, err);
		if (r < 0)
			return error_wrap(err, r, "%s", by_name);
	}
	return string_list_take(ret, store_blob_path(o->store, &sha256)) < 0 ? error_oom(err) : 0;
}

static int fetch_packages(const struct archive_options *o, const struct release *release,
			  const char *base, struct string_list *ret, struct error **err)
{
	const struct string_list *components = o->components;
	int r = 0;

	/* Of a mirror that was tried before. */
	string_list_release(ret);
	if (components->n == 0)
		return fetch_list(o, release, base, "main", ret, err);
	for (size_t i = 0; r >= 0 && i < components->n; i++)
		r = fetch_list(o, release, base, components->items[i], ret, err);
	return r;
}

/* A Release file that counts; `text` is what it points into. */
static int read_release(const struct archive_options *o, const char *url,
			const struct archive_suite *suite, struct buffer *text, struct release *ret,
			const char **ret_pass, struct error **err)
{
	_cleanup_(buffer_release) struct buffer signed_text = BUFFER_INIT(ARCHIVE_RELEASE_MAX);
	int r = http_get(o->http, url, &signed_text, err);

	if (r < 0) {
		*ret_pass = r == -ENOENT ? "has no such suite" : "does not answer as it should";
		return r;
	}
	if (!is_signed_text(buffer_span(&signed_text))) {
		*ret_pass = "does not answer as it should";
		return error_set(err, -ERROR_REFUSED, "%s: not a signed text", url);
	}
	r = signature_verify_text(o->keyring, buffer_span(&signed_text), text, err);
	if (r >= 0)
		r = release_parse(buffer_span(text), ret, err);
	if (r >= 0)
		r = check_release(o, ret, suite, ret_pass, err);
	return r < 0 ? error_wrap(err, r, "%s", url) : 0;
}

/* *ret_pass: why the next mirror may be asked; untouched where this one decides. */
static int read_from(const struct archive_options *o, const char *mirror,
		     struct archive_suite *suite, const char **ret_pass, struct error **err)
{
	_cleanup_free_ char *base = string_printf("%s/dists/%s", mirror, suite->suite);
	_cleanup_free_ char *url = base ? path_join(base, "InRelease") : NULL;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ARCHIVE_RELEASE_MAX);
	_cleanup_(release_release) struct release release = {0};
	int r = url ? read_release(o, url, suite, &text, &release, ret_pass, err) : error_oom(err);

	if (r < 0)
		return r;
	r = fetch_packages(o, &release, base, &suite->packages, err);
	if (r == -ERROR_REFUSED) {
		*ret_pass = "is being updated";
		return error_wrap(err, r, "the mirror is being updated: try later or another");
	}
	if (r < 0 && !shortage_is(r))
		*ret_pass = "does not answer as it should";
	suite->date = release.date;
	return r;
}

static unsigned weight(int code)
{
	return code == -ERROR_REFUSED ? 3 : code == -ENOENT ? 1 : 2;
}

/* The first mirror that answers decides; one that cannot be believed or is behind is passed over, and
 * of the reasons the weightiest is told. */
static int read_suite(const struct archive_options *o, struct archive_suite *suite,
		      struct error **err)
{
	_cleanup_(string_list_release) struct string_list mirrors = {0};
	_cleanup_error_ struct error *kept = NULL;
	char now[RELEASE_TIMESTAMP_SIZE];
	int r;

	release_timestamp(o->now, now);
	r = mirrors_for_archive(o->mirrors, suite->archive, now, &mirrors, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < mirrors.n; i++) {
		_cleanup_error_ struct error *e = NULL;
		const char *pass = NULL;

		r = read_from(o, mirrors.items[i], suite, &pass, &e);
		if (r >= 0)
			return 0;
		if (!pass)
			return error_move(err, r, &e);
		if (r != -ENOENT && i + 1 < mirrors.n)
			progress_note(o->progress, "'%s' %s: trying the next mirror",
				      mirrors.items[i], pass);
		if (!kept || weight(r) > weight(kept->code)) {
			error_free(kept);
			kept = TAKE_PTR(e);
		}
	}
	return kept ? error_move(err, kept->code, &kept)
		    : error_set(err, -ENOENT, "no mirror is known for '%s'", suite->archive);
}

static int add_suite(struct archive_lists *l, const char *archive, const char *suite,
		     const char *suffix)
{
	struct archive_suite *s = &l->items[l->n];

	s->archive = strdup(archive);
	s->suite = string_printf("%s%s", suite, suffix);
	l->n++;
	return s->archive && s->suite ? 0 : -ENOMEM;
}

int archive_read_lists(const struct archive_options *options, struct archive_lists *ret,
		       struct error **err)
{
	static const struct {
		const char *archive, *suffix;
	} suites[] = {
		{"debian", ""},
		{"debian", "-updates"},
		{"debian-security", "-security"},
	};
	_cleanup_(archive_lists_release) struct archive_lists lists = {
		.items = calloc(ARRAY_SIZE(suites), sizeof *lists.items),
	};

	if (!lists.items)
		return error_oom(err);
	progress_begin(options->progress, "package lists", ARRAY_SIZE(suites), false);
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		int r = add_suite(&lists, suites[i].archive, options->suite, suites[i].suffix);

		r = r < 0 ? error_oom(err) : read_suite(options, &lists.items[i], err);
		if (r < 0)
			return r;
		progress_add(options->progress, 1);
	}
	progress_end(options->progress, NULL);
	*ret = lists;
	lists = (struct archive_lists){0};
	return 0;
}
