/*
 * Policies: what is read, what is refused as one, and what is held against evidence.
 */
#include "attest_world.h"

#define R12(c) c c c c c c c c c c c c
#define R96(c) R12(c) R12(c) R12(c) R12(c)
#define SEAM R96("00")

static void test_fields(void **state)
{
	static const struct {
		const char *more, *wanted;
	} cases[] = {
		{"", "good"},
		{",\"min_tcb_evaluation_data_number\":18", "good"},
		/* the smaller of both documents */
		{",\"min_tcb_evaluation_data_number\":19",
		 "platform: tcb_evaluation: the number of Intel's evaluation: 18, wanted: 19 or "
		 "later"},
		{",\"max_collateral_age_days\":10", "good"},
		{",\"max_collateral_age_days\":9",
		 "platform: collateral_age: the collateral is older than 9 days: "
		 "2025-12-22T00:00:00Z, wanted: 2025-12-23T00:00:00Z"},
		{",\"advisories_allowed\":[\"INTEL-SA-1\",\"INTEL-SA-2\"]", "good"},
		{",\"advisories_allowed\":[\"INTEL-SA-1\"]",
		 "platform: advisories: an advisory that the policy does not allow: INTEL-SA-2"},
		{",\"advisories_denied\":[\"INTEL-SA-1\"]",
		 "platform: advisories: an advisory that the policy denies: INTEL-SA-1"},
		/* however it is written */
		{",\"advisories_denied\":[\"intel-sa-1\"]",
		 "platform: advisories: an advisory that the policy denies: INTEL-SA-1"},
		{",\"advisories_allowed\":[\"Intel-SA-1\",\"intel-sa-2\"]", "good"},
		{",\"td_attributes\":{\"mask\":\"ff000000000000ff\",\"value\":"
		 "\"0000000000000000\"}",
		 "good"},
		{",\"td_attributes\":{\"mask\":\"ff000000000000ff\",\"value\":"
		 "\"0000000000000080\"}",
		 "platform: td_attributes: bits that are not accepted: 0000001000000000, wanted: "
		 "0000000000000080 under the mask fe000000000000ff"},
		{",\"xfam\":{\"mask\":\"ff00000000000000\",\"value\":\"e700000000000000\"}",
		 "platform: xfam: bits that are not accepted: 0000000000000000, wanted: "
		 "e700000000000000 under the mask ff00000000000000"},
		{",\"mr_seam\":\"" SEAM "\"", "good"},
		{",\"mr_seam\":[\"" R96("11") "\"]",
		 "platform: mr_seam: none of the 1 that are accepted: " SEAM
		 ", wanted: " R96("11")},
		{",\"mr_config_id\":\"" R96("11") "\"",
		 "identity: mr_config_id: none of the 1 that are accepted: " SEAM
		 ", wanted: " R96("11")},
		{",\"mr_owner\":\"" R96("11") "\"",
		 "identity: mr_owner: none of the 1 that are accepted: " SEAM
		 ", wanted: " R96("11")},
		{",\"mr_owner_config\":\"" R96("11") "\"",
		 "identity: mr_owner_config: none of the 1 that are accepted: " SEAM
		 ", wanted: " R96("11")},
		{",\"platform\":{\"smt\":false,\"dynamic_platform\":true,\"cached_keys\":true}",
		 "good"},
		{",\"platform\":{\"smt\":true}",
		 "platform: smt: what the platform is set to: no, wanted: yes"},
		{",\"platform\":{\"cached_keys\":false}",
		 "platform: cached_keys: what the platform is set to: yes, wanted: no"},
		{",\"report_data\":"
		 "\"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
		 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\"",
		 "good"},
	};
	struct world w;

	(void)state;
	world_init(&w);
	w.configured = true;
	world_build(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *said = world_judged(&w, cases[i].more, WORLD_AT);

		if (!string_equal(said, cases[i].wanted))
			fail_msg("%s: '%s', wanted '%s'", cases[i].more, said, cases[i].wanted);
		free(said);
	}
	world_release(&w);
}

static void test_platform_that_says_nothing(void **state)
{
	struct world w;
	char *said;

	(void)state;
	world_init(&w);
	world_build(&w);
	said = world_judged(&w, ",\"platform\":{\"smt\":false}", WORLD_AT);
	assert_string_equal(said,
			    "platform: smt: what the platform is set to: not said, wanted: no");
	free(said);
	world_release(&w);
}

