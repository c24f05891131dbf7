/*
 * What is said of a platform: the outcomes of Intel's quote verification library for one quote of TDX 1.5 (with
 * the places where we are stricter), and its rule for merging over all statuses of all parts.
 */
#include "attest_world.h"

#include "formats/tcb_info.h"

/* The status, or which check refused; "error" and its message if it could not be judged. */
static char *outcome(struct world *w)
{
	struct verdict v = {0};
	struct error *err = NULL;
	char *said = NULL;

	world_build(w);

	int r = world_judge_at(w, "", WORLD_AT, &v, &err);

	if (r < 0)
		said = string_printf("error: %s", error_message(err));
	for (size_t i = 0; i < v.n && !said; i++) {
		const struct check *c = &v.items[i];

		if (c->question == VERDICT_GENUINE && c->state == CHECK_REFUSED)
			said = strdup(c->name);
		else if (string_equal(c->name, "tcb_status"))
			said = c->seen ? strdup(c->seen)
				       : span_to_string(SPAN(c->text, strcspn(c->text, ",")));
		else if (c->state == CHECK_REFUSED && string_equal(c->name, "tcb_level"))
			said = strdup("no level");
		else if (c->state == CHECK_REFUSED && string_equal(c->name, "tdx_module"))
			said = strdup("module");
	}
	error_free(err);
	verdict_release(&v);
	assert_non_null(said);
	return said;
}

static void expect(struct world *w, const char *wanted)
{
	char *said = outcome(w);

	if (!string_equal(said, wanted))
		fail_msg("'%s', wanted '%s'", said, wanted);
	free(said);
	world_release(w);
}

static const uint8_t tdx_svn[16] = {2, 1, 4};

/* The levels of a platform with this status, and an older one that is out of date. */
static char *two_levels(const char *status, const uint8_t tdx[16], unsigned sgx, unsigned pce_svn)
{
	static const uint8_t none[16];
	char *good = world_level(sgx, pce_svn, tdx, status);
	char *old = world_level(2, 5, none, "OutOfDate");
	char *both = string_printf("[%s,%s]", good, old);

	free(good);
	free(old);
	return both;
}

#define MODULE_LEVELS(levels) "[" WORLD_MODULE("TDX_01", levels) "]"
#define TWO(new, new_status, old, old_status) \
	MODULE_LEVELS(WORLD_ISV_LEVEL(new, new_status) "," WORLD_ISV_LEVEL(old, old_status))

