#include "test.h"

#include "formats/luks2.h"
#include "sample_luks2.h"

#define HEADER(p) SPAN(p, LUKS2_HEADER_SIZE)

static void good(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_true(luks2_is_ours(HEADER(header)));
	assert_int_equal(l.copy, 0);
	assert_true(l.valid[0] && l.valid[1]);
	assert_int_equal(l.seqid, 7);
	assert_string_equal(l.uuid, SAMPLE_UUID);
	assert_int_equal(l.sector_size, 4096);
	assert_true(l.slots[0].used && l.slots[1].used && !l.slots[2].used);
	assert_int_equal(l.slots[1].area_offset, 389120);
	assert_int_equal(l.tpm.slot, 0);
	assert_int_equal(l.tpm.binding, LUKS2_BINDING_PCR);
	assert_int_equal(l.tpm.version, LUKS2_TPM_TOKEN_VERSION);
	assert_int_equal(l.tpm.pcrs.values[8][31], 0xff);
	assert_int_equal(l.tpm.srk.bytes[1], 0x0b);
	assert_int_equal(l.tpm.public_size, 32);
	assert_int_equal(l.tpm.private_size, 48);
	assert_true(l.has_recovery);
	assert_int_equal(l.recovery.recipient.bytes[1], 1);
	assert_int_equal(l.recovery.box[91], 0x55);
}

static void without_recovery(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON_TPM);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_false(l.has_recovery);
}

static char *string_replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("the text has no %s", from);
	return string_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* A disk that was sealed to four registers is still one of ours: recovery opens it. */
static void few_registers(void **state)
{
	_cleanup_free_ char *version =
		string_replace(SAMPLE_JSON, "\"version\":2", "\"version\":1");
	_cleanup_free_ char *json = string_replace(version, SAMPLE_PCRS,
						   "\"4\":\"" SAMPLE_HEX32 "\"," SAMPLE_PCRS_LAST);
	_cleanup_free_ uint8_t *header = sample_header(json);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_int_equal(l.tpm.version, LUKS2_TPM_TOKEN_VERSION_FEW);
	assert_true(span_is_zero(SPAN(l.tpm.pcrs.values[0], TPM_DIGEST_SIZE)));
	assert_int_equal(l.tpm.pcrs.values[4][31], 0xff);
}

/* Sealed anew: the TPM's secret has moved to slot 2. */
static void moved_slot(void **state)
{
	static const char json[] =
		"{\"keyslots\":{\"2\":" SAMPLE_SLOT("647168") ",\"1\":" SAMPLE_SLOT(
			"389120") "},\"tokens\":{\"0\":"
				  "{\"type\":\"tdnode-tpm2\",\"keyslots\":[\"2\"],\"version\":2,"
				  "\"binding\":\"authorize\",\"pcrs\":{" SAMPLE_PCRS
				  "},\"srk\":\"000b" SAMPLE_HEX32
				  "\",\"public\":\"0000\",\"private\":\"0000\","
				  "\"creation\":\"0000\",\"ticket\":\"0000\",\"epoch\":7,"
				  "\"signature\":\"ff\"},"
				  "\"1\":" SAMPLE_RECOVERY_TOKEN
				  "},\"segments\":{\"0\":" SAMPLE_SEGMENT
				  "},\"digests\":{\"0\":" SAMPLE_DIGEST(
					  "\"2\",\"1\"") "},\"config\":" SAMPLE_CONFIG "}";
	_cleanup_free_ uint8_t *header = sample_header(json);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_int_equal(l.tpm.slot, 2);
	assert_int_equal(l.tpm.binding, LUKS2_BINDING_AUTHORIZE);
	assert_int_equal(l.tpm.epoch, 7);
	assert_int_equal(l.tpm.signature_size, 1);
}

