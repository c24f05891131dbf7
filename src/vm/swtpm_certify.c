#include "vm/swtpm_certify.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/process.h"
#include "vm/swtpm_state.h"
#include "vm/tpm_authority.h"
#include "vm/tpm_commands.h"

/* What the authority's certificate is, once the TPM has all. */
#define NOTE "certified"
#define NOTE_MAX 128u
/* An RSA key takes a second on a slow machine. */
#define ANSWER_SECONDS 60
#define DAY 86400

static const struct {
	enum tpm_key_kind kind;
	enum issuer_purpose purpose;
	uint32_t handle, index;
	const char *name;
} keys[] = {
	{TPM_KEY_ENDORSEMENT, ISSUER_TPM_ENDORSEMENT, 0x81010001, 0x01c00002, "tdnode local TPM"},
	{TPM_KEY_ATTESTATION, ISSUER_TPM_ATTESTATION, 0x81000003, 0x01c101d0,
	 "tdnode local attestation key"},
};

static bool is_noted(const char *note, const char *root)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(NOTE_MAX);

	return path_exists(note) && file_read(note, NOTE_MAX, &text, NULL) >= 0 &&
	       string_equal(buffer_text(&text), root);
}

/* A swtpm that takes commands from `fd` and ends with it. */
static int start(const char *folder, int fd, pid_t *ret, struct error **err)
{
	_cleanup_(swtpm_path_release) struct swtpm_path path = SWTPM_PATH_INIT;
	int r = swtpm_path_open(folder, true, &path, err);
	_cleanup_free_ char *number = string_printf("%d", fd);
	_cleanup_free_ char *state = r >= 0 ? string_printf("dir=%s,mode=0600", path.text) : NULL;
	const char *const argv[] = {"swtpm", "socket",	"--tpm2",
				    "--fd",  number,	"--tpmstate",
				    state,   "--flags", "not-need-init,startup-clear",
				    NULL};
	const int kept[] = {fd, path.folder_fd >= 0 ? path.folder_fd : -1, -1};
	struct process_options options = PROCESS_OPTIONS(argv);

	if (r < 0)
		return r;
	if (!number || !state)
		return error_oom(err);
	options.keep_fds = kept;
	return process_start(&options, ret, err);
}

static int certify_key(int fd, size_t which, const struct issuer *issuer, struct error **err)
{
	_cleanup_(buffer_release) struct buffer der = BUFFER_INIT(TPM_NV_MAX);
	struct rsa_public public = {.size = TPM_MODULUS_SIZE};
	struct tpm_key key;
	int r = tpm_create_primary(fd, keys[which].kind, &key, err);

	if (r < 0)
		return r;
	memcpy(public.modulus, key.modulus, TPM_MODULUS_SIZE);
	r = issuer_issue(issuer, keys[which].purpose, keys[which].name, &public, time(NULL) - DAY,
			 &der, err);
	if (r >= 0)
		r = tpm_keep(fd, &key, keys[which].handle, err);
	return r < 0 ? r : tpm_nv_put(fd, keys[which].index, buffer_span(&der), err);
}

static int certify(const char *folder, const struct issuer *issuer, struct error **err)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	_cleanup_close_ int ours = -1, theirs = -1;
	int fds[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return error_errno(err, errno, "socketpair");
	ours = fds[0];
	theirs = fds[1];
	setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	r = start(folder, theirs, &pid, err);
	if (r < 0)
		return r;
	close(TAKE_FD(theirs));
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(keys); i++)
		r = certify_key(ours, i, issuer, err);
	if (r >= 0)
		r = tpm_shutdown(ours, err);
	close(TAKE_FD(ours));
	if (r >= 0)
		return process_wait(pid, "swtpm", err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

int swtpm_certify(const char *folder, const char *authority, struct error **err)
{
	_cleanup_(issuer_freep) struct issuer *issuer = NULL;
	_cleanup_free_ char *root = NULL, *note = path_join(folder, NOTE);
	_cleanup_error_ struct error *why = NULL;
	int r = note ? tpm_authority_open(authority, &issuer, &root, err) : error_oom(err);

	if (r < 0)
		return r;
	if (is_noted(note, root))
		return 0;
	r = swtpm_state_check_unused(folder, err);
	if (r < 0)
		return r;
	r = certify(folder, issuer, &why);
	if (r == -ECONNRESET)
		return swtpm_state_error(folder, "", err);
	if (r < 0)
		return error_set(err, r, "cannot certify the TPM in '%s': %s", folder,
				 error_message(why));
	return file_write_private(note, span_string(root), err);
}
