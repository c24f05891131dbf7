/* Compressed disks and tar archives of disks, expanded into a file in memory. */
#include "fuzz.h"

#include <sys/mman.h>

#include "container/image_expand.h"
#include "formats/decompress_stream.h"

/* A few bytes can stand for many: more input takes minutes. */
#define INPUT_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = SPAN(data, MIN(size, (size_t)INPUT_MAX));
	uint8_t start[IMAGE_EXPAND_PEEK];
	int fd = memfd_create("disk", MFD_CLOEXEC);
	size_t n = 0;
	bool tar;

	if (fd < 0)
		abort();
	if (image_expand_peek(file, start, &n, &tar, NULL) >= 0 && n > sizeof start)
		abort();
	if (decompress_stream_recognise(file))
		(void)!image_expand_compressed(file, fd, NULL, NULL);
	(void)!image_expand_tar(file, fd, NULL, NULL);
	close(fd);
	return 0;
}
