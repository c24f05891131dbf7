/*
 * Writes the first 4 MiB of a persistent disk, with a recovery secret, for test scripts.
 *
 *	oracle_make_header OUT [UUID [PUBLIC.pem SECRET_HEX]]
 */
#include "base/file.h"
#include "crypto/box.h"
#include "crypto/pem.h"
#include "tests/unit/sample_luks2.h"

/* Replaces `old`, which has as many characters, wherever it stands. */
static void replace(char *text, const char *old, const char *new)
{
	for (char *p = text; (p = strstr(p, old)); p += strlen(old))
		memcpy(p, new, strlen(old));
}

static int seal(char *json, const char *uuid, const char *pem_path, const char *secret_hex,
		struct error **err)
{
	_cleanup_(buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	char old_recipient[] = "\"recipient\":\"" SAMPLE_HEX32, recipient[sizeof old_recipient];
	uint8_t secret[BOX_SECRET_SIZE], box[BOX_SIZE];
	char hex[2 * BOX_SIZE + 1];
	struct x25519_public key;
	char *place = strstr(json, "\"box\":\"");
	int r = file_read(pem_path, PEM_MAX, &pem, err);

	if (r >= 0)
		r = x25519_public_parse(buffer_span(&pem), &key, err);
	if (r >= 0 && (!place || !hex_decode(span_string(secret_hex), secret, sizeof secret)))
		r = error_set(err, -ERROR_USAGE, "not a secret");
	if (r >= 0)
		r = box_seal(&key, span_string(uuid), secret, box, err);
	if (r < 0)
		return r;
	memcpy(recipient, old_recipient, sizeof recipient);
	hex_encode(SPAN(key.bytes, sizeof key.bytes), recipient + strlen("\"recipient\":\""));
	replace(json, old_recipient, recipient);
	hex_encode(SPAN(box, sizeof box), hex);
	memcpy(place + strlen("\"box\":\""), hex, sizeof hex - 1);
	return 0;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_free_ char *json = strdup(argc > 3 ? SAMPLE_JSON : SAMPLE_JSON_TPM);
	_cleanup_free_ uint8_t *header = NULL;
	const char *uuid = argc > 2 ? argv[2] : SAMPLE_UUID;
	int r = 0;

	if (argc < 2 || argc == 4 || !json || strlen(uuid) != strlen(SAMPLE_UUID))
		return error_set(err, -ERROR_USAGE, "OUT [UUID [PUBLIC.pem SECRET_HEX]]");
	if (argc > 4)
		r = seal(json, uuid, argv[3], argv[4], err);
	if (r < 0)
		return r;
	header = sample_header(json);
	for (unsigned i = 0; i < LUKS2_COPIES; i++) {
		memcpy(header + i * LUKS2_COPY_SIZE + 168, uuid, strlen(uuid));
		luks2_seal_copy(header + i * LUKS2_COPY_SIZE);
	}
	return file_write(argv[1], SPAN(header, LUKS2_HEADER_SIZE), err);
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = run(argc, argv, &err);

	if (r < 0)
		fprintf(stderr, "oracle_make_header: %s\n", error_message(err));
	return error_exit_status(r);
}
