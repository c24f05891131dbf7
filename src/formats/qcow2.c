#include "formats/qcow2.h"

#include <errno.h>
#include <inttypes.h>
#include <zlib.h>

#define HEADER_SIZE_V2 72u
#define HEADER_SIZE_V3 104u
/* Where the header of version 3 holds more than HEADER_SIZE_V3 bytes. */
#define COMPRESSION_TYPE 104u

/* incompatible_features */
#define FEATURE_DIRTY (1ull << 0)
#define FEATURE_CORRUPT (1ull << 1)
#define FEATURE_EXTERNAL_DATA (1ull << 2)
#define FEATURE_COMPRESSION_TYPE (1ull << 3)
#define FEATURE_EXTENDED_L2 (1ull << 4)

/* Header extensions whose presence matters; all others may be passed over. */
#define EXTENSION_END 0u
#define EXTENSION_ENCRYPTION 0x0537be77u
#define EXTENSION_EXTERNAL_DATA 0x44415441u

#define ENTRY_SIZE 8u
#define ENTRY_OFFSET 0x00fffffffffffe00ull
#define L1_RESERVED 0x7f000000000001ffull
#define L2_COMPRESSED (1ull << 62)
#define L2_RESERVED 0x3f000000000001feull
#define L2_ZERO 1ull

#define SECTOR 512u
/* The window with which QEMU deflates, as a raw stream. */
#define DEFLATE_WINDOW (-12)

bool qcow2_recognise(struct span file)
{
	return file.n >= 4 && get_be32(file.p) == QCOW2_MAGIC;
}

static int check_features(uint64_t features, struct error **err)
{
	static const struct {
		uint64_t bit;
		const char *message;
	} refused[] = {
		{FEATURE_DIRTY,
		 "is marked dirty: it was not closed; 'qemu-img check -r all' mends it"},
		{FEATURE_CORRUPT, "is marked corrupt"},
		{FEATURE_EXTERNAL_DATA, "keeps its data in an external file"},
		{FEATURE_EXTENDED_L2,
		 "has extended L2 entries: convert it with 'qemu-img convert'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (features & refused[i].bit)
			return error_set(err, -ERROR_UNSUPPORTED, "qcow2: the image %s",
					 refused[i].message);
	features &= ~FEATURE_COMPRESSION_TYPE;
	if (features)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "qcow2: unknown incompatible features 0x%" PRIx64, features);
	return 0;
}

/* Walks the extensions at `offset`, which end with a type of 0 or with the first cluster. */
static int check_extensions(struct span first_cluster, size_t offset, struct error **err)
{
	struct reader r = reader_init(span_skip(first_cluster, offset));

	while (r.rest.n >= 8) {
		uint32_t type = reader_be32(&r);
		uint64_t length = reader_be32(&r);

		if (type == EXTENSION_END)
			return 0;
		if (type == EXTENSION_ENCRYPTION)
			return error_set(err, -ERROR_UNSUPPORTED, "qcow2: the image is encrypted");
		if (type == EXTENSION_EXTERNAL_DATA)
			return error_set(err, -ERROR_UNSUPPORTED,
					 "qcow2: the image keeps its data in an external file");
		reader_bytes(&r, align_up(length, 8));
		if (!reader_ok(&r))
			return error_set(err, -ERROR_MALFORMED,
					 "qcow2: header extension 0x%08" PRIx32 " of %" PRIu64
					 " bytes does not fit in the first cluster",
					 type, length);
	}
	return 0;
}

/* The fields that only version 3 has. *ret is the length of the header. */
static int check_version_3(struct span file, uint32_t *ret, struct error **err)
{
	if (file.n < HEADER_SIZE_V3)
		return error_set(err, -ERROR_MALFORMED, "qcow2: %zu bytes are not a header",
				 file.n);

	uint64_t features = get_be64(file.p + 72);
	uint32_t length = get_be32(file.p + 100);
	int r = check_features(features, err);

	if (r < 0)
		return r;
	if (length < HEADER_SIZE_V3 || length % 8 != 0 || length > file.n)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: header length %" PRIu32 " is not plausible", length);

	uint8_t compression = length > COMPRESSION_TYPE ? file.p[COMPRESSION_TYPE] : 0;

	if ((compression != 0) != ((features & FEATURE_COMPRESSION_TYPE) != 0))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: compression type %u contradicts the features",
				 compression);
	if (compression != 0)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "qcow2: compression type %u is not deflate (0): convert it with "
				 "'qemu-img convert'",
				 compression);
	*ret = length;
	return 0;
}

