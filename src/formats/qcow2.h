/*
 * QEMU's disk images, versions 2 and 3: docs/interop/qcow2.txt of QEMU. Only reading, and only images
 * that stand for themselves: what needs another file or a key is refused.
 *
 *	struct qcow2 q;
 *	int r = qcow2_open(file, &q, err);
 *
 *	for (uint64_t i = 0; r >= 0 && i < q.clusters; i++)
 *		r = qcow2_cluster(&q, i, scratch, &content, err);
 *
 * Tables are read where they lie in the file, so an image of any size needs one cluster of memory.
 * Internal snapshots are passed over: what is read is the image's present content.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* "QFI\xfb" */
#define QCOW2_MAGIC 0x514649fbu

/* The specification's smallest and QEMU's largest cluster: 512 bytes and 2 MiB. */
#define QCOW2_CLUSTER_BITS_MIN 9
#define QCOW2_CLUSTER_BITS_MAX 21
#define QCOW2_CLUSTER_MAX (1u << QCOW2_CLUSTER_BITS_MAX)

/* Of the virtual disk: the largest disks of clouds; a header may claim 2^63 bytes. Whoever reads all of
 * it has a smaller limit. */
#define QCOW2_SIZE_MAX (64ull << 40)

struct qcow2 {
	struct span file;
	struct span l1_table; /* of the present content */
	uint32_t version;
	uint32_t cluster_bits;
	uint64_t size;	   /* of the virtual disk */
	uint64_t clusters; /* of the virtual disk, the last one maybe in part */
};

/* True if the bytes begin like an image of any version. */
bool qcow2_recognise(struct span file);

/*
 * Reads and checks the header and its extensions. Refused are versions other than 2 and 3, a backing
 * or an external data file, encryption, images marked dirty or corrupt, features that are not known
 * here, compression other than deflate, and tables that lie outside the file.
 */
_must_check_ int qcow2_open(struct span file, struct qcow2 *ret, struct error **err);

/* Bytes of the virtual disk in cluster `index`: less than a whole cluster at the end of the disk. */
static inline uint64_t qcow2_cluster_size(const struct qcow2 *q, uint64_t index)
{
	uint64_t size = 1ull << q->cluster_bits;

	return MIN(size, q->size - (index << q->cluster_bits));
}

/*
 * The content of cluster `index`, qcow2_cluster_size() bytes, which lie in the file or, of a
 * compressed cluster, in `scratch` (1 << cluster_bits bytes). An empty span stands for zeros.
 */
_must_check_ int qcow2_cluster(const struct qcow2 *q, uint64_t index, uint8_t *scratch,
			       struct span *ret, struct error **err);
