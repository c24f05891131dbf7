/*
 * Collateral and evidence in the shapes in which people keep them.
 */
#include "attest_world.h"

#include "formats/base64url.h"
#include "formats/evidence.h"
#include "formats/json_read.h"
#include "formats/tcb_status.h"
#include "formats/yaml_flat.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	world_build(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_release(&w);
	return 0;
}

static const char *const members[COLLATERAL_PARTS_] = {
	[COLLATERAL_ROOT_CRL] = "root_ca_crl",
	[COLLATERAL_PCK_CRL] = "pck_crl",
	[COLLATERAL_TCB_INFO] = "tcb_info",
	[COLLATERAL_TCB_INFO_CHAIN] = "tcb_info_issuer_chain",
	[COLLATERAL_QE_IDENTITY] = "qe_identity",
	[COLLATERAL_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain",
	[COLLATERAL_TCB_INFO_SIGNATURE] = "tcb_info_signature",
	[COLLATERAL_QE_IDENTITY_SIGNATURE] = "qe_identity_signature",
};

static bool is_hex(enum collateral_part part)
{
	return part == COLLATERAL_ROOT_CRL || part == COLLATERAL_PCK_CRL ||
	       part == COLLATERAL_TCB_INFO_SIGNATURE || part == COLLATERAL_QE_IDENTITY_SIGNATURE;
}

static char *part_text(enum collateral_part part)
{
	return is_hex(part) ? hex_string(collateral_span(&w.collateral, part))
			    : strdup(buffer_text(&w.collateral.parts[part]));
}

static json_t *document(void)
{
	json_t *o = json_object();

	for (size_t i = 0; i < COLLATERAL_PARTS_; i++) {
		char *text = members[i] ? part_text((enum collateral_part)i) : NULL;

		if (text)
			json_object_set_new(o, members[i], json_string(text));
		free(text);
	}
	return o;
}

static void assert_same(const struct collateral *c)
{
	for (size_t i = 0; i < COLLATERAL_PARTS_; i++)
		assert_true(span_equal(collateral_span(c, (enum collateral_part)i),
				       collateral_span(&w.collateral, (enum collateral_part)i)));
}

static void test_json(void **state)
{
	_cleanup_json_ json_t *o = document();
	_cleanup_free_ char *text = json_dumps(o, JSON_INDENT(2));
	_cleanup_(collateral_release) struct collateral c = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(collateral_parse(span_string(text), &c, &err), &err);
	assert_same(&c);
}

static void test_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COLLATERAL_PARTS_; i++) {
		_cleanup_json_ json_t *o = document();
		_cleanup_(collateral_release) struct collateral c = {0};
		struct error *err = NULL;
		char wanted[64];

		if (!members[i])
			continue;
		json_object_del(o, members[i]);

		_cleanup_free_ char *text = json_dumps(o, 0);

		snprintf(wanted, sizeof wanted, "no '%s'", members[i]);
		assert_failed(collateral_parse(span_string(text), &c, &err), ERROR_MALFORMED,
			      wanted, &err);
	}
}

