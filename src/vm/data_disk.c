#include "vm/data_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "formats/json.h"
#include "vm/disk_header.h"
#include "vm/qemu.h"
#include "vm/swtpm.h"

#define RECORD "disk.json"
#define RECORD_MAX (64u << 10)
#define DISK "disk.qcow2"

void data_disk_record_release(struct data_disk_record *r)
{
	free(r->path);
	*r = (struct data_disk_record){0};
}

static int parse_record(const json_t *json, struct data_disk_record *ret, struct error **err)
{
	const char *path = json_string_value(json_object_get(json, "path"));
	const json_t *uuid = json_object_get(json, "uuid");

	if (!path || json_object_size(json) != 2 ||
	    (!json_is_null(uuid) && json_string_length(uuid) != sizeof ret->uuid - 1))
		return error_set(err, -ERROR_MALFORMED, "not the record of a disk");
	ret->exists = true;
	if (!json_is_null(uuid))
		memcpy(ret->uuid, json_string_value(uuid), sizeof ret->uuid);
	ret->path = strdup(path);
	return ret->path ? 0 : error_oom(err);
}

int data_disk_read_record(const struct instance *i, struct data_disk_record *ret,
			  struct error **err)
{
	_cleanup_free_ char *file = instance_file(i, RECORD);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(RECORD_MAX);
	struct data_disk_record record = {0};
	int r = file ? 0 : error_oom(err);

	if (r >= 0 && path_exists(file)) {
		json_t *json;

		r = file_read(file, RECORD_MAX, &text, err);
		if (r < 0)
			return r;
		json = json_loadb(buffer_text(&text), text.n, JSON_REJECT_DUPLICATES, NULL);
		r = parse_record(json, &record, err);
		json_decref(json);
		if (r < 0)
			return error_wrap(err, r, "%s", file);
	}
	if (r >= 0)
		*ret = record;
	return r;
}

static int write_record(const struct instance *i, const char *path, const char *uuid,
			struct error **err)
{
	_cleanup_free_ char *file = instance_file(i, RECORD);
	json_t *json = json_pack("{s:s, s:s?}", "path", path, "uuid", uuid[0] ? uuid : NULL);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(RECORD_MAX);
	int r = json_text(json, &text, err);

	if (r < 0)
		return r;
	return file ? file_write_private(file, buffer_span(&text), err) : error_oom(err);
}

/* The path from the root on; the file may not exist, its folder must. */
static int absolute_path(const char *path, char **ret, struct error **err)
{
	const char *name = path_basename(path);
	_cleanup_free_ char *folder =
		name == path ? strdup(".") : strndup(path, (size_t)(name - path));
	_cleanup_free_ char *real = folder ? realpath(folder, NULL) : NULL;

	if (!folder)
		return error_oom(err);
	if (!real)
		return error_errno(err, errno, "folder of the disk '%s'", path);
	if (!*name)
		return error_set(err, -EISDIR, "the disk '%s' is a folder", path);
	*ret = path_join(real, name);
	return *ret ? 0 : error_oom(err);
}

/*
 * What the disk holds. A header that is ours and not acceptable (torn, damaged) is the guest's to
 * judge: its UUID is not known here.
 */
static int look(struct data_disk *d, struct error **err)
{
	_cleanup_free_ uint8_t *header = NULL;
	struct luks2 luks;
	int r = disk_header_read(d->path, true, &header, err);

	if (r < 0)
		return r;
	d->uuid[0] = 0;
	d->initialised = luks2_is_ours(SPAN(header, LUKS2_HEADER_SIZE));
	if (d->initialised && luks2_check(SPAN(header, LUKS2_HEADER_SIZE), &luks, NULL) >= 0)
		memcpy(d->uuid, luks.uuid, sizeof d->uuid);
	return 0;
}

