#include "attest/azure_verify.h"
#include "attest/judge.h"
#include "attest/paravisors.h"
#include "formats/json_read.h"

#define DAY (24 * 60 * 60)

/* Bits that may be either way unless a policy says otherwise: protection keys, key locker, performance
 * monitoring. SEPT_VE_DISABLE has to be set, all others clear. */
static const struct policy_bits default_attributes = {
	.given = true,
	.mask = {0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0xff, 0x7f},
	.value = {0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00},
};

static const enum verdict_question here = VERDICT_PLATFORM;

/* The name has to be one that the policy has, and each finding behind it: OutOfDate says nothing of whether
 * programs need hardening besides. */
static bool status_is_accepted(const struct policy *p, unsigned findings)
{
	bool accepted = findings == 0;
	unsigned all = 0;

	for (size_t i = 0; i < p->n_statuses; i++) {
		all |= p->statuses[i];
		accepted |=
			string_equal(tcb_status_name(p->statuses[i]), tcb_status_name(findings));
	}
	return accepted && !(findings & ~all);
}

static char *accepted_statuses(const struct policy *p)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	buffer_put_string(&b, tcb_status_name(0));
	for (size_t i = 0; i < p->n_statuses; i++)
		buffer_printf(&b, " or %s", tcb_status_name(p->statuses[i]));
	return buffer_steal_text(&b);
}

static int judge_status(const struct tcb_judgement *j, const struct policy *p, struct verdict *v,
			struct error **err)
{
	_cleanup_free_ char *wanted = accepted_statuses(p);
	char date[TIME_TEXT_SIZE];

	if (!wanted)
		return error_oom(err);
	time_format(j->date, date);
	if (!status_is_accepted(p, j->findings))
		verdict_refuse(v, here, "tcb_status", tcb_status_name(j->findings), wanted,
			       "of the platform (%s), its TDX module (%s) and quoting enclave (%s)",
			       tcb_status_name(j->platform), tcb_status_name(j->module),
			       tcb_status_name(j->qe));
	else if (j->findings)
		verdict_concede(v, here, "tcb_status", "%s, as of %s", tcb_status_name(j->findings),
				date);
	else
		verdict_good(v, here, "tcb_status", "%s, as of %s", tcb_status_name(j->findings),
			     date);
	return 0;
}

/* In whichever case: one that is denied is the same in small letters. */
static bool has_advisory(const struct string_list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->items[i], id) == 0)
			return true;
	return false;
}

static void judge_advisories(const struct tcb_judgement *j, const struct policy *p,
			     struct verdict *v)
{
	for (size_t i = 0; i < j->advisories.n; i++) {
		const char *id = j->advisories.items[i];
		bool denied = has_advisory(&p->advisories_denied, id);

		if (denied ||
		    (p->advisories_limited && !has_advisory(&p->advisories_allowed, id))) {
			verdict_refuse(v, here, "advisories", id, NULL,
				       denied ? "an advisory that the policy denies"
					      : "an advisory that the policy does not allow");
			return;
		}
	}
	if (j->advisories.n)
		verdict_good(v, here, "advisories", "%zu that concern it, none refused: %s%s",
			     j->advisories.n, j->advisories.items[0],
			     j->advisories.n > 1 ? ", ..." : "");
	else
		verdict_good(v, here, "advisories", "none concerns it");
}

static void judge_collateral(const struct quote_facts *f, const struct policy *p, struct verdict *v)
{
	uint32_t number = MIN(f->tcb_info->evaluation_number, f->qe_identity->evaluation_number);
	int64_t issued = MIN(f->tcb_info->issue_date, f->qe_identity->issue_date);
	char seen[TIME_TEXT_SIZE], wanted[TIME_TEXT_SIZE];

	snprintf(seen, sizeof seen, "%u", number);
	snprintf(wanted, sizeof wanted, "%u or later", p->evaluation_number_min);
	if (number < p->evaluation_number_min)
		verdict_refuse(v, here, "tcb_evaluation", seen, wanted,
			       "the number of Intel's evaluation");
	else if (p->evaluation_number_min)
		verdict_good(v, here, "tcb_evaluation", "Intel's evaluation %u", number);
	else
		verdict_open(v, here, "tcb_evaluation",
			     "Intel's evaluation %u; whether there is a later one is not checked",
			     number);
	if (!p->collateral_days_max)
		return;
	time_format(issued, seen);
	time_format(v->at - (int64_t)p->collateral_days_max * DAY, wanted);
	if (issued < v->at - (int64_t)p->collateral_days_max * DAY)
		verdict_refuse(v, here, "collateral_age", seen, wanted,
			       "the collateral is older than %llu days",
			       (unsigned long long)p->collateral_days_max);
	else
		verdict_good(v, here, "collateral_age", "issued %s", seen);
}

