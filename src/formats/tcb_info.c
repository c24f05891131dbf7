#include "formats/tcb_info.h"

#include "formats/json_read.h"

static void levels_release(struct tcb_levels *l)
{
	for (size_t i = 0; i < l->n; i++)
		string_list_release(&l->items[i].advisories);
	free(l->items);
	*l = (struct tcb_levels){0};
}

static void module_release(struct tdx_module *m)
{
	free(m->id);
	levels_release(&m->levels);
}

void tcb_info_release(struct tcb_info *i)
{
	module_release(&i->base);
	for (size_t j = 0; j < i->n_modules; j++)
		module_release(&i->modules[j]);
	free(i->modules);
	levels_release(&i->levels);
	*i = (struct tcb_info){0};
}

void qe_identity_release(struct qe_identity *i)
{
	levels_release(&i->levels);
	*i = (struct qe_identity){0};
}

/* What each level has beside its versions. Modules and enclaves have fewer statuses than platforms. */
static int parse_status(const json_t *object, bool platform, struct tcb_level *l,
			struct error **err)
{
	const unsigned allowed =
		platform ? TCB_SW_HARDENING | TCB_CONFIGURATION | TCB_OUT_OF_DATE | TCB_REVOKED
			 : TCB_OUT_OF_DATE | TCB_REVOKED;
	const json_t *advisories;
	const char *status = NULL;
	int r = json_read_string(object, "tcbStatus", &status, err);

	if (r >= 0)
		r = json_read_time(object, "tcbDate", &l->date, err);
	if (r >= 0 && (!tcb_status_from_name(status, &l->findings) || l->findings & ~allowed))
		r = error_set(err, -ERROR_MALFORMED, "unknown status '%s'", status);
	if (r < 0 || !json_object_get(object, "advisoryIDs"))
		return r;
	r = json_read_array(object, "advisoryIDs", TCB_ADVISORIES_MAX, &advisories, err);
	for (size_t i = 0; r >= 0 && i < json_array_size(advisories); i++) {
		const char *id = json_string_value(json_array_get(advisories, i));

		if (!id)
			r = error_set(err, -ERROR_MALFORMED,
				      "'advisoryIDs' has an item that is no text");
		else if (string_list_add(&l->advisories, id) < 0)
			r = error_oom(err);
	}
	return r;
}

/* Exactly 16: a comparison of fewer would leave some out. */
static int parse_components(const json_t *tcb, const char *name, uint16_t ret[TCB_COMPONENTS],
			    struct error **err)
{
	const json_t *array;
	uint64_t svn = 0;
	int r = json_read_array(tcb, name, TCB_COMPONENTS, &array, err);

	if (r < 0)
		return r;
	if (json_array_size(array) != TCB_COMPONENTS)
		return error_set(err, -ERROR_MALFORMED, "'%s' has %zu items, not %u", name,
				 json_array_size(array), TCB_COMPONENTS);
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		r = json_read_number(json_array_get(array, i), "svn", UINT16_MAX, &svn, err);
		if (r < 0)
			return error_wrap(err, r, "'%s', item %zu", name, i + 1);
		ret[i] = (uint16_t)svn;
	}
	return 0;
}

static int parse_platform_level(const json_t *tcb, struct tcb_level *l, struct error **err)
{
	uint64_t pce_svn = 0;
	int r = parse_components(tcb, "sgxtcbcomponents", l->sgx, err);

	if (r >= 0)
		r = parse_components(tcb, "tdxtcbcomponents", l->tdx, err);
	if (r >= 0)
		r = json_read_number(tcb, "pcesvn", UINT16_MAX, &pce_svn, err);
	l->pce_svn = (uint16_t)pce_svn;
	return r;
}

static int parse_level(const json_t *object, bool platform, struct tcb_level *l, struct error **err)
{
	const json_t *tcb;
	uint64_t isv_svn = 0;
	int r = json_read_object(object, "tcb", &tcb, err);

	if (r < 0)
		return r;
	if (platform) {
		r = parse_platform_level(tcb, l, err);
	} else {
		r = json_read_number(tcb, "isvsvn", UINT16_MAX, &isv_svn, err);
		l->isv_svn = (uint16_t)isv_svn;
	}
	return r < 0 ? r : parse_status(object, platform, l, err);
}

