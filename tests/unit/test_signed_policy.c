#include "test.h"

#include <errno.h>

#include "formats/signed_policy.h"
#include "sample_keys.h"

static struct rsa_private *sample_key(void)
{
	struct rsa_private *k = NULL;

	assert_int_equal(rsa_private_parse(span_string(sample_rsa_private), &k, NULL), 0);
	return k;
}

/* Registers of bytes `v`. */
static struct tpm_pcrs sample_pcrs(uint8_t v)
{
	struct tpm_pcrs pcrs;

	memset(&pcrs, v, sizeof pcrs);
	return pcrs;
}

static void test_round(void **state)
{
	_cleanup_(rsa_private_freep) struct rsa_private *key = sample_key();
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SIGNED_POLICY_MAX);
	const struct tpm_name object = {{1, 2}}, other = {{1, 3}};
	struct tpm_pcrs one = sample_pcrs(1), two = sample_pcrs(2), three = sample_pcrs(3);
	struct signed_policies got = {0}, list = {
						  .items = {{.pcrs = one, .epoch = 1},
							    {.pcrs = two, .epoch = 65535},
							    {.kind = SIGNED_POLICY_OLD_DISK,
							     .pcrs = two,
							     .object = object,
							     .epoch = 65534}},
						  .n = 3,
					  };
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < list.n; i++)
		assert_done(signed_policy_sign(&list.items[i], key, &err), &err);
	signed_policy_write(&list, &text);
	assert_true(buffer_ok(&text));
	assert_done(signed_policy_parse("f", buffer_span(&text), &got, &err), &err);
	assert_int_equal(got.n, 3);
	assert_memory_equal(&got, &list, sizeof got);
	assert_ptr_equal(signed_policy_find(&got, &two), &got.items[1]);
	assert_null(signed_policy_find(&got, &three));
	assert_ptr_equal(signed_policy_find_old_disk(&got, &two, &object), &got.items[2]);
	assert_null(signed_policy_find_old_disk(&got, &one, &object));
	assert_null(signed_policy_find_old_disk(&got, &two, &other));
	assert_done(signed_policy_verify(&got.items[1], rsa_public_of(key), &err), &err);
	assert_done(signed_policy_verify(&got.items[2], rsa_public_of(key), &err), &err);
}

static void test_verify(void **state)
{
	_cleanup_(rsa_private_freep) struct rsa_private *key = sample_key();
	const struct rsa_public *public = rsa_public_of(key);
	struct signed_policy p = {.pcrs = sample_pcrs(1), .epoch = 7}, changed;
	struct rsa_public other;
	struct error *err = NULL;

	(void)state;
	assert_done(signed_policy_sign(&p, key, &err), &err);
	assert_done(rsa_public_parse(span_string(sample_rsa_3072_public), &other, &err), &err);
	assert_failed(signed_policy_verify(&p, &other, &err), ERROR_REFUSED,
		      "the policy is signed with another key", &err);
	changed = p;
	changed.epoch = 8;
	assert_failed(signed_policy_verify(&changed, public, &err), ERROR_REFUSED,
		      "the signature is not that of this key", &err);
	changed = p;
	changed.pcrs.values[8][0] ^= 1;
	assert_failed(signed_policy_verify(&changed, public, &err), ERROR_REFUSED,
		      "the signature is not that of this key", &err);
	changed = p;
	changed.signature[0] ^= 1;
	assert_failed(signed_policy_verify(&changed, public, &err), ERROR_REFUSED,
		      "the signature is not that of this key", &err);
}

/* A signature of one kind is none of another, and that of an old disk is for this one. */
static void test_kinds(void **state)
{
	_cleanup_(rsa_private_freep) struct rsa_private *key = sample_key();
	const struct rsa_public *public = rsa_public_of(key);
	struct error *err = NULL;

	(void)state;
	for (unsigned kind = SIGNED_POLICY; kind <= SIGNED_POLICY_FEW; kind++) {
		const char *ref = kind == SIGNED_POLICY ? "tdnode-disk-2" : "tdnode-disk";
		uint8_t message[SIGNED_POLICY_MESSAGE_MAX];
		struct signed_policy p = {.kind = kind, .pcrs = sample_pcrs(1), .epoch = 7};

		assert_done(signed_policy_sign(&p, key, &err), &err);
		for (p.kind = SIGNED_POLICY; p.kind <= SIGNED_POLICY_FEW; p.kind++) {
			if (p.kind == kind)
				assert_done(signed_policy_verify(&p, public, &err), &err);
			else
				assert_failed(signed_policy_verify(&p, public, &err), ERROR_REFUSED,
					      "the signature is not that of this key", &err);
		}
		p.kind = kind;
		assert_int_equal(signed_policy_message(&p, message), TPM_DIGEST_SIZE + strlen(ref));
		assert_memory_equal(message + TPM_DIGEST_SIZE, ref, strlen(ref));
		/* Of the kernel's loader: in all of them. Of the firmware: not in the old ones. */
		p.pcrs.values[tpm_policy_index(0)][0] ^= 1;
		assert_int_equal(signed_policy_verify(&p, public, NULL) >= 0,
				 kind == SIGNED_POLICY_FEW);
		p.pcrs = sample_pcrs(1);
		p.pcrs.values[tpm_policy_index(4)][0] ^= 1;
		assert_true(signed_policy_verify(&p, public, NULL) < 0);
		p.pcrs = sample_pcrs(1);
		p.object.bytes[TPM_NAME_SIZE - 1] ^= 1;
		assert_int_equal(signed_policy_verify(&p, public, NULL) < 0,
				 kind == SIGNED_POLICY_OLD_DISK);
	}
}

