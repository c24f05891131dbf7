#include "formats/hcl.h"

#include "base/text.h"
#include "formats/base64url.h"
#include "formats/json_read.h"

#define HEADER_SIZE 32u
#define HARDWARE_REPORT_SIZE 1184u
#define DATA_HEADER_SIZE 20u
#define CLAIMS_MAX (16u << 10)
#define KEYS_MAX 16u

enum {
	HEADER_VERSION_1 = 1,
	HEADER_VERSION_2 = 2,
	REQUEST_AK_CERTIFICATE = 2,
	REPORT_SNP = 2,
	REPORT_TDX = 4,
	HASH_SHA256 = 1,
	DATA_VERSION_1 = 1,
	DATA_VERSION_2 = 2, /* four bytes more: which capabilities */
};

static int bad(struct error **err, const char *what)
{
	return error_set(err, -ERROR_MALFORMED, "HCL report: %s", what);
}

static int check_header(struct reader *r, uint32_t *ret_size, struct error **err)
{
	struct span magic = reader_bytes(r, 4);
	uint32_t version = reader_le32(r);

	*ret_size = reader_le32(r);

	uint32_t request = reader_le32(r);

	reader_bytes(r, 16); /* status, reserved */
	reader_bytes(r, HARDWARE_REPORT_SIZE);
	if (!reader_ok(r) || !span_equal(magic, SPAN_LITERAL("HCLA")))
		return bad(err, "does not begin as one");
	if (version != HEADER_VERSION_1 && version != HEADER_VERSION_2)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "HCL report: version %u: 1 and 2 are read", version);
	if (request != REQUEST_AK_CERTIFICATE)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "HCL report: of type %u: 2 (attestation key) is read", request);
	return 0;
}

int hcl_report_parse(struct span bytes, struct hcl_report *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	uint32_t whole, size, version, type, hash, claims;
	int result;

	if (bytes.n > HCL_MAX)
		return error_set(err, -ERROR_MALFORMED, "HCL report: %zu bytes, more than %u",
				 bytes.n, HCL_MAX);
	result = check_header(&r, &whole, err);
	if (result < 0)
		return result;
	size = reader_le32(&r);
	version = reader_le32(&r);
	type = reader_le32(&r);
	hash = reader_le32(&r);
	claims = reader_le32(&r);
	if (version == DATA_VERSION_2)
		reader_le32(&r);
	if (!reader_ok(&r))
		return bad(err, "is cut off");
	if (type != REPORT_TDX)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "HCL report: of hardware %u%s: 4 (TDX) is read", type,
				 type == REPORT_SNP ? " (SEV-SNP)" : "");
	if (hash != HASH_SHA256 || (version != DATA_VERSION_1 && version != DATA_VERSION_2))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "HCL report: data of version %u with digest %u: 1 or 2 with "
				 "SHA-256 (1) are read",
				 version, hash);
	if (claims > CLAIMS_MAX || (uint64_t)claims + DATA_HEADER_SIZE > size ||
	    whole != (uint64_t)HEADER_SIZE + HARDWARE_REPORT_SIZE + size)
		return bad(err, "its sizes do not fit each other");
	ret->claims = reader_bytes(&r, claims);
	if (!reader_ok(&r))
		return bad(err, "is cut off");
	return span_is_zero(r.rest) ? 0 : bad(err, "bytes after it that are not zero");
}

/* {"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"..."} */
static int read_key(const json_t *key, struct rsa_public *ret, struct error **err)
{
	const char *type, *exponent, *modulus;
	_cleanup_free_ uint8_t *n = NULL;
	size_t size = 0;
	int r = json_read_string(key, "kty", &type, err);

	if (r >= 0)
		r = json_read_string(key, "e", &exponent, err);
	if (r >= 0)
		r = json_read_string(key, "n", &modulus, err);
	if (r < 0)
		return r;
	if (!string_equal(type, "RSA") || !string_equal(exponent, "AQAB") ||
	    !base64url_decode(span_string(modulus), &n, &size) || (size != 256 && size != 384) ||
	    !(n[0] & 0x80))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "not an RSA key of 2048 or 3072 bits with the exponent 65537");
	memcpy(ret->modulus, n, size);
	ret->size = size;
	return 0;
}

static int read_keys(const json_t *root, struct hcl_claims *c, struct error **err)
{
	const json_t *keys;
	int r = json_read_array(root, "keys", KEYS_MAX, &keys, err);

	for (size_t i = 0; r >= 0 && i < json_array_size(keys); i++) {
		const json_t *key = json_array_get(keys, i);
		const char *id = json_string_value(json_object_get(key, "kid"));

		if (!id || !string_equal(id, "HCLAkPub"))
			continue;
		if (c->attestation_key.size)
			return error_set(err, -ERROR_MALFORMED, "a second key 'HCLAkPub'");
		r = read_key(key, &c->attestation_key, err);
		if (r < 0)
			return error_wrap(err, r, "'HCLAkPub'");
	}
	if (r >= 0 && !c->attestation_key.size)
		r = error_set(err, -ERROR_MALFORMED, "no key 'HCLAkPub'");
	return r;
}

static int read_configuration(const json_t *root, struct hcl_claims *c, struct error **err)
{
	const json_t *configuration;
	const char *id;
	int r = json_read_object(root, "vm-configuration", &configuration, err);

	if (r >= 0)
		r = json_read_bool(configuration, "secure-boot", &c->secure_boot, err);
	if (r >= 0)
		r = json_read_bool(configuration, "tpm-enabled", &c->tpm_enabled, err);
	if (r >= 0)
		r = json_read_bool(configuration, "tpm-persisted", &c->tpm_persisted, err);
	if (r < 0)
		return r;
	id = json_string_value(json_object_get(configuration, "vmUniqueId"));
	if (id && strlen(id) >= HCL_TEXT_SIZE)
		return error_set(err, -ERROR_MALFORMED, "'vmUniqueId' is longer than %u characters",
				 HCL_TEXT_SIZE - 1);
	if (id)
		memcpy(c->vm_id, id, strlen(id) + 1);
	return 0;
}

int hcl_claims_parse(struct span json, struct hcl_claims *ret, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	struct hcl_claims c = {0};
	int r = json_read_document(json, false, &root, err);

	if (r >= 0)
		r = read_keys(root, &c, err);
	if (r >= 0)
		r = read_configuration(root, &c, err);
	c.has_user_data = json_object_get(root, "user-data");
	if (r >= 0 && c.has_user_data)
		r = json_read_hex(root, "user-data", c.user_data, sizeof c.user_data, err);
	if (r < 0)
		return error_wrap(err, r, "claims of the HCL report");
	*ret = c;
	return 0;
}
