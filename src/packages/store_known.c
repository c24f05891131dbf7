#include "packages/store_known.h"

#include <sys/stat.h>

#include "base/file.h"

static char *hint_path(const struct store *s, const char *name)
{
	const struct digest d = digest_bytes(DIGEST_SHA256, span_string(name));
	char hex[DIGEST_HEX_MAX];

	digest_hex(&d, hex);
	return string_printf("%s/" STORE_KNOWN "/%s", s->path, hex);
}

bool store_recall(const struct store *s, const char *name, struct digest *ret_sha256,
		  uint64_t *ret_size)
{
	_cleanup_free_ char *path = hint_path(s, name);
	_cleanup_(buffer_release) struct buffer hex = BUFFER_INIT(DIGEST_HEX_MAX);
	_cleanup_free_ char *blob = NULL;
	struct digest sha256;
	struct stat st;

	if (!path || file_read(path, DIGEST_HEX_MAX, &hex, NULL) < 0 ||
	    !digest_parse(DIGEST_SHA256, buffer_text(&hex), &sha256) ||
	    !store_check_blob(s, &sha256))
		return false;
	blob = store_blob_path(s, &sha256);
	if (!blob || stat(blob, &st) < 0)
		return false;
	*ret_sha256 = sha256;
	if (ret_size)
		*ret_size = (uint64_t)st.st_size;
	return true;
}

void store_remember(const struct store *s, const char *name, const struct digest *sha256)
{
	_cleanup_free_ char *path = hint_path(s, name);
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	if (path)
		(void)!file_write(path, span_string(hex), NULL);
}
