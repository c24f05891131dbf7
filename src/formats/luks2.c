#include "formats/luks2.h"

#include "crypto/digest.h"

/* struct luks2_hdr_disk, chapter 3.1. */
enum {
	MAGIC = 0,
	VERSION = 6,
	HDR_SIZE = 8,
	SEQID = 16,
	LABEL = 24,
	CHECKSUM_ALG = 72,
	SALT = 104,
	UUID = 168,
	SUBSYSTEM = 208,
	HDR_OFFSET = 256,
	PADDING = 264,
	CSUM = 448,
	PADDING_4096 = 512,
};

#define MAGIC_SIZE 6u
#define LABEL_SIZE 48u
#define CHECKSUM_ALG_SIZE 32u
#define UUID_FIELD_SIZE 40u
#define CSUM_SIZE 64u
/* Leaves room to count on from. */
#define SEQID_MAX (UINT64_MAX / 2)

static const uint8_t magics[LUKS2_COPIES][MAGIC_SIZE] = {
	{'L', 'U', 'K', 'S', 0xba, 0xbe},
	{'S', 'K', 'U', 'L', 0xba, 0xbe},
};

/* A text field filled up with NULs. */
static bool field_is(const uint8_t *field, size_t size, const char *text)
{
	size_t n = strlen(text);

	return n <= size && memcmp(field, text, n) == 0 &&
	       span_is_zero((struct span){field + n, size - n});
}

static bool has_magic(struct span header, unsigned copy)
{
	struct span s;

	return span_slice(header, copy * LUKS2_COPY_SIZE, LUKS2_BINARY_SIZE, &s) &&
	       memcmp(s.p, magics[copy], MAGIC_SIZE) == 0;
}

bool luks2_is_ours(struct span header)
{
	for (unsigned copy = 0; copy < LUKS2_COPIES; copy++) {
		const uint8_t *p = header.p + copy * LUKS2_COPY_SIZE;

		if (has_magic(header, copy) && field_is(p + LABEL, LABEL_SIZE, LUKS2_LABEL) &&
		    field_is(p + SUBSYSTEM, LABEL_SIZE, LUKS2_SUBSYSTEM))
			return true;
	}
	return false;
}

static struct digest checksum(const uint8_t copy[LUKS2_COPY_SIZE])
{
	uint8_t summed[LUKS2_COPY_SIZE];

	memcpy(summed, copy, sizeof summed);
	memset(summed + CSUM, 0, CSUM_SIZE);
	return digest_bytes(DIGEST_SHA256, SPAN(summed, sizeof summed));
}

void luks2_seal_copy(uint8_t copy[LUKS2_COPY_SIZE])
{
	struct digest d = checksum(copy);

	memset(copy + CSUM, 0, CSUM_SIZE);
	memcpy(copy + CSUM, d.bytes, digest_size(d.algorithm));
}

/* A copy with its magic and the checksum that it claims: whole, though not yet acceptable. A checksum
 * by another algorithm is not ours, so it counts as none. */
static bool is_whole(struct span header, unsigned copy)
{
	const uint8_t *p = header.p + copy * LUKS2_COPY_SIZE;
	struct digest d;

	if (!has_magic(header, copy))
		return false;
	d = checksum(p);
	return memcmp(p + CSUM, d.bytes, digest_size(d.algorithm)) == 0;
}

static bool uuid_is_valid(const uint8_t *field)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < LUKS2_UUID_SIZE - 1; i++) {
		bool hex = (field[i] >= '0' && field[i] <= '9') ||
			   (field[i] >= 'a' && field[i] <= 'f');

		if (form[i] == 'x' ? !hex : field[i] != '-')
			return false;
	}
	return span_is_zero(
		SPAN(field + LUKS2_UUID_SIZE - 1, UUID_FIELD_SIZE - LUKS2_UUID_SIZE + 1));
}