static int compare_components(const uint16_t *x, const uint16_t *y)
{
	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		if (x[i] != y[i])
			return y[i] - x[i];
	return 0;
}

/* The newest first: by SGX components, PCESVN, TDX components, as Intel sorts them. */
static int compare_levels(const void *a, const void *b)
{
	const struct tcb_level *x = a, *y = b;
	int c = compare_components(x->sgx, y->sgx);

	if (c == 0)
		c = y->pce_svn - x->pce_svn;
	if (c == 0)
		c = compare_components(x->tdx, y->tdx);
	return c ? c : y->isv_svn - x->isv_svn;
}

static int parse_levels(const json_t *object, bool platform, struct tcb_levels *ret,
			struct error **err)
{
	const json_t *array;
	int r = json_read_array(object, "tcbLevels", TCB_LEVELS_MAX, &array, err);

	if (r < 0)
		return r;
	if (json_array_size(array) == 0)
		return error_set(err, -ERROR_MALFORMED, "'tcbLevels' is empty");
	ret->items = calloc(json_array_size(array), sizeof *ret->items);
	if (!ret->items)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < json_array_size(array); i++) {
		ret->n++;
		r = parse_level(json_array_get(array, i), platform, &ret->items[i], err);
		if (r < 0)
			return error_wrap(err, r, "'tcbLevels', item %zu", i + 1);
	}
	qsort(ret->items, ret->n, sizeof *ret->items, compare_levels);
	for (size_t i = 1; i < ret->n; i++)
		if (compare_levels(&ret->items[i - 1], &ret->items[i]) == 0)
			return error_set(err, -ERROR_MALFORMED,
					 "'tcbLevels' has the same level twice");
	return 0;
}

static int parse_module(const json_t *object, struct tdx_module *m, struct error **err)
{
	int r = json_read_hex(object, "mrsigner", m->mr_signer, sizeof m->mr_signer, err);

	if (r >= 0)
		r = json_read_hex(object, "attributes", m->attributes, sizeof m->attributes, err);
	if (r >= 0)
		r = json_read_hex(object, "attributesMask", m->attributes_mask,
				  sizeof m->attributes_mask, err);
	return r;
}

static int parse_identity(const json_t *object, struct tdx_module *m, struct error **err)
{
	const char *id;
	int r = json_read_string(object, "id", &id, err);

	if (r >= 0)
		r = parse_module(object, m, err);
	if (r >= 0)
		r = parse_levels(object, false, &m->levels, err);
	if (r < 0)
		return r;
	m->id = strdup(id);
	return m->id ? 0 : error_oom(err);
}

static int parse_identities(const json_t *object, struct tcb_info *i, struct error **err)
{
	const json_t *array;
	int r;

	if (!json_object_get(object, "tdxModuleIdentities"))
		return 0;
	r = json_read_array(object, "tdxModuleIdentities", TCB_MODULES_MAX, &array, err);
	if (r < 0 || json_array_size(array) == 0)
		return r;
	i->modules = calloc(json_array_size(array), sizeof *i->modules);
	if (!i->modules)
		return error_oom(err);
	for (size_t j = 0; j < json_array_size(array); j++) {
		i->n_modules++;
		r = parse_identity(json_array_get(array, j), &i->modules[j], err);
		if (r < 0)
			return error_wrap(err, r, "'tdxModuleIdentities', item %zu", j + 1);
		for (size_t k = 0; k < j; k++)
			if (strcasecmp(i->modules[j].id, i->modules[k].id) == 0)
				return error_set(err, -ERROR_MALFORMED,
						 "'tdxModuleIdentities' has '%s' twice",
						 i->modules[j].id);
	}
	return 0;
}