static void test_bad_members(void **state)
{
	static const struct {
		const char *member, *text, *wanted;
	} cases[] = {
		{"pck_crl", "3", "the PCK CRL is not of hexadecimal digits"},
		{"pck_crl", "30 8g", "the PCK CRL is not of hexadecimal digits"},
		{"pck_crl", "", "there is no PCK CRL"},
		{"tcb_info", "", "there is no TCB info"},
		{"tcb_info_signature", "00", "the signature of the TCB info has 1 bytes, not 64"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_t *o = document();
		_cleanup_(collateral_release) struct collateral c = {0};
		struct error *err = NULL;

		json_object_set_new(o, cases[i].member, json_string(cases[i].text));

		_cleanup_free_ char *text = json_dumps(o, 0);

		assert_failed(collateral_parse(span_string(text), &c, &err), ERROR_MALFORMED,
			      cases[i].wanted, &err);
	}
}

/* The same as YAML: lists of digits folded, documents quoted, chains as blocks. */
static void test_yaml(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);
	_cleanup_(collateral_release) struct collateral c = {0};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < COLLATERAL_PARTS_; i++) {
		_cleanup_free_ char *text = members[i] ? part_text((enum collateral_part)i) : NULL;
		struct reader lines;
		struct span line;

		if (!text)
			continue;
		if (is_hex((enum collateral_part)i)) {
			buffer_printf(&b, "%s: >-\n  %.64s\n  %s\n\n", members[i], text, text + 64);
		} else if (text[0] == '{') {
			json_t *quoted = json_string(text);
			_cleanup_free_ char *dumped = json_dumps(quoted, JSON_ENCODE_ANY);

			buffer_printf(&b, "%s: %s\n", members[i], dumped);
			json_decref(quoted);
		} else {
			buffer_printf(&b, "# a chain\n%s: |\n", members[i]);
			lines = reader_init(span_string(text));
			while (reader_line(&lines, &line))
				buffer_printf(&b, "  %.*s\n", (int)line.n, (const char *)line.p);
		}
	}
	assert_done(collateral_parse(buffer_span(&b), &c, &err), &err);
	assert_same(&c);
}

static void test_bad_yaml(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"a: |\n  x\na: y\n", "line 3: 'a' is there twice"},
		{"a: |+\n  x\n", "line 1: a kind of block that is not read"},
		{"a: |\n    x\n  y\n", "line 1: a block of lines that cannot be read"},
		{"a: |\n", "line 1: a block of lines that cannot be read"},
		{"a: [1]\n", "line 1: a value that is not read"},
		{"a: &x y\n", "line 1: a value that is not read"},
		{"a: 'x'\n", "line 1: a value that is not read"},
		{"a: \"x\n", "line 1: a value that is not read"},
		{"a:\n  b: c\n", "line 1: a value that is not read"},
		{"- a\n", "line 1: no 'name: value'"},
		{"word\n", "line 1: no 'name: value'"},
		{"  a: b\n", "line 1: no 'name: value'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error *err = NULL;
		json_t *o;

		assert_failed(yaml_flat_parse(span_string(cases[i].text), &o, &err),
			      ERROR_MALFORMED, cases[i].wanted, &err);
	}
}

static void take(struct collateral *c, const char *name, struct span bytes)
{
	struct error *err = NULL;

	assert_true(collateral_file_is_known(name));
	assert_done(collateral_take_file(c, name, bytes, &err), &err);
}

/* Answers of Intel's service as they came. */
static void test_files(void **state)
{
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_free_ char *tcb_signature = part_text(COLLATERAL_TCB_INFO_SIGNATURE);
	_cleanup_free_ char *qe_signature = part_text(COLLATERAL_QE_IDENTITY_SIGNATURE);
	_cleanup_free_ char *crl = part_text(COLLATERAL_PCK_CRL);
	_cleanup_free_ char *tcb =
		string_printf("{\"tcbInfo\":%s,\"signature\":\"%s\"}",
			      buffer_text(&w.collateral.parts[COLLATERAL_TCB_INFO]), tcb_signature);
	_cleanup_free_ char *qe = string_printf(
		" { \"signature\" : \"%s\" ,\n\"enclaveIdentity\" : %s } \n", qe_signature,
		buffer_text(&w.collateral.parts[COLLATERAL_QE_IDENTITY]));
	struct error *err = NULL;

	(void)state;
	assert_failed(collateral_check(&c, &err), ERROR_MALFORMED, "there is no root CRL", &err);
	take(&c, "tcb.json", span_string(tcb));
	take(&c, "qe_identity.json", span_string(qe));
	take(&c, "rootcrl.der", collateral_span(&w.collateral, COLLATERAL_ROOT_CRL));
	take(&c, "pckcrl.der", span_string(crl)); /* as PCCS answers: digits */
	take(&c, "tcb.chain.pem", collateral_span(&w.collateral, COLLATERAL_TCB_INFO_CHAIN));
	take(&c, "qe_identity.chain.pem",
	     collateral_span(&w.collateral, COLLATERAL_QE_IDENTITY_CHAIN));
	assert_done(collateral_check(&c, &err), &err);
	assert_same(&c);
	assert_failed(collateral_take_file(&c, "tcb.json", span_string(tcb), &err), ERROR_MALFORMED,
		      "a second TCB info", &err);
	assert_false(collateral_file_is_known("README"));
}