/* The fields that both versions have. */
static int check_header(struct span file, struct qcow2 *q, struct error **err)
{
	q->version = get_be32(file.p + 4);
	q->cluster_bits = get_be32(file.p + 20);
	q->size = get_be64(file.p + 24);
	if (q->version != 2 && q->version != 3)
		return error_set(err, -ERROR_UNSUPPORTED, "qcow2: version %" PRIu32 ", not 2 or 3",
				 q->version);
	if (get_be64(file.p + 8) != 0)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "qcow2: the image needs a backing file: convert it with "
				 "'qemu-img convert'");
	if (q->cluster_bits < QCOW2_CLUSTER_BITS_MIN || q->cluster_bits > QCOW2_CLUSTER_BITS_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: clusters of 2^%" PRIu32 " bytes, not 2^%d to 2^%d",
				 q->cluster_bits, QCOW2_CLUSTER_BITS_MIN, QCOW2_CLUSTER_BITS_MAX);
	if (q->size == 0 || q->size > QCOW2_SIZE_MAX)
		return error_set(err, -EFBIG, "qcow2: a disk of %" PRIu64 " bytes, not 1 to %llu",
				 q->size, QCOW2_SIZE_MAX);
	if (get_be32(file.p + 32) != 0)
		return error_set(err, -ERROR_UNSUPPORTED, "qcow2: the image is encrypted");
	return 0;
}

static int find_l1_table(struct span file, struct qcow2 *q, struct error **err)
{
	uint64_t cluster = 1ull << q->cluster_bits;
	uint64_t per_table = cluster / ENTRY_SIZE;
	uint64_t n = get_be32(file.p + 36);
	uint64_t offset = get_be64(file.p + 40);

	q->clusters = (q->size + cluster - 1) >> q->cluster_bits;

	uint64_t needed = (q->clusters + per_table - 1) / per_table;

	if (n < needed)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: the L1 table has %" PRIu64
				 " entries, but the disk needs %" PRIu64,
				 n, needed);
	if (offset % cluster != 0 || offset == 0 ||
	    !span_slice(file, offset, n * ENTRY_SIZE, &q->l1_table))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: the L1 table at 0x%" PRIx64 " with %" PRIu64
				 " entries is misplaced or outside the file",
				 offset, n);
	return 0;
}

int qcow2_open(struct span file, struct qcow2 *ret, struct error **err)
{
	struct qcow2 q = {.file = file};
	uint32_t header_length = HEADER_SIZE_V2;
	struct span first_cluster;

	if (!qcow2_recognise(file))
		return error_set(err, -ERROR_MALFORMED, "qcow2: the magic is missing");
	if (file.n < HEADER_SIZE_V2)
		return error_set(err, -ERROR_MALFORMED, "qcow2: %zu bytes are not a header",
				 file.n);

	int r = check_header(file, &q, err);

	if (r >= 0 && q.version == 3)
		r = check_version_3(file, &header_length, err);
	if (r < 0)
		return r;
	if (!span_slice(file, 0, 1ull << q.cluster_bits, &first_cluster) ||
	    header_length > first_cluster.n)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: the file ends within its first cluster");
	r = check_extensions(first_cluster, header_length, err);
	if (r >= 0)
		r = find_l1_table(file, &q, err);
	if (r < 0)
		return r;
	*ret = q;
	return 0;
}

