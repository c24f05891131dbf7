/*
 * What an attested node and its client say to each other: both protocols' frames, what evidence is bound to,
 * and tdnode's document of evidence.
 */
#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "formats/channel.h"
#include "formats/evidence.h"
#include "formats/ratls.h"
#include "formats/scale.h"

static void assert_bytes(struct span seen, const char *hex)
{
	_cleanup_free_ char *text = hex_string(seen);

	assert_string_equal(text, hex);
}

/* Lengths on both sides of where their size changes. */
static void test_scale(void **state)
{
	static const struct {
		size_t n;
		const char *hex;
	} cases[] = {
		{0, "00"},	     {4, "10"},		  {63, "fc"},
		{64, "0101"},	     {5006, "394e"},	  {16383, "fdff"},
		{16384, "02000100"}, {30000, "c2d40100"}, {SCALE_COMPACT_MAX, "feffffff"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8);

		scale_put_compact(&b, cases[i].n);
		assert_bytes(buffer_span(&b), cases[i].hex);

		struct reader r = reader_init(buffer_span(&b));

		assert_int_equal(scale_read_compact(&r), cases[i].n);
		assert_true(reader_ok(&r));
		assert_int_equal(r.rest.n, 0);
	}
}

static void test_scale_in_more_bytes(void **state)
{
	static const char *const cases[] = {"01",	"0100",	  "fd00",     "02000000",
					    "feff0000", "020001", "03000000", "ffff"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[8];
		size_t n = strlen(cases[i]) / 2;

		assert_true(hex_decode(span_string(cases[i]), bytes, n));

		struct reader r = reader_init(SPAN(bytes, n));

		assert_int_equal(scale_read_compact(&r), 0);
		assert_false(reader_ok(&r));
	}
}

static void test_ratls_golden(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1024);
	struct ratls_message m;
	struct error *err = NULL;
	size_t n;

	(void)state;
	/* What a client without evidence says. */
	assert_done(ratls_put(&b, RATLS_NONE, SPAN(NULL, 0), &err), &err);
	assert_bytes(buffer_span(&b), "00000006106e6f6e6500");
	assert_done(ratls_body_size(b.p, &n, &err), &err);
	assert_int_equal(n, 6);
	assert_done(ratls_parse(SPAN(b.p + 4, n), &m, &err), &err);
	assert_true(span_equal(m.kind, SPAN_LITERAL("none")));
	assert_int_equal(m.evidence.n, 0);

	b.n = 0;
	assert_done(ratls_put(&b, RATLS_DCAP, SPAN_LITERAL("\1\2\3"), &err), &err);
	assert_bytes(buffer_span(&b), "0000000d20646361702d7464780c010203");
	assert_done(ratls_parse(SPAN(b.p + 4, b.n - 4), &m, &err), &err);
	assert_true(span_equal(m.evidence, SPAN_LITERAL("\1\2\3")));
}

static void test_ratls_limits(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * RATLS_BODY_MAX);
	_cleanup_free_ uint8_t *much = calloc(1, RATLS_BODY_MAX + 1);
	struct ratls_message m;
	struct error *err = NULL;
	size_t n;

	(void)state;
	/* 9 bytes of the kind, 4 of the length */
	assert_done(ratls_put(&b, RATLS_DCAP, SPAN(much, RATLS_BODY_MAX - 13), &err), &err);
	assert_int_equal(b.n, RATLS_BODY_MAX + 4);
	assert_done(ratls_body_size(b.p, &n, &err), &err);
	assert_failed(ratls_put(&b, RATLS_DCAP, SPAN(much, RATLS_BODY_MAX - 12), &err),
		      ERROR_MALFORMED, "65524 bytes of evidence do not fit into a message of 65536",
		      &err);
	assert_int_equal(b.n, RATLS_BODY_MAX + 4);
	assert_failed(ratls_body_size((const uint8_t *)"\0\1\0\1", &n, &err), ERROR_MALFORMED,
		      "a message of 65537 bytes, more than 65536", &err);
	assert_failed(ratls_parse(SPAN_LITERAL("\x10none"), &m, &err), ERROR_MALFORMED,
		      "the message is not a kind and its evidence", &err);
	assert_failed(ratls_parse(SPAN_LITERAL("\x10none\0\0"), &m, &err), ERROR_MALFORMED,
		      "the message is not a kind and its evidence", &err);
}