/* Only what the policy names is accepted beside UpToDate. */
static void test_statuses(void **state)
{
	static const struct {
		const char *more, *wanted;
	} cases[] = {
		{"",
		 "platform: tcb_status: of the platform (SWHardeningNeeded), its TDX module "
		 "(UpToDate) and quoting enclave (UpToDate): SWHardeningNeeded, wanted: UpToDate"},
		{",\"tcb_status\":[\"ConfigurationNeeded\"]",
		 "platform: tcb_status: of the platform (SWHardeningNeeded), its TDX module "
		 "(UpToDate) "
		 "and quoting enclave (UpToDate): SWHardeningNeeded, wanted: UpToDate or "
		 "ConfigurationNeeded"},
		/* Another name, though what this one says is part of it. */
		{",\"tcb_status\":[\"ConfigurationAndSWHardeningNeeded\"]",
		 "platform: tcb_status: of the platform (SWHardeningNeeded), its TDX module "
		 "(UpToDate) and quoting enclave (UpToDate): SWHardeningNeeded, wanted: UpToDate "
		 "or "
		 "ConfigurationAndSWHardeningNeeded"},
		{",\"tcb_status\":[\"SWHardeningNeeded\"]", "good"},
		{",\"tcb_status\":[\"SWHardeningNeeded\",\"OutOfDate\"]", "good"},
	};
	static const uint8_t tdx[16] = {0};
	char *level = world_level(5, 13, tdx, "SWHardeningNeeded");
	char *levels = string_printf("[%s]", level);
	struct world w;

	(void)state;
	world_init(&w);
	w.levels = levels;
	world_build(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *said = world_judged(&w, cases[i].more, WORLD_AT);

		assert_string_equal(said, cases[i].wanted);
		free(said);
	}
	world_release(&w);
	free(level);
	free(levels);
}

/* What needs hardening and is out of date besides has the name OutOfDate: both have to be accepted. */
static void test_hidden_findings(void **state)
{
	static const uint8_t tdx[16] = {0};
	char *level = world_level(5, 13, tdx, "SWHardeningNeeded");
	char *levels = string_printf("[%s]", level);
	struct world w;
	char *said;

	(void)state;
	world_init(&w);
	w.levels = levels;
	w.qe_levels = "[" WORLD_ISV_LEVEL("4", "OutOfDate") "]";
	world_build(&w);
	said = world_judged(&w, ",\"tcb_status\":[\"OutOfDate\"]", WORLD_AT);
	assert_string_equal(said,
			    "platform: tcb_status: of the platform (SWHardeningNeeded), its TDX "
			    "module (UpToDate) and quoting enclave (OutOfDate): OutOfDate, wanted: "
			    "UpToDate or OutOfDate");
	free(said);
	said = world_judged(&w, ",\"tcb_status\":[\"OutOfDate\",\"SWHardeningNeeded\"]", WORLD_AT);
	assert_string_equal(said, "good");
	free(said);
	world_release(&w);
	free(level);
	free(levels);
}