/* Intel's library by what it was asked about a quote with module 11 at launch and 13 now. */
static void test_intel_outcomes(void **state)
{
	static const struct {
		const char *modules; /* NULL: up to date */
		const char *platform;
		const char *qe; /* NULL: up to date */
		const char *wanted;
	} cases[] = {
		{NULL, "UpToDate", NULL, "UpToDate"},
		{TWO("12", "UpToDate", "4", "OutOfDate"), "UpToDate", NULL, "TDRelaunchAdvised"},
		/* the order in the document does not matter */
		{TWO("4", "OutOfDate", "12", "UpToDate"), "UpToDate", NULL, "TDRelaunchAdvised"},
		{TWO("12", "UpToDate", "4", "OutOfDate"), "ConfigurationNeeded", NULL,
		 "TDRelaunchAdvisedConfigurationNeeded"},
		{TWO("12", "UpToDate", "4", "OutOfDate"), "ConfigurationAndSWHardeningNeeded", NULL,
		 "TDRelaunchAdvisedConfigurationNeeded"},
		{TWO("12", "UpToDate", "4", "OutOfDate"), "SWHardeningNeeded", NULL,
		 "TDRelaunchAdvised"},
		{TWO("12", "UpToDate", "4", "OutOfDate"), "OutOfDate", NULL, "OutOfDate"},
		/* Intel says OutOfDate: that the module of now is revoked is lost */
		{TWO("12", "Revoked", "4", "OutOfDate"), "UpToDate", NULL, "Revoked"},
		{TWO("12", "UpToDate", "4", "Revoked"), "UpToDate", NULL, "Revoked"},
		{MODULE_LEVELS(WORLD_ISV_LEVEL("12", "UpToDate")), "UpToDate", NULL, "no level"},
		{"[]", "UpToDate", NULL, "module"},
		{"[" WORLD_MODULE("TDX_02", WORLD_ISV_LEVEL("4", "UpToDate")) "]", "UpToDate", NULL,
		 "module"},
		{"[" WORLD_MODULE("tdx_01", WORLD_ISV_LEVEL("4", "UpToDate")) "]", "UpToDate", NULL,
		 "UpToDate"},
		{NULL, "SWHardeningNeeded", NULL, "SWHardeningNeeded"},
		{NULL, "ConfigurationNeeded", NULL, "ConfigurationNeeded"},
		{NULL, "ConfigurationAndSWHardeningNeeded", NULL,
		 "ConfigurationAndSWHardeningNeeded"},
		{NULL, "OutOfDate", NULL, "OutOfDate"},
		{NULL, "OutOfDateConfigurationNeeded", NULL, "OutOfDateConfigurationNeeded"},
		{NULL, "Revoked", NULL, "Revoked"},
		{NULL, "UpToDate", "[" WORLD_ISV_LEVEL("4", "OutOfDate") "]", "OutOfDate"},
		{NULL, "SWHardeningNeeded", "[" WORLD_ISV_LEVEL("4", "OutOfDate") "]", "OutOfDate"},
		{NULL, "ConfigurationNeeded", "[" WORLD_ISV_LEVEL("4", "OutOfDate") "]",
		 "OutOfDateConfigurationNeeded"},
		{NULL, "UpToDate", "[" WORLD_ISV_LEVEL("4", "Revoked") "]", "Revoked"},
		{NULL, "UpToDate", "[" WORLD_ISV_LEVEL("99", "UpToDate") "]", "no level"},
		{NULL, "UpToDate", "[" WORLD_ISV_LEVEL("4", "ConfigurationNeeded") "]",
		 "error: qe_identity: 'tcbLevels', item 1: unknown status 'ConfigurationNeeded'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		world_init(&w);
		w.modules = cases[i].modules;
		w.qe_levels = cases[i].qe;

		char *levels = two_levels(cases[i].platform, tdx_svn, 5, 13);

		w.levels = levels;
		expect(&w, cases[i].wanted);
		free(levels);
	}
}

/* The same, of components. */
static void test_components(void **state)
{
	static const struct {
		size_t tdx; /* the TDX component that is 255; 16: none */
		unsigned sgx, pce_svn;
		bool version_0; /* of the module: no identity of its own */
		const char *wanted;
	} cases[] = {
		{0, 5, 13, false, "UpToDate"},	    {1, 5, 13, false, "UpToDate"},
		{2, 5, 13, false, "OutOfDate"},	    {15, 5, 13, false, "OutOfDate"},
		{0, 5, 13, true, "OutOfDate"},	    {16, 5, 13, true, "UpToDate"},
		{16, 6, 13, false, "OutOfDate"},    {16, 255, 13, false, "OutOfDate"},
		{16, 256, 13, false, "OutOfDate"},  {16, 5, 14, false, "OutOfDate"},
		{16, 5, 65535, false, "OutOfDate"}, {16, 4, 12, false, "UpToDate"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t tdx[16] = {2, 1, 4};
		struct world w;

		world_init(&w);
		if (cases[i].version_0) {
			w.td.tee_tcb_svn[1] = w.td.tee_tcb_svn_2[1] = 0;
			tdx[1] = 0;
		}
		if (cases[i].tdx < 16)
			tdx[cases[i].tdx] = 255;

		char *levels = two_levels("UpToDate", tdx, cases[i].sgx, cases[i].pce_svn);

		w.levels = levels;
		expect(&w, cases[i].wanted);
		free(levels);
	}
}

/* One component too many: no level at all. */
static void test_no_level(void **state)
{
	for (size_t i = 0; i < 48; i++) {
		uint8_t tdx[16] = {2, 1, 4};
		struct world w;

		(void)state;
		world_init(&w);
		/* each SGX component of the platform, then each TDX component of the level */
		if (i < 16)
			w.pck_svn[i] = 4;
		else if (i < 32)
			tdx[i - 16] = 255;
		else
			w.td.tee_tcb_svn_2[i - 32] = (i - 32) == 1 ? 1 : 0;

		char *level = world_level(5, 13, tdx, "UpToDate");
		char *levels = string_printf("[%s]", level);

		w.levels = levels;
		/* components 0 and 1 are for the module's identity; module 0 of now has no level */
		expect(&w, i == 16 || i == 17 || (i > 32 && i != 34) ? "UpToDate" : "no level");
		free(level);
		free(levels);
	}
}

static const struct {
	struct world_replacement tcb_info, qe_identity;
	const char *wanted;
} documents[] = {
	{{"\"pceId\":\"0000\"", "\"pceId\":\"0001\""}, {0}, "fmspc"},
	{{"\"fmspc\":\"90c06f000000\"", "\"fmspc\":\"90c06f000001\""}, {0}, "fmspc"},
	{{"\"id\":\"TDX\"", "\"id\":\"SGX\""}, {0}, "error: tcb_info: is about 'SGX', not 'TDX'"},
	{{"\"tcbType\":0", "\"tcbType\":1"}, {0}, "error: tcb_info: levels of type 1: 0 is read"},
	{{"\"version\":3", "\"version\":2"}, {0}, "error: tcb_info: version 2: 3 is read"},
	{{0},
	 {"\"id\":\"TD_QE\"", "\"id\":\"QE\""},
	 "error: qe_identity: is about 'QE', not 'TD_QE'"},
	{{0}, {"\"version\":2", "\"version\":3"}, "error: qe_identity: version 3: 2 is read"},
	{{0}, {"DCDC", "DCDD"}, "qe"},
	{{0}, {"\"isvprodid\":2", "\"isvprodid\":1"}, "qe"},
	{{0}, {"\"miscselect\":\"00000000\"", "\"miscselect\":\"00000001\""}, "qe"},
	{{0}, {"\"attributes\":\"11", "\"attributes\":\"15"}, "UpToDate"}, /* not in the mask */
	{{0}, {"\"attributes\":\"11", "\"attributes\":\"31"}, "qe"},
	/* what other parsers take: the last of two, text behind, numbers as text */
	{{"\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0"},
	 {0},
	 "error: tcb_info: line 1, column 154: duplicate object key near '\"tcbType\"'"},
	{{"\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"uptodate\""},
	 {0},
	 "error: tcb_info: 'tdxModuleIdentities', item 1: 'tcbLevels', item 1: unknown "
	 "status "
	 "'uptodate'"},
	{{"\"pcesvn\":13", "\"pcesvn\":\"13\""},
	 {0},
	 "error: tcb_info: 'tcbLevels', item 1: 'pcesvn' is no whole number from 0 to "
	 "65535"},
	{{"\"pcesvn\":13", "\"pcesvn\":99999999999999999999"},
	 {0},
	 "error: tcb_info: line 1, column 935: too big integer near "
	 "'99999999999999999999'"},
	{{"\"INTEL-SA-1\"", "\"INTEL\\u0000\""},
	 {0},
	 "error: tcb_info: line 1, column 1184: \\u0000 is not allowed without "
	 "JSON_ALLOW_NUL near "
	 "'\"INTEL\\u0000\"'"},
	/* in another order */
	{{"\"id\":\"TDX\",\"version\":3", "\"version\":3,\"id\":\"TDX\""}, {0}, "UpToDate"},
	{{"\"pcesvn\":13", "\"pcesvn\":13.0"},
	 {0},
	 "error: tcb_info: 'tcbLevels', item 1: 'pcesvn' is no whole number from 0 to "
	 "65535"},
	{{"{\"svn\":5},{\"svn\":5}", "{\"svn\":5}"},
	 {0},
	 "error: tcb_info: 'tcbLevels', item 1: 'sgxtcbcomponents' has 15 items, not 16"},
	{{"{\"svn\":0}]", "{\"svn\":0},{\"svn\":0}]"},
	 {0},
	 "error: tcb_info: 'tcbLevels', item 1: 'tdxtcbcomponents' has 17 items, more than "
	 "16"},
	{{"\"mrsigner\":\"00", "\"mrsigner\":\"01"}, {0}, "UpToDate"}, /* that of version 0 */
	{{"TDX_01\",\"mrsigner\":\"00", "TDX_01\",\"mrsigner\":\"01"}, {0}, "module"},
	{{"TDX_01\",\"mrsigner\":\"00", "TDX_01\",\"mrsigner\":\"0g"},
	 {0},
	 "error: tcb_info: 'tdxModuleIdentities', item 1: 'mrsigner' is not 96 hexadecimal "
	 "digits"},
	{{"\"nextUpdate\":\"2026-01-21T00:00:00Z\"", "\"nextUpdate\":\"2026-01-21 00:00:00Z\""},
	 {0},
	 "error: tcb_info: 'nextUpdate' is no time like 2026-06-30T07:53:47Z"},
};

static void test_documents_about_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		struct world w;

		world_init(&w);
		w.tcb_info_change = documents[i].tcb_info;
		w.qe_identity_change = documents[i].qe_identity;
		expect(&w, documents[i].wanted);
	}
}