/* Another instance whose record has this UUID (or, if that is "", this path and that runs). */
static int find_owner(const struct data_disk_options *o, const struct data_disk *d,
		      const char *uuid, char **ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = instance_list(o->state, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n && !*ret; i++) {
		_cleanup_(instance_release) struct instance other = INSTANCE_INIT;
		_cleanup_(data_disk_record_release) struct data_disk_record record = {0};
		bool owns;

		if (string_equal(names.items[i], o->instance->name) ||
		    !instance_name_is_valid(names.items[i]))
			continue;
		/* A record that cannot be read says nothing about this disk. */
		if (instance_open(o->state, names.items[i], &other, NULL) < 0 ||
		    data_disk_read_record(&other, &record, NULL) < 0 || !record.exists)
			continue;
		owns = uuid[0] ? string_equal(record.uuid, uuid)
			       : string_equal(record.path, d->path) && instance_is_running(&other);
		if (!owns)
			continue;
		*ret = strdup(other.name);
		if (!*ret)
			return error_oom(err);
	}
	return r;
}

static int lock(const struct data_disk_options *o, struct data_disk *d, struct error **err)
{
	_cleanup_free_ char *owner = NULL;
	int r = file_try_lock(d->path, &d->lock_fd, err);

	if (r != -EWOULDBLOCK)
		return r;
	r = find_owner(o, d, "", &owner, err);
	if (r < 0)
		return r;
	return error_set(err, -EBUSY, "the disk '%s' is in use by %s%s%s", d->path,
			 owner ? "instance '" : "another run", owner ? owner : "",
			 owner ? "'" : "");
}

/* The instance has a disk, and this is not it. */
static int wrong_disk(const struct data_disk_options *o, const struct data_disk_record *record,
		      const struct data_disk *d, const char *what, struct error **err)
{
	return error_set(
		err, -ENODEV,
		"instance '%s' belongs to the disk '%s' with UUID %s, but '%s' %s: give that "
		"disk with --disk, name another instance with --instance, or delete this one "
		"with 'tdnode instance rm %s'",
		o->instance->name, record->path, record->uuid, d->path, what, o->instance->name);
}

static int check_record(const struct data_disk_options *o, const struct data_disk_record *record,
			const struct data_disk *d, bool exists, struct error **err)
{
	_cleanup_free_ char *owner = NULL, *what = NULL;
	int r;

	if (record->uuid[0] && !exists)
		return wrong_disk(o, record, d, "does not exist", err);
	if (record->uuid[0] && !d->initialised)
		return wrong_disk(o, record, d, "is blank", err);
	/* Nothing on it, or its UUID cannot be told, or it is the one that is remembered. */
	if (!d->uuid[0] || string_equal(d->uuid, record->uuid))
		return 0;
	r = find_owner(o, d, d->uuid, &owner, err);
	if (r < 0)
		return r;
	if (record->uuid[0]) {
		what = owner ? string_printf("is that of instance '%s'", owner)
			     : string_printf("has UUID %s", d->uuid);
		return what ? wrong_disk(o, record, d, what, err) : error_oom(err);
	}
	if (owner)
		return error_set(
			err, -EBUSY,
			"the disk '%s' belongs to instance '%s': run it with --instance %s, "
			"or give up what is on it with 'tdnode instance rm %s'",
			d->path, owner, owner, owner);
	return 0;
}

static int check_tpm(const struct data_disk_options *o, const struct data_disk *d,
		     struct error **err)
{
	_cleanup_free_ char *folder = instance_file(o->instance, "tpm");

	if (!folder)
		return error_oom(err);
	if (o->recovery && !d->initialised)
		return error_set(err, -ERROR_USAGE,
				 "the disk '%s' is blank: there is nothing to recover, leave "
				 "--recovery-file out",
				 d->path);
	if (!d->initialised || !o->own_tpm || o->recovery || swtpm_exists(folder))
		return 0;
	return error_set(
		err, -ENOENT,
		"the disk '%s' is initialised, but instance '%s' has no TPM that could open "
		"it: put '%s' back, start the TPM that it was made with ('tdnode swtpm'), or "
		"recover the disk with --recovery-file (docs/recovery.md)",
		d->path, o->instance->name, folder);
}

