/*
 * Whole evidence in each of its shapes, changed byte by byte, cut, with members twice, in another order and with
 * something behind it: refused, or nothing that is signed is another.
 *
 * What may change and be accepted is what no signature is over and no check reads:
 *
 *	PEM text	line ends and labels; each certificate is the same to the byte
 *	ak_public	attributes of the attestation key that are not asked for; it has to be the same key
 *	ak_certificate	of an Azure machine, by a name that is not known: the verdict then says that the
 *			paravisor alone vouches for the key
 *	HCL report	what lies before the claims: the paravisor's copy of its TD report, which the quote has
 *	JSON, base64	blanks, and bits of a last digit that stand for nothing
 *
 * ATTEST_BYTES=all changes every byte; without it some, at a stride that meets each field.
 */
#include "attest_azure_world.h"

#include "formats/hcl.h"

/* Of long fields some: a prime, so that repeated structures are not met at one place. */
#define STRIDE 41u

static size_t stride;

enum shape {
	SHAPE_QUOTE,
	SHAPE_AZURE_DOCUMENT, /* as attested-tls has it */
	SHAPE_OWN_TDX,
	SHAPE_OWN_AZURE,
	SHAPE_OWN_TPM,
};

static struct azure_world a;
static struct buffer bytes;    /* the evidence */
static struct evidence before; /* parsed */
static const char *policy;

static bool same_buffer(const struct buffer *x, const struct buffer *y)
{
	return span_equal(buffer_span(x), buffer_span(y));
}

static bool same_certificates(struct span x, struct span y)
{
	struct certificates l = {0}, m = {0};
	bool same = certificates_parse(x, true, NULL, &l, NULL) >= 0 &&
		    certificates_parse(y, true, NULL, &m, NULL) >= 0 && l.n == m.n;

	for (size_t i = 0; same && i < l.n; i++)
		same = certificate_equal(l.items[i], m.items[i]);
	certificates_release(&l);
	certificates_release(&m);
	return same;
}

/* All but the chain's text. */
static bool same_quote(struct span x, struct span y)
{
	struct quote q, r;
	size_t n;

	if (x.n == 0 && y.n == 0)
		return true;
	if (quote_parse(x, &q, NULL) < 0 || quote_parse(y, &r, NULL) < 0)
		return false;
	n = x.n - q.certification.n;
	return x.n == y.n && memcmp(x.p, y.p, n - 4) == 0 &&
	       same_certificates(q.certification, r.certification);
}

static bool same_claims(const struct buffer *x, const struct buffer *y)
{
	struct hcl_report h, i;

	if (x->n == 0 && y->n == 0)
		return true;
	return hcl_report_parse(buffer_span(x), &h, NULL) >= 0 &&
	       hcl_report_parse(buffer_span(y), &i, NULL) >= 0 && span_equal(h.claims, i.claims);
}

static bool same_pcrs(const struct evidence *x, const struct evidence *y)
{
	bool same = x->n_pcrs == y->n_pcrs && x->pcr_size == y->pcr_size;

	for (size_t i = 0; same && i < x->n_pcrs; i++)
		same = memcmp(x->pcrs[i], y->pcrs[i], x->pcr_size) == 0;
	return same;
}

static bool same_public(const struct buffer *x, const struct buffer *y)
{
	struct tpm_public p, q;

	if (x->n == 0 && y->n == 0)
		return true;
	return tpmt_public_parse(buffer_span(x), &p, NULL) >= 0 &&
	       tpmt_public_parse(buffer_span(y), &q, NULL) >= 0 &&
	       span_equal(rsa_modulus(&p.key), rsa_modulus(&q.key));
}

/* `x` is the changed one. */
static bool same_ak(const struct evidence *x, const struct evidence *y)
{
	return same_buffer(&x->ak_certificate, &y->ak_certificate) ||
	       (x->kind == EVIDENCE_AZURE && !x->ak_certificate.n) ||
	       same_certificates(buffer_span(&x->ak_certificate), buffer_span(&y->ak_certificate));
}