static void test_attributes(void **state)
{
	static const struct {
		uint8_t bytes[8];
		const char *more, *wanted;
	} cases[] = {
		{{1, 0, 0, 0x10},
		 "",
		 "platform: debug: the host reads and changes its memory: the TD can be debugged, "
		 "wanted: it cannot"},
		{{1, 0, 0, 0x10}, ",\"debug\":true", "good"},
		/* the host may inject exceptions: SEPT_VE_DISABLE is off */
		{{0, 0, 0, 0},
		 "",
		 "platform: td_attributes: bits that are not accepted: 0000000000000000, wanted: "
		 "0000001000000000 under the mask feffff3fffffff7f"},
		{{0, 0, 0, 0x10, 0, 0, 0, 0x80}, "", "good"},
		{{0, 0, 0, 0xd0}, "", "good"},
		{{0, 1, 0, 0x10},
		 "",
		 "platform: td_attributes: bits that are not accepted: 0001001000000000, wanted: "
		 "0000001000000000 under the mask feffff3fffffff7f"},
		{{0, 0, 0, 0},
		 ",\"td_attributes\":{\"mask\":\"ffffff0f00000000\",\"value\":"
		 "\"0000000000000000\"}",
		 "good"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;
		char *said;

		world_init(&w);
		memcpy(w.td.td_attributes, cases[i].bytes, 8);
		world_build(&w);
		said = world_judged(&w, cases[i].more, WORLD_AT);
		assert_string_equal(said, cases[i].wanted);
		free(said);
		world_release(&w);
	}
}

/* Whatever the policy accepts. */
static void test_confidential(void **state)
{
	(void)state;
	for (int debug = 0; debug < 2; debug++) {
		_cleanup_(verdict_release) struct verdict v = {0};
		struct error *err = NULL;
		struct world w;

		world_init(&w);
		w.td.td_attributes[0] = (uint8_t)debug;
		world_build(&w);
		assert_false(verdict_is_confidential(&v));
		assert_done(world_judge_at(&w, ",\"debug\":true", WORLD_AT, &v, &err), &err);
		assert_done(verdict_require(&v, &err), &err);
		assert_int_equal(verdict_is_confidential(&v), !debug);
		world_release(&w);
	}
}

static void test_service_td(void **state)
{
	static const size_t places[] = {offsetof(struct td_report, mr_service_td),
					offsetof(struct td_report, init_service_td_hash),
					offsetof(struct td_report, current_service_td_hash)};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct world w;
		char *said;

		world_init(&w);
		w.type = TD_REPORT_1_5_EX;
		memset((uint8_t *)&w.td + places[i], 0x77, 48);
		world_build(&w);
		said = world_judged(&w, "", WORLD_AT);
		assert_string_equal(said, "platform: service_td: a service TD is bound: " R96(
						  "77") ", wanted: none");
		free(said);
		said = world_judged(&w, ",\"service_td\":[\"" R96("78") "\"]", WORLD_AT);
		assert_string_equal(said, "platform: service_td: a service TD is bound: " R96(
						  "77") ", wanted: one of the policy");
		free(said);
		said = world_judged(&w, ",\"service_td\":[\"" R96("77") "\"]", WORLD_AT);
		assert_string_equal(said, "good");
		free(said);
		said = world_judged(&w, ",\"service_td\":\"any\"", WORLD_AT);
		assert_string_equal(said, "good");
		free(said);
		world_release(&w);
	}
}

/* What somebody accepts, with all that has to be there but one register. */
static char *registers_without(const struct world *w, unsigned skip, unsigned changed)
{
	struct buffer b = BUFFER_INIT(4096);

	for (unsigned reg = REGISTER_MRTD; reg <= REGISTER_RTMR3; reg++) {
		const uint8_t *value =
			reg == REGISTER_MRTD ? w->td.mr_td : w->td.rtmr[reg - REGISTER_RTMR0];
		char key[REGISTER_NAME_SIZE], hex[97];

		if (reg == skip)
			continue;
		register_key(reg, key);
		hex_encode(SPAN(value, 48), hex);
		if (reg == changed)
			hex[95] = hex[95] == 'f' ? 'e' : 'f';
		buffer_printf(&b, "%s\"%s\":{\"expected\":\"%s\"}", b.n ? "," : "", key, hex);
	}
	return buffer_steal_text(&b);
}

static char *judged_by(const struct world *w, const char *document)
{
	_cleanup_(evidence_release) struct evidence e = {.kind = EVIDENCE_TDX};
	_cleanup_(policy_release) struct policy p = {0};
	_cleanup_(verdict_release) struct verdict v = {.at = WORLD_AT};
	struct error *err = NULL;
	char *said;
	int r = policy_add(&p, "file", span_string(document), &err);

	p.intel_roots = strdup(buffer_text(&w->root));
	e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&e.quote, buffer_span(&w->quote));
	if (r >= 0)
		r = attest_judge(&e, &w->collateral, &p, &v, &err);
	if (r >= 0)
		r = verdict_require(&v, &err);
	said = r < 0 ? string_printf("%s%s",
				     r == -ERROR_REFUSED ? "" : "error: ", error_message(err))
		     : strdup("good");
	error_free(err);
	return said;
}

static void expect_records(const struct world *w, unsigned skip, unsigned changed,
			   const char *others, const char *wanted)
{
	char *registers = registers_without(w, skip, changed);
	char *document = string_printf("[%s{\"measurement_id\":\"one\",\"attestation_type\":"
				       "\"dcap-tdx\",\"measurements\":{%s}}]",
				       others, registers);
	char *said = judged_by(w, document);

	if (!string_equal(said, wanted))
		fail_msg("'%s', wanted '%s'", said, wanted);
	free(said);
	free(registers);
	free(document);
}

