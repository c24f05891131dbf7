#include "measure/inputs.h"

#include <errno.h>

void inputs_release(struct inputs *in)
{
	image_file_release(&in->file);
	disk_release(&in->disk);
	file_map_release(&in->loader);
	buffer_release(&in->loader_conf);
	loader_choice_release(&in->choice);
	companion_list_release(&in->beside);
	machine_inputs_release(&in->machine);
	*in = (struct inputs){0};
}

static int open_disk(struct inputs *in, const struct input_options *o, struct error **err)
{
	if (o->loader || o->loader_conf || o->beside || o->global)
		return error_set(err, -EINVAL,
				 "a disk: boot loader and files beside the image are read from it, "
				 "not from arguments");

	int r = disk_open(in->file.content, o->entry, &in->disk, err);

	if (r < 0)
		return r;
	in->image_path = in->disk.image_path;
	in->files = (struct boot_files){
		.image = in->disk.image.content,
		.loader = in->disk.loader.content,
		.loader_conf = in->disk.loader_conf.content,
		.start = in->disk.start,
		.initrd = buffer_span(&in->disk.initrd),
		.initrd_unknown = in->disk.initrd_unknown,
		.loader_drivers = in->disk.has_drivers,
		.beside_unknown = in->disk.beside_unknown,
		.gpt = buffer_span(&in->disk.gpt_event),
		.companions = &in->disk.companions,
		.global_extensions = in->disk.has_global_extensions,
	};
	return 0;
}

/* `folders`: where the file may lie; the first that knows its kind of name takes it. */
static int take_beside(struct inputs *in, const char *path, const enum companion_folder *folders,
		       size_t n, struct error **err)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(COMPANIONS_SIZE_MAX);
	const char *name = path_basename(path);
	enum companion_kind kind;
	size_t i = 0;

	while (i < n && !companion_recognise(name, folders[i], &kind))
		i++;
	if (i == n)
		return error_set(err, -EINVAL,
				 "%s: systemd's stub takes no file of that name there", path);

	int r = file_read(path, COMPANIONS_SIZE_MAX, &content, err);

	return r < 0 ? r : companion_list_take(&in->beside, kind, name, &content, err);
}

static int take_all_beside(struct inputs *in, const struct input_options *o, struct error **err)
{
	static const enum companion_folder own[] = {COMPANION_FOLDER_IMAGE};
	static const enum companion_folder global[] = {COMPANION_FOLDER_ADDONS,
						       COMPANION_FOLDER_CREDENTIALS};
	int r = 0;

	for (size_t i = 0; r >= 0 && o->beside && i < o->beside->n; i++)
		r = take_beside(in, o->beside->items[i], own, ARRAY_SIZE(own), err);
	for (size_t i = 0; r >= 0 && o->global && i < o->global->n; i++)
		r = take_beside(in, o->global->items[i], global, ARRAY_SIZE(global), err);
	return r;
}

/* systemd-boot's entries are those of the image alone. */
static int add_entries(void *context, struct loader_entries *l, struct error **err)
{
	const struct inputs *in = context;

	return loader_entries_add_image(l, 0, in->name, in->file.content, err);
}

/* Which of the image's profiles systemd-boot starts. It may start an image that it does not find by
 * itself, by a text entry: that is told by nothing, and then the first profile is. */
static int choose_profile(struct inputs *in, const char *entry, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	struct loader_search search = {
		.conf = buffer_span(&in->loader_conf),
		.wanted = entry,
		.add_entries = add_entries,
		.context = in,
	};
	int r = loader_version_of(in->loader.data, &search.version, err);

	if (r < 0)
		return error_wrap(err, r, "boot loader");
	r = loader_find(&search, &in->choice, &e);
	if (r == -ENOENT && !entry)
		return 0;
	return r < 0 ? error_move(err, r, &e) : 0;
}

static int open_image(struct inputs *in, const struct input_options *o, struct error **err)
{
	int r = 0;

	if (o->entry && !o->loader)
		return error_set(err, -EINVAL,
				 "a unified kernel image: there is no entry to choose");
	if (o->loader)
		r = file_map(o->loader, &in->loader, err);
	in->loader_conf = (struct buffer)BUFFER_INIT(DISK_LOADER_CONF_MAX);
	if (r >= 0 && o->loader_conf)
		r = file_read(o->loader_conf, DISK_LOADER_CONF_MAX, &in->loader_conf, err);
	if (r >= 0 && o->loader)
		r = choose_profile(in, o->entry, err);
	if (r >= 0)
		r = take_all_beside(in, o, err);
	if (r < 0)
		return r;
	in->files = (struct boot_files){
		.image = in->file.content,
		.loader = in->loader.data,
		.start = in->choice.start,
		.loader_conf = buffer_span(&in->loader_conf),
	};
	return 0;
}

int inputs_open(const char *path, const struct input_options *options, struct inputs *ret,
		struct error **err)
{
	_cleanup_(inputs_release) struct inputs in = {0};
	int r = image_file_open(path, options->progress, &in.file, err);

	if (r < 0)
		return r;
	in.name = path_basename(path);
	if (in.file.format == IMAGE_FILE_UKI)
		r = open_image(&in, options, err);
	else
		r = open_disk(&in, options, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	r = machine_inputs_open(&options->machine, &in.machine, err);
	if (r < 0)
		return r;
	*ret = in;
	in = (struct inputs){0};
	/* These lie in the struct itself. */
	ret->files.companions = ret->image_path ? &ret->disk.companions : &ret->beside;
	return 0;
}