/* One change of the text of the metadata, in both copies, and what is then said. */
static const struct {
	const char *from, *to, *reason;
} evil_texts[] = {
	/* Encryption that is none, or another. */
	{"\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"",
	 "\"iv_tweak\":\"0\",\"encryption\":\"cipher_null-ecb\"",
	 "segment 0: 'encryption' is not \"aes-xts-plain64\""},
	{"\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"",
	 "\"iv_tweak\":\"0\",\"encryption\":\"aes-cbc-null\"",
	 "segment 0: 'encryption' is not \"aes-xts-plain64\""},
	{"\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"",
	 "\"iv_tweak\":\"0\",\"encryption\":\"null\"",
	 "segment 0: 'encryption' is not \"aes-xts-plain64\""},
	{"\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\"",
	 "\"size\":\"258048\",\"encryption\":\"cipher_null-ecb\"",
	 "slot 0: key slot area: 'encryption' is not \"aes-xts-plain64\""},
	{"\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\",\"key_size\":64",
	 "\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\",\"key_size\":32",
	 "slot 0: key slot area: 'key_size' is not 64"},
	/* A segment elsewhere, of another size, or more than one. */
	{"\"crypt\"", "\"linear\"", "segment 0: 'type' is not \"crypt\""},
	{"\"offset\":\"4194304\"", "\"offset\":\"4190208\"",
	 "segment 0: 'offset' is not \"4194304\""},
	{"\"offset\":\"4194304\"", "\"offset\":\"04194304\"",
	 "segment 0: 'offset' is not \"4194304\""},
	{"\"offset\":\"4194304\"", "\"offset\":4194304", "segment 0: 'offset' is not \"4194304\""},
	{"\"dynamic\"", "\"1048576\"", "segment 0: 'size' is not \"dynamic\""},
	{"\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"", "segment 0: 'iv_tweak' is not \"0\""},
	{"\"sector_size\":4096", "\"sector_size\":1024",
	 "segment 0: 'sector_size' is neither 512 nor 4096"},
	{"\"sector_size\":4096", "\"sector_size\":\"4096\"",
	 "segment 0: 'sector_size' is neither 512 nor 4096"},
	{"\"sector_size\":4096", "\"sector_size\":4096,\"flags\":[\"x\"]", "segment 0 has 'flags'"},
	{"\"sector_size\":4096", "\"sector_size\":4096,\"integrity\":{}",
	 "segment 0 has 'integrity'"},
	{"\"segments\":{\"0\":", "\"segments\":{\"1\":" SAMPLE_SEGMENT ",\"0\":",
	 "'segments' has '1'"},
	{"\"segments\":{\"0\":", "\"segments\":{\"1\":", "'segments' has no '0'"},
	/* Key slots that are swapped, overlap, lie elsewhere, or are of other kinds. */
	{"\"offset\":\"389120\"", "\"offset\":\"131072\"",
	 "the areas of key slots 0 and 1 overlap"},
	{"\"offset\":\"389120\"", "\"offset\":\"385024\"",
	 "the areas of key slots 0 and 1 overlap"},
	{"\"offset\":\"131072\"", "\"offset\":\"126976\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":\"131073\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":\"3940352\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":\"0131072\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":\"18446744073709551615\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":\"-131072\"",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"offset\":\"131072\"", "\"offset\":131072",
	 "slot 0: key slot area does not lie after the header copies and before the data"},
	{"\"size\":\"258048\"", "\"size\":\"258560\"",
	 "slot 0: key slot area: 'size' is not \"258048\""},
	{"\"type\":\"raw\"", "\"type\":\"journal\"",
	 "slot 0: key slot area: 'type' is not \"raw\""},
	{"\"type\":\"luks2\"", "\"type\":\"reencrypt\"",
	 "slot 0: key slot: 'type' is not \"luks2\""},
	{"\"key_size\":64,\"af\"", "\"key_size\":32,\"af\"",
	 "slot 0: key slot: 'key_size' is not 64"},
	{"\"key_size\":64,\"af\"", "\"key_size\":64.0,\"af\"",
	 "slot 0: key slot: 'key_size' is not 64"},
	{"\"key_size\":64,\"af\"", "\"priority\":2,\"key_size\":64,\"af\"",
	 "slot 0: key slot has 'priority'"},
	{"\"stripes\":4000", "\"stripes\":1", "slot 0: key slot 'af': 'stripes' is not 4000"},
	{"\"hash\":\"sha256\"},\"area\"", "\"hash\":\"sha1\"},\"area\"",
	 "slot 0: key slot 'af': 'hash' is not \"sha256\""},
	{"\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000",
	 "\"type\":\"argon2id\",\"hash\":\"sha256\",\"iterations\":1000",
	 "slot 0: key slot 'kdf': 'type' is not \"pbkdf2\""},
	{"\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000",
	 "\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":4294967295",
	 "slot 0: key slot 'kdf': 'iterations' is not 1000"},
	{"\"salt\":\"ROeg", "\"salt\":\"AAAAROeg",
	 "slot 0: key slot 'kdf': 'salt' is not base64 of 32 bytes"},
	{"\"keyslots\":{\"0\":", "\"keyslots\":{\"00\":", "there is a key slot '00'"},
	{"\"keyslots\":{\"0\":", "\"keyslots\":{\"3\":", "there is a key slot '3'"},
	{"\"keyslots\":{\"0\":", "\"keyslots\":{\"2\":" SAMPLE_SLOT("647168") ",\"0\":",
	 "digest 0 and the key slots disagree about slot 2"},
	{"\"keyslots\":{\"0\":" SAMPLE_SLOT("131072"), "\"keyslots\":{\"0\":[]",
	 "slot 0: key slot is not an object"},
	{"\"keyslots\":{", "\"keyslots\":[{", NULL},
	/* The digest of the volume key. */
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\"]",
	 "digest 0 and the key slots disagree about slot 1"},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\",\"1\",\"1\"]",
	 "digest 0 lists an impossible key slot"},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[0,1]",
	 "digest 0 lists an impossible key slot"},
	{"\"segments\":[\"0\"]", "\"segments\":[]", "digest 0 is not that of segment 0"},
	{"\"segments\":[\"0\"]", "\"segments\":[\"1\"]", "digest 0 is not that of segment 0"},
	{"\"digests\":{\"0\":", "\"digests\":{\"1\":", "'digests' has no '0'"},
	{"\"digests\":{\"0\":", "\"digests\":{\"1\":{},\"0\":", "'digests' has '1'"},
	{"\"digest\":\"ROeg", "\"digest\":\"", "digest 0: 'digest' is not base64 of 32 bytes"},
	/* Tokens. */
	{"\"tdnode-tpm2\"", "\"systemd-tpm2\"", "token 0: 'type' is not \"tdnode-tpm2\""},
	{"\"tokens\":{\"0\":", "\"tokens\":{\"2\":{},\"0\":", "'tokens' has '2'"},
	{"\"tokens\":{\"0\":", "\"tokens\":{\"2\":", "'tokens' has no '0'"},
	{"\"tdnode-recovery\"", "\"luks2-keyring\"", "token 1: 'type' is not \"tdnode-recovery\""},
	{"\"keyslots\":[\"0\"],\"version\":2", "\"keyslots\":[\"1\"],\"version\":2",
	 "token 0 is for the key slot of recovery"},
	{"\"keyslots\":[\"0\"],\"version\":2", "\"keyslots\":[\"2\"],\"version\":2",
	 "token 0 is not for one existing key slot"},
	{"\"keyslots\":[\"0\"],\"version\":2", "\"keyslots\":[\"0\",\"1\"],\"version\":2",
	 "token 0 is not for one existing key slot"},
	{"\"keyslots\":[\"1\"],\"version\":1", "\"keyslots\":[\"0\"],\"version\":1",
	 "token 1 is not for the key slot of recovery"},
	{"\"version\":2,\"binding\"", "\"version\":3,\"binding\"",
	 "token 0 has an unknown 'version'"},
	{"\"version\":2,\"binding\"", "\"version\":\"2\",\"binding\"",
	 "token 0 has an unknown 'version'"},
	/* Fewer registers are those of another version, and the other way round. */
	{"\"version\":2,\"binding\"", "\"version\":1,\"binding\"", "'pcrs' has '0'"},
	{"\"0\":\"" SAMPLE_HEX32 "\",", "", "'pcrs' has no '0'"},
	{"\"binding\":\"pcr\"", "\"binding\":\"none\"", "token 0 has an unknown 'binding'"},
	{"\"binding\":\"pcr\"", "\"binding\":null", "token 0 has an unknown 'binding'"},
	{"\"binding\":\"pcr\"", "\"binding\":\"pcr\",\"pin\":true", "token 0 has 'pin'"},
	{"\"12\":\"00", "\"12\":\"",
	 "'pcrs': '12' is not lower-case hexadecimal of the right length"},
	{"\"12\":\"00", "\"12\":\"0A",
	 "'pcrs': '12' is not lower-case hexadecimal of the right length"},
	{"\"12\":\"00", "\"10\":\"00", "'pcrs' has no '12'"},
	{"\"srk\":\"000b", "\"srk\":\"0b",
	 "token 0: 'srk' is not lower-case hexadecimal of the right length"},
	{"\"private\":\"00", "\"private\":\"0",
	 "token 0: 'private' is not lower-case hexadecimal of the right length"},
	{"\"creation\":\"00", "\"creation\":\"0",
	 "token 0: 'creation' is not lower-case hexadecimal of the right length"},
	{"\"ticket\":\"00", "\"ticket\":\"zz",
	 "token 0: 'ticket' is not lower-case hexadecimal of the right length"},
	{"\"signature\":\"\"", "\"signature\":\"00\"",
	 "token 0: 'signature' is not lower-case hexadecimal of the right length"},
	{"\"epoch\":0", "\"epoch\":1", "token 0 has an impossible 'epoch'"},
	{"\"epoch\":0", "\"epoch\":\"0\"", "token 0 has an impossible 'epoch'"},
	{"\"recipient\":\"00", "\"recipient\":\"0000",
	 "token 1: 'recipient' is not lower-case hexadecimal of the right length"},
	{"\"box\":\"00", "\"box\":\"",
	 "token 1: 'box' is not lower-case hexadecimal of the right length"},
	{",\"1\":" SAMPLE_RECOVERY_TOKEN, "", "key slot 1 has no token"},
	/* What the whole demands of a reader. */
	{"\"json_size\":\"61440\"", "\"json_size\":\"12288\"",
	 "'config': 'json_size' is not \"61440\""},
	{"\"keyslots_size\":\"4063232\"", "\"keyslots_size\":\"8257536\"",
	 "'config': 'keyslots_size' is not \"4063232\""},
	{"\"config\":{", "\"config\":{\"requirements\":{\"mandatory\":[\"online-reencrypt\"]},",
	 "'config' has 'requirements'"},
	{"\"config\":{", "\"config\":{\"flags\":[\"allow-discards\"],", "'config' has 'flags'"},
	{"{\"keyslots\":{\"0\"", "{\"x\":0,\"keyslots\":{\"0\"", "the metadata has 'x'"},
	/* Texts that readers understand differently. */
	{"\"size\":\"dynamic\"", "\"size\":\"dynamic\",\"size\":\"dynamic\"",
	 "the metadata are not JSON: duplicate object key near '\"size\"'"},
	{"\"crypt\"", "\"crypt\\u0000\"", NULL},
	{"\"type\":\"crypt\"", "/**/\"type\":\"crypt\"", NULL},
	{"\"key_size\":64", "\"key_size\":64e0", "slot 0: key slot: 'key_size' is not 64"},
	{"\"key_size\":64", "\"key_size\":99999999999999999999999", NULL},
	{"\"config\":" SAMPLE_CONFIG "}", "\"config\":" SAMPLE_CONFIG "}}", NULL},
	{"\"config\":" SAMPLE_CONFIG "}", "\"config\":" SAMPLE_CONFIG, NULL},
};

