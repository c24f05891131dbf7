#include "fuzz.h"

#include "formats/luks2.h"

/*
 * One byte of options, the fields of a binary header, and text of the metadata. With TWO_TEXTS the copies
 * differ: the text of copy 1 follows that of copy 0 after a zero byte, and its sequence is one higher.
 */
enum {
	NO_CHECKSUM = 1, /* of copy 0, so that copy 1 alone counts */
	ONE_COPY = 2,
	TWO_TEXTS = 4,
	FIELDS_SIZE = 512,
};

static void lay_copy(uint8_t *copy, struct span fields, struct span json, unsigned number)
{
	memcpy(copy, fields.p, fields.n);
	copy[0] ^= number ? 'L' ^ 'S' : 0;
	copy[1] ^= number ? 'U' ^ 'K' : 0;
	copy[2] ^= number ? 'K' ^ 'U' : 0;
	copy[3] ^= number ? 'S' ^ 'L' : 0;
	put_be64(copy + 256, get_be64(copy + 256) + number * LUKS2_COPY_SIZE);
	if (json.n)
		memcpy(copy + LUKS2_BINARY_SIZE, json.p, json.n);
	luks2_seal_copy(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t header[LUKS2_HEADER_SIZE];
	struct luks2 l, again;

	if (size < 1 + FIELDS_SIZE || size > 1 + FIELDS_SIZE + LUKS2_JSON_SIZE)
		return 0;
	memset(header, 0, LUKS2_COPIES * LUKS2_COPY_SIZE);

	struct span fields = {data + 1, FIELDS_SIZE};
	struct span json = {data + 1 + FIELDS_SIZE, size - 1 - FIELDS_SIZE};

	struct span second = json;
	const uint8_t *zero = json.n ? memchr(json.p, 0, json.n) : NULL;

	if (data[0] & TWO_TEXTS && zero) {
		json.n = (size_t)(zero - json.p);
		second = span_skip(second, json.n + 1);
	}
	lay_copy(header, fields, json, 0);
	if (!(data[0] & ONE_COPY)) {
		lay_copy(header + LUKS2_COPY_SIZE, fields, second, 1);
		if (data[0] & TWO_TEXTS) {
			put_be64(header + LUKS2_COPY_SIZE + 16, get_be64(header + 16) + 1);
			luks2_seal_copy(header + LUKS2_COPY_SIZE);
		}
	}
	if (data[0] & NO_CHECKSUM)
		header[450] ^= 1;
	if (luks2_check(SPAN(header, sizeof(header)), &l, NULL) < 0)
		return 0;
	/* Its policy is another one, but for an input that a fuzzer cannot know. */
	if (tpm_sealed_name(SPAN(l.tpm.public, l.tpm.public_size), &(struct digest){0},
			    &(struct tpm_name){0}, NULL) >= 0 &&
	    l.tpm.public_size != TPM_SEALED_PUBLIC_SIZE)
		abort();
	if (!luks2_is_ours(SPAN(header, sizeof(header))))
		abort();
	luks2_mend(header, &l);
	if (luks2_check(SPAN(header, sizeof(header)), &again, NULL) < 0 || !again.valid[0] ||
	    !again.valid[1] || again.seqid != l.seqid ||
	    memcmp(again.slots, l.slots, sizeof(l.slots)) != 0)
		abort();
	return 0;
}
