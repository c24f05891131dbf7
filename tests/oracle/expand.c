/* Writes the content of an image file, as measurement sees it, for comparison: expand FILE OUTPUT */
#include <stdio.h>

#include "container/image_file.h"

int main(int argc, char **argv)
{
	_cleanup_(image_file_release) struct image_file f = {0};
	_cleanup_error_ struct error *err = NULL;

	if (argc != 3)
		return 2;
	if (image_file_open(argv[1], NULL, &f, &err) < 0 ||
	    file_write(argv[2], f.content, &err) < 0) {
		fprintf(stderr, "%s\n", error_message(err));
		return 1;
	}
	return 0;
}
