/*
 * Computes for the oracle scripts of this folder what a TPM or another library then judges.
 *
 *	oracle_make_policy pcr FILE			 policy over the nine registers' values in FILE
 *	oracle_make_policy approved FILE EPOCH		 with the counter
 *	oracle_make_policy old FILE EPOCH NAME_HEX	 for one object, under the reference of older versions
 *	oracle_make_policy few FILE EPOCH		 as older versions signed
 *	oracle_make_policy authorize PUBLIC.pem		 policy of whoever has the key
 *	oracle_make_policy authorize-old PUBLIC.pem	 that of older versions
 *	oracle_make_policy object PUBLIC.pem FILE	 name of the TPM2B_PUBLIC in FILE, sealed to authorize-old
 *	oracle_make_policy name PUBLIC.pem		 name of the key
 *	oracle_make_policy public PUBLIC.pem OUT	 TPM2B_PUBLIC
 *	oracle_make_policy counter			 name of the counter
 *	oracle_make_policy sign FILE EPOCH PRIVATE.pem OUT [NAME_HEX]	 signature of approved, or old
 *	oracle_make_policy seal PUBLIC.pem CONTEXT SECRET_HEX	 box, in hexadecimal
 *	oracle_make_policy open PRIVATE.pem CONTEXT BOX_HEX	 secret, in hexadecimal
 */
#include "base/file.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/pem.h"
#include "formats/signed_policy.h"

static void print_hex(struct span s)
{
	_cleanup_free_ char *hex = hex_string(s);

	puts(hex ? hex : "");
}

static int read_pcrs(const char *path, struct tpm_pcrs *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(sizeof *ret);
	int r = file_read(path, sizeof *ret, &b, err);

	if (r < 0)
		return r;
	if (b.n != sizeof *ret)
		return error_set(err, -ERROR_USAGE, "%s: not the values of nine registers", path);
	memcpy(ret, b.p, sizeof *ret);
	return 0;
}

static int read_key(const char *path, struct buffer *ret, struct error **err)
{
	return file_read(path, PEM_MAX, ret, err);
}

static int read_policy(const char *path, const char *epoch, const char *object,
		       struct signed_policy *ret, struct error **err)
{
	uint64_t number = 0;
	int r = read_pcrs(path, &ret->pcrs, err);

	if (r < 0)
		return r;
	if (!epoch || !parse_u64(span_string(epoch), TPM_EPOCH_MAX, &number))
		return error_set(err, -ERROR_USAGE, "epoch");
	ret->epoch = (uint16_t)number;
	if (object && !hex_decode(span_string(object), ret->object.bytes, TPM_NAME_SIZE))
		return error_set(err, -ERROR_USAGE, "name");
	ret->kind = object ? SIGNED_POLICY_OLD_DISK : SIGNED_POLICY;
	return 0;
}

static int policy_of(const char *what, char **argv, struct error **err)
{
	struct signed_policy p = {0};
	bool pcr = string_equal(what, "pcr");
	struct digest d;
	int r = pcr ? read_pcrs(argv[0], &p.pcrs, err)
		    : read_policy(argv[0], argv[1], string_equal(what, "old") ? argv[2] : NULL, &p,
				  err);

	if (r < 0)
		return r;
	if (string_equal(what, "few"))
		p.kind = SIGNED_POLICY_FEW;
	d = pcr ? tpm_disk_pcr_policy(&p.pcrs) : signed_policy_approved(&p);
	print_hex(digest_span(&d));
	return 0;
}

static int print_object(const struct tpm_name *key, const char *path, struct error **err)
{
	const struct digest policy =
		tpm_disk_authorize_policy(key, signed_policy_ref(SIGNED_POLICY_OLD_DISK));
	_cleanup_(buffer_release) struct buffer public = BUFFER_INIT(1024);
	struct tpm_name name;
	int r = file_read(path, 1024, &public, err);

	if (r >= 0)
		r = tpm_sealed_name(buffer_span(&public), &policy, &name, err);
	if (r >= 0)
		print_hex(SPAN(name.bytes, sizeof name.bytes));
	return r;
}

