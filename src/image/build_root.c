#include "image/build_root.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/process.h"
#include "image/build_root_filter.h"
#include "image/package_trees.h"
#include "tree/tree.h"

/* Part of the key: another way to lay out the folder makes another folder. */
#define LAYOUT "build-root 1\n"

/* bubblewrap's own options, three for each folder, and the command. */
#define ARGUMENTS_MAX 512

/* What the folder is made from, and whether it was looked at since. */
struct build_root_origin {
	const struct store *store;
	const struct lock_set *packages;
	pthread_mutex_t mutex;
	bool whole;
};

void build_root_release(struct build_root *b)
{
	if (b->origin)
		pthread_mutex_destroy(&b->origin->mutex);
	free(b->origin);
	free(b->path);
	*b = (struct build_root){0};
}

int build_root_add_mounts(const char *directory, struct error **err)
{
	static const char *const mounts[] = {"proc", "dev", "tmp", "work"};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(mounts); i++) {
		_cleanup_free_ char *path = path_join(directory, mounts[i]);

		r = path ? directory_make(path, err) : error_oom(err);
	}
	return r;
}

struct make_context {
	const struct store *store;
	const struct lock_set *packages;
	struct progress *progress;
};

static int make_build_root(void *context, const char *directory, struct error **err)
{
	struct make_context *c = context;
	_cleanup_(package_trees_release) struct package_trees trees = {0};
	_cleanup_(tree_freep) struct tree *merged = tree_new();
	int r;

	if (!merged)
		return error_oom(err);
	r = package_trees_unpack(c->store, c->packages, "unpack build root", c->progress, &trees,
				 err);
	if (r < 0)
		return r;
	progress_begin(c->progress, "make build root", 0, false);
	/* Packages of one release that replace each other's files would be refused by dpkg; a build
	 * root is not measured, so the later name wins as it would with dpkg's Replaces. */
	for (size_t i = 0; r >= 0 && i < trees.n; i++)
		r = tree_merge(merged, trees.items[i].unpacked.tree, TREE_REPLACE, err);
	if (r >= 0)
		r = tree_add_parents(merged, err);
	if (r >= 0)
		r = tree_materialise(merged, directory, err);
	if (r >= 0)
		r = build_root_add_mounts(directory, err);
	progress_end(c->progress, NULL);
	return r;
}

int build_root_key(const struct lock_set *packages, struct digest *ret, struct error **err)
{
	return lock_set_digest(packages, span_string(LAYOUT), ret, err);
}

int build_root_exists(const struct store *s, const struct lock_set *packages, bool *ret_exists,
		      struct error **err)
{
	char hex[DIGEST_HEX_MAX];
	struct digest key;
	int r = build_root_key(packages, &key, err);

	if (r < 0)
		return r;
	digest_hex(&key, hex);
	*ret_exists = store_has_folder(s, STORE_ROOTS, hex);
	return 0;
}

/* Verifies the folder, or makes it. */
static int make_whole(const struct build_root *b, struct progress *progress, struct error **err)
{
	struct build_root_origin *o = b->origin;
	struct make_context context = {o->store, o->packages, progress};
	_cleanup_free_ char *path = NULL;
	char hex[DIGEST_HEX_MAX];
	int r = 0;

	digest_hex(&b->key, hex);
	pthread_mutex_lock(&o->mutex);
	if (!o->whole)
		r = store_folder(o->store, STORE_ROOTS, hex, make_build_root, &context, &path, err);
	o->whole = r >= 0;
	pthread_mutex_unlock(&o->mutex);
	return r < 0 ? error_wrap(err, r, "build root") : 0;
}

int build_root_prepare(const struct store *s, const struct lock_set *packages,
		       struct progress *progress, struct build_root *ret, struct error **err)
{
	_cleanup_(build_root_release) struct build_root b = {
		.origin = calloc(1, sizeof *b.origin),
	};
	char hex[DIGEST_HEX_MAX];
	int r = b.origin ? build_root_key(packages, &b.key, err) : error_oom(err);