static bool bits_fit(const uint8_t seen[8], const struct policy_bits *b)
{
	for (size_t i = 0; i < 8; i++)
		if ((seen[i] & b->mask[i]) != b->value[i])
			return false;
	return true;
}

static void judge_bits(const char *name, const uint8_t seen[8], const struct policy_bits *b,
		       struct verdict *v)
{
	char have[17], value[17], mask[17];
	char wanted[64];

	hex_encode(SPAN(seen, 8), have);
	hex_encode(SPAN(b->value, 8), value);
	hex_encode(SPAN(b->mask, 8), mask);
	snprintf(wanted, sizeof wanted, "%s under the mask %s", value, mask);
	if (bits_fit(seen, b))
		verdict_good(v, here, name, "%s", have);
	else
		verdict_refuse(v, here, name, have, wanted, "bits that are not accepted");
}

static void judge_attributes(const struct td_report *td, const struct policy *p, struct verdict *v)
{
	bool debug = td->td_attributes[0] & TD_ATTRIBUTE_DEBUG;
	struct policy_bits b = p->td_attributes.given ? p->td_attributes : default_attributes;

	if (debug && p->debug)
		verdict_open(v, here, "debug",
			     "the TD can be debugged, which the policy accepts: not confidential");
	else if (!debug)
		verdict_good(v, here, "debug", "the TD cannot be debugged");
	/* Said once. */
	b.mask[0] &= (uint8_t)~TD_ATTRIBUTE_DEBUG;
	b.value[0] &= (uint8_t)~TD_ATTRIBUTE_DEBUG;
	judge_bits("td_attributes", td->td_attributes, &b, v);
	if (p->xfam.given)
		judge_bits("xfam", td->xfam, &p->xfam, v);
}

void judge_debug(const struct quote *q, const struct policy *p, struct verdict *v)
{
	if (q->td.td_attributes[0] & TD_ATTRIBUTE_DEBUG && !p->debug)
		verdict_refuse(v, here, "debug", "the TD can be debugged", "it cannot",
			       "the host reads and changes its memory");
}

static bool is_listed(const struct policy_values *l, const uint8_t value[TD_REGISTER_SIZE])
{
	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->items[i].bytes, value, TD_REGISTER_SIZE) == 0)
			return true;
	return false;
}

/* Service TDs, as one that migrates a TD, have access to its memory. */
static void judge_service_td(const struct quote *q, const struct policy *p, struct verdict *v)
{
	const uint8_t *hashes[] = {q->td.mr_service_td, q->td.init_service_td_hash,
				   q->td.current_service_td_hash};
	bool bound = false;
	char seen[2 * TD_REGISTER_SIZE + 1];

	if (q->type == TD_REPORT_1_0) {
		verdict_open(v, here, "service_td",
			     "a quote of TDX 1.0 does not say whether a service TD is bound");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		if (span_is_zero(SPAN(hashes[i], TD_REGISTER_SIZE)))
			continue;
		bound = true;
		if (p->service_td == POLICY_SERVICE_TD_ANY ||
		    (p->service_td == POLICY_SERVICE_TD_LISTED &&
		     is_listed(&p->service_tds, hashes[i])))
			continue;
		hex_encode(SPAN(hashes[i], TD_REGISTER_SIZE), seen);
		verdict_refuse(v, here, "service_td", seen,
			       p->service_td == POLICY_SERVICE_TD_NONE ? "none"
								       : "one of the policy",
			       "a service TD is bound");
		return;
	}
	if (!bound)
		verdict_good(v, here, "service_td", "no service TD is bound");
	else if (p->service_td == POLICY_SERVICE_TD_ANY)
		verdict_concede(v, here, "service_td",
				"a service TD is bound: the policy accepts any");
	else
		verdict_good(v, here, "service_td", "the service TD that is bound is accepted");
}

static void judge_flag(const char *name, enum pck_flag seen, enum pck_flag wanted,
		       struct verdict *v)
{
	static const char *const texts[] = {"not said", "no", "yes"};

	if (wanted == PCK_FLAG_UNKNOWN)
		return;
	if (seen == wanted)
		verdict_good(v, here, name, "%s", texts[seen]);
	else
		verdict_refuse(v, here, name, texts[seen], texts[wanted], "%s",
			       "what the platform is set to");
}