static void test_levels_twice(void **state)
{
	char *level = world_level(5, 13, tdx_svn, "UpToDate");
	char *again = world_level(5, 13, tdx_svn, "OutOfDate");
	char *levels = string_printf("[%s,%s]", level, again);
	struct world w;

	(void)state;
	world_init(&w);
	w.levels = levels;
	expect(&w, "error: tcb_info: 'tcbLevels' has the same level twice");
	world_init(&w);
	w.modules = TWO("4", "UpToDate", "4", "OutOfDate");
	expect(&w, "error: tcb_info: 'tdxModuleIdentities', item 1: 'tcbLevels' has the same level "
		   "twice");
	world_init(&w);
	w.modules = "[" WORLD_MODULE("TDX_01", WORLD_ISV_LEVEL("4", "UpToDate")) "," WORLD_MODULE(
		"tdx_01", WORLD_ISV_LEVEL("4", "UpToDate")) "]";
	expect(&w, "error: tcb_info: 'tdxModuleIdentities' has 'tdx_01' twice");
	world_init(&w);
	w.levels = "[]";
	expect(&w, "error: tcb_info: 'tcbLevels' is empty");
	/* signed, but more than one document */
	world_init(&w);
	w.qe_levels = "[" WORLD_ISV_LEVEL("4", "UpToDate") "]}{";
	expect(&w, "error: qe_identity: line 1, column 491: end of file expected near '{'");
	free(level);
	free(again);
	free(levels);
}

