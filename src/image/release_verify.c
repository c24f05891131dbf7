#include "image/release_sign.h"

#include <errno.h>

#include "base/file.h"
#include "image/expected.h"

void release_verdict_release(struct release_verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->files[i].name);
	free(v->files);
	*v = (struct release_verdict){0};
}

static int read_part(const char *directory, const char *name, size_t max, struct buffer *ret,
		     struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, name);

	return path ? file_read(path, max, ret, err) : error_oom(err);
}

/* Who has signed the list; nothing of it is looked at before. */
static int check_signature(const struct release_verify_options *o, struct span sums,
			   struct release_verdict *v, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SSH_KEY_MAX),
						signers = BUFFER_INIT(ALLOWED_SIGNERS_MAX);
	struct sshsig s;
	int r = read_part(o->directory, RELEASE_SIGNATURE, SSH_KEY_MAX, &text, err);

	if (r < 0)
		return r;
	r = sshsig_parse(buffer_span(&text), &s, err);
	if (r >= 0)
		r = sshsig_verify(&s, RELEASE_NAMESPACE, sums, err);
	if (r < 0)
		return error_wrap(err, r, "%s/" RELEASE_SIGNATURE, o->directory);
	v->key = s.key;
	r = file_read(o->allowed_signers, ALLOWED_SIGNERS_MAX, &signers, err);
	if (r < 0)
		return r;

	const struct allowed_signer_query q = {&s.key, RELEASE_NAMESPACE, o->identity, o->now};

	r = allowed_signer_find(buffer_span(&signers), &q, v->signer, err);
	return r < 0 ? error_wrap(err, r, "%s", o->allowed_signers) : 0;
}

static int check_file(const char *directory, const struct checksum *c, struct release_verdict *v,
		      struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, c->name);
	struct release_file *f = &v->files[v->n];
	struct digest found;
	uint64_t size;
	int r;

	*f = (struct release_file){strdup(c->name), RELEASE_ABSENT};
	if (!f->name || !path) {
		free(f->name);
		return error_oom(err);
	}
	v->n++;
	if (path_is_absent(path))
		return 0;
	r = digest_file(path, DIGEST_SHA256, &found, &size, err);
	if (r < 0)
		return r;
	if (!digest_equal(&found, &c->sha256))
		return error_set(err, -ERROR_REFUSED, "%s is not what was signed", path);
	f->state = RELEASE_GOOD;
	return 0;
}

/* What the list says of the file that was read. */
static int check_document(const struct checksum_list *sums, const char *directory, const char *name,
			  struct published *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PUBLISHED_MAX);
	_cleanup_free_ char *path = path_join(directory, name);
	const struct digest *wanted = checksum_list_find(sums, name);
	struct digest found;
	int r = path ? 0 : error_oom(err);

	if (r >= 0 && !wanted)
		r = error_set(err, -ERROR_REFUSED, "%s/" RELEASE_SUMS " does not name '%s'",
			      directory, name);
	if (r >= 0)
		r = expected_read(path, ret, &text, err);
	if (r < 0)
		return r;
	found = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	if (!digest_equal(&found, wanted))
		return error_set(err, -ERROR_REFUSED, "%s is not what was signed", path);
	return 0;
}

/* List, manifest and measurements say the same of each artefact. */
static int check_documents(const struct checksum_list *sums, const char *directory,
			   struct error **err)
{
	_cleanup_(published_release) struct published manifest = {0}, measurements = {0};
	int r = check_document(sums, directory, "manifest.json", &manifest, err);

	if (r >= 0)
		r = check_document(sums, directory, "measurements.json", &measurements, err);
	if (r >= 0)
		r = published_check_pair(&manifest, &measurements, err);
	for (size_t i = 0; r >= 0 && i < manifest.n_artefacts; i++) {
		const struct published_artefact *a = &manifest.artefacts[i];
		const struct digest *listed = checksum_list_find(sums, a->name);

		if (!listed || !digest_equal(listed, &a->sha256))
			r = error_set(err, -ERROR_REFUSED,
				      RELEASE_SUMS " and manifest.json say different things of "
						   "'%s'",
				      a->name);
	}
	return r;
}

int release_verify(const struct release_verify_options *o, struct release_verdict *ret,
		   struct error **err)
{
	_cleanup_(release_verdict_release) struct release_verdict v = {0};
	_cleanup_(checksum_list_release) struct checksum_list sums = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CHECKSUM_LIST_MAX);
	int r = read_part(o->directory, RELEASE_SUMS, CHECKSUM_LIST_MAX, &text, err);

	if (r >= 0)
		r = check_signature(o, buffer_span(&text), &v, err);
	if (r < 0)
		return r;
	r = checksum_list_parse(buffer_span(&text), &sums, err);
	if (r < 0)
		return error_wrap(err, r, "%s/" RELEASE_SUMS, o->directory);
	v.files = calloc(sums.n + 1, sizeof *v.files);
	r = v.files ? check_documents(&sums, o->directory, err) : error_oom(err);
	for (size_t i = 0; r >= 0 && i < sums.n; i++)
		r = check_file(o->directory, &sums.items[i], &v, err);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct release_verdict){0};
	return 0;
}
