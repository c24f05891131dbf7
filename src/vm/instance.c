#include "vm/instance.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/json.h"

#define RECORD "instance.json"
#define RECORD_MAX (64u << 10)
#define AUTHORITY ".tpm-root"
#define NAME_MAX_LENGTH 64

void instance_release(struct instance *i)
{
	free(i->name);
	free(i->path);
	closep(&i->lock_fd);
	*i = (struct instance)INSTANCE_INIT;
}

void instance_record_release(struct instance_record *r)
{
	free(r->image);
	free(r->accelerator);
	free(r->sha256);
	free(r->registers);
	*r = (struct instance_record){0};
}

bool instance_name_is_valid(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n <= NAME_MAX_LENGTH && name[n] == 0 && name[0] != '.';
}

static char *state_folder(const char *state)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state)
		return strdup(state);
	if (xdg && xdg[0] == '/')
		return path_join(xdg, "tdnode");
	return home && home[0] == '/' ? path_join(home, ".local/state/tdnode") : NULL;
}

int instance_open(const char *state, const char *name, struct instance *ret, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *folder = state_folder(state);
	_cleanup_free_ char *path = folder ? path_join(folder, name) : NULL;
	int r;

	if (!path)
		return error_set(err, -ENOENT, "no folder for instances: set HOME or use --state");
	if (!instance_name_is_valid(name))
		return error_set(err, -ERROR_USAGE, "'%s' is not a name for an instance", name);
	r = directory_make(path, err);
	if (r < 0)
		return r;
	/* QEMU and swtpm start in other folders. */
	i.path = realpath(path, NULL);
	i.name = strdup(name);
	if (!i.path || !i.name)
		return error_oom(err);
	/* What is in it opens the disk: the TPM's state, sockets. Folders of others are mended. */
	if (chmod(i.path, 0700) < 0)
		return error_errno(err, errno, "%s", i.path);
	*ret = i;
	i = (struct instance)INSTANCE_INIT;
	return 0;
}

char *instance_file(const struct instance *i, const char *name)
{
	return path_join(i->path, name);
}

char *instance_authority(const struct instance *i)
{
	const char *name = path_basename(i->path);

	return string_printf("%.*s" AUTHORITY, (int)(name - i->path), i->path);
}

char *instance_authority_of(const char *state)
{
	_cleanup_free_ char *folder = state_folder(state);

	return folder ? path_join(folder, AUTHORITY) : NULL;
}

/* The TPM's state opens the disk, and the console may hold what a client says: 0600, folders 0700. */
static int make_private(const char *folder, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(folder, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		struct stat st;

		if (!path)
			return error_oom(err);
		if (lstat(path, &st) < 0)
			return error_errno(err, errno, "%s", path);
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			continue;
		if ((st.st_mode & (S_IRWXG | S_IRWXO)) && chmod(path, st.st_mode & S_IRWXU) < 0)
			return error_errno(err, errno, "%s", path);
		if (S_ISDIR(st.st_mode))
			r = make_private(path, err);
	}
	return r;
}

int instance_lock(struct instance *i, struct error **err)
{
	_cleanup_free_ char *path = instance_file(i, "lock");
	int r = path ? file_try_lock(path, &i->lock_fd, err) : error_oom(err);

	if (r == -EWOULDBLOCK)
		return error_set(
			err, -EBUSY,
			"instance '%s' is already running: stop it with 'tdnode stop %s', or give "
			"another name with --instance",
			i->name, i->name);
	if (r < 0)
		return r;
	umask(S_IRWXG | S_IRWXO);
	return make_private(i->path, err);
}

bool instance_is_running(const struct instance *i)
{
	_cleanup_free_ char *path = instance_file(i, "lock");
	_cleanup_close_ int fd = -1;

	return path && file_try_lock(path, &fd, NULL) == -EWOULDBLOCK;
}

int instance_write_record(const struct instance *i, const struct instance_record *r,
			  struct error **err)
{
	_cleanup_free_ char *path = instance_file(i, RECORD);
	json_t *json = json_pack("{s:s, s:I, s:I, s:i, s:i, s:i, s:s, s:s?, s:s?}", "image",
				 r->image, "pid", (json_int_t)r->pid, "started",
				 (json_int_t)r->started, "rpc_port", r->rpc_port, "attest_port",
				 r->attest_port, "ssh_port", r->ssh_port, "accelerator",
				 r->accelerator, "sha256", r->sha256, "registers", r->registers);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(RECORD_MAX);
	int result = json_text(json, &text, err);

	if (result < 0)
		return result;
	return path ? file_write_private(path, buffer_span(&text), err) : error_oom(err);
}

int instance_read_record(const struct instance *i, struct instance_record *ret, struct error **err)
{
	_cleanup_free_ char *path = instance_file(i, RECORD);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(RECORD_MAX);
	json_error_t e;
	const char *image, *accelerator, *sha256, *registers;
	json_int_t attest_port;
	json_int_t pid, started;
	int rpc_port, ssh_port;
	int r = path ? file_read(path, RECORD_MAX, &text, err) : error_oom(err);

	if (r < 0)
		return r;

	json_t *json = json_loadb(buffer_text(&text), text.n, JSON_REJECT_DUPLICATES, &e);

	if (json_unpack_ex(json, &e, 0, "{s:s, s:I, s:I, s:i, s:i, s:s}", "image", &image, "pid",
			   &pid, "started", &started, "rpc_port", &rpc_port, "ssh_port", &ssh_port,
			   "accelerator", &accelerator) < 0 ||
	    rpc_port < 0 || rpc_port > UINT16_MAX || ssh_port < 0 || ssh_port > UINT16_MAX) {
		json_decref(json);
		return error_set(err, -ERROR_MALFORMED, "%s: %s", path, e.text);
	}
	attest_port = json_integer_value(json_object_get(json, "attest_port"));
	sha256 = json_string_value(json_object_get(json, "sha256"));
	registers = json_string_value(json_object_get(json, "registers"));
	*ret = (struct instance_record){
		.image = strdup(image),
		.pid = pid,
		.started = started,
		.rpc_port = (uint16_t)rpc_port,
		.attest_port =
			attest_port > 0 && attest_port <= UINT16_MAX ? (uint16_t)attest_port : 0,
		.ssh_port = (uint16_t)ssh_port,
		.accelerator = strdup(accelerator),
		.sha256 = sha256 ? strdup(sha256) : NULL,
		.registers = registers ? strdup(registers) : NULL,
	};
	json_decref(json);
	if (ret->image && ret->accelerator)
		return 0;
	instance_record_release(ret);
	return error_oom(err);
}

void instance_remove_record(const struct instance *i)
{
	_cleanup_free_ char *path = instance_file(i, RECORD);

	if (path)
		unlink(path);
}

int instance_list(const char *state, struct string_list *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_free_ char *folder = state_folder(state);
	int r;

	if (!folder)
		return error_set(err, -ENOENT, "no folder for instances: set HOME or use --state");
	r = path_exists(folder) ? directory_list(folder, &names, err) : 0;
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (instance_name_is_valid(names.items[i]) &&
		    string_list_add(ret, names.items[i]) < 0)
			r = error_oom(err);
	}
	return r;
}
