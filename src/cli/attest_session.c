#include "cli/attest_session.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/collateral_fetch.h"
#include "cli/collateral_path.h"
#include "crypto/pem.h"
#include "measure/bank.h"
#include "vm/instance.h"

void attest_session_release(struct attest_session *s)
{
	policy_release(&s->policy);
	kept_collateral_free(s->kept);
	collateral_release(&s->collateral);
}

void attest_session_configure(struct attest_session *s, const struct digest *pcr_8)
{
	struct policy *p = &s->policy;

	for (size_t k = 0; k < p->n; k++)
		if (p->alternatives[k].registers[PCR_CONFIGURATION].n)
			p->alternatives[k].registers[PCR_CONFIGURATION].items[0] = *pcr_8;
}

/* Lets the policy accept the TPMs that an authority (vm/tpm_authority.h) certified. */
static int accept_local(struct policy *p, const char *authority, struct error **err)
{
	_cleanup_(buffer_release) struct buffer root = BUFFER_INIT(PEM_MAX);
	_cleanup_free_ char *path = path_join(authority, "root.pem");
	char *roots;
	int r;

	if (!path)
		return error_oom(err);
	if (!path_exists(path))
		return error_set(err, -ENOENT,
				 "there is no '%s': it is made by the first 'tdnode run'", path);
	r = file_read(path, PEM_MAX, &root, err);
	if (r < 0)
		return r;
	roots = string_printf("%s%s", p->tpm_roots ? p->tpm_roots : "", buffer_text(&root));
	if (!roots)
		return error_oom(err);
	free(p->tpm_roots);
	p->tpm_roots = roots;
	p->without_confidentiality = true;
	return 0;
}

static int read_policies(const struct attest_options *o, struct policy *p, struct error **err)
{
	for (size_t i = 0; i < o->policies.n; i++) {
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(POLICY_MAX);
		const char *path = o->policies.items[i];
		int r = file_read(path, POLICY_MAX, &bytes, err);

		if (r < 0)
			return r;
		r = policy_add(p, path_basename(path), buffer_span(&bytes), err);
		if (r < 0)
			return error_wrap(err, r, "%s", path);
	}
	if (p->report_data.given)
		return error_set(err, -ERROR_MALFORMED,
				 "the policy has 'report_data': that of a connection is its own");
	if (o->local) {
		_cleanup_free_ char *authority = instance_authority_of(o->state);

		return authority ? accept_local(p, authority, err)
				 : error_set(err, -ENOENT,
					     "no folder for instances: set HOME or use --state");
	}
	return 0;
}

static int take_collateral(void *context, const char *name, struct span bytes, struct error **err)
{
	struct collateral *c = context;

	return name ? collateral_take_file(c, name, bytes, err) : collateral_parse(bytes, c, err);
}

static int read_collateral(const char *path, struct collateral *c, struct error **err)
{
	int r = collateral_path_read(path, COLLATERAL_MAX, take_collateral, c, err);

	if (r < 0)
		return r;
	r = collateral_check(c, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

/* Takes what *c holds. */
static int keep_collateral(struct attest_session *s, struct collateral *c, struct error **err)
{
	kept_collateral_free(TAKE_PTR(s->kept));
	collateral_release(&s->collateral);
	s->collateral = *c;
	*c = (struct collateral){0};
	return kept_collateral_new(&s->collateral, &s->kept, err);
}

int attest_session_open(const struct attest_options *o, struct attest_session *ret,
			struct error **err)
{
	_cleanup_(collateral_release) struct collateral c = {0};
	int r;

	ret->options = o;
	ret->protocol = CHANNEL_ALPN;
	r = read_policies(o, &ret->policy, err);
	if (r >= 0 && o->collateral)
		r = read_collateral(o->collateral, &c, err);
	if (r >= 0 && o->collateral)
		r = keep_collateral(ret, &c, err);
	return r;
}

/* What is there serves another connection if it is of this platform and has not run out. */
static int fetch(struct attest_session *s, const struct evidence *e, struct error **err)
{
	_cleanup_(fetched_release) struct fetched f = {0};
	_cleanup_(collateral_release) struct collateral c = {0};
	struct pck_platform platform;
	int r = collateral_platform(e, &platform, err);

	if (r < 0)
		return r;
	if (s->kept && time(NULL) < s->expires &&
	    memcmp(s->fmspc, platform.fmspc, sizeof s->fmspc) == 0)
		return 0;
	r = collateral_fetch(&platform, s->options->service, &f, err);
	if (r >= 0)
		r = fetched_read(&f, &c, err);
	if (r >= 0)
		r = keep_collateral(s, &c, err);
	if (r < 0)
		return error_wrap(err, r, "collateral");
	memcpy(s->fmspc, platform.fmspc, sizeof s->fmspc);
	s->expires = 0;
	return 0;
}

/* What was fetched serves later connections, too. */
static int judge(struct attest_session *s, const struct channel *c, struct verdict *v,
		 struct error **err)
{
	bool needs = c->evidence.kind != EVIDENCE_TPM;
	int r = 0;

	if (needs && !s->options->collateral)
		r = fetch(s, &c->evidence, err);
	v->at = time(NULL);
	if (r >= 0)
		r = attest_judge_connection(&c->evidence, &c->connection, &s->options->pins,
					    needs ? s->kept : NULL, &s->policy, v, err);
	if (r >= 0 && needs)
		s->expires = v->until;
	return r;
}

/* The node cannot know what only the ends of the connection have; a policy is held against it, and so is the document
 * that is kept. */
static void complete(struct channel *c)
{
	struct evidence_binding *b = &c->evidence.binding;

	b->has_exporter = b->given;
	memcpy(b->exporter, c->connection.exporter, sizeof b->exporter);
}

/* As a document that says of which connection it is, for whoever looks at it later. */
static int keep_evidence(const struct attest_session *s, const struct channel *c,
			 struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(EVIDENCE_MAX);
	int r = evidence_write(&c->evidence, &text, err);

	return r < 0 ? r : file_write(s->options->evidence, buffer_span(&text), err);
}

int attest_session_ask(struct attest_session *s, const struct address *a, struct channel *ret,
		       struct verdict *ret_verdict, struct error **err)
{
	int64_t deadline = clock_milliseconds() + s->options->timeout * 1000;
	int r = channel_ask(a, s->protocol, CHANNEL_ANY, false, deadline, ret, err);

	if (r >= 0)
		complete(ret);
	if (r >= 0 && s->options->evidence)
		r = keep_evidence(s, ret, err);
	if (r < 0)
		return r;
	r = judge(s, ret, ret_verdict, err);
	return r < 0 ? error_wrap(err, r, "%s, port %u", a->host, a->port) : 0;
}

int attest_session_require(struct attest_session *s, const struct address *a, struct channel *ret,
			   struct verdict *ret_verdict, struct error **err)
{
	int r = attest_session_ask(s, a, ret, ret_verdict, err);

	if (r < 0)
		return r;
	r = verdict_require(ret_verdict, err);
	return r < 0 ? error_wrap(err, r, "%s, port %u", a->host, a->port) : 0;
}
