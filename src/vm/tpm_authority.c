#include "vm/tpm_authority.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/pem.h"
#include "formats/json.h"

#define NAME "tdnode local TPMs"
/* Clocks of machines that share the folder may differ. */
#define DAY 86400
#define POLICY_TEXT_MAX (64u << 10)

/* What a TPM says of a machine whose owner holds the authority's key, and no more. */
static int policy_text(const struct buffer *root, struct buffer *ret, struct error **err)
{
	return json_text(json_pack("{s:i, s:b, s:s}", "tdnode_policy", 1, "without_confidentiality",
				   1, "tpm_roots", buffer_text(root)),
			 ret, err);
}

static int write_to(const char *folder, const char *name, const struct buffer *content,
		    bool is_private, struct error **err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	if (!path)
		return error_oom(err);
	return is_private ? file_write_private(path, buffer_span(content), err)
			  : file_write(path, buffer_span(content), err);
}

/* The policy comes last: with it all is there. */
static int make(const char *folder, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer key = BUFFER_INIT(PEM_MAX);
	_cleanup_(buffer_release) struct buffer root = BUFFER_INIT(PEM_MAX),
						policy = BUFFER_INIT(POLICY_TEXT_MAX);
	_cleanup_(issuer_freep) struct issuer *i = NULL;
	int r = issuer_new(NAME, time(NULL) - DAY, &i, err);

	if (r >= 0 && !buffer_extend(&key, PEM_MAX))
		r = error_oom(err);
	key.n = 0;
	if (r >= 0)
		r = issuer_write_key(i, &key, err);
	if (r >= 0)
		r = issuer_write_certificate(i, &root, err);
	if (r >= 0)
		r = policy_text(&root, &policy, err);
	if (r >= 0)
		r = write_to(folder, "key.pem", &key, true, err);
	if (r >= 0)
		r = write_to(folder, "root.pem", &root, false, err);
	return r < 0 ? r : write_to(folder, TPM_AUTHORITY_POLICY, &policy, false, err);
}

static int fingerprint(struct span pem, char **ret, struct error **err)
{
	_cleanup_(certificates_release) struct certificates l = {0};
	int r = certificates_parse(pem, false, NULL, &l, err);
	struct digest d;

	if (r < 0)
		return r;
	d = certificate_fingerprint(l.items[0]);
	*ret = hex_string(digest_span(&d));
	return *ret ? 0 : error_oom(err);
}

static int load(const char *folder, struct issuer **ret, char **ret_root, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer key = BUFFER_INIT(PEM_MAX);
	_cleanup_(buffer_release) struct buffer root = BUFFER_INIT(PEM_MAX);
	_cleanup_free_ char *key_path = path_join(folder, "key.pem");
	_cleanup_free_ char *root_path = path_join(folder, "root.pem");
	int r = key_path && root_path ? file_read(key_path, PEM_MAX, &key, err) : error_oom(err);

	if (r >= 0)
		r = file_read(root_path, PEM_MAX, &root, err);
	if (r < 0)
		return r;
	r = issuer_parse(buffer_span(&key), buffer_span(&root), ret, err);
	if (r >= 0)
		r = fingerprint(buffer_span(&root), ret_root, err);
	return r < 0 ? error_wrap(err, r, "the authority of TPMs in '%s'", folder) : 0;
}

int tpm_authority_open(const char *folder, struct issuer **ret, char **ret_root, struct error **err)
{
	_cleanup_free_ char *lock = path_join(folder, "lock"),
			    *policy = path_join(folder, TPM_AUTHORITY_POLICY);
	_cleanup_close_ int fd = -1;
	int r = lock && policy ? directory_make(folder, err) : error_oom(err);

	if (r >= 0 && chmod(folder, 0700) < 0)
		r = error_errno(err, errno, "%s", folder);
	if (r >= 0)
		r = file_lock(lock, &fd, err);
	if (r >= 0 && !path_exists(policy))
		r = make(folder, err);
	return r < 0 ? r : load(folder, ret, ret_root, err);
}