static void test_ratls_report_data(void **state)
{
	uint8_t key[65] = {4}, exporter[32], data[64];
	struct digest d = digest_bytes(DIGEST_SHA256, SPAN(key, sizeof key));

	(void)state;
	memset(exporter, 0xee, sizeof exporter);
	ratls_report_data(SPAN(key, sizeof key), exporter, data);
	assert_memory_equal(data, d.bytes, 32);
	assert_memory_equal(data + 32, exporter, 32);
}

static struct binding sample_binding(void)
{
	struct binding b = {
		.purpose = BINDING_CHANNEL,
		.config = SPAN_LITERAL("NETWORK=hoodi\n"),
		.claims = SPAN_LITERAL("image=devnet\n"),
	};

	memset(b.nonce, 0x11, sizeof b.nonce);
	memset(b.exporter, 0x22, sizeof b.exporter);
	memset(b.key, 0x33, sizeof b.key);
	return b;
}

/* The values are computed apart from this code, by Python's hashlib. */
static void test_binding_golden(void **state)
{
	struct binding b = sample_binding();
	uint8_t data[BINDING_SIZE];

	(void)state;
	binding_digest(&b, data);
	assert_bytes(SPAN(data, sizeof data),
		     "cdaa0468c70154234fc3a1fc4ae9f9ed24fc828df168f8e9009c444962cac5ea"
		     "02b635d1d1841ca07a1236b9735ad18a656d237e7c21c88de98235b7c830b1bf");
	b.purpose = BINDING_EVIDENCE;
	binding_digest(&b, data);
	assert_bytes(SPAN(data, sizeof data),
		     "d8ffab7a1b1f25ab89e7449a1fdfccd1ce5b36d5b69e6abc3192b00c33a03613"
		     "f595403b519f99d4851d79f9adaa6a208323f80756dcef8ff6461b0160ed66b8");
}

static void test_binding_of_all(void **state)
{
	struct binding b = sample_binding();
	uint8_t whole[BINDING_SIZE], other[BINDING_SIZE];
	uint8_t *parts[] = {b.nonce, b.exporter, b.key};

	(void)state;
	binding_digest(&b, whole);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		parts[i][31] ^= 1;
		binding_digest(&b, other);
		assert_memory_not_equal(whole, other, sizeof whole);
		parts[i][31] ^= 1;
	}
	b.config.n--;
	binding_digest(&b, other);
	assert_memory_not_equal(whole, other, sizeof whole);
	b.config.n++;
	b.claims.n--;
	binding_digest(&b, other);
	assert_memory_not_equal(whole, other, sizeof whole);
	b.claims.n++;
	binding_digest(&b, other);
	assert_memory_equal(whole, other, sizeof whole);
}

static void test_claims(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CLAIMS_MAX);
	struct error *err = NULL;

	(void)state;
	assert_done(claims_check(buffer_span(&b), &err), &err);
	assert_done(claims_put(&b, "boot_time", SPAN_LITERAL("2026-06-30T07:53:47Z"), &err), &err);
	assert_done(claims_put(&b, "image", SPAN_LITERAL("a=b c"), &err), &err);
	assert_string_equal(buffer_text(&b), "boot_time=2026-06-30T07:53:47Z\nimage=a=b c\n");
	assert_done(claims_check(buffer_span(&b), &err), &err);
	assert_failed(claims_put(&b, "image", SPAN_LITERAL("a\nkey=b"), &err), ERROR_MALFORMED,
		      "'image' is not 1 to 512 characters of printable ASCII", &err);
	assert_failed(claims_put(&b, "image", SPAN_LITERAL(""), &err), ERROR_MALFORMED,
		      "'image' is not 1 to 512 characters of printable ASCII", &err);
}