	if (r < 0)
		return r;
	*b.origin = (struct build_root_origin){
		.store = s,
		.packages = packages,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	digest_hex(&b.key, hex);
	b.path = string_printf("%s/" STORE_ROOTS "/%s", s->path, hex);
	if (!b.path)
		return error_oom(err);
	if (!store_has_folder(s, STORE_ROOTS, hex)) {
		r = make_whole(&b, progress, err);
		if (r < 0)
			return r;
	}
	*ret = b;
	b = (struct build_root){0};
	return 0;
}

int build_root_read(const struct build_root *b, const char *path, size_t max, struct buffer *ret,
		    struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(max);
	_cleanup_free_ char *full = path_join(b->path, path);
	char hex[DIGEST_HEX_MAX];
	int r;

	if (!full)
		return error_oom(err);
	digest_hex(&b->key, hex);
	if (!b->origin ||
	    store_read_file(b->origin->store, STORE_ROOTS, hex, path, max, &bytes, NULL) < 0) {
		buffer_release(&bytes);
		bytes = (struct buffer)BUFFER_INIT(max);
		r = b->origin ? make_whole(b, NULL, err) : 0;
		if (r >= 0)
			r = file_read(full, max, &bytes, err);
		if (r < 0)
			return r;
	}
	buffer_put(ret, buffer_span(&bytes));
	return buffer_ok(ret) ? 0 : error_oom(err);
}

struct arguments {
	const char *items[ARGUMENTS_MAX];
	size_t n;
};

static void add(struct arguments *a, const char *item)
{
	if (a->n < ARGUMENTS_MAX)
		a->items[a->n] = item;
	a->n++;
}

/* Whether the kernel lets this process have a user namespace: in a chroot it never does. */
static bool user_namespace_is_allowed(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

/* In some containers it is not, whoever asks: then the filter of system calls alone refuses namespaces. */
static bool namespaces_can_be_disabled(void)
{
	struct statvfs v;

	return statvfs("/proc/sys/user/max_user_namespaces", &v) == 0 && !(v.f_flag & ST_RDONLY);
}

/* Root without user namespaces stays root, without any capability. Others need one: bwrap says so. */
static void add_user(struct arguments *a)
{
	static const char *const ordinary[] = {"--unshare-user", "--uid", "1000", "--gid", "1000"};

	if (geteuid() == 0 && !user_namespace_is_allowed())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++)
		add(a, ordinary[i]);
	if (namespaces_can_be_disabled())
		add(a, "--disable-userns");
}

static void add_options(struct arguments *a, const struct build_root *b,
			const struct sandbox_command *command, const char *const *environment,
			const char *filter)
{
	static const char *const fixed[] = {
		"--unshare-ipc",
		"--unshare-pid",
		"--unshare-net",
		"--unshare-uts",
		"--unshare-cgroup-try",
		"--hostname",
		"build",
		"--die-with-parent",
		"--new-session",
		"--cap-drop",
		"ALL",
		"--clearenv",
		"--setenv",
		"PATH",
		"/usr/bin:/usr/sbin",
		"--setenv",
		"LC_ALL",
		"C.UTF-8",
		"--setenv",
		"TZ",
		"UTC",
		"--setenv",
		"HOME",
		"/nonexistent",
		"--setenv",
		"SOURCE_DATE_EPOCH",
		"0",
	};

	add(a, "bwrap");
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(a, fixed[i]);
	for (const char *const *e = environment; e && *e; e += 2) {
		add(a, "--setenv");
		add(a, e[0]);
		add(a, e[1]);
	}
	add_user(a);
	add(a, "--ro-bind");
	add(a, b->path);
	add(a, "/");
	add(a, "--proc");
	add(a, "/proc");
	add(a, "--dev");
	add(a, "/dev");
	add(a, "--tmpfs");
	add(a, "/tmp");
	add(a, "--tmpfs");
	add(a, "/work");
	for (const struct sandbox_folder *f = command->folders; f && f->host; f++) {
		add(a, f->writable ? "--bind" : "--ro-bind");
		add(a, f->host);
		add(a, f->inside);
	}
	add(a, "--seccomp");
	add(a, filter);
	add(a, "--chdir");
	add(a, command->directory);
	add(a, "--");
}

int build_root_run(const struct build_root *b, const struct sandbox_command *command,
		   struct buffer *ret_output, struct error **err)
{
	return build_root_run_with(b, command, NULL, ret_output, err);
}

int build_root_run_with(const struct build_root *b, const struct sandbox_command *command,
			const char *const *environment, struct buffer *ret_output,
			struct error **err)
{
	_cleanup_close_ int filter = -1;
	struct arguments a = {0};
	char number[16];
	int r = b->origin ? make_whole(b, NULL, err) : 0;

	if (r >= 0)
		r = build_root_filter(&filter, err);
	if (r < 0)
		return r;
	snprintf(number, sizeof number, "%d", filter);
	add_options(&a, b, command, environment, number);
	for (const char *const *argument = command->argv; *argument; argument++)
		add(&a, *argument);
	add(&a, NULL);
	if (a.n > ARGUMENTS_MAX)
		return error_set(err, -E2BIG, "'%s' has too many arguments", command->argv[0]);
	if (!process_available("bwrap"))
		return error_set(err, -ENOENT,
				 "'bwrap' is not installed (Debian package 'bubblewrap')");

	const int kept[] = {filter, -1};
	struct process_options options = PROCESS_OPTIONS(a.items);

	options.stdin_fd = command->stdin_fd;
	options.keep_fds = kept;
	r = process_run(&options, ret_output, err);
	return r < 0 ? error_wrap(err, r, "%s in the build root", command->argv[0]) : 0;
}
