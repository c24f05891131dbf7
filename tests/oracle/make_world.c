/*
 * Quotes, collateral and policies of worlds of their own, one folder for each, for tools that judge quotes.
 *
 *   oracle_make_world FOLDER
 */
#include "world_files.h"

static const uint8_t tdx_svn[16] = {2, 1, 4};

static void finish(const char *top, const char *name, struct world *w)
{
	_cleanup_free_ char *folder = path_join(top, name);
	struct error *err = NULL;

	world_build(w);
	assert_done(directory_make(folder, &err), &err);
	put(folder, "quote.bin", buffer_span(&w->quote));
	put(folder, "root.pem", buffer_span(&w->root));
	put_collateral(folder, w);
	world_release(w);
}

static char *levels(const char *status, const uint8_t tdx[16])
{
	char *level = world_level(5, 13, tdx, status);
	char *list = string_printf("[%s]", level);

	free(level);
	return list;
}

static void make_statuses(const char *top)
{
	static const char *const names[] = {"UpToDate",
					    "SWHardeningNeeded",
					    "ConfigurationNeeded",
					    "ConfigurationAndSWHardeningNeeded",
					    "OutOfDate",
					    "OutOfDateConfigurationNeeded",
					    "Revoked"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *list = levels(names[i], tdx_svn);
		_cleanup_free_ char *name = string_printf("platform-%s", names[i]);
		_cleanup_free_ char *old = string_printf("qe-OutOfDate-platform-%s", names[i]);
		struct world w;

		world_init(&w);
		w.levels = list;
		finish(top, name, &w);
		world_init(&w);
		w.levels = list;
		w.qe_levels = "[" WORLD_ISV_LEVEL("4", "OutOfDate") "]";
		finish(top, old, &w);
	}
}

static void make_levels(const char *top)
{
	static const uint8_t first[16] = {255, 1, 4}, third[16] = {2, 1, 255};
	_cleanup_free_ char *tdx_first = levels("UpToDate", first);
	_cleanup_free_ char *tdx_third = levels("UpToDate", third);
	struct world w;

	world_init(&w);
	w.levels = tdx_first;
	finish(top, "tdx-component-0", &w);
	world_init(&w);
	w.levels = tdx_third;
	finish(top, "tdx-component-2", &w);
	world_init(&w);
	w.pck_svn[15] = 4;
	finish(top, "sgx-component-15", &w);
	world_init(&w);
	w.pce_svn = 12;
	finish(top, "pcesvn", &w);
	world_init(&w);
	w.qe_levels = "[" WORLD_ISV_LEVEL("99", "UpToDate") "]";
	finish(top, "qe-no-level", &w);
	world_init(&w);
	w.qe_levels = "[" WORLD_ISV_LEVEL("4", "Revoked") "]";
	finish(top, "qe-Revoked", &w);
	world_init(&w);
	w.modules = "[" WORLD_MODULE("TDX_01", WORLD_ISV_LEVEL("4", "Revoked")) "]";
	finish(top, "module-Revoked", &w);
	world_init(&w);
	w.modules = "[]";
	finish(top, "module-none", &w);
	world_init(&w);
	w.td.mr_signer_seam[0] = 1;
	finish(top, "module-signer", &w);
}

static void make_dates(const char *top)
{
	static const char *const names[WORLD_DATES] = {
		"root", "ca", "pck", "signer", "root-crl", "pck-crl", "tcb-info", "qe-identity"};

	for (size_t i = 0; i < WORLD_DATES; i++) {
		_cleanup_free_ char *late = string_printf("expired-%s", names[i]);
		_cleanup_free_ char *early = string_printf("early-%s", names[i]);
		struct world w;

		world_init(&w);
		w.until[i] = WORLD_AT - 1;
		finish(top, late, &w);
		world_init(&w);
		w.from[i] = WORLD_AT + 1;
		finish(top, early, &w);
	}
}

static void make_forged(const char *top)
{
	static const struct {
		const char *name;
		size_t who;
		enum world_key by;
	} cases[] = {
		{"forged-pck", offsetof(struct world, pck_by), WORLD_STRANGER},
		{"forged-ca", offsetof(struct world, ca_by), WORLD_STRANGER},
		{"forged-signer", offsetof(struct world, signer_by), WORLD_STRANGER},
		{"forged-root-crl", offsetof(struct world, root_crl_by), WORLD_STRANGER},
		{"forged-pck-crl", offsetof(struct world, pck_crl_by), WORLD_STRANGER},
		{"forged-tcb-info", offsetof(struct world, tcb_info_by), WORLD_STRANGER},
		{"forged-qe-identity", offsetof(struct world, qe_identity_by), WORLD_STRANGER},
		{"forged-qe-report", offsetof(struct world, qe_report_by), WORLD_STRANGER},
		{"forged-quote", offsetof(struct world, quote_by), WORLD_STRANGER},
	};
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		world_init(&w);
		memcpy((char *)&w + cases[i].who, &cases[i].by, sizeof cases[i].by);
		finish(top, cases[i].name, &w);
	}
	world_init(&w);
	w.ca_revoked = true;
	finish(top, "revoked-ca", &w);
	world_init(&w);
	w.pck_revoked = true;
	finish(top, "revoked-pck", &w);
	world_init(&w);
	w.signer_revoked = true;
	finish(top, "revoked-signer", &w);
	world_init(&w);
	w.bind_attestation_key = false;
	finish(top, "attestation-key", &w);
	world_init(&w);
	w.qe.mr_signer[0] = 1;
	finish(top, "qe-signer", &w);
	world_init(&w);
	w.fmspc[0] = 1;
	w.tcb_info_change = (struct world_replacement){"\"fmspc\":\"01", "\"fmspc\":\"02"};
	finish(top, "fmspc", &w);
	world_init(&w);
	w.tcb_info_change = (struct world_replacement){"\"pceId\":\"00", "\"pceId\":\"01"};
	finish(top, "pceid", &w);
	world_init(&w);
	w.td.td_attributes[0] = 1;
	finish(top, "debug", &w);
	world_init(&w);
	w.td.td_attributes[3] = 0;
	finish(top, "sept-ve", &w);
	world_init(&w);
	w.td.mr_service_td[0] = 1;
	finish(top, "service-td", &w);
}

static void make_forms(const char *top)
{
	struct world w;

	world_init(&w);
	w.version = 4;
	w.type = TD_REPORT_1_0;
	finish(top, "v4", &w);
	world_init(&w);
	w.type = TD_REPORT_1_0;
	finish(top, "v5-1.0", &w);
	world_init(&w);
	w.type = TD_REPORT_1_5_EX;
	finish(top, "v5-1.5-ex", &w);
	world_init(&w);
	buffer_put_zeros(&w.trailing, 100);
	finish(top, "zeros-behind", &w);
	world_init(&w);
	buffer_put_string(&w.trailing, "more");
	finish(top, "bytes-behind", &w);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	make_statuses(argv[1]);
	make_levels(argv[1]);
	make_dates(argv[1]);
	make_forged(argv[1]);
	make_forms(argv[1]);
	return 0;
}