static void test_bad_claims(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"image=devnet", "the claims are not whole lines of 4096 bytes at most"},
		{"image\n", "claims, line 1: not a name and its value"},
		{"=devnet\n", "claims, line 1: not a name and its value"},
		{"image=\n", "claims, line 1: not a name and its value"},
		{"Image=devnet\n", "claims, line 1: not a name and its value"},
		{"image=dev\tnet\n", "claims, line 1: not a name and its value"},
		{"image=devnet\n\n", "claims, line 2: not a name and its value"},
		{"image=a\nimage=b\n", "claims, line 2: 'image' is not in the order of names"},
		{"image=a\nbo=b\n", "claims, line 2: 'bo' is not in the order of names"},
		{"image=a\r\n", "claims, line 1: not a name and its value"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_failed(claims_check(span_string(cases[i].text), &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

static void test_channel_request(void **state)
{
	struct channel_request q = {.wanted = CHANNEL_TPM, .with_log = true}, back;
	uint8_t bytes[CHANNEL_REQUEST_SIZE + 1] = {0};
	struct error *err = NULL;

	(void)state;
	memset(q.nonce, 0xab, sizeof q.nonce);
	channel_request_put(&q, bytes);
	assert_bytes(SPAN(bytes, CHANNEL_REQUEST_SIZE),
		     "0000002301abababababababababababababababababababababababababababababababab"
		     "0301");
	assert_done(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE), &back, &err), &err);
	assert_memory_equal(back.nonce, q.nonce, sizeof q.nonce);
	assert_int_equal(back.wanted, CHANNEL_TPM);
	assert_true(back.with_log);

	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE - 1), &back, &err),
		      ERROR_MALFORMED, "a request has 39 bytes, not 38", &err);
	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE + 1), &back, &err),
		      ERROR_MALFORMED, "a request has 39 bytes, not 40", &err);
	bytes[4] = 2;
	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE), &back, &err),
		      ERROR_UNSUPPORTED, "a request of version 2: 1 is read", &err);
	bytes[4] = 1;
	bytes[37] = 4;
	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE), &back, &err),
		      ERROR_UNSUPPORTED, "a request for what is not known (kind 4, log 1)", &err);
	bytes[37] = 0;
	bytes[38] = 2;
	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE), &back, &err),
		      ERROR_UNSUPPORTED, "a request for what is not known (kind 0, log 2)", &err);
	bytes[38] = 0;
	bytes[3] = 0x22;
	assert_failed(channel_request_parse(SPAN(bytes, CHANNEL_REQUEST_SIZE), &back, &err),
		      ERROR_MALFORMED, "a request has 39 bytes, not 39", &err);
}

static void test_channel_answer(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1024);
	struct channel_answer a = {.evidence = SPAN_LITERAL("{}"), .log = SPAN_LITERAL("log")},
			      back;
	struct error *err = NULL;
	size_t n;

	(void)state;
	assert_done(channel_answer_put(&b, &a, &err), &err);
	assert_bytes(buffer_span(&b), "0000000f0100000000027b7d000000036c6f67");
	assert_done(channel_answer_size(b.p, &n, &err), &err);
	assert_int_equal(n, b.n - 4);
	assert_done(channel_answer_parse(SPAN(b.p + 4, n), &back, &err), &err);
	assert_false(back.refused);
	assert_true(span_equal(back.evidence, a.evidence));
	assert_true(span_equal(back.log, a.log));
	for (size_t cut = 0; cut < n; cut++)
		assert_failed(channel_answer_parse(SPAN(b.p + 4, cut), &back, &err),
			      ERROR_MALFORMED, "the answer is not whole, or has more", &err);
	b.p[4] = 2;
	assert_failed(channel_answer_parse(SPAN(b.p + 4, n), &back, &err), ERROR_UNSUPPORTED,
		      "an answer of version 2: 1 is read", &err);

	b.n = 0;
	a = (struct channel_answer){.refused = true, .reason = SPAN_LITERAL("no TPM")};
	assert_done(channel_answer_put(&b, &a, &err), &err);
	assert_bytes(buffer_span(&b), "00000010010100000006"
				      "6e6f2054504d"
				      "00000000");
	assert_done(channel_answer_parse(SPAN(b.p + 4, b.n - 4), &back, &err), &err);
	assert_true(back.refused);
	assert_true(span_equal(back.reason, a.reason));
	assert_int_equal(back.evidence.n, 0);
	/* a reason is shown to people */
	b.p[10] = '\n';
	assert_failed(channel_answer_parse(SPAN(b.p + 4, b.n - 4), &back, &err), ERROR_MALFORMED,
		      "the answer is neither evidence nor a reason", &err);
	assert_failed(channel_answer_size((const uint8_t *)"\1\0\0\0", &n, &err), ERROR_MALFORMED,
		      "an answer of 16777216 bytes, more than 1310730", &err);
}