static void test_member_text(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"[]", "not a JSON object"},
		{"{", "not a JSON object"},
		{"{}", "not a JSON object"},
		{"{\"a\":1", "not a JSON object"},
		{"{\"a\":1]", "not a JSON object"},
		{"{\"a\":}", "not a JSON object"},
		{"{\"a\" 1}", "not a JSON object"},
		{"{\"a\":1,}", "not a JSON object"},
		{"{\"a\":\"x}", "not a JSON object"},
		{"{\"a\":1}", "no 'b'"},
		{"{\"c\":{\"b\":1}}", "no 'b'"},
		{"{\"b\":1,\"b\":2}", "'b' is there twice"},
		{"{\"b\":1}x", "1 bytes after the document"},
	};
	struct error *err = NULL;
	struct span s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_failed(json_member_text(span_string(cases[i].text), "b", &s, &err),
			      ERROR_MALFORMED, cases[i].wanted, &err);
	assert_done(
		json_member_text(SPAN_LITERAL("{\"a\":\"}\\\"b\",\"b\" : {\"x\":[1, \"]}\"]} }"),
				 "b", &s, &err),
		&err);
	assert_true(span_equal(s, SPAN_LITERAL("{\"x\":[1, \"]}\"]}")));
}

static void test_times(void **state)
{
	static const char *const bad[] = {"",
					  "2026-06-30",
					  "2026-06-30T07:53:47",
					  "2026-06-30 07:53:47Z",
					  "2026-6-30T07:53:47Z",
					  "2026-13-30T07:53:47Z",
					  "2026-02-30T07:53:47Z",
					  "1969-12-31T23:59:59Z",
					  "2026-06-30T24:00:00Z",
					  "2026-06-30T07:60:00Z",
					  "2026-06-30T07:53:47ZZ",
					  "2026-06-00T07:53:47Z"};
	char text[TIME_TEXT_SIZE];
	int64_t t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(time_parse(span_string(bad[i]), &t));
	assert_true(time_parse(SPAN_LITERAL("2028-02-29T07:53:47Z"), &t));
	assert_int_equal(t, 1835423627);
	time_format(t, text);
	assert_string_equal(text, "2028-02-29T07:53:47Z");
}

static void test_statuses(void **state)
{
	static const char *const names[] = {"UpToDate",
					    "SWHardeningNeeded",
					    "ConfigurationNeeded",
					    "ConfigurationAndSWHardeningNeeded",
					    "OutOfDate",
					    "OutOfDateConfigurationNeeded",
					    "TDRelaunchAdvised",
					    "TDRelaunchAdvisedConfigurationNeeded",
					    "Revoked"};
	unsigned findings;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_true(tcb_status_from_name(names[i], &findings));
		assert_string_equal(tcb_status_name(findings), names[i]);
	}
	assert_false(tcb_status_from_name("uptodate", &findings));
	/* whatever is found has a name */
	for (findings = 0; findings < 32; findings++)
		assert_true(tcb_status_name(findings)[0]);
}

static void expect_evidence(const char *text, enum evidence_kind kind)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	struct error *err = NULL;

	assert_done(evidence_parse(span_string(text), &e, &err), &err);
	assert_int_equal(e.kind, kind);
	assert_true(span_equal(buffer_span(&e.quote), buffer_span(&w.quote)));
}

#define MESSAGE                                                                           \
	"{\"attestation_evidence\":{\"quote\":\"%s\",\"platform\":{\"attestation_type\":" \
	"\"gcp-tdx\"}}}"