/* Whether all that is signed, and all signatures, are the same. */
static bool same_signed(const struct evidence *x, const struct evidence *y)
{
	return x->kind == y->kind && same_quote(buffer_span(&x->quote), buffer_span(&y->quote)) &&
	       same_claims(&x->hcl_report, &y->hcl_report) &&
	       same_buffer(&x->tpm_message, &y->tpm_message) &&
	       same_buffer(&x->tpm_signature, &y->tpm_signature) &&
	       same_public(&x->tpm_public, &y->tpm_public) && same_ak(x, y) && same_pcrs(x, y);
}

/* True if it is good as evidence. */
static bool is_accepted(struct span s, struct evidence *ret)
{
	struct evidence own = a.e;
	char *said;
	bool good;

	if (evidence_parse(s, ret, NULL) < 0)
		return false;
	a.e = *ret;
	said = azure_judged(&a, true, policy, WORLD_AT);
	a.e = own;
	good = string_equal(said, "good");
	free(said);
	return good;
}

static void expect_refused(const char *what, struct span s)
{
	struct evidence e = {0};

	if (is_accepted(s, &e) && !same_signed(&e, &before))
		fail_msg("%s is accepted", what);
	evidence_release(&e);
}

static void put_base64(struct buffer *b, const char *name, const struct buffer *value)
{
	char *text = base64_string(buffer_span(value));

	buffer_printf(b, "\"%s\":\"%s\"", name, text);
	free(text);
}

static void put_numbers(struct buffer *b, const char *name, struct span s)
{
	buffer_printf(b, "%s%s%s[", name ? "\"" : "", name ? name : "", name ? "\":" : "");
	for (size_t i = 0; i < s.n; i++)
		buffer_printf(b, "%s%u", i ? "," : "", s.p[i]);
	buffer_put_u8(b, ']');
}

static void put_text(struct buffer *b, const char *name, const struct buffer *value)
{
	json_t *text = json_string(buffer_text(value));
	char *json = json_dumps(text, JSON_ENCODE_ANY);

	buffer_printf(b, "\"%s\":%s", name, json);
	free(json);
	json_decref(text);
}

static void put_azure_document(struct buffer *b)
{
	buffer_put_u8(b, '{');
	put_base64(b, "tdx_quote_base64", &a.e.quote);
	buffer_put_u8(b, ',');
	put_base64(b, "hcl_report_base64", &a.e.hcl_report);
	buffer_put_string(b, ",\"tpm_attestation\":{");
	put_text(b, "ak_certificate_pem", &a.e.ak_certificate);
	buffer_put_string(b, ",\"quote\":{");
	put_numbers(b, "message", buffer_span(&a.e.tpm_message));
	buffer_put_u8(b, ',');
	put_numbers(b, "signature", buffer_span(&a.e.tpm_signature));
	buffer_put_string(b, ",\"pcrs\":[");
	for (size_t i = 0; i < a.e.n_pcrs; i++) {
		buffer_put_string(b, i ? "," : "");
		put_numbers(b, NULL, SPAN(a.e.pcrs[i], a.e.pcr_size));
	}
	buffer_put_string(b, "]}}}");
}

static void put_own_tpm(struct buffer *b)
{
	buffer_put_string(b, ",\"tpm\":{");
	put_base64(b, "message", &a.e.tpm_message);
	buffer_put_u8(b, ',');
	put_base64(b, "signature", &a.e.tpm_signature);
	buffer_put_u8(b, ',');
	put_base64(b, "ak_public", &a.e.tpm_public);
	buffer_put_u8(b, ',');
	put_text(b, "ak_certificate", &a.e.ak_certificate);
	buffer_put_string(b, ",\"pcrs\":[");
	for (size_t i = 0; i < a.e.n_pcrs; i++) {
		char hex[97];

		hex_encode(SPAN(a.e.pcrs[i], a.e.pcr_size), hex);
		buffer_printf(b, "%s\"%s\"", i ? "," : "", hex);
	}
	buffer_put_string(b, "]}");
}