static void put(struct buffer *b, const char *text)
{
	b->max = EVIDENCE_MAX;
	buffer_put_string(b, text);
}

static void sample_evidence(struct evidence *e)
{
	*e = (struct evidence){.kind = EVIDENCE_TPM, .n_pcrs = 24, .pcr_size = 32};
	put(&e->tpm_message, "message");
	put(&e->tpm_signature, "signature");
	put(&e->tpm_public, "public");
	put(&e->ak_certificate, "certificate\n");
	put(&e->ak_issuers, "issuers\n");
	for (size_t i = 0; i < 24; i++)
		memset(e->pcrs[i], (int)i, 32);
	e->binding.given = true;
	e->binding.purpose = BINDING_CHANNEL;
	e->binding.has_exporter = true;
	memset(e->binding.nonce, 0x11, 32);
	memset(e->binding.exporter, 0x22, 32);
	memset(e->binding.key, 0x33, 32);
	put(&e->binding.config, "NETWORK=hoodi\n");
	put(&e->binding.claims, "image=devnet\n");
}

static void assert_same(const struct buffer *a, const struct buffer *b)
{
	assert_true(span_equal(buffer_span(a), buffer_span(b)));
}

static void test_evidence_document(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {0}, back = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EVIDENCE_MAX);
	struct binding binding = sample_binding();
	uint8_t wanted[BINDING_SIZE], seen[BINDING_SIZE];
	struct error *err = NULL;

	(void)state;
	sample_evidence(&e);
	assert_done(evidence_write(&e, &b, &err), &err);
	assert_done(evidence_parse(buffer_span(&b), &back, &err), &err);
	assert_int_equal(back.kind, EVIDENCE_TPM);
	assert_same(&back.tpm_message, &e.tpm_message);
	assert_same(&back.tpm_signature, &e.tpm_signature);
	assert_same(&back.tpm_public, &e.tpm_public);
	assert_same(&back.ak_certificate, &e.ak_certificate);
	assert_same(&back.ak_issuers, &e.ak_issuers);
	assert_int_equal(back.n_pcrs, 24);
	assert_int_equal(back.pcr_size, 32);
	assert_memory_equal(back.pcrs, e.pcrs, sizeof e.pcrs);
	assert_same(&back.binding.config, &e.binding.config);
	assert_same(&back.binding.claims, &e.binding.claims);
	binding_digest(&binding, wanted);
	assert_true(evidence_binding_digest(&back.binding, seen));
	assert_memory_equal(seen, wanted, sizeof seen);

	/* of a channel that nobody wrote down */
	back.binding.has_exporter = false;
	assert_false(evidence_binding_digest(&back.binding, seen));
}