static void test_evidence_of_quotes(void **state)
{
	static const char *const forms[] = {
		"%s",	 "  %s\n", "{\"quote\":\"%s\"}", "{\"quote\":\"%s\",\"event_log\":\"[]\"}",
		MESSAGE,
	};
	_cleanup_free_ char *hex = hex_string(buffer_span(&w.quote));
	_cleanup_free_ char *base64 = base64_string(buffer_span(&w.quote));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_(buffer_release) struct buffer a = BUFFER_INIT(WORLD_TEXT_MAX),
							b = BUFFER_INIT(WORLD_TEXT_MAX);
		const char *at = strstr(forms[i], "%s");

		buffer_put(&a, SPAN(forms[i], (size_t)(at - forms[i])));
		buffer_put(&b, buffer_span(&a));
		buffer_put_string(&a, hex);
		buffer_put_string(&b, base64);
		buffer_put_string(&a, at + 2);
		buffer_put_string(&b, at + 2);
		expect_evidence(buffer_text(&a), EVIDENCE_TDX);
		expect_evidence(buffer_text(&b), EVIDENCE_TDX);
	}
}

/* Lengths of SCALE in one, two and four bytes. */
static void test_scale(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);
	_cleanup_(evidence_release) struct evidence e = {0};
	struct error *err = NULL;
	size_t n = w.quote.n;

	(void)state;
	assert_true(n >= 64 && n < 16384);
	buffer_put_u8(&b, 8 << 2);
	buffer_put_string(&b, "dcap-tdx");
	buffer_put_le16(&b, (uint16_t)(n << 2 | 1));
	buffer_put(&b, buffer_span(&w.quote));
	assert_done(evidence_parse(buffer_span(&b), &e, &err), &err);
	assert_int_equal(e.kind, EVIDENCE_TDX);
	assert_true(span_equal(buffer_span(&e.quote), buffer_span(&w.quote)));
	evidence_release(&e);
	buffer_put_u8(&b, 0);
	assert_true(evidence_parse(buffer_span(&b), &e, NULL) < 0);
	buffer_release(&b);
	b = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
	buffer_put_u8(&b, 7 << 2);
	buffer_put_string(&b, "gcp-tdx");
	buffer_put_le32(&b, (20000u << 2) | 2);
	buffer_put(&b, buffer_span(&w.quote));
	buffer_put_zeros(&b, 20000 - n);
	assert_done(evidence_parse(buffer_span(&b), &e, &err), &err);
	assert_int_equal(e.quote.n, 20000);
	evidence_release(&e);
	b.p[1] = 'G';
	assert_true(evidence_parse(buffer_span(&b), &e, NULL) < 0);
}

static void test_own_evidence(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_free_ char *base64 = base64_string(buffer_span(&w.quote));
	_cleanup_free_ char *text = string_printf(
		"{\"tdnode_evidence\":1,\"kind\":\"azure\",\"quote\":\"%s\",\"hcl_report\":"
		"\"SENM\","
		"\"tpm\":{\"message\":\"AQI\",\"signature\":\"AwQ=\",\"ak_certificate\":\"x\","
		"\"pcrs\":["
		"\"0000000000000000000000000000000000000000000000000000000000000007\"]}}",
		base64);
	_cleanup_free_ char *tdx =
		string_printf("{\"tdnode_evidence\":1,\"kind\":\"tdx\",\"quote\":\"%s\"}", base64);
	struct error *err = NULL;

	(void)state;
	expect_evidence(tdx, EVIDENCE_TDX);
	assert_done(evidence_parse(span_string(text), &e, &err), &err);
	assert_int_equal(e.kind, EVIDENCE_AZURE);
	assert_true(span_equal(buffer_span(&e.hcl_report), SPAN_LITERAL("HCL")));
	assert_true(span_equal(buffer_span(&e.tpm_message), SPAN("\1\2", 2)));
	assert_true(span_equal(buffer_span(&e.tpm_signature), SPAN("\3\4", 2)));
	assert_int_equal(e.n_pcrs, 1);
	assert_int_equal(e.pcr_size, 32);
	assert_int_equal(e.pcrs[0][31], 7);
}