/* The entry of the L2 table for a cluster; 0 where there is no table. */
static int read_l2_entry(const struct qcow2 *q, uint64_t index, uint64_t *ret, struct error **err)
{
	uint32_t l2_bits = q->cluster_bits - 3;
	uint64_t l1_index = index >> l2_bits;
	uint64_t l2_index = index & ((1ull << l2_bits) - 1);
	uint64_t l1_entry = get_be64(q->l1_table.p + l1_index * ENTRY_SIZE);
	uint64_t offset = l1_entry & ENTRY_OFFSET;
	struct span table;

	*ret = 0;
	if (l1_entry & L1_RESERVED)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: L1 entry %" PRIu64 " is 0x%" PRIx64
				 ": reserved bits are set",
				 l1_index, l1_entry);
	if (offset == 0)
		return 0;
	if (offset % (1ull << q->cluster_bits) != 0 ||
	    !span_slice(q->file, offset, 1ull << q->cluster_bits, &table))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: the L2 table of L1 entry %" PRIu64 " at 0x%" PRIx64
				 " is misplaced or outside the file",
				 l1_index, offset);
	*ret = get_be64(table.p + l2_index * ENTRY_SIZE);
	return 0;
}

static int read_standard(const struct qcow2 *q, uint64_t index, uint64_t entry, struct span *ret,
			 struct error **err)
{
	uint64_t reserved = L2_RESERVED | (q->version == 2 ? L2_ZERO : 0);
	uint64_t offset = entry & ENTRY_OFFSET;

	if (entry & reserved)
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: cluster %" PRIu64 ": entry 0x%" PRIx64
				 " has reserved bits set",
				 index, entry);
	*ret = (struct span){0};
	if (entry & L2_ZERO || offset == 0)
		return 0;
	if (offset % (1ull << q->cluster_bits) != 0 ||
	    !span_slice(q->file, offset, qcow2_cluster_size(q, index), ret))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: cluster %" PRIu64 " at 0x%" PRIx64
				 " is misplaced or outside the file",
				 index, offset);
	return 0;
}

/* Inflates until `n` bytes have come out: what follows them in the last sector is not looked at. */
static bool inflate_cluster(struct span compressed, uint8_t *out, size_t n)
{
	z_stream stream = {
		.next_in = (Bytef *)(uintptr_t)compressed.p,
		.avail_in = (uInt)compressed.n,
		.next_out = out,
		.avail_out = (uInt)n,
	};

	if (inflateInit2(&stream, DEFLATE_WINDOW) != Z_OK)
		return false;

	int r = inflate(&stream, Z_FINISH);

	inflateEnd(&stream);
	return (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK) && stream.avail_out == 0;
}

static int read_compressed(const struct qcow2 *q, uint64_t index, uint64_t entry, uint8_t *scratch,
			   struct span *ret, struct error **err)
{
	uint32_t offset_bits = 62 - (q->cluster_bits - 8);
	uint64_t descriptor = entry & (L2_COMPRESSED - 1);
	uint64_t offset = descriptor & ((1ull << offset_bits) - 1);
	uint64_t sectors = (descriptor >> offset_bits) + 1;
	uint64_t size = sectors * SECTOR - offset % SECTOR;
	struct span compressed;

	/* Files need not be filled up to the end of the last sector. */
	if (offset < q->file.n)
		size = MIN(size, q->file.n - offset);
	if (offset == 0 || !span_slice(q->file, offset, size, &compressed))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: compressed cluster %" PRIu64 " at 0x%" PRIx64
				 " lies outside the file",
				 index, offset);
	if (!inflate_cluster(compressed, scratch, 1ull << q->cluster_bits))
		return error_set(err, -ERROR_MALFORMED,
				 "qcow2: compressed cluster %" PRIu64 " at 0x%" PRIx64
				 " is damaged",
				 index, offset);
	*ret = SPAN(scratch, qcow2_cluster_size(q, index));
	return 0;
}

int qcow2_cluster(const struct qcow2 *q, uint64_t index, uint8_t *scratch, struct span *ret,
		  struct error **err)
{
	uint64_t entry;
	int r = read_l2_entry(q, index, &entry, err);

	if (r < 0)
		return r;
	if (entry & L2_COMPRESSED)
		return read_compressed(q, index, entry, scratch, ret, err);
	return read_standard(q, index, entry, ret, err);
}
