#include "verify/tdnode-verify.h"

#include "attest/attest.h"
#include "attest/ear.h"

/* The public values are those of the verdict. */
_Static_assert((int)TDNODE_GENUINE == (int)VERDICT_GENUINE &&
		       (int)TDNODE_PLATFORM == (int)VERDICT_PLATFORM &&
		       (int)TDNODE_IDENTITY == (int)VERDICT_IDENTITY,
	       "questions");
_Static_assert((int)TDNODE_CHECK_GOOD == (int)CHECK_GOOD &&
		       (int)TDNODE_CHECK_REFUSED == (int)CHECK_REFUSED &&
		       (int)TDNODE_CHECK_OPEN == (int)CHECK_OPEN,
	       "states");
_Static_assert((int)TDNODE_YES == (int)ANSWER_YES && (int)TDNODE_NO == (int)ANSWER_NO &&
		       (int)TDNODE_NOT_JUDGED == (int)ANSWER_NOT_JUDGED,
	       "answers");

struct tdnode_policy {
	struct policy policy;
};

struct tdnode_collateral {
	struct collateral collateral;
	struct kept_collateral *kept; /* NULL: something is missing */
};

struct tdnode_key {
	struct p256_private *key;
};

/* What the caller sees comes first. */
struct judgement {
	struct tdnode_verdict public;
	struct verdict verdict;
	struct ear_about about;
	struct tdnode_check *checks;
};

/* Takes *err, which is read after `r` was made: what wraps an error makes another. */
static int finish(int r, struct error **err, char **message)
{
	if (r < 0 && message) {
		*message = verdict_line(error_message(*err));
		if (!*message)
			*message = strdup(error_message(NULL));
	}
	error_free(*err);
	return error_exit_status(r);
}

void tdnode_free(void *p)
{
	free(p);
}

struct tdnode_policy *tdnode_policy_new(void)
{
	return calloc(1, sizeof(struct tdnode_policy));
}

void tdnode_policy_free(struct tdnode_policy *p)
{
	if (!p)
		return;
	policy_release(&p->policy);
	free(p);
}

int tdnode_policy_add(struct tdnode_policy *p, const char *name, const void *data, size_t size,
		      char **message)
{
	struct error *err = NULL;
	int r = policy_add(&p->policy, path_basename(name), SPAN(data, size), &err);

	return finish(r < 0 ? error_wrap(&err, r, "%s", name) : 0, &err, message);
}

int tdnode_policy_set_report_data(struct tdnode_policy *p,
				  const uint8_t data[TDNODE_REPORT_DATA_SIZE], char **message)
{
	struct policy_report_data *d = &p->policy.report_data;
	struct error *err = NULL;
	int r = 0;

	if (d->given)
		r = error_set(&err, -ERROR_USAGE, "the policy has 'report_data' already");
	d->given = true;
	if (r >= 0)
		memcpy(d->bytes, data, sizeof d->bytes);
	return finish(r, &err, message);
}

struct tdnode_collateral *tdnode_collateral_new(void)
{
	return calloc(1, sizeof(struct tdnode_collateral));
}

void tdnode_collateral_free(struct tdnode_collateral *c)
{
	if (!c)
		return;
	kept_collateral_free(c->kept);
	collateral_release(&c->collateral);
	free(c);
}

/* Anew after each change: judging changes nothing, so that threads may share it. */
static int keep(struct tdnode_collateral *c, struct error **err)
{
	if (collateral_check(&c->collateral, NULL) < 0)
		return 0;
	return kept_collateral_new(&c->collateral, &c->kept, err);
}

int tdnode_collateral_add(struct tdnode_collateral *c, const void *data, size_t size,
			  char **message)
{
	struct collateral read = {0};
	struct error *err = NULL;
	int r = collateral_parse(SPAN(data, size), &read, &err);

	if (r >= 0) {
		kept_collateral_free(TAKE_PTR(c->kept));
		collateral_release(&c->collateral);
		c->collateral = read;
		r = keep(c, &err);
	}
	return finish(r, &err, message);
}

int tdnode_collateral_add_file(struct tdnode_collateral *c, const char *name, const void *data,
			       size_t size, char **message)
{
	struct error *err = NULL;
	int r = 0;

	if (collateral_file_is_known(name)) {
		kept_collateral_free(TAKE_PTR(c->kept));
		r = collateral_take_file(&c->collateral, name, SPAN(data, size), &err);
		if (r >= 0)
			r = keep(c, &err);
	}
	return finish(r, &err, message);
}

int tdnode_collateral_knows(const char *name)
{
	return collateral_file_is_known(name);
}

int tdnode_collateral_check(const struct tdnode_collateral *c, char **message)
{
	struct error *err = NULL;
	int r = collateral_check(&c->collateral, &err);

	return finish(r, &err, message);
}

