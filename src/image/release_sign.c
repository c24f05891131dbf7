#include "image/release_sign.h"

#include <errno.h>

#include "base/file.h"
#include "image/artifacts.h"
#include "image/expected.h"

#define MANIFEST "manifest.json"
#define MEASUREMENTS "measurements.json"

static int read_file(const char *directory, const char *name, struct published *ret,
		     struct buffer *text, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, name);

	return path ? expected_read(path, ret, text, err) : error_oom(err);
}

/* The list of all that the folder holds, each as the manifest says. */
static int make_sums(const char *directory, struct buffer *ret, struct error **err)
{
	_cleanup_(published_release) struct published manifest = {0}, measurements = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PUBLISHED_MAX),
						other = BUFFER_INIT(PUBLISHED_MAX);
	_cleanup_(expected_release) struct expected e = {0};
	struct digest d;
	int r = read_file(directory, MANIFEST, &manifest, &text, err);

	if (r >= 0)
		r = read_file(directory, MEASUREMENTS, &measurements, &other, err);
	if (r >= 0)
		r = published_check_pair(&manifest, &measurements, err);
	if (r >= 0)
		r = expected_compare(&manifest, buffer_span(&text), directory, &e, err);
	if (r >= 0)
		r = expected_require(&manifest, &e, directory, "its " MANIFEST, err);
	if (r < 0)
		return r;
	d = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	checksum_put(ret, MANIFEST, &d);
	d = digest_bytes(DIGEST_SHA256, buffer_span(&other));
	checksum_put(ret, MEASUREMENTS, &d);
	for (size_t i = 0; i < manifest.n_artefacts; i++)
		checksum_put(ret, manifest.artefacts[i].name, &manifest.artefacts[i].sha256);
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int write_both(const char *directory, struct span sums, struct span signature,
		      struct error **err)
{
	_cleanup_free_ char *sums_path = path_join(directory, RELEASE_SUMS);
	_cleanup_free_ char *signature_path = path_join(directory, RELEASE_SIGNATURE);
	int r = sums_path && signature_path ? file_write(sums_path, sums, err) : error_oom(err);

	return r < 0 ? r : file_write(signature_path, signature, err);
}

int release_sign(const struct release_sign_options *o, char **ret_directory, struct error **err)
{
	_cleanup_(artifacts_release) struct artifacts a = ARTIFACTS_INIT;
	_cleanup_(string_list_release) struct string_list replaced = {0};
	_cleanup_(buffer_release) struct buffer sums = BUFFER_INIT(CHECKSUM_LIST_MAX),
						signature = BUFFER_INIT(SSH_KEY_MAX);
	_cleanup_free_ char *folder = string_printf("%s%s", o->image, o->debug ? "-debug" : "");
	_cleanup_free_ char *directory = folder ? path_join(o->artifacts, folder) : NULL;
	struct digest key = {.algorithm = DIGEST_SHA256};
	int r = directory ? 0 : error_oom(err);

	if (r >= 0 && !path_exists(directory))
		r = error_set(err, -ENOENT, "no '%s': run 'tdnode build %s%s' first", directory,
			      o->image, o->debug ? " --debug" : "");
	if (r >= 0)
		r = artifacts_open(o->artifacts, folder, &a, err);
	if (r >= 0)
		r = make_sums(directory, &sums, err);
	if (r >= 0)
		r = sshsig_make(o->key, RELEASE_NAMESPACE, buffer_span(&sums), &signature, err);
	if (r < 0)
		return r;
	/* A folder that was current stays so; one that came from elsewhere has no key. */
	(void)artifacts_key(&a, &key);
	if (string_list_add(&replaced, RELEASE_SUMS) < 0 ||
	    string_list_add(&replaced, RELEASE_SIGNATURE) < 0)
		return error_oom(err);
	r = artifacts_begin(&a, err);
	if (r >= 0)
		r = artifacts_keep(&a, &replaced, err);
	if (r >= 0)
		r = write_both(a.temporary, buffer_span(&sums), buffer_span(&signature), err);
	if (r >= 0)
		r = artifacts_commit(&a, &key, err);
	if (r >= 0)
		*ret_directory = TAKE_PTR(directory);
	return r;
}