static void test_records(void **state)
{
	static const char azure[] =
		"{\"attestation_type\":\"azure-tdx\",\"measurements\":{\"4\":"
		"{\"expected\":\"00000000000000000000000000000000000000000000000"
		"00000000000000000\"}}},";
	struct world w;

	(void)state;
	world_init(&w);
	world_build(&w);
	expect_records(&w, REGISTERS, REGISTERS, "", "good");
	expect_records(&w, REGISTERS, REGISTERS, azure, "good");
	expect_records(&w, REGISTER_MRTD, REGISTERS, "",
		       "identity: policy: the policy has no value for MRTD: other firmware can put "
		       "anything into all other registers");
	expect_records(&w, REGISTER_RTMR1, REGISTERS, "",
		       "identity: policy: the policy has no value for RTMR1: another image can put "
		       "anything into RTMR2 and RTMR3");
	expect_records(
		&w, REGISTER_RTMR2, REGISTERS, "",
		"identity: policy: the policy has no value for RTMR2: another command line and "
		"initrd for the same kernel do not show in RTMR1");
	/* of two records that agree with the evidence, one says too little: the other counts */
	expect_records(&w, REGISTERS, REGISTERS,
		       "{\"measurement_id\":\"little\",\"attestation_type\":\"dcap-tdx\","
		       "\"measurements\":{"
		       "\"rtmr3\":{\"expected\":"
		       "\"303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535"
		       "455565758595"
		       "a5b5c5d5e5f\"}}},",
		       "good");
	/* the verdict says what that leaves open */
	expect_records(&w, REGISTER_RTMR0, REGISTERS, "", "good");
	expect_records(&w, REGISTERS, REGISTER_RTMR3, "",
		       "identity: registers: RTMR3 (for user space) of 'one': "
		       "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f50515253545"
		       "5565758595a5b"
		       "5c5d5e5f, wanted: "
		       "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f50515253545"
		       "5565758595a5b"
		       "5c5d5e5e");
	expect_records(&w, REGISTERS, REGISTER_MRTD,
		       "{\"measurement_id\":\"other\",\"attestation_type\":\"gcp-tdx\","
		       "\"measurements\":{\"0\":"
		       "{\"expected\":\"" SEAM "\"},\"1\":{\"expected\":\"" SEAM
		       "\"},\"2\":{\"expected\":\"" SEAM "\"}}},",
		       "identity: registers: none of 2 builds fits; of the closest, 'one', MRTD "
		       "(what a trust domain starts with: its firmware): "
		       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242"
		       "5262728292a2b"
		       "2c2d2e2f, wanted: "
		       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242"
		       "5262728292a2b"
		       "2c2d2e2e");
	world_release(&w);
}

/* What a build predicts without firmware says nothing of MRTD: a policy beside it does. */
static void test_open_without_acpi(void **state)
{
	struct world w;
	struct verdict v = {0};
	struct policy p = {0};
	struct evidence e = {.kind = EVIDENCE_TDX};
	struct error *err = NULL;
	char *registers;
	bool open = false;

	(void)state;
	world_init(&w);
	world_build(&w);
	registers = registers_without(&w, REGISTER_RTMR0, REGISTERS);

	char *document = string_printf(
		"[{\"attestation_type\":\"dcap-tdx\",\"measurements\":{%s}}]", registers);

	assert_done(policy_add(&p, "file", span_string(document), &err), &err);
	p.intel_roots = strdup(buffer_text(&w.root));
	e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&e.quote, buffer_span(&w.quote));
	v.at = WORLD_AT;
	assert_done(attest_judge(&e, &w.collateral, &p, &v, &err), &err);
	for (size_t i = 0; i < v.n; i++)
		open |= v.items[i].state == CHECK_OPEN && string_equal(v.items[i].name, "rtmr0") &&
			strstr(v.items[i].text, "ACPI");
	assert_true(open);
	free(registers);
	free(document);
	policy_release(&p);
	verdict_release(&v);
	evidence_release(&e);
	world_release(&w);
}

