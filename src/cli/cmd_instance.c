/*
 * tdnode instance rm NAME: deletes an instance.
 */
#include "cli/command.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/shared_options.h"
#include "vm/data_disk.h"

struct instance_arguments {
	const char *name;
	const char *state;
	bool yes;
	bool keep_disk;
};

static const struct option_spec options[] = {
	OPTION_FLAG("yes", struct instance_arguments, yes,
		    "do not ask; needed where there is no terminal"),
	OPTION_FLAG("keep-disk", struct instance_arguments, keep_disk,
		    "leave the disk: without the TPM only the recovery key opens it"),
	OPTION_STATE(struct instance_arguments, state),
	OPTIONS_END,
};

static int open_instance(const struct instance_arguments *a, struct instance *ret,
			 struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	int r = instance_list(a->state, &names, err);

	if (r >= 0 && !string_list_has(&names, a->name))
		return error_set(err, -ENOENT, "no instance '%s': 'tdnode ps' lists them", a->name);
	if (r >= 0)
		r = instance_open(a->state, a->name, &i, err);
	if (r < 0)
		return r;
	if (instance_is_running(&i))
		return error_set(err, -EBUSY,
				 "instance '%s' is running: stop it first with 'tdnode stop %s'",
				 i.name, i.name);
	r = instance_lock(&i, err);
	if (r < 0)
		return r;
	*ret = i;
	i = (struct instance)INSTANCE_INIT;
	return 0;
}

static bool is_inside(const char *path, const char *folder)
{
	return string_starts(path, folder) && path[strlen(folder)] == '/';
}

/* The question goes where messages go; the answer comes from a terminal. */
static int ask(const struct instance *i, const struct data_disk_record *disk, struct error **err)
{
	struct stat st;
	char answer[16];

	if (!isatty(STDIN_FILENO))
		return error_set(
			err, -ERROR_USAGE,
			"there is no terminal to ask at: give --yes to delete instance '%s'",
			i->name);
	fprintf(stderr, "Delete instance '%s' with its TPM", i->name);
	if (disk && disk->exists && stat(disk->path, &st) == 0)
		fprintf(stderr, " and its disk '%s' (%.1f MiB, %s)", disk->path,
			(double)st.st_blocks * 512 / (1 << 20),
			disk->uuid[0] ? "initialised" : "never initialised");
	fputs("? Nothing brings it back. [y/N] ", stderr);
	fflush(stderr);
	if (!fgets(answer, sizeof answer, stdin) ||
	    (!string_equal(answer, "y\n") && !string_equal(answer, "yes\n")))
		return error_set(err, -ECANCELED, "nothing was deleted");
	return 0;
}

static int run_instance(int argc, char **argv, struct error **err)
{
	struct instance_arguments a = {0};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_(data_disk_record_release) struct data_disk_record disk = {0};
	int r = command_parse(&command_instance, argc, argv, &a, err);

	if (r >= 0)
		r = open_instance(&a, &i, err);
	/* A record that is damaged must not keep an instance from being deleted; its disk then stays. */
	if (r >= 0 && data_disk_read_record(&i, &disk, NULL) < 0)
		fprintf(stderr,
			"tdnode: the record of its disk is damaged: a disk outside '%s' stays\n",
			i.path);
	if (r >= 0 && a.keep_disk && disk.exists && is_inside(disk.path, i.path))
		return error_set(
			err, -ERROR_USAGE,
			"the disk '%s' is in the instance's folder: move it elsewhere first",
			disk.path);
	if (r >= 0 && !a.yes)
		r = ask(&i, a.keep_disk ? NULL : &disk, err);
	/* First the disk: what is left of an instance after a cut can be deleted again. */
	if (r >= 0 && !a.keep_disk)
		r = data_disk_delete(&disk, err);
	if (r >= 0)
		r = directory_remove(i.path, err);
	if (r >= 0)
		printf("%s deleted\n", i.name);
	return r;
}

const struct command command_instance = {
	.name = "instance",
	.summary = "delete an instance",
	.forms = {{.verb = "rm", .operands = {OPERAND("NAME", struct instance_arguments, name)}}},
	.about = "Deletes an instance of 'tdnode run' that does not run: its TPM, its firmware "
		 "variables, its logs and its persistent disk, wherever that lies. What is on the "
		 "disk is lost. Asks first.",
	.options = options,
	.example = "tdnode instance rm devnet",
	.run = run_instance,
};