/* What both documents begin with. */
static int parse_head(const json_t *root, const char *id, uint64_t version, int64_t *ret_issued,
		      int64_t *ret_next, uint32_t *ret_number, struct error **err)
{
	const char *found;
	uint64_t n;
	int r = json_read_string(root, "id", &found, err);

	if (r >= 0 && !string_equal(found, id))
		r = error_set(err, -ERROR_UNSUPPORTED, "is about '%s', not '%s'", found, id);
	if (r >= 0)
		r = json_read_number(root, "version", UINT32_MAX, &n, err);
	if (r >= 0 && n != version)
		r = error_set(err, -ERROR_UNSUPPORTED, "version %llu: %llu is read",
			      (unsigned long long)n, (unsigned long long)version);
	if (r >= 0)
		r = json_read_time(root, "issueDate", ret_issued, err);
	if (r >= 0)
		r = json_read_time(root, "nextUpdate", ret_next, err);
	if (r >= 0)
		r = json_read_number(root, "tcbEvaluationDataNumber", UINT32_MAX, &n, err);
	if (r >= 0)
		*ret_number = (uint32_t)n;
	return r;
}

static int parse_tcb_info(const json_t *root, struct tcb_info *i, struct error **err)
{
	const json_t *module;
	uint64_t type;
	int r = parse_head(root, "TDX", 3, &i->issue_date, &i->next_update, &i->evaluation_number,
			   err);

	if (r >= 0)
		r = json_read_number(root, "tcbType", UINT32_MAX, &type, err);
	if (r >= 0 && type != 0)
		r = error_set(err, -ERROR_UNSUPPORTED, "levels of type %llu: 0 is read",
			      (unsigned long long)type);
	if (r >= 0)
		r = json_read_hex(root, "fmspc", i->fmspc, sizeof i->fmspc, err);
	if (r >= 0)
		r = json_read_hex(root, "pceId", i->pce_id, sizeof i->pce_id, err);
	if (r >= 0)
		r = json_read_object(root, "tdxModule", &module, err);
	if (r >= 0) {
		r = parse_module(module, &i->base, err);
		if (r < 0)
			return error_wrap(err, r, "'tdxModule'");
		r = parse_identities(root, i, err);
	}
	return r < 0 ? r : parse_levels(root, true, &i->levels, err);
}

int tcb_info_parse(struct span json, struct tcb_info *ret, struct error **err)
{
	_cleanup_(tcb_info_release) struct tcb_info i = {0};
	_cleanup_json_ json_t *root = NULL;
	int r = json_read_document(json, false, &root, err);

	if (r >= 0)
		r = parse_tcb_info(root, &i, err);
	if (r < 0)
		return r;
	*ret = i;
	i = (struct tcb_info){0};
	return 0;
}

static int parse_qe_identity(const json_t *root, struct qe_identity *i, struct error **err)
{
	uint64_t product = 0;
	int r = parse_head(root, "TD_QE", 2, &i->issue_date, &i->next_update, &i->evaluation_number,
			   err);

	if (r >= 0)
		r = json_read_hex(root, "miscselect", i->misc_select, sizeof i->misc_select, err);
	if (r >= 0)
		r = json_read_hex(root, "miscselectMask", i->misc_select_mask,
				  sizeof i->misc_select_mask, err);
	if (r >= 0)
		r = json_read_hex(root, "attributes", i->attributes, sizeof i->attributes, err);
	if (r >= 0)
		r = json_read_hex(root, "attributesMask", i->attributes_mask,
				  sizeof i->attributes_mask, err);
	if (r >= 0)
		r = json_read_hex(root, "mrsigner", i->mr_signer, sizeof i->mr_signer, err);
	if (r >= 0)
		r = json_read_number(root, "isvprodid", UINT16_MAX, &product, err);
	i->isv_prod_id = (uint16_t)product;
	return r < 0 ? r : parse_levels(root, false, &i->levels, err);
}

int qe_identity_parse(struct span json, struct qe_identity *ret, struct error **err)
{
	_cleanup_(qe_identity_release) struct qe_identity i = {0};
	_cleanup_json_ json_t *root = NULL;
	int r = json_read_document(json, false, &root, err);

	if (r >= 0)
		r = parse_qe_identity(root, &i, err);
	if (r < 0)
		return r;
	*ret = i;
	i = (struct qe_identity){0};
	return 0;
}
