/*
 * Compiles a probe in a build root with the build root's own compiler, and runs it there: what it prints
 * is what a command of a build can do.
 *
 *	oracle_build_sandbox ROOT FOLDER    (FOLDER/probe.c; the result goes there, too)
 */
#include <stdio.h>

#include "image/build_root.h"

static int run(const struct build_root *b, const char *folder, const char *const *argv,
	       struct buffer *output, struct error **err)
{
	const struct sandbox_folder folders[] = {{folder, "/work/out", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work/out", -1};

	return build_root_run(b, &command, output, err);
}

int main(int argc, char **argv)
{
	static const char *const compile[] = {"gcc", "-Wall", "-o", "probe", "probe.c", NULL};
	static const char *const probe[] = {"/work/out/probe", NULL};
	_cleanup_(buffer_release) struct buffer output = BUFFER_INIT(1 << 16);
	_cleanup_error_ struct error *error = NULL;
	struct build_root b = {.path = argc > 1 ? argv[1] : NULL};
	int r;

	if (argc != 3)
		return 2;
	r = run(&b, argv[2], compile, NULL, &error);
	if (r >= 0)
		r = run(&b, argv[2], probe, &output, &error);
	if (r < 0)
		fprintf(stderr, "%s\n", error_message(error));
	fputs(output.n ? buffer_text(&output) : "", stdout);
	return r < 0;
}