static void judge_list(const char *name, const uint8_t value[TD_REGISTER_SIZE],
		       const struct policy_values *l, struct verdict *v)
{
	char seen[2 * TD_REGISTER_SIZE + 1], wanted[2 * TD_REGISTER_SIZE + 1];

	if (!l->n)
		return;
	hex_encode(SPAN(value, TD_REGISTER_SIZE), seen);
	hex_encode(SPAN(l->items[0].bytes, TD_REGISTER_SIZE), wanted);
	if (is_listed(l, value))
		verdict_good(v, here, name, "%s", seen);
	else
		verdict_refuse(v, here, name, seen, wanted, "none of the %zu that are accepted",
			       l->n);
}

static void judge_paravisor(const struct td_report *td, const struct policy *p, struct verdict *v)
{
	char seen[2 * TD_REGISTER_SIZE + 1];

	hex_encode(SPAN(td->mr_td, TD_REGISTER_SIZE), seen);
	for (size_t i = 0; i < n_paravisors; i++) {
		if (string_equal(seen, paravisors[i].mrtd)) {
			verdict_good(v, here, "paravisor", "'%s'", paravisors[i].name);
			return;
		}
	}
	if (is_listed(&p->paravisors, td->mr_td))
		verdict_good(v, here, "paravisor", "named by the policy: %s", seen);
	else
		verdict_refuse(v, here, "paravisor", seen,
			       "one that is built in, or in azure.paravisor_mrtd of the policy",
			       "not confidential: what holds the virtual TPM is not known");
}

static void judge_claims(const struct hcl_claims *c, const struct policy *p, struct verdict *v)
{
	if (!c->tpm_enabled)
		verdict_refuse(v, here, "tpm_enabled", "no", "yes",
			       "the paravisor says that the machine has no virtual TPM");
	judge_flag("secure_boot", c->secure_boot ? PCK_FLAG_YES : PCK_FLAG_NO, p->secure_boot, v);
	judge_flag("tpm_persisted", c->tpm_persisted ? PCK_FLAG_YES : PCK_FLAG_NO, p->tpm_persisted,
		   v);
	if (p->secure_boot == PCK_FLAG_UNKNOWN)
		verdict_open(v, here, "secure_boot", "%s, which the policy leaves open",
			     c->secure_boot ? "on" : "off");
	if (p->tpm_persisted == PCK_FLAG_UNKNOWN)
		verdict_open(v, here, "tpm_persisted", "%s, which the policy leaves open",
			     c->tpm_persisted ? "the virtual TPM's state is kept on the host"
					      : "the virtual TPM begins anew at each start");
	if (p->vm_id && strcasecmp(p->vm_id, c->vm_id) != 0)
		verdict_refuse(v, here, "vm_id", c->vm_id, p->vm_id, "another machine");
	else if (p->vm_id)
		verdict_good(v, here, "vm_id", "%s", c->vm_id);
}

static int judge_tcb(const struct quote_facts *f, const struct policy *p, struct verdict *v,
		     struct error **err)
{
	_cleanup_(tcb_judgement_release) struct tcb_judgement j = {0};
	_cleanup_error_ struct error *why = NULL;
	const char *name = NULL;
	int r = tcb_judge(&f->quote, &f->pck, f->tcb_info, f->qe_identity, &j, &name, &why);

	if (r == -ERROR_REFUSED) {
		verdict_refuse(v, here, name, NULL, NULL, "%s", error_message(why));
		return 0;
	}
	if (r < 0)
		return error_move(err, r, &why);
	r = judge_status(&j, p, v, err);
	judge_advisories(&j, p, v);
	return r;
}

int judge_platform(const struct subject *s, const struct policy *p, struct verdict *v,
		   struct error **err)
{
	const struct quote_facts *f = s->quote ? verified_quote_facts(s->quote) : NULL;
	int r;

	if (!f) {
		if (p->without_confidentiality)
			verdict_concede(
				v, here, "confidentiality",
				"no confidentiality: a TPM alone, which the policy accepts");
		else
			verdict_refuse(v, here, "confidentiality", "a TPM alone",
				       "a TDX quote, or without_confidentiality in the policy",
				       "no confidentiality: whoever runs the machine reads its "
				       "memory");
		return 0;
	}
	r = judge_tcb(f, p, v, err);
	judge_collateral(f, p, v);
	judge_attributes(&f->quote.td, p, v);
	judge_service_td(&f->quote, p, v);
	judge_list("mr_seam", f->quote.td.mr_seam, &p->mr_seam, v);
	judge_flag("dynamic_platform", f->pck.dynamic_platform, p->dynamic_platform, v);
	judge_flag("cached_keys", f->pck.cached_keys, p->cached_keys, v);
	judge_flag("smt", f->pck.smt_enabled, p->smt, v);
	if (s->azure) {
		judge_paravisor(&f->quote.td, p, v);
		judge_claims(&s->azure->claims, p, v);
	}
	return r;
}