/* The checks as the caller sees them, in the memory of the verdict. */
static int show_checks(struct judgement *j, struct error **err)
{
	const struct verdict *v = &j->verdict;

	j->checks = calloc(v->n + 1, sizeof *j->checks);
	if (!j->checks)
		return error_oom(err);
	for (size_t i = 0; i < v->n; i++)
		j->checks[i] = (struct tdnode_check){
			.question = (enum tdnode_question)v->items[i].question,
			.state = (enum tdnode_check_state)v->items[i].state,
			.conceded = v->items[i].conceded,
			.name = v->items[i].name,
			.text = v->items[i].text,
			.seen = v->items[i].seen,
			.wanted = v->items[i].wanted,
		};
	j->public = (struct tdnode_verdict){
		.evidence = v->evidence,
		.at = v->at,
		.until = v->until,
		.checks = j->checks,
		.n_checks = v->n,
	};
	for (size_t q = 0; q < VERDICT_QUESTIONS_; q++)
		j->public.answers[q] =
			(enum tdnode_answer)verdict_answer(v, (enum verdict_question)q);
	return 0;
}

static int judge(struct judgement *j, struct span bytes, const struct tdnode_collateral *c,
		 const struct policy *p, struct error **err)
{
	static const unsigned kinds[] = {[EVIDENCE_TDX] = POLICY_TDX,
					 [EVIDENCE_AZURE] = POLICY_AZURE,
					 [EVIDENCE_TPM] = POLICY_TPM};
	_cleanup_(evidence_release) struct evidence e = {0};
	int r = evidence_parse(bytes, &e, err);

	if (r >= 0)
		r = c && c->kept ? attest_judge_kept(&e, c->kept, p, &j->verdict, err)
				 : attest_judge(&e, c ? &c->collateral : NULL, p, &j->verdict, err);
	if (r >= 0)
		r = show_checks(j, err);
	j->about = (struct ear_about){.kind = kinds[e.kind],
				      .policy = p->id,
				      .n_documents = p->n_documents,
				      .report_data = p->report_data};
	return r;
}

int tdnode_verify(const void *evidence, size_t size, const struct tdnode_collateral *collateral,
		  const struct tdnode_policy *policy, int64_t at, struct tdnode_verdict **verdict,
		  char **message)
{
	struct judgement *j = calloc(1, sizeof *j);
	struct error *err = NULL;
	int r;

	if (!j)
		return finish(error_oom(&err), &err, message);
	j->verdict.at = at;
	r = judge(j, SPAN(evidence, size), collateral, &policy->policy, &err);
	if (r < 0) {
		tdnode_verdict_free(&j->public);
		/* Evidence that is refused as such is none that was judged. */
		return finish(r == -ERROR_REFUSED ? -ERROR_MALFORMED : r, &err, message);
	}
	r = verdict_require(&j->verdict, &err);
	j->public.accepted = r == 0;
	*verdict = &j->public;
	return finish(r, &err, message);
}

static const struct judgement *judgement_of(const struct tdnode_verdict *v)
{
	return (const struct judgement *)v;
}

void tdnode_verdict_free(struct tdnode_verdict *v)
{
	struct judgement *j = (struct judgement *)v;

	if (!j)
		return;
	verdict_release(&j->verdict);
	free(j->checks);
	free(j);
}

char *tdnode_verdict_text(const struct tdnode_verdict *v)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(VERDICT_TEXT_MAX);

	verdict_text(&judgement_of(v)->verdict, &b);
	return buffer_steal_text(&b);
}

char *tdnode_verdict_json(const struct tdnode_verdict *v)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(VERDICT_TEXT_MAX);

	return verdict_json(&judgement_of(v)->verdict, &b, NULL) < 0 ? NULL : buffer_steal_text(&b);
}

int tdnode_key_new(const void *pem, size_t size, struct tdnode_key **ret, char **message)
{
	struct tdnode_key *k = calloc(1, sizeof *k);
	struct error *err = NULL;
	int r = k ? p256_private_parse(SPAN(pem, size), &k->key, &err) : error_oom(&err);

	if (r >= 0)
		*ret = TAKE_PTR(k);
	free(k);
	return finish(r, &err, message);
}

void tdnode_key_free(struct tdnode_key *k)
{
	if (!k)
		return;
	p256_private_free(k->key);
	free(k);
}

int tdnode_verdict_ear(const struct tdnode_verdict *v, const char *build,
		       const struct tdnode_key *key, char **ret, char **message)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * VERDICT_TEXT_MAX);
	const struct judgement *j = judgement_of(v);
	struct ear_about about = j->about;
	struct error *err = NULL;
	int r;

	about.build = build;
	r = ear_encode(&j->verdict, &about, key ? key->key : NULL, &b, &err);
	if (r >= 0) {
		*ret = buffer_steal_text(&b);
		r = *ret ? 0 : error_oom(&err);
	}
	return finish(r, &err, message);
}