static int check_binary(const uint8_t *p, unsigned copy, struct luks2 *ret, struct error **err)
{
	const char *wrong = NULL;

	if (get_be16(p + VERSION) != 2)
		wrong = "version";
	else if (get_be64(p + HDR_SIZE) != LUKS2_COPY_SIZE)
		wrong = "hdr_size";
	else if (get_be64(p + SEQID) == 0 || get_be64(p + SEQID) > SEQID_MAX)
		wrong = "seqid";
	else if (!field_is(p + LABEL, LABEL_SIZE, LUKS2_LABEL))
		wrong = "label";
	else if (!field_is(p + CHECKSUM_ALG, CHECKSUM_ALG_SIZE, LUKS2_HASH))
		wrong = "checksum_alg";
	else if (!uuid_is_valid(p + UUID))
		wrong = "uuid";
	else if (!field_is(p + SUBSYSTEM, LABEL_SIZE, LUKS2_SUBSYSTEM))
		wrong = "subsystem";
	else if (get_be64(p + HDR_OFFSET) != copy * LUKS2_COPY_SIZE)
		wrong = "hdr_offset";
	else if (!span_is_zero(SPAN(p + PADDING, CSUM - PADDING)) ||
		 !span_is_zero(SPAN(p + CSUM + 32, CSUM_SIZE - 32)) ||
		 !span_is_zero(SPAN(p + PADDING_4096, LUKS2_BINARY_SIZE - PADDING_4096)))
		wrong = "padding";
	if (wrong)
		return error_set(err, -ERROR_MALFORMED, "'%s' is not what it must be", wrong);
	ret->seqid = get_be64(p + SEQID);
	memcpy(ret->uuid, p + UUID, LUKS2_UUID_SIZE);
	return 0;
}

static int check_copy(struct span header, unsigned copy, struct luks2 *ret, struct error **err)
{
	const uint8_t *p = header.p + copy * LUKS2_COPY_SIZE;
	int r;

	*ret = (struct luks2){.copy = copy};
	r = check_binary(p, copy, ret, err);
	if (r >= 0)
		r = luks2_parse_json(SPAN(p + LUKS2_BINARY_SIZE, LUKS2_JSON_SIZE), ret, err);
	return r < 0 ? error_wrap(err, r, "header copy %u", copy) : 0;
}

/* Two whole copies are of one disk, and of one moment only if they say the same. */
static int check_pair(struct span header, const struct luks2 pair[LUKS2_COPIES], struct error **err)
{
	struct span json[LUKS2_COPIES];

	for (unsigned i = 0; i < LUKS2_COPIES; i++)
		json[i] = SPAN(header.p + i * LUKS2_COPY_SIZE + LUKS2_BINARY_SIZE, LUKS2_JSON_SIZE);
	if (strcmp(pair[0].uuid, pair[1].uuid) != 0)
		return error_set(err, -ERROR_MALFORMED, "the two header copies differ in 'uuid'");
	if (pair[0].seqid == pair[1].seqid && !span_equal(json[0], json[1]))
		return error_set(err, -ERROR_MALFORMED,
				 "the two header copies have one 'seqid' and differ");
	return 0;
}

int luks2_check(struct span header, struct luks2 *ret, struct error **err)
{
	struct luks2 pair[LUKS2_COPIES] = {0};
	bool valid[LUKS2_COPIES] = {false};

	if (header.n != LUKS2_HEADER_SIZE)
		return error_set(err, -ERROR_MALFORMED, "the header has %zu bytes, not %u",
				 header.n, LUKS2_HEADER_SIZE);
	for (unsigned copy = 0; copy < LUKS2_COPIES; copy++) {
		if (!is_whole(header, copy))
			continue;

		int r = check_copy(header, copy, &pair[copy], err);

		if (r < 0)
			return r;
		valid[copy] = true;
	}
	if (!valid[0] && !valid[1])
		return error_set(err, -ERROR_MALFORMED,
				 "neither header copy has its magic and a right checksum");
	if (valid[0] && valid[1]) {
		int r = check_pair(header, pair, err);

		if (r < 0)
			return r;
	}
	*ret = !valid[0] || (valid[1] && pair[1].seqid > pair[0].seqid) ? pair[1] : pair[0];
	memcpy(ret->valid, valid, sizeof valid);
	return 0;
}

void luks2_mend(uint8_t header[LUKS2_HEADER_SIZE], const struct luks2 *checked)
{
	unsigned other = 1 - checked->copy;
	uint8_t *p = header + other * LUKS2_COPY_SIZE;

	/* Copies of one moment differ in nothing that a reader takes from them. */
	if (checked->valid[other] && get_be64(p + SEQID) == checked->seqid)
		return;
	memcpy(p, header + checked->copy * LUKS2_COPY_SIZE, LUKS2_COPY_SIZE);
	memcpy(p + MAGIC, magics[other], MAGIC_SIZE);
	put_be64(p + HDR_OFFSET, other * LUKS2_COPY_SIZE);
	luks2_seal_copy(p);
}