static void test_documents_without(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {.kind = EVIDENCE_TDX}, back = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EVIDENCE_MAX);
	uint8_t seen[BINDING_SIZE];
	struct error *err = NULL;

	(void)state;
	put(&e.quote, "quote");
	assert_done(evidence_write(&e, &b, &err), &err);
	assert_string_equal(buffer_text(&b), "{\n  \"tdnode_evidence\": 1,\n  \"kind\": \"tdx\",\n"
					     "  \"quote\": \"cXVvdGU=\"\n}\n");
	assert_done(evidence_parse(buffer_span(&b), &back, &err), &err);
	assert_false(evidence_binding_digest(&back.binding, seen));
	/* text that is not UTF-8 */
	e.binding.given = true;
	put(&e.binding.config, "\xff");
	assert_failed(evidence_write(&e, &b, &err), ENOMEM,
		      "cannot make the document: out of memory or text that is not UTF-8", &err);
}

#define BOUND(purpose, nonce, more)                                                             \
	"{\"tdnode_evidence\":1,\"kind\":\"tdx\",\"quote\":\"cXVvdGU=\",\"purpose\":\"" purpose \
	"\",\"nonce\":\"" nonce "\"" more "}"
#define HEX32 "1111111111111111111111111111111111111111111111111111111111111111"

static void test_bad_bindings(void **state)
{
	static const struct {
		const char *text, *message;
		int code;
	} cases[] = {
		{BOUND("both", HEX32, ""),
		 "evidence for the purpose 'both': channel and evidence are known",
		 ERROR_UNSUPPORTED},
		{BOUND("evidence", "11", ""), "'nonce' is not 64 hexadecimal digits",
		 ERROR_MALFORMED},
		{BOUND("evidence", HEX32, ""), "no 'tls_key'", ERROR_MALFORMED},
		{BOUND("evidence", HEX32, ",\"tls_key\":\"" HEX32 "\""), "no 'config'",
		 ERROR_MALFORMED},
		{BOUND("evidence", HEX32,
		       ",\"tls_key\":\"" HEX32 "\",\"config\":\"\",\"claims\":\"a\""),
		 "the claims are not whole lines of 4096 bytes at most", ERROR_MALFORMED},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct evidence e;

		assert_failed(evidence_parse(span_string(cases[i].text), &e, &err), cases[i].code,
			      cases[i].message, &err);
	}
}

/* What we write in attested-tls's shape is read as what it was. */
static void test_azure_document(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {0}, back = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EVIDENCE_MAX);
	struct error *err = NULL;

	(void)state;
	sample_evidence(&e);
	e.kind = EVIDENCE_AZURE;
	put(&e.quote, "quote\xff\xfe");
	put(&e.hcl_report, "report");
	assert_done(evidence_write_azure(&e, &b, &err), &err);
	/* the alphabet for URLs */
	assert_non_null(strstr(buffer_text(&b), "\"tdx_quote_base64\": \"cXVvdGX__g==\""));
	assert_done(evidence_parse(buffer_span(&b), &back, &err), &err);
	assert_int_equal(back.kind, EVIDENCE_AZURE);
	assert_same(&back.quote, &e.quote);
	assert_same(&back.hcl_report, &e.hcl_report);
	assert_same(&back.tpm_message, &e.tpm_message);
	assert_same(&back.tpm_signature, &e.tpm_signature);
	assert_same(&back.ak_certificate, &e.ak_certificate);
	assert_memory_equal(back.pcrs, e.pcrs, sizeof e.pcrs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_scale_in_more_bytes),
		cmocka_unit_test(test_ratls_golden),
		cmocka_unit_test(test_ratls_limits),
		cmocka_unit_test(test_ratls_report_data),
		cmocka_unit_test(test_binding_golden),
		cmocka_unit_test(test_binding_of_all),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_bad_claims),
		cmocka_unit_test(test_channel_request),
		cmocka_unit_test(test_channel_answer),
		cmocka_unit_test(test_evidence_document),
		cmocka_unit_test(test_documents_without),
		cmocka_unit_test(test_bad_bindings),
		cmocka_unit_test(test_azure_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