static void put_own(struct buffer *b, enum shape shape)
{
	static const char *const kinds[] = {
		[SHAPE_OWN_TDX] = "tdx", [SHAPE_OWN_AZURE] = "azure", [SHAPE_OWN_TPM] = "tpm"};

	buffer_printf(b, "{\"tdnode_evidence\":1,\"kind\":\"%s\"", kinds[shape]);
	if (shape != SHAPE_OWN_TPM) {
		buffer_put_u8(b, ',');
		put_base64(b, "quote", &a.e.quote);
	}
	if (shape == SHAPE_OWN_AZURE) {
		buffer_put_u8(b, ',');
		put_base64(b, "hcl_report", &a.e.hcl_report);
	}
	if (shape != SHAPE_OWN_TDX)
		put_own_tpm(b);
	buffer_put_u8(b, '}');
}

/* Makes the evidence, which is good. */
static void make(enum shape shape, unsigned version, enum td_report_type type)
{
	azure_world_init(&a);
	a.w.version = version;
	a.w.type = type;
	azure_world_build(&a);
	azure_put_public(0x50072, a.ak, &a.e.tpm_public);
	bytes = (struct buffer)BUFFER_INIT(EVIDENCE_MAX);
	if (shape == SHAPE_QUOTE)
		buffer_put(&bytes, buffer_span(&a.e.quote));
	else if (shape == SHAPE_AZURE_DOCUMENT)
		put_azure_document(&bytes);
	else
		put_own(&bytes, shape);
	assert_true(buffer_ok(&bytes));
	assert_true(is_accepted(buffer_span(&bytes), &before));
}

static void unmake(void)
{
	buffer_release(&bytes);
	evidence_release(&before);
	azure_world_release(&a);
}

/* Some bits of each byte in turn; a letter of JSON becomes another letter, too. */
static void change_each(size_t *ret_accepted)
{
	*ret_accepted = 0;
	for (size_t i = 0; i < bytes.n; i += stride) {
		const uint8_t bits[] = {(uint8_t)(1u << i % 8), 0x01};

		for (size_t j = 0; j < (stride == 1 ? 2 : 1); j++) {
			struct evidence e = {0};

			bytes.p[i] ^= bits[j];
			if (is_accepted(buffer_span(&bytes), &e)) {
				if (!same_signed(&e, &before))
					fail_msg("byte %zu can be another one: %.*s", i,
						 (int)MIN(bytes.n - i, 60), bytes.p + i);
				(*ret_accepted)++;
			}
			evidence_release(&e);
			bytes.p[i] ^= bits[j];
		}
	}
}

static void cut_and_append(bool text)
{
	static const char *const behind[] = {"x", "{}", "\1"};
	const size_t whole = bytes.n;

	for (size_t n = 0; n < whole; n += stride == 1 ? 3 : stride * 3) {
		struct evidence e = {0};

		assert_false(is_accepted(SPAN(bytes.p, n), &e));
		evidence_release(&e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++) {
		struct evidence e = {0};

		buffer_put_string(&bytes, behind[i]);
		assert_false(is_accepted(buffer_span(&bytes), &e));
		evidence_release(&e);
		bytes.n = whole;
	}
	if (text) {
		struct evidence e = {0};

		buffer_put_u8(&bytes, 0);
		assert_false(is_accepted(buffer_span(&bytes), &e));
		evidence_release(&e);
		bytes.n = whole;
	}
}

/* The document with what `change` makes of its objects, by their path; each in turn. */
static void twice(json_t *root, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		char *text = json_dumps(root, JSON_COMPACT), *again, *json, *at, *mark;

		/* before the member, another of its name */
		json = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		mark = string_printf("\"%s\":", key);
		at = strstr(text, mark);
		assert_non_null(at);
		again = string_printf("%.*s%s%s,%s", (int)(at - text), text, mark, json, at);
		struct evidence e = {0};

		assert_false(is_accepted(span_string(again), &e));
		evidence_release(&e);
		free(mark);
		free(json);
		free(again);
		free(text);
		if (json_is_object(value))
			twice(root, value);
	}
}

static void expect_members(void)
{
	json_t *root = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	struct evidence e = {0};
	char *sorted;

	assert_non_null(root);
	twice(root, root);
	/* in another order it is the same */
	sorted = json_dumps(root, JSON_SORT_KEYS | JSON_INDENT(1));
	assert_true(is_accepted(span_string(sorted), &e));
	assert_true(same_signed(&e, &before));
	evidence_release(&e);
	free(sorted);
	json_decref(root);
}