static void test_bad_evidence(void **state)
{
	static const struct {
		const char *text, *wanted;
		int code;
	} cases[] = {
		{"",
		 "neither a TDX quote (bytes, hexadecimal digits, base64) nor a document that has "
		 "evidence",
		 ERROR_UNSUPPORTED},
		{"what is this?",
		 "neither a TDX quote (bytes, hexadecimal digits, base64) nor a document that has "
		 "evidence",
		 ERROR_UNSUPPORTED},
		{"{}", "no 'quote'", ERROR_MALFORMED},
		{"{\"quote\":\"\",\"quote\":\"\"}",
		 "line 1, column 19: duplicate object key near '\"quote\"'", ERROR_MALFORMED},
		{"{\"attestation_evidence\":null}", "the message says that there is no evidence",
		 ERROR_MALFORMED},
		{"{\"tdnode_evidence\":2,\"kind\":\"tdx\"}", "evidence of version 2: 1 is read",
		 ERROR_UNSUPPORTED},
		{"{\"tdnode_evidence\":1,\"kind\":\"sev\"}",
		 "evidence of kind 'sev': tdx, azure and tpm are read", ERROR_UNSUPPORTED},
		{"{\"tdnode_evidence\":1,\"kind\":\"tpm\",\"tpm\":{\"message\":\"*\"}}",
		 "'message' is not base64", ERROR_MALFORMED},
		{"{\"tdnode_evidence\":1,\"kind\":\"tpm\",\"tpm\":{\"message\":\"\",\"signature\":"
		 "\"\","
		 "\"pcrs\":[\"00\"]}}",
		 "'pcrs', item 1: 1 bytes", ERROR_MALFORMED},
		{"{\"tdx_quote_base64\":\"AAAA\",\"hcl_report_base64\":\"AAAA\",\"tpm_"
		 "attestation\":{"
		 "\"ak_certificate_pem\":\"\",\"quote\":{\"message\":[256]}}}",
		 "'message' has an item that is no byte", ERROR_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(evidence_release) struct evidence e = {0};
		struct error *err = NULL;

		assert_failed(evidence_parse(span_string(cases[i].text), &e, &err), cases[i].code,
			      cases[i].wanted, &err);
	}
}

/* A document in a document in a document ... ends somewhere. */
static void test_deep_evidence(void **state)
{
	char *text = strdup("{\"quote\":\"\"}");
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		_cleanup_free_ char *inner = base64_string(span_string(text));
		char *outer = string_printf("{\"quote\":\"%s\"}", inner);

		free(text);
		text = outer;
	}

	_cleanup_(evidence_release) struct evidence e = {0};

	assert_failed(evidence_parse(span_string(text), &e, &err), ERROR_MALFORMED,
		      "documents in documents", &err);
	free(text);
}

static void test_base64url(void **state)
{
	static const char *const good[] = {"-_8", "-_8=", "+/8=", "+/8", "-_\n8 "};
	static const char *const bad[] = {"-", "-_8==", "*_8=", "-_9"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ uint8_t *bytes = NULL;
		size_t n;

		assert_true(base64url_decode(span_string(good[i]), &bytes, &n));
		assert_int_equal(n, 2);
		assert_memory_equal(bytes, "\xfb\xff", 2);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t *bytes;
		size_t n;

		assert_false(base64url_decode(span_string(bad[i]), &bytes, &n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_yaml, setup, teardown),
		cmocka_unit_test(test_bad_yaml),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test(test_member_text),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test_setup_teardown(test_evidence_of_quotes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_evidence, setup, teardown),
		cmocka_unit_test(test_bad_evidence),
		cmocka_unit_test(test_deep_evidence),
		cmocka_unit_test(test_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
