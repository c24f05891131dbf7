/* A whole file as one piece. */
#pragma once

#include "base/file.h"
#include "image/pieces.h"

static inline int pieces_of_file(const char *path, struct pieces *ret, struct error **err)
{
	_cleanup_(pieces_release) struct pieces p = {0};
	_cleanup_close_ int fd = -1;
	int file;
	int r = file_open(path, &fd, &p.size, err);

	if (r >= 0)
		r = pieces_open(&p, path, &file, err);
	if (r >= 0)
		r = pieces_add_file(&p, 0, p.size, file, 0, err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct pieces){0};
	return 0;
}