/* Whole or not at all, and never over a file that came meanwhile. */
static int make(const struct data_disk_options *o, const char *path, struct error **err)
{
	_cleanup_free_ char *temporary = string_printf("%s.new", path);
	int r;

	if (!temporary)
		return error_oom(err);
	if (o->path && o->size == 0)
		return error_set(
			err, -ENOENT,
			"the disk '%s' does not exist: give its size with --disk-size to make "
			"it",
			o->path);
	unlink(temporary);
	r = qemu_create_disk(temporary, o->size ? o->size : DATA_DISK_SIZE_DEFAULT, err);
	if (r >= 0 && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
		r = error_errno(err, errno, "cannot make the disk '%s'", path);
	if (r < 0)
		unlink(temporary);
	return r;
}

static int open_disk(const struct data_disk_options *o, struct data_disk *d, struct error **err)
{
	_cleanup_(data_disk_record_release) struct data_disk_record record = {0};
	bool exists = path_exists(d->path);
	int r = data_disk_read_record(o->instance, &record, err);

	if (r >= 0 && exists)
		r = lock(o, d, err);
	if (r >= 0 && exists)
		r = look(d, err);
	if (r >= 0)
		r = check_record(o, &record, d, exists, err);
	if (r >= 0)
		r = check_tpm(o, d, err);
	if (r >= 0 && !exists)
		r = make(o, d->path, err);
	if (r >= 0 && !exists)
		r = lock(o, d, err);
	/* Before the VM runs, so that what it makes of the disk is missed if it is gone later. */
	return r < 0 ? r
		     : write_record(o->instance, d->path, d->uuid[0] ? d->uuid : record.uuid, err);
}

int data_disk_open(const struct data_disk_options *o, struct data_disk *ret, struct error **err)
{
	_cleanup_(data_disk_release) struct data_disk d = DATA_DISK_INIT;
	_cleanup_free_ char *own = instance_file(o->instance, DISK);
	int r = own ? absolute_path(o->path ? o->path : own, &d.path, err) : error_oom(err);

	if (r >= 0)
		r = open_disk(o, &d, err);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct data_disk)DATA_DISK_INIT;
	return 0;
}

void data_disk_release(struct data_disk *d)
{
	free(d->path);
	closep(&d->lock_fd);
	*d = (struct data_disk)DATA_DISK_INIT;
}

int data_disk_note(struct data_disk *d, const struct instance *i, struct error **err)
{
	_cleanup_(data_disk_record_release) struct data_disk_record record = {0};
	int r = look(d, err);

	if (r >= 0)
		r = data_disk_read_record(i, &record, err);
	if (r < 0)
		return r;
	/* A UUID that was known is kept: a disk that lost its header is to be missed. */
	return write_record(i, d->path, d->uuid[0] ? d->uuid : record.uuid, err);
}

int data_disk_delete(const struct data_disk_record *r, struct error **err)
{
	_cleanup_(data_disk_release) struct data_disk d = DATA_DISK_INIT;
	int result;

	if (!r->exists || !path_exists(r->path))
		return 0;
	d.path = strdup(r->path);
	if (!d.path)
		return error_oom(err);
	result = file_try_lock(d.path, &d.lock_fd, err);
	if (result == -EWOULDBLOCK)
		return error_set(err, -EBUSY, "the disk '%s' is in use by another run", d.path);
	if (result >= 0)
		result = look(&d, err);
	if (result < 0)
		return result;
	if (d.uuid[0] && r->uuid[0] && !string_equal(d.uuid, r->uuid))
		return error_set(err, -EBUSY,
				 "the disk '%s' has been replaced: its UUID is %s, not %s", d.path,
				 d.uuid, r->uuid);
	return unlink(d.path) < 0 ? error_errno(err, errno, "%s", d.path) : 0;
}
