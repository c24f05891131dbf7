#include "vm/swtpm.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/process.h"
#include "base/shortage.h"
#include "vm/swtpm_certify.h"
#include "vm/swtpm_state.h"

#define START_MILLISECONDS 30000
#define POLL_MILLISECONDS 10

static int check_installed(const char *program, const char *package, struct error **err)
{
	if (process_available(program))
		return 0;
	return error_set(err, -ENOENT, "'%s' is not installed (Debian package '%s')", program,
			 package);
}

bool swtpm_exists(const char *folder)
{
	_cleanup_free_ char *state = path_join(folder, "tpm2-00.permall");

	return state && path_exists(state);
}

static int run_setup(const char *folder, struct error **err)
{
	_cleanup_(swtpm_path_release) struct swtpm_path state = SWTPM_PATH_INIT;
	int r = swtpm_path_open(folder, false, &state, err);
	const char *const argv[] = {"swtpm_setup", "--tpm2",	    "--tpmstate",  state.text,
				    "--pcr-banks", "sha256,sha384", "--overwrite", NULL};
	const struct process_options options = PROCESS_OPTIONS(argv);

	return r < 0 ? r : process_run(&options, NULL, err);
}

int swtpm_prepare(const char *folder, const char *authority, struct error **err)
{
	_cleanup_free_ char *temporary = string_printf("%s.new", folder);
	int r = check_installed("swtpm_setup", "swtpm-tools", err);

	if (r < 0)
		return r;
	if (!temporary)
		return error_oom(err);
	if (swtpm_exists(folder))
		return swtpm_certify(folder, authority, err);
	r = directory_remove(temporary, err);
	if (r >= 0)
		r = directory_make(temporary, err);
	if (r >= 0)
		r = run_setup(temporary, err);
	if (r >= 0)
		r = swtpm_certify(temporary, authority, err);
	/* A folder without a state, its lock say, is what was left of a TPM. */
	if (r >= 0)
		r = directory_remove(folder, err);
	if (r >= 0 && rename(temporary, folder) < 0)
		r = error_errno(err, errno, "%s", folder);
	if (r < 0)
		r = shortage_explain(temporary, r, err);
	return r < 0 ? error_wrap(err, r, "cannot make a TPM") : 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		int saved = errno;

		close(fd);
		return -saved;
	}
	return fd;
}

bool swtpm_is_alive(const char *socket)
{
	_cleanup_close_ int fd = connect_to(socket);

	return fd >= 0;
}

/* Who may write there puts another socket in the place of the one that was looked at. */
static int check_folder(const char *socket, struct error **err)
{
	_cleanup_free_ char *copy = strdup(socket);
	struct stat st;

	if (!copy)
		return error_oom(err);
	if (stat(dirname(copy), &st) < 0)
		return error_errno(err, errno, "the folder of '%s'", socket);
	if ((st.st_uid != getuid() && st.st_uid != 0) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return error_set(err, -ERROR_REFUSED,
				 "the folder of the TPM at '%s' may be written by others: use a "
				 "folder of your own",
				 socket);
	return 0;
}

int swtpm_check(const char *socket, struct error **err)
{
	_cleanup_close_ int fd = -1;
	struct ucred peer;
	socklen_t size = sizeof peer;
	int r = check_folder(socket, err);

	if (r < 0)
		return r;
	fd = connect_to(socket);
	if (fd < 0)
		return error_set(
			err, -ENOENT,
			"no swtpm listens at '%s': start one there with 'tdnode swtpm', or "
			"remove what is left of it",
			socket);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return error_errno(err, errno, "'%s'", socket);
	if (peer.uid != getuid())
		return error_set(
			err, -ERROR_REFUSED,
			"the TPM at '%s' belongs to user %u: whoever holds it could open the "
			"disk",
			socket, (unsigned)peer.uid);
	return 0;
}

static int run_swtpm(const char *folder, const char *socket, pid_t *ret, struct error **err)
{
	_cleanup_(swtpm_path_release) struct swtpm_path folder_path = SWTPM_PATH_INIT;
	_cleanup_(swtpm_path_release) struct swtpm_path socket_path = SWTPM_PATH_INIT;
	int r = swtpm_path_open(folder, true, &folder_path, err);

	if (r >= 0)
		r = swtpm_path_open(socket, true, &socket_path, err);
	if (r < 0)
		return r;

	_cleanup_free_ char *state = string_printf("dir=%s,mode=0600", folder_path.text);
	_cleanup_free_ char *control =
		string_printf("type=unixio,path=%s,mode=0600", socket_path.text);
	const char *const argv[] = {"swtpm", "socket", "--tpm2", "--tpmstate",
				    state,   "--ctrl", control,	 NULL};
	const int folders[] = {folder_path.folder_fd, socket_path.folder_fd};
	struct process_options options = PROCESS_OPTIONS(argv);
	int kept[3] = {-1, -1, -1};
	size_t n = 0;

	if (!state || !control)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (folders[i] >= 0)
			kept[n++] = folders[i];
	}
	options.keep_fds = kept;
	/* A terminal's Ctrl-C is for tdnode, which stops the VM in order. */
	options.own_group = true;
	options.stderr_fd = STDERR_FILENO;
	return process_start(&options, ret, err);
}

/* The name of a socket is there a moment before anybody listens. One that is too long for us, which swtpm knows by
 * another name, can only be looked at. */
static bool listens(const char *socket)
{
	_cleanup_close_ int fd = connect_to(socket);

	return fd >= 0 || (fd == -ENAMETOOLONG && path_exists(socket));
}

int swtpm_start(const char *folder, const char *socket, pid_t *ret, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	pid_t pid;
	int r = check_installed("swtpm", "swtpm", err);

	if (r >= 0)
		r = swtpm_state_check_unused(folder, err);
	if (r >= 0)
		r = run_swtpm(folder, socket, &pid, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < START_MILLISECONDS / POLL_MILLISECONDS; i++) {
		if (listens(socket)) {
			*ret = pid;
			return 0;
		}
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return error_set(err, -ECHILD, "swtpm ended at once");
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return error_set(err, -ETIMEDOUT, "swtpm does not listen at '%s'", socket);
}