static int of_public_key(const char *what, const char *path, const char *out, struct error **err)
{
	_cleanup_(buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	_cleanup_(buffer_release) struct buffer area = BUFFER_INIT(1024);
	uint8_t size[2];
	struct rsa_public key;
	struct tpm_name name;
	int r = read_key(path, &pem, err);

	if (r >= 0)
		r = rsa_public_parse(buffer_span(&pem), &key, err);
	if (r >= 0)
		r = tpm_policy_key_name(&key, &name, err);
	if (r < 0)
		return r;
	if (string_equal(what, "name")) {
		print_hex(SPAN(name.bytes, sizeof name.bytes));
		return 0;
	}
	if (string_equal(what, "object"))
		return print_object(&name, out, err);
	if (string_starts(what, "authorize")) {
		struct digest d = tpm_disk_authorize_policy(
			&name, signed_policy_ref(string_equal(what, "authorize")
							 ? SIGNED_POLICY
							 : SIGNED_POLICY_OLD_DISK));

		print_hex(digest_span(&d));
		return 0;
	}
	buffer_put_zeros(&area, sizeof size);
	tpm_policy_key_public(&key, &area);
	if (!out || !buffer_ok(&area))
		return error_set(err, -ERROR_USAGE, "out");
	put_be16(area.p, (uint16_t)(area.n - sizeof size));
	return file_write(out, buffer_span(&area), err);
}

static int sign(char **argv, struct error **err)
{
	_cleanup_(rsa_private_freep) struct rsa_private *key = NULL;
	_cleanup_(buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	struct signed_policy p = {0};
	int r = read_policy(argv[0], argv[1], argv[4], &p, err);

	if (r >= 0)
		r = read_key(argv[2], &pem, err);
	if (r >= 0)
		r = rsa_private_parse(buffer_span(&pem), &key, err);
	if (r < 0)
		return r;
	r = signed_policy_sign(&p, key, err);
	return r < 0 ? r : file_write(argv[3], SPAN(p.signature, p.signature_size), err);
}

static int seal(char **argv, struct error **err)
{
	_cleanup_(buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	struct x25519_public key;
	uint8_t secret[BOX_SECRET_SIZE], box[BOX_SIZE];
	int r = read_key(argv[0], &pem, err);

	if (r >= 0)
		r = x25519_public_parse(buffer_span(&pem), &key, err);
	if (r >= 0 && !hex_decode(span_string(argv[2]), secret, sizeof secret))
		r = error_set(err, -ERROR_USAGE, "secret");
	if (r >= 0)
		r = box_seal(&key, span_string(argv[1]), secret, box, err);
	if (r >= 0)
		print_hex(SPAN(box, sizeof box));
	return r;
}

static int open_box(char **argv, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	_cleanup_(x25519_erase) struct x25519_private key;
	uint8_t secret[BOX_SECRET_SIZE], box[BOX_SIZE];
	int r = read_key(argv[0], &pem, err);

	if (r >= 0)
		r = x25519_private_parse(buffer_span(&pem), &key, err);
	if (r >= 0 && !hex_decode(span_string(argv[2]), box, sizeof box))
		r = error_set(err, -ERROR_USAGE, "box");
	if (r >= 0)
		r = box_open(&key, span_string(argv[1]), box, secret, err);
	if (r >= 0)
		print_hex(SPAN(secret, sizeof secret));
	return r;
}

static int run(int argc, char **argv, struct error **err)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (string_equal(what, "counter")) {
		struct tpm_name name = tpm_counter_name();

		print_hex(SPAN(name.bytes, sizeof name.bytes));
		return 0;
	}
	if (argc > 2 && (string_equal(what, "pcr") || string_equal(what, "approved") ||
			 string_equal(what, "few") || (argc > 4 && string_equal(what, "old"))))
		return policy_of(what, argv + 2, err);
	if (argc > 2 && (string_equal(what, "name") || string_equal(what, "authorize") ||
			 string_equal(what, "authorize-old") || string_equal(what, "public") ||
			 (argc > 3 && string_equal(what, "object"))))
		return of_public_key(what, argv[2], argv[3], err);
	if (argc >= 6 && string_equal(what, "sign"))
		return sign(argv + 2, err);
	if (argc == 5 && string_equal(what, "seal"))
		return seal(argv + 2, err);
	if (argc == 5 && string_equal(what, "open"))
		return open_box(argv + 2, err);
	return error_set(err, -ERROR_USAGE, "usage");
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = run(argc, argv, &err);

	if (r < 0)
		fprintf(stderr, "oracle_make_policy: %s\n", error_message(err));
	return error_exit_status(r);
}
