#include "fuzz.h"

#include "formats/qcow2.h"

/* Of a disk with more clusters, only the first and the last are read. */
#define CLUSTERS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *scratch = NULL;
	struct span content;
	struct qcow2 q;

	if (qcow2_open(SPAN(data, size), &q, NULL) < 0)
		return 0;
	scratch = malloc(1ull << q.cluster_bits);
	for (uint64_t i = 0; scratch && i < q.clusters && i < CLUSTERS_MAX; i++) {
		uint64_t last = q.clusters - 1 - i;

		(void)!qcow2_cluster(&q, i, scratch, &content, NULL);
		(void)!qcow2_cluster(&q, last, scratch, &content, NULL);
	}
	return 0;
}
