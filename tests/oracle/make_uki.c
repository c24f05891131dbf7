/*
 * Writes unified kernel images for the oracle scripts of this folder.
 *
 *	oracle_make_uki kernel OUT		  an x86 kernel of one section, without code
 *	oracle_make_uki stub VERSION OUT	  a stub that says it is systemd's, without code
 *	oracle_make_uki image STUB OUT NAME=FILE...
 */
#include <errno.h>

#include "base/file.h"
#include "formats/uki_write.h"
#include "tests/unit/sample_pe.h"

#define SECTIONS_MAX 16

struct inputs {
	struct file_map stub;
	struct file_map files[SECTIONS_MAX];
	struct uki_input sections[SECTIONS_MAX];
	size_t n;
};

static void inputs_release(struct inputs *in)
{
	file_map_release(&in->stub);
	for (size_t i = 0; i < in->n; i++)
		file_map_release(&in->files[i]);
}

static int write_kernel(const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);

	sample_kernel(&b, "6.12.0-sample");
	return file_write(path, buffer_span(&b), err);
}

static int write_stub(const char *version, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);

	sample_stub(&b, version);
	return file_write(path, buffer_span(&b), err);
}

/* Maps "NAME=FILE"; the argument is cut at "=". */
static int add_section(struct inputs *in, char *argument, struct error **err)
{
	char *equals = strchr(argument, '=');

	if (!equals || in->n == SECTIONS_MAX)
		return error_set(err, -EINVAL, "'%s': no '=' or too many sections", argument);
	*equals = '\0';

	int r = file_map(equals + 1, &in->files[in->n], err);

	if (r < 0)
		return r;
	in->sections[in->n] = (struct uki_input){argument, in->files[in->n].data};
	in->n++;
	return 0;
}

static int write_image(const char *stub, const char *path, char **sections, struct error **err)
{
	_cleanup_(inputs_release) struct inputs in = {0};
	_cleanup_(uki_image_release) struct uki_image image = {0};
	_cleanup_(output_release) struct output out = OUTPUT_INIT;
	int r = file_map(stub, &in.stub, err);

	for (; r >= 0 && *sections; sections++)
		r = add_section(&in, *sections, err);
	if (r >= 0)
		r = uki_assemble(in.stub.data, in.sections, in.n, &image, err);
	if (r >= 0)
		r = output_open(path, &out, err);
	for (size_t i = 0; r >= 0 && i < image.n_pieces; i++)
		r = write_full(out.fd, image.pieces[i]);
	if (r >= 0)
		r = output_commit(&out, err);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = -EINVAL;

	if (argc == 3 && string_equal(argv[1], "kernel"))
		r = write_kernel(argv[2], &err);
	else if (argc == 4 && string_equal(argv[1], "stub"))
		r = write_stub(argv[2], argv[3], &err);
	else if (argc >= 4 && string_equal(argv[1], "image"))
		r = write_image(argv[2], argv[3], argv + 4, &err);
	else
		error_set(&err, r, "see the top of tests/oracle/make_uki.c");
	if (r >= 0)
		return 0;
	fprintf(stderr, "%s\n", error_message(err));
	return 1;
}