/* A register that the evidence does not have is not passed over in silence. */
static void test_register_of_others(void **state)
{
	struct verdict v = {0};
	struct error *err = NULL;
	struct world w;
	size_t n = 0;

	(void)state;
	world_init(&w);
	world_build(&w);

	char *more = string_printf(",\"mr_owner\":\"%s\"", SEAM);
	struct policy p = {0};
	struct evidence e = {.kind = EVIDENCE_TDX};

	world_policy(&w, more, &p);
	p.own.registers[4].items = calloc(1, sizeof(struct digest));
	p.own.registers[4].n = 1;
	e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&e.quote, buffer_span(&w.quote));
	v.at = WORLD_AT;
	assert_done(attest_judge(&e, &w.collateral, &p, &v, &err), &err);
	assert_done(verdict_require(&v, &err), &err);
	for (size_t i = 0; i < v.n; i++)
		n += v.items[i].state == CHECK_OPEN && string_equal(v.items[i].name, "policy") &&
		     string_equal(v.items[i].text, "the policy has a value for PCR 4, which this "
						   "kind of evidence does not have");
	assert_int_equal(n, 1);
	free(more);
	policy_release(&p);
	evidence_release(&e);
	verdict_release(&v);
	world_release(&w);
}

static void expect_bad(const char *text, const char *wanted)
{
	struct policy p = {0};
	struct error *err = NULL;

	assert_true(policy_add(&p, "file", span_string(text), &err) < 0);
	if (!string_equal(error_message(err), wanted))
		fail_msg("'%s', wanted '%s'", error_message(err), wanted);
	error_free(err);
	policy_release(&p);
}