/* A module with attributes is none of Intel's, whatever the TCB info's mask says. */
static void test_module_attributes(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.td.seam_attributes[0] = 1;
	expect(&w, "module");
	world_init(&w);
	w.td.mr_signer_seam[47] = 1;
	expect(&w, "module");
	world_init(&w);
	w.td.seam_attributes[0] = 1;
	w.tcb_info_change = (struct world_replacement){
		"\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
		"\"tcbLevels\"",
		"\"attributes\":\"0100000000000000\",\"attributesMask\":\"0000000000000000\","
		"\"tcbLevels\""};
	expect(&w, "module");
}

/*
 * Intel's rule in its own words: if the module or the quoting enclave is out of date, UpToDate and
 * SWHardeningNeeded become OutOfDate, ConfigurationNeeded and ConfigurationAndSWHardeningNeeded become
 * OutOfDateConfigurationNeeded; if anything is revoked, all is.
 */
static const char *intel_merge(const char *platform, const char *module, const char *qe)
{
	bool old = string_equal(module, "OutOfDate") || string_equal(qe, "OutOfDate");

	if (string_equal(platform, "Revoked") || string_equal(module, "Revoked") ||
	    string_equal(qe, "Revoked"))
		return "Revoked";
	if (old &&
	    (string_equal(platform, "UpToDate") || string_equal(platform, "SWHardeningNeeded")))
		return "OutOfDate";
	if (old && (string_equal(platform, "ConfigurationNeeded") ||
		    string_equal(platform, "ConfigurationAndSWHardeningNeeded")))
		return "OutOfDateConfigurationNeeded";
	return platform;
}

/* And for TDX 1.5, of what is said of the launch and of now; ours keeps what is worse of both. */
static const char *intel_relaunch(const char *launch, const char *current)
{
	bool launch_old = string_starts(launch, "OutOfDate");
	bool configuration = strstr(launch, "Configuration") || strstr(current, "Configuration");

	if (string_equal(launch, "Revoked") || string_equal(current, "Revoked"))
		return "Revoked";
	if (launch_old && !string_starts(current, "OutOfDate"))
		return configuration ? "TDRelaunchAdvisedConfigurationNeeded" : "TDRelaunchAdvised";
	if (string_starts(current, "OutOfDate") && !launch_old)
		return configuration ? "OutOfDateConfigurationNeeded" : "OutOfDate";
	return launch;
}

static const char *const platform_statuses[] = {"UpToDate",
						"SWHardeningNeeded",
						"ConfigurationNeeded",
						"ConfigurationAndSWHardeningNeeded",
						"OutOfDate",
						"OutOfDateConfigurationNeeded",
						"Revoked"};