static char *changed(const char *from, const char *to)
{
	char *text = string_replace(SAMPLE_JSON, from, to);

	assert_non_null(text);
	return text;
}

static void refuse(struct span header, const char *reason)
{
	_cleanup_error_ struct error *err = NULL;
	struct luks2 l;

	assert_int_equal(luks2_check(header, &l, &err), -ERROR_MALFORMED);
	if (reason)
		assert_string_equal(error_message(err), reason);
}

/* A disk whose key comes from outside has one slot, and no token beside its own. */
static void by_key(void **state)
{
	static const struct {
		const char *from, *to, *reason;
	} evil[] = {
		{"\"version\":1", "\"version\":2", "token 0: 'version' is not 1"},
		{"\"version\":1", "\"version\":1,\"secret\":\"00\"", "token 0 has 'secret'"},
		{"[\"1\"],\"version\"", "[\"0\"],\"version\"",
		 "token 0 is not for one existing key slot"},
		{SAMPLE_KEY_TOKEN, SAMPLE_KEY_TOKEN ",\"1\":" SAMPLE_RECOVERY_TOKEN,
		 "'tokens' has '1'"},
		{"{\"1\":{", "{\"0\":" SAMPLE_SLOT("389120") ",\"1\":{",
		 "digest 0 and the key slots disagree about slot 0"},
	};
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON_KEY);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_true(l.has_key);
	assert_false(l.has_recovery || l.slots[0].used || l.slots[2].used);
	assert_true(l.slots[LUKS2_KEY_SLOT].used);
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
		_cleanup_free_ char *json =
			string_replace(SAMPLE_JSON_KEY, evil[i].from, evil[i].to);
		_cleanup_free_ uint8_t *bad = sample_header(json);
		_cleanup_free_ char *reason = string_printf("header copy 0: %s", evil[i].reason);

		refuse(HEADER(bad), reason);
	}
}

