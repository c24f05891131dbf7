#include "sbom/identity.h"

#include <ctype.h>

#include "base/text.h"

/* Names are at most a path's length, escaped threefold. */
#define IDENTITY_MAX 65536

/* How the National Vulnerability Database calls what Debian calls otherwise, or whose vendor has another name. */
static const struct {
	const char *source, *part, *vendor, *product;
} vendors[] = {
	{"bash", "a", "gnu", "bash"},
	{"binutils", "a", "gnu", "binutils"},
	{"coreutils", "a", "gnu", "coreutils"},
	{"cryptsetup", "a", "cryptsetup_project", "cryptsetup"},
	{"e2fsprogs", "a", "e2fsprogs_project", "e2fsprogs"},
	{"edk2", "a", "tianocore", "edk2"},
	{"gcc-14", "a", "gnu", "gcc"},
	{"glibc", "a", "gnu", "glibc"},
	{"gmp", "a", "gmplib", "gmp"},
	{"icu", "a", "icu-project", "international_components_for_unicode"},
	{"jansson", "a", "jansson_project", "jansson"},
	{"kmod", "a", "kernel", "kmod"},
	{"libseccomp", "a", "libseccomp_project", "libseccomp"},
	{"libuv1", "a", "libuv", "libuv"},
	{"libzstd", "a", "facebook", "zstandard"},
	{"linux", "o", "linux", "linux_kernel"},
	{"linux-signed-amd64", "o", "linux", "linux_kernel"},
	{"lz4", "a", "lz4_project", "lz4"},
	{"ncurses", "a", "gnu", "ncurses"},
	{"nghttp2", "a", "nghttp2", "nghttp2"},
	{"nodejs", "a", "nodejs", "node.js"},
	{"openssh", "a", "openbsd", "openssh"},
	{"openssl", "a", "openssl", "openssl"},
	{"pam", "a", "linux-pam", "linux-pam"},
	{"pcre2", "a", "pcre", "pcre2"},
	{"systemd", "a", "systemd_project", "systemd"},
	{"util-linux", "a", "kernel", "util-linux"},
	{"xz-utils", "a", "tukaani", "xz"},
	{"zlib", "a", "zlib", "zlib"},
};

/* Everything but what a URL's path may hold as it is. */
static void put_escaped(struct buffer *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((isalnum(c) && c < 0x80) || strchr(".-_~:", c))
			buffer_put_u8(b, c);
		else
			buffer_printf(b, "%%%02X", c);
	}
}

static void put_text(struct buffer *b, const char *text)
{
	put_escaped(b, text, strlen(text));
}

/* "@scope/name": the slash between the two stays. */
static void put_npm(struct buffer *b, const char *name, size_t n, const char *version)
{
	const char *slash = memchr(name, '/', n);
	size_t scope = slash ? (size_t)(slash - name) : 0;

	buffer_put_string(b, "pkg:npm/");
	if (slash) {
		put_escaped(b, name, scope);
		buffer_put_u8(b, '/');
		scope++;
	}
	put_escaped(b, name + scope, n - scope);
	buffer_put_u8(b, '@');
	put_text(b, version);
}

static void put_debian(struct buffer *b, const struct package_list_item *p, const char *suite)
{
	buffer_put_string(b, "pkg:deb/debian/");
	put_text(b, p->name);
	buffer_put_u8(b, '@');
	put_text(b, p->version);
	buffer_put_string(b, "?arch=");
	put_text(b, p->architecture);
	if (suite && suite[0]) {
		buffer_put_string(b, "&distro=");
		put_text(b, suite);
	}
	if (p->source && p->source[0] && !string_equal(p->source, p->name)) {
		buffer_put_string(b, "&upstream=");
		put_text(b, p->source);
	}
}

static void put_generic(struct buffer *b, const struct package_list_item *p)
{
	const char *separator = "?";

	buffer_put_string(b, "pkg:generic/");
	put_text(b, p->name);
	buffer_put_u8(b, '@');
	put_text(b, p->version);
	if (p->sha256) {
		buffer_printf(b, "?checksum=sha256:%s", p->sha256);
		separator = "&";
	}
	if (p->kind && string_equal(p->kind, "url")) {
		buffer_printf(b, "%sdownload_url=", separator);
		put_text(b, p->source);
	}
}

char *identity_purl(const struct package_list_item *p, const char *suite)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(IDENTITY_MAX);
	const char *end = p->kind && string_equal(p->kind, "npm") ? strstr(p->source, "/-/") : NULL;

	if (p->component)
		put_npm(&b, p->name, strlen(p->name), p->version);
	else if (p->architecture)
		put_debian(&b, p, suite);
	else if (end)
		put_npm(&b, p->source, (size_t)(end - p->source), p->version);
	else
		put_generic(&b, p);
	return buffer_steal_text(&b);
}

/* Lower case; what is no letter, digit, "_" or, within, "-" and "." has a backslash before it. */
static void put_cpe(struct buffer *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c <= 0x20 || c >= 0x7f)
			c = '_';
		if (!isalnum(c) && !strchr("_-.", c))
			buffer_put_u8(b, '\\');
		buffer_put_u8(b, (uint8_t)tolower(c));
	}
}

/* "2.41" of "1:2.41+dfsg-12+deb13u1", "1.3.1" of "1.3.dfsg+really1.3.1-1": without epoch, Debian's revision and
 * words for what it has taken out. */
static void put_upstream_version(struct buffer *b, const char *version)
{
	static const char really[] = "+really";
	static const char *const suffixes[] = {"+dfsg", ".dfsg", "~dfsg", "+ds", "+deb"};
	const char *colon = strchr(version, ':');
	const char *start = colon ? colon + 1 : version;
	const char *other = strstr(start, really);

	if (other)
		start = other + strlen(really);

	const char *dash = strrchr(start, '-');
	size_t n = dash ? (size_t)(dash - start) : strlen(start);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		const char *found = memmem(start, n, suffixes[i], strlen(suffixes[i]));

		if (found)
			n = (size_t)(found - start);
	}
	put_cpe(b, start, n);
}

char *identity_cpe(const struct package_list_item *p)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(IDENTITY_MAX);
	const char *slash = strchr(p->name, '/');
	const char *name = slash ? slash + 1 : p->name;
	const char *part = "a", *vendor = name, *product = name;

	if (p->architecture && p->source && p->source[0])
		vendor = product = p->source;
	for (size_t i = 0; p->architecture && i < ARRAY_SIZE(vendors); i++) {
		if (!string_equal(vendors[i].source, product))
			continue;
		part = vendors[i].part;
		vendor = vendors[i].vendor;
		product = vendors[i].product;
		break;
	}
	buffer_printf(&b, "cpe:2.3:%s:", part);
	put_cpe(&b, vendor, strlen(vendor));
	buffer_put_u8(&b, ':');
	put_cpe(&b, product, strlen(product));
	buffer_put_u8(&b, ':');
	if (p->architecture)
		put_upstream_version(&b, p->version);
	else
		put_cpe(&b, p->version, strlen(p->version));
	buffer_put_string(&b, p->component ? ":*:*:*:*:node.js:*:*" : ":*:*:*:*:*:*:*");
	return buffer_steal_text(&b);
}