#define X16(c) c c c c c c c c c c c c c c c c
#define X32(c) X16(c) X16(c)
static const char quote_policy[] =
	",\"registers\":{\"mrtd\":\"@0\",\"rtmr0\":\"@0\",\"rtmr1\":\"@1\",\"rtmr2\":\"@2\"}";
static const char azure_policy[] = ",\"without_confidentiality\":true,\"registers\":{\"4\":\"" X32(
	"04") "\"},\"azure\":{"
	      "\"paravisor_mrtd\":["
	      "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	      "202122232425262728292a2b2c2d2e2f\"]}";

/* With the registers of the world's TD: row n is 16n, 16n + 1, ... */
static char *with_registers(const char *text)
{
	struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);

	for (; *text; text++) {
		if (*text != '@') {
			buffer_put_u8(&b, (uint8_t)*text);
			continue;
		}
		text++;
		for (unsigned i = 0; i < 48; i++)
			buffer_printf(&b, "%02x", 16u * (unsigned)(*text - '0') + i);
	}
	return buffer_steal_text(&b);
}

static void try_shape(enum shape shape, unsigned version, enum td_report_type type)
{
	char *registers = with_registers(quote_policy);
	size_t accepted;

	policy = shape == SHAPE_QUOTE || shape == SHAPE_OWN_TDX ? registers : azure_policy;
	make(shape, version, type);
	change_each(&accepted);
	cut_and_append(shape != SHAPE_QUOTE);
	if (shape != SHAPE_QUOTE)
		expect_members();
	/* Most of what is there is signed: if more is accepted, the check above lost its object. */
	assert_true(accepted < bytes.n / stride / 2);
	print_message("%zu bytes, every %zu. changed: %zu accepted, with nothing signed another\n",
		      bytes.n, stride, accepted);
	unmake();
	free(registers);
}

static void test_quotes(void **state)
{
	(void)state;
	try_shape(SHAPE_QUOTE, 4, TD_REPORT_1_0);
	try_shape(SHAPE_QUOTE, 5, TD_REPORT_1_0);
	try_shape(SHAPE_QUOTE, 5, TD_REPORT_1_5);
	try_shape(SHAPE_QUOTE, 5, TD_REPORT_1_5_EX);
}

static void test_azure_document(void **state)
{
	(void)state;
	try_shape(SHAPE_AZURE_DOCUMENT, 4, TD_REPORT_1_0);
}

static void test_own_documents(void **state)
{
	(void)state;
	try_shape(SHAPE_OWN_TDX, 5, TD_REPORT_1_5);
	try_shape(SHAPE_OWN_AZURE, 4, TD_REPORT_1_0);
	try_shape(SHAPE_OWN_TPM, 4, TD_REPORT_1_0);
}

/* Evidence whose parts are all genuine, of two machines: each part in turn is the other's. */
static void test_parts_of_another(void **state)
{
	struct azure_world other;
	struct buffer *own[] = {&a.e.quote, &a.e.hcl_report, &a.e.tpm_message, &a.e.tpm_signature};
	struct buffer *its[] = {&other.e.quote, &other.e.hcl_report, &other.e.tpm_message,
				&other.e.tpm_signature};

	(void)state;
	policy = azure_policy;
	make(SHAPE_OWN_AZURE, 4, TD_REPORT_1_0);
	azure_world_init(&other);
	other.claimed = other.quoted = other.ak = a.stranger;
	other.pcrs[9][0] = 0xee;
	azure_world_build(&other);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		struct buffer kept = *own[i], b = BUFFER_INIT(EVIDENCE_MAX);

		*own[i] = *its[i];
		put_own(&b, SHAPE_OWN_AZURE);
		*own[i] = kept;
		expect_refused("a part of another machine's evidence", buffer_span(&b));
		buffer_release(&b);
	}
	azure_world_release(&other);
	unmake();
}

int main(void)
{
	const char *all = getenv("ATTEST_BYTES");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_azure_document),
		cmocka_unit_test(test_own_documents),
		cmocka_unit_test(test_parts_of_another),
	};

	stride = all && string_equal(all, "all") ? 1 : STRIDE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
