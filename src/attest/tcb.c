#include "attest/tcb.h"

void tcb_judgement_release(struct tcb_judgement *j)
{
	string_list_release(&j->advisories);
}

static int take_level(struct tcb_judgement *j, const struct tcb_level *l, struct error **err)
{
	if (!j->date || l->date < j->date)
		j->date = l->date;
	for (size_t i = 0; i < l->advisories.n; i++)
		if (!string_list_has(&j->advisories, l->advisories.items[i]) &&
		    string_list_add(&j->advisories, l->advisories.items[i]) < 0)
			return error_oom(err);
	return 0;
}

static bool all_reach(const uint8_t *have, const uint16_t *need, size_t from)
{
	for (size_t i = from; i < TCB_COMPONENTS; i++)
		if (have[i] < need[i])
			return false;
	return true;
}

/* Modules count their major versions from 0; those of version 0 have no identity of their own. */
static bool has_module_identity(const uint8_t svn[16])
{
	return svn[1] > 0;
}

static bool platform_fits(const struct tcb_level *l, const struct pck_extension *pck,
			  const uint8_t svn[16])
{
	return all_reach(pck->svn, l->sgx, 0) && pck->pce_svn >= l->pce_svn &&
	       all_reach(svn, l->tdx, has_module_identity(svn) ? 2 : 0);
}

static const struct tcb_level *find_isv_level(const struct tcb_levels *levels, unsigned svn)
{
	for (size_t i = 0; i < levels->n; i++)
		if (levels->items[i].isv_svn <= svn)
			return &levels->items[i];
	return NULL;
}

static int judge_platform(const struct pck_extension *pck, const struct tcb_info *info,
			  const uint8_t svn[16], unsigned *ret, struct tcb_judgement *j,
			  struct error **err)
{
	char have[2 * PCK_SVNS + 1], tdx[2 * TCB_COMPONENTS + 1];

	for (size_t i = 0; i < info->levels.n; i++) {
		const struct tcb_level *l = &info->levels.items[i];

		if (!platform_fits(l, pck, svn))
			continue;
		*ret |= l->findings;
		j->platform |= l->findings;
		return take_level(j, l, err);
	}
	hex_encode(SPAN(pck->svn, PCK_SVNS), have);
	hex_encode(SPAN(svn, TCB_COMPONENTS), tdx);
	return error_set(err, -ERROR_REFUSED,
			 "no TCB level fits: the platform has SGX components %s, PCESVN %u and TDX "
			 "components %s, which is below all that Intel supports",
			 have, pck->pce_svn, tdx);
}

static int check_module(const struct td_report *td, const struct tdx_module *m, const char *id,
			struct error **err)
{
	char seen[2 * TD_REGISTER_SIZE + 1];

	if (memcmp(td->mr_signer_seam, m->mr_signer, sizeof m->mr_signer) != 0) {
		hex_encode(SPAN(td->mr_signer_seam, TD_REGISTER_SIZE), seen);
		return error_set(err, -ERROR_REFUSED,
				 "the TDX module's signer %s is not that of %s in the TCB info",
				 seen, id);
	}
	/* The mask of the TCB info is not applied: a module with attributes is none of Intel's. */
	if (!span_is_zero(SPAN(td->seam_attributes, sizeof td->seam_attributes)) ||
	    memcmp(td->seam_attributes, m->attributes, sizeof m->attributes) != 0) {
		hex_encode(SPAN(td->seam_attributes, sizeof td->seam_attributes), seen);
		return error_set(err, -ERROR_REFUSED,
				 "the TDX module's attributes are %s; zero is allowed, and only "
				 "where the TCB info has zero",
				 seen);
	}
	return 0;
}

static int judge_module(const struct td_report *td, const struct tcb_info *info,
			const uint8_t svn[16], unsigned *ret, struct tcb_judgement *j,
			const char **ret_name, struct error **err)
{
	const struct tdx_module *m = NULL;
	const struct tcb_level *level;
	char id[8];
	int r;

	*ret_name = "tdx_module";
	if (!has_module_identity(svn))
		return check_module(td, &info->base, "'tdxModule'", err);
	snprintf(id, sizeof id, "TDX_%02X", svn[1]);
	for (size_t i = 0; i < info->n_modules && !m; i++)
		if (strcasecmp(info->modules[i].id, id) == 0)
			m = &info->modules[i];
	if (!m)
		return error_set(err, -ERROR_REFUSED, "the TCB info knows no TDX module '%s'", id);
	r = check_module(td, m, id, err);
	if (r < 0)
		return r;
	level = find_isv_level(&m->levels, svn[0]);
	*ret_name = "tcb_level";
	if (!level)
		return error_set(err, -ERROR_REFUSED,
				 "no TCB level fits the TDX module: ISVSVN %u of %s is below all "
				 "that Intel supports",
				 svn[0], id);
	*ret |= level->findings;
	j->module |= level->findings;
	return take_level(j, level, err);
}

static int judge_versions(const struct quote *q, const struct pck_extension *pck,
			  const struct tcb_info *info, const uint8_t svn[16], unsigned *ret,
			  struct tcb_judgement *j, const char **ret_name, struct error **err)
{
	int r = judge_module(&q->td, info, svn, ret, j, ret_name, err);

	if (r < 0)
		return r;
	*ret_name = "tcb_level";
	return judge_platform(pck, info, svn, ret, j, err);
}

static int judge_qe(const struct quote *q, const struct qe_identity *qe, unsigned *ret,
		    struct tcb_judgement *j, struct error **err)
{
	unsigned svn = get_le16(q->qe.isv_svn);
	const struct tcb_level *level = find_isv_level(&qe->levels, svn);

	if (!level)
		return error_set(err, -ERROR_REFUSED,
				 "no TCB level fits the quoting enclave: ISVSVN %u is below all "
				 "that Intel supports",
				 svn);
	*ret |= level->findings;
	j->qe = level->findings;
	return take_level(j, level, err);
}

static unsigned merge(unsigned launch, unsigned current)
{
	const unsigned bad = TCB_OUT_OF_DATE | TCB_REVOKED;
	unsigned all = launch | current;

	if ((launch & bad) == TCB_OUT_OF_DATE && !(current & bad))
		return (all & ~(unsigned)TCB_OUT_OF_DATE) | TCB_RELAUNCH;
	return all;
}

int tcb_judge(const struct quote *q, const struct pck_extension *pck, const struct tcb_info *info,
	      const struct qe_identity *qe, struct tcb_judgement *ret, const char **ret_name,
	      struct error **err)
{
	_cleanup_(tcb_judgement_release) struct tcb_judgement j = {0};
	unsigned launch = 0, current = 0, enclave = 0;
	int r = judge_versions(q, pck, info, q->td.tee_tcb_svn, &launch, &j, ret_name, err);

	if (r < 0)
		return r;
	if (q->type == TD_REPORT_1_0)
		current = launch;
	else
		r = judge_versions(q, pck, info, q->td.tee_tcb_svn_2, &current, &j, ret_name, err);
	if (r < 0)
		return r;
	*ret_name = "tcb_level";
	r = judge_qe(q, qe, &enclave, &j, err);
	if (r < 0)
		return r;
	j.findings = merge(launch | enclave, current | enclave);
	string_list_sort(&j.advisories);
	*ret = j;
	j = (struct tcb_judgement){0};
	return 0;
}