static void test_bad_policies(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", "line 1, column 0: '[' or '{' expected near end of file"},
		{"{}", "neither a policy ('tdnode_policy') nor the registers of a build "
		       "('measurements')"},
		{"{\"tdnode_policy\":1,\"tdnode_policy\":1}",
		 "line 1, column 34: duplicate object key near '\"tdnode_policy\"'"},
		{"{\"tdnode_policy\":1} x", "line 1, column 21: end of file expected near 'x'"},
		{"{\"tdnode_policy\":2}", "policy: 'tdnode_policy': version 2: 1 is read"},
		{"{\"tdnode_policy\":1,\"mrtd\":\"\"}", "unknown member 'mrtd'"},
		{"{\"tdnode_policy\":1,\"azure\":{\"mrtd\":\"\"}}",
		 "policy: 'azure': unknown member 'mrtd'"},
		{"{\"tdnode_policy\":1,\"debug\":1}",
		 "policy: 'debug': 'debug' is neither true nor false"},
		{"{\"tdnode_policy\":1,\"tcb_status\":[\"Revoked\"]}",
		 "policy: 'tcb_status': 'tcb_status': what is revoked is not accepted"},
		{"{\"tdnode_policy\":1,\"tcb_status\":[\"Fine\"]}",
		 "policy: 'tcb_status': 'tcb_status': unknown status 'Fine'"},
		{"{\"tdnode_policy\":1,\"registers\":{\"24\":\"00\"}}",
		 "policy: 'registers': unknown register '24'"},
		{"{\"tdnode_policy\":1,\"registers\":{\"04\":\"00\"}}",
		 "policy: 'registers': unknown register '04'"},
		{"{\"tdnode_policy\":1,\"registers\":{\"4\":\"00\"}}",
		 "policy: 'registers': register '4': '00' is not 64 hexadecimal digits "
		 "(SHA-256), and not 96 (SHA-384)"},
		{"{\"tdnode_policy\":1,\"registers\":{\"mrtd\":\"00\"}}",
		 "policy: 'registers': register 'mrtd': '00' is not 96 hexadecimal digits"},
		{"{\"tdnode_policy\":1,\"config\":\"\"}",
		 "policy: 'config': '' is not 64 hexadecimal digits (SHA-256), and not 96 "
		 "(SHA-384)"},
		{"{\"tdnode_policy\":1,\"registers\":{\"4\":[]}}",
		 "policy: 'registers': register '4': an empty list: nothing would fit"},
		{"{\"tdnode_policy\":1,\"td_attributes\":{\"mask\":\"0000000000000000\",\"value\":"
		 "\"0100000000000000\"}}",
		 "policy: 'td_attributes': 'td_attributes' wants bits that are not in its mask"},
		{"[]", "no records: nothing would fit"},
		{"[{\"attestation_type\":\"dcap-tdx\"}]",
		 "record 1: no 'measurements': every image would fit"},
		{"[{\"attestation_type\":\"dcap-tdx\",\"measurements\":{}}]",
		 "record 1: no registers: everything would fit"},
		{"[{\"attestation_type\":\"none\"}]",
		 "record 1: attestation type 'none' is not judged"},
		{"[{\"attestation_type\":\"dcap-tdx\",\"dcap_image_hashes\":{}}]",
		 "record 1: 'dcap_image_hashes' are not judged: name registers"},
		{"[{\"attestation_type\":\"dcap-tdx\",\"measurements\":{\"5\":{}}}]",
		 "record 1: unknown register '5'"},
		{"[{\"attestation_type\":\"dcap-tdx\",\"measurements\":{\"0\":{\"expected\":\"" SEAM
		 "\"},\"mrtd\":{\"expected\":\"" SEAM "\"}}}]",
		 "record 1: register 'mrtd' is there twice"},
		{"[{\"attestation_type\":\"azure-tdx\",\"measurements\":{\"4\":{}}}]",
		 "record 1: register '4': neither 'expected' nor 'expected_any', or both"},
		{"[{\"attestation_type\":\"azure-tdx\",\"measurements\":{\"4\":{\"expected_any\":[]"
		 "}}}]",
		 "record 1: register '4': an empty list: nothing would fit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_bad(cases[i].text, cases[i].wanted);
}

static void test_policies_without_a_check(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"{\"tdnode_policy\":1,\"max_collateral_age_days\":0}",
		 "policy: 'max_collateral_age_days': 0 days: no document is that new"},
		{"{\"tdnode_policy\":1,\"azure\":{\"vm_id\":\"\"}}",
		 "policy: 'azure': policy: 'vm_id': 'vm_id' is empty"},
		{"{\"tdnode_policy\":1,\"registers\":{}}",
		 "policy: 'registers': no registers: everything would fit"},
		{"{\"measurements\":{\"4\":{\"expected\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000001\"}},\"tdx\":[]"
		 "}",
		 "'tdx' is no object"},
		{"{\"measurements\":{\"4\":{\"expected\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000001\"}},\"banks\":"
		 "{\"sha384\":\"\"}}",
		 "'sha384' is no object"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_bad(cases[i].text, cases[i].wanted);
}

static void test_second_policy(void **state)
{
	struct policy p = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(policy_add(&p, "a", SPAN_LITERAL("{\"tdnode_policy\":1}"), &err), &err);
	assert_failed(policy_add(&p, "b", SPAN_LITERAL("{\"tdnode_policy\":1}"), &err),
		      ERROR_MALFORMED, "a second policy: one can stand beside any number of builds",
		      &err);
	policy_release(&p);
}

/* A build's own measurements.json. */
static void test_build(void **state)
{
	struct policy p = {0};
	struct error *err = NULL;
	const char *text = "{\"version\":2,\"file\":{\"name\":\"devnet.raw\"},\"measurements\":{"
			   "\"4\":{\"expected\":"
			   "\"0000000000000000000000000000000000000000000000000000000000000001\","
			   "\"condition\":\"x\"}},"
			   "\"banks\":{\"sha1\":{\"4\":\"\"},\"sha384\":{\"4\":\"" SEAM
			   "\",\"7\":\"" SEAM "\"}},"
			   "\"tdx\":{\"rtmr1\":\"" SEAM "\",\"mrtd_two_pass\":\"\"}}";

	(void)state;
	assert_done(policy_add(&p, "file", span_string(text), &err), &err);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.alternatives[0].name, "devnet.raw");
	assert_int_equal(p.alternatives[0].kinds, POLICY_AZURE | POLICY_TDX | POLICY_TPM);
	assert_int_equal(p.alternatives[0].registers[4].n, 2);
	assert_int_equal(p.alternatives[0].registers[4].items[1].algorithm, DIGEST_SHA384);
	/* a value that is in the bank alone is not predicted */
	assert_int_equal(p.alternatives[0].registers[7].n, 0);
	assert_true(policy_accepts_bank(&p, DIGEST_SHA384));
	assert_int_equal(p.alternatives[0].registers[REGISTER_RTMR1].n, 1);
	assert_int_equal(p.alternatives[0].registers[REGISTER_MRTD].n, 0);
	policy_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_platform_that_says_nothing),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_hidden_findings),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_confidential),
		cmocka_unit_test(test_service_td),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_open_without_acpi),
		cmocka_unit_test(test_register_of_others),
		cmocka_unit_test(test_bad_policies),
		cmocka_unit_test(test_policies_without_a_check),
		cmocka_unit_test(test_second_policy),
		cmocka_unit_test(test_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