/* The text of a section with line `number` (from 1) replaced; NULL: left out. */
static void put_changed(struct buffer *ret, struct span text, unsigned number, const char *line)
{
	struct reader reader = reader_init(text);
	struct span s;

	for (unsigned i = 1; reader_line(&reader, &s); i++) {
		if (i != number) {
			buffer_put(ret, s);
			buffer_put_u8(ret, '\n');
		} else if (line) {
			buffer_printf(ret, "%s\n", line);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		unsigned number;
		const char *line, *message;
	} cases[] = {
		{1, "[Other]", "f:1: a section other than [Policy] and [OldDisk]"},
		{1, "[Policy x]", "f:1: a section other than [Policy] and [OldDisk]"},
		{1, "[OldDisk]", "f: section 1 has no 'Object'"},
		{2, "Version=1", "f:2: malformed value of 'Version'"},
		{3, "Pcr0=00", "f:3: malformed value of 'Pcr0'"},
		{3, "Pcr5=00", "f:3: unknown key 'Pcr5'"},
		{3, "Object=00", "f:3: unknown key 'Object'"},
		{4, "Pcr0=00", "f:4: 'Pcr0' is given twice"},
		{10, NULL, "f: section 1 has no 'Pcr11'"},
		{12, "Epoch=0", "f:12: malformed value of 'Epoch'"},
		{12, "Epoch=65536", "f:12: malformed value of 'Epoch'"},
		{12, "Epoch=+1", "f:12: malformed value of 'Epoch'"},
		{13, "Key=000b", "f:13: malformed value of 'Key'"},
		{14, "Signature=", "f:14: malformed value of 'Signature'"},
		{14, NULL, "f: section 1 has no 'Signature'"},
	};
	_cleanup_(rsa_private_freep) struct rsa_private *key = sample_key();
	_cleanup_(buffer_release) struct buffer good = BUFFER_INIT(SIGNED_POLICY_MAX);
	_cleanup_(buffer_release) struct buffer old_disk = BUFFER_INIT(SIGNED_POLICY_MAX);
	struct signed_policies list = {.items = {{.pcrs = sample_pcrs(1), .epoch = 1}}, .n = 1};
	struct signed_policies got;
	struct error *err = NULL;

	(void)state;
	assert_done(signed_policy_sign(&list.items[0], key, &err), &err);
	signed_policy_write(&list, &good);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SIGNED_POLICY_MAX);

		put_changed(&text, buffer_span(&good), cases[i].number, cases[i].line);
		assert_failed(signed_policy_parse("f", buffer_span(&text), &got, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
	assert_failed(signed_policy_parse("f", SPAN_LITERAL("# nothing\n"), &got, &err),
		      ERROR_MALFORMED, "f: no [Policy]", &err);
	signed_policy_write(&list, &good);
	assert_failed(signed_policy_parse("f", buffer_span(&good), &got, &err), ERROR_MALFORMED,
		      "f: sections 1 and 2 are for the same registers", &err);
	/* A permission for an old disk alone is for no image. */
	list.items[0].kind = SIGNED_POLICY_OLD_DISK;
	signed_policy_write(&list, &old_disk);
	assert_failed(signed_policy_parse("f", buffer_span(&old_disk), &got, &err), ERROR_MALFORMED,
		      "f: no [Policy]", &err);
}

static void test_too_many(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * SIGNED_POLICY_MAX);
	struct signed_policies list = {.n = SIGNED_POLICIES_MAX}, got;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < list.n; i++) {
		list.items[i].kind = i ? SIGNED_POLICY_OLD_DISK : SIGNED_POLICY;
		list.items[i].pcrs = sample_pcrs((uint8_t)i);
		list.items[i].epoch = 1;
		list.items[i].signature_size = RSA_SIZE_MAX;
	}
	/* As many as are allowed, of the larger key, are not too long. */
	signed_policy_write(&list, &text);
	assert_done(signed_policy_parse("f", buffer_span(&text), &got, &err), &err);
	buffer_put_string(&text, "[Policy]\n");
	assert_failed(signed_policy_parse("f", buffer_span(&text), &got, &err), ERROR_MALFORMED,
		      "f:240: more than 16 sections", &err);
	buffer_put_zeros(&text, SIGNED_POLICY_MAX + 1 - text.n);
	assert_failed(signed_policy_parse("f", buffer_span(&text), &got, &err), EFBIG,
		      "f: 32769 bytes, more than the 32768 allowed", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),	 cmocka_unit_test(test_verify),
		cmocka_unit_test(test_kinds),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