/* In both copies, in either with the other whole, in either with the other torn: always refused. */
static void evil_metadata(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(evil_texts); i++) {
		_cleanup_free_ char *json = changed(evil_texts[i].from, evil_texts[i].to);
		_cleanup_free_ uint8_t *header = sample_header(json);
		_cleanup_free_ char *reason =
			evil_texts[i].reason
				? string_printf("header copy 0: %s", evil_texts[i].reason)
				: NULL;

		refuse(HEADER(header), reason);
		sample_copy(header, 1, 8, SAMPLE_JSON);
		refuse(HEADER(header), reason);
		header[LUKS2_COPY_SIZE + 500] ^= 1;
		refuse(HEADER(header), reason);
		sample_copy(header, 0, 8, SAMPLE_JSON);
		sample_copy(header, 1, 7, json);
		refuse(HEADER(header), NULL);
	}
}

static void evil_binary(void **state)
{
	/* A byte of copy 0 that is inverted before the checksum is made right. */
	static const struct {
		unsigned offset;
		const char *reason;
	} cases[] = {
		{7, "'version'"},     {6, "'version'"},	      {8, "'hdr_size'"},
		{13, "'hdr_size'"},   {16, "'seqid'"},	      {24, "'label'"},
		{24 + 47, "'label'"}, {72, "'checksum_alg'"}, {72 + 31, "'checksum_alg'"},
		{168, "'uuid'"},      {168 + 8, "'uuid'"},    {168 + 36, "'uuid'"},
		{208, "'subsystem'"}, {256, "'hdr_offset'"},  {263, "'hdr_offset'"},
		{264, "'padding'"},   {447, "'padding'"},     {512, "'padding'"},
		{4095, "'padding'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
		_cleanup_free_ char *reason =
			string_printf("header copy 0: %s is not what it must be", cases[i].reason);

		header[cases[i].offset] ^= 0xff;
		luks2_seal_copy(header);
		refuse(HEADER(header), reason);
	}
}

static void sequence(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
	struct error *err = NULL;
	struct luks2 l;

	(void)state;
	sample_copy(header, 1, 8, SAMPLE_JSON_TPM);
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_int_equal(l.copy, 1);
	assert_false(l.has_recovery);
	sample_copy(header, 1, 6, SAMPLE_JSON_TPM);
	assert_done(luks2_check(HEADER(header), &l, &err), &err);
	assert_int_equal(l.copy, 0);
	sample_copy(header, 1, 7, SAMPLE_JSON_TPM);
	refuse(HEADER(header), "the two header copies have one 'seqid' and differ");
	sample_copy(header, 1, 0, SAMPLE_JSON);
	refuse(HEADER(header), "header copy 1: 'seqid' is not what it must be");
	sample_copy(header, 1, UINT64_MAX, SAMPLE_JSON);
	refuse(HEADER(header), "header copy 1: 'seqid' is not what it must be");
	sample_copy(header, 1, 7, SAMPLE_JSON);
	header[LUKS2_COPY_SIZE + 168] = '0';
	luks2_seal_copy(header + LUKS2_COPY_SIZE);
	refuse(HEADER(header), "the two header copies differ in 'uuid'");
}

/* A cut while one copy was written leaves the other. */
static void torn(void **state)
{
	(void)state;
	for (unsigned copy = 0; copy < LUKS2_COPIES; copy++) {
		_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
		struct error *err = NULL;
		struct luks2 l, again;

		header[copy * LUKS2_COPY_SIZE + 5000] ^= 1;
		assert_done(luks2_check(HEADER(header), &l, &err), &err);
		assert_int_equal(l.copy, 1 - copy);
		assert_false(l.valid[copy]);
		luks2_mend(header, &l);
		assert_done(luks2_check(HEADER(header), &again, &err), &err);
		assert_true(again.valid[0] && again.valid[1]);
		assert_memory_equal(header + LUKS2_BINARY_SIZE,
				    header + LUKS2_COPY_SIZE + LUKS2_BINARY_SIZE, LUKS2_JSON_SIZE);
		memset(header + copy * LUKS2_COPY_SIZE, 0, LUKS2_COPY_SIZE);
		assert_true(luks2_is_ours(HEADER(header)));
		header[(1 - copy) * LUKS2_COPY_SIZE + 5000] ^= 1;
		assert_true(luks2_is_ours(HEADER(header)));
		refuse(HEADER(header), "neither header copy has its magic and a right checksum");
	}
}

/* Another copy hidden inside the metadata of the first is overwritten by mending. */
static void bounds(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
	_cleanup_free_ char *long_text = malloc(LUKS2_JSON_SIZE + 2);

	(void)state;
	refuse(SPAN(header, LUKS2_HEADER_SIZE - 1), "the header has 4194303 bytes, not 4194304");
	assert_false(luks2_is_ours(SPAN(header, 0)));
	assert_false(luks2_is_ours(SPAN(header + 1, 4096)));
	header[LUKS2_BINARY_SIZE + 0x3000] = 'x';
	luks2_seal_copy(header);
	refuse(HEADER(header), "header copy 0: the metadata are not one text and NULs");
	assert_non_null(long_text);
	memset(long_text, ' ', LUKS2_JSON_SIZE + 1);
	memcpy(long_text, SAMPLE_JSON, strlen(SAMPLE_JSON));
	long_text[LUKS2_JSON_SIZE + 1] = 0;
	sample_copy(header, 0, 7, long_text);
	refuse(HEADER(header), "header copy 0: the metadata are not one text and NULs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(by_key),
		cmocka_unit_test(without_recovery),
		cmocka_unit_test(few_registers),
		cmocka_unit_test(moved_slot),
		cmocka_unit_test(evil_metadata),
		cmocka_unit_test(evil_binary),
		cmocka_unit_test(sequence),
		cmocka_unit_test(torn),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