static const char *const part_statuses[] = {"UpToDate", "OutOfDate", "Revoked"};

struct body {
	unsigned version;
	enum td_report_type type;
	const char *current; /* of the module now; NULL: as at launch */
};

static char *isv_level(unsigned svn, const char *status)
{
	return string_printf("{\"tcb\":{\"isvsvn\":%u},\"tcbDate\":\"2024-11-01T00:00:00Z\","
			     "\"tcbStatus\":\"%s\"}",
			     svn, status);
}

static size_t judge_all(struct world *w, const struct body *b)
{
	size_t n = 0;

	for (size_t p = 0; p < ARRAY_SIZE(platform_statuses); p++) {
		for (size_t m = 0; m < ARRAY_SIZE(part_statuses); m++) {
			for (size_t q = 0; q < ARRAY_SIZE(part_statuses); q++, n++) {
				const char *now = b->current ? b->current : part_statuses[m];
				const char *launch = intel_merge(
					platform_statuses[p], part_statuses[m], part_statuses[q]);
				const char *current =
					intel_merge(platform_statuses[p], now, part_statuses[q]);
				char *levels = two_levels(platform_statuses[p], tdx_svn, 5, 13);
				char *old = isv_level(11, part_statuses[m]);
				char *new = isv_level(12, now);
				char *modules = string_printf(
					"[{\"id\":\"TDX_01\",\"mrsigner\":\"" WORLD_ZEROS_48
					"\",\"attributes\":\"0000000000000000\",\"attributesMask\":"
					"\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[%s,%s]}]",
					new, old);
				char *enclave = isv_level(6, part_statuses[q]);
				char *enclaves = string_printf("[%s]", enclave);

				w->levels = levels;
				w->modules = modules;
				w->qe_levels = enclaves;

				char *said = outcome(w);
				const char *wanted = b->type == TD_REPORT_1_0
							     ? launch
							     : intel_relaunch(launch, current);

				if (!string_equal(said, wanted))
					fail_msg("platform %s, module %s then %s, QE %s: '%s', "
						 "wanted '%s'",
						 platform_statuses[p], part_statuses[m], now,
						 part_statuses[q], said, wanted);
				free(said);
				free(levels);
				free(old);
				free(new);
				free(modules);
				free(enclave);
				free(enclaves);
			}
		}
	}
	return n;
}

static void test_all_statuses(void **state)
{
	static const struct body bodies[] = {
		{4, TD_REPORT_1_0, NULL},	    {5, TD_REPORT_1_0, NULL},
		{5, TD_REPORT_1_5, NULL},	    {5, TD_REPORT_1_5, "UpToDate"},
		{5, TD_REPORT_1_5, "OutOfDate"},    {5, TD_REPORT_1_5, "Revoked"},
		{5, TD_REPORT_1_5_EX, "OutOfDate"}, {5, TD_REPORT_1_5_EX, "UpToDate"},
	};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct world w;

		world_init(&w);
		w.version = bodies[i].version;
		w.type = bodies[i].type;
		n += judge_all(&w, &bodies[i]);
		world_release(&w);
	}
	assert_int_equal(n, 504);
}

/* Of the part that says it, however the others are. */
static void test_dates_and_advisories(void **state)
{
	struct verdict v = {0};
	struct error *err = NULL;
	struct world w;
	bool found = false;

	(void)state;
	world_init(&w);
	world_build(&w);
	assert_done(
		world_judge_at(&w, ",\"advisories_denied\":[\"INTEL-SA-2\"]", WORLD_AT, &v, &err),
		&err);
	for (size_t i = 0; i < v.n; i++) {
		/* of the module, which is older than the platform's level */
		if (string_equal(v.items[i].name, "tcb_status"))
			assert_string_equal(v.items[i].text,
					    "UpToDate, as of 2024-11-01T00:00:00Z");
		if (string_equal(v.items[i].name, "advisories")) {
			assert_int_equal(v.items[i].state, CHECK_REFUSED);
			assert_string_equal(v.items[i].seen, "INTEL-SA-2");
			found = true;
		}
	}
	assert_true(found);
	verdict_release(&v);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intel_outcomes),
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_no_level),
		cmocka_unit_test(test_documents_about_others),
		cmocka_unit_test(test_levels_twice),
		cmocka_unit_test(test_module_attributes),
		cmocka_unit_test(test_all_statuses),
		cmocka_unit_test(test_dates_and_advisories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
