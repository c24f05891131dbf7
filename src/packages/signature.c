#include "packages/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "formats/gpgv_status.h"

static int memory_file(const char *name, struct span bytes, int *ret, struct error **err)
{
	_cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC);
	int r = fd < 0 ? -errno : write_full(fd, bytes);

	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(err, -r, "cannot hand a text to gpgv");
	*ret = TAKE_FD(fd);
	return 0;
}

static int read_back(int fd, struct buffer *ret, struct error **err)
{
	off_t size = lseek(fd, 0, SEEK_END);
	int r = size < 0 ? -errno : 0;
	uint8_t *to;

	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, errno, "cannot read what gpgv says");
	to = malloc((size_t)size + 1);
	if (!to)
		return error_oom(err);
	r = read_full(fd, to, (size_t)size);
	if (r >= 0)
		buffer_put(ret, SPAN(to, (size_t)size));
	free(to);
	if (r < 0)
		return error_errno(err, -r, "cannot read what gpgv says");
	return buffer_ok(ret) ? 0 : error_set(err, -EFBIG, "gpgv says more than is allowed");
}

/* Runs gpgv; *ret_said is what it says of the signatures. Its exit status is no verdict (gpgv_status.h): whatever
 * kept it from working left no good signature. */
static int run_gpgv(const char *keyring, const char *const arguments[3], const int kept[3],
		    int stdin_fd, struct buffer *ret_output, struct buffer *ret_said,
		    struct error **err)
{
	_cleanup_close_ int status = -1;
	_cleanup_free_ char *number = NULL;
	_cleanup_error_ struct error *exit_status = NULL;
	int r;

	if (!process_available("gpgv"))
		return error_set(err, -ENOENT, "'gpgv' is not installed (Debian package 'gpgv')");
	r = memory_file("status", (struct span){0}, &status, err);
	if (r < 0)
		return r;
	number = string_printf("%d", status);
	if (!number)
		return error_oom(err);

	const char *const argv[] = {"gpgv", "--quiet",	  "--keyring",	keyring,      "--status-fd",
				    number, arguments[0], arguments[1], arguments[2], NULL};
	const int fds[] = {status, kept[0], kept[1], kept[2]};
	struct process_options options = PROCESS_OPTIONS(argv);

	options.stdin_fd = stdin_fd;
	options.keep_fds = fds;
	(void)!process_run(&options, ret_output, &exit_status);
	return read_back(status, ret_said, err);
}

int signature_verify_text(const char *keyring, struct span signed_text, struct buffer *ret,
			  struct error **err)
{
	static const char *const arguments[3] = {"--output", "-", "/dev/stdin"};
	static const int none[3] = {-1, -1, -1};
	_cleanup_close_ int in = -1;
	_cleanup_(buffer_release) struct buffer said = BUFFER_INIT(GPGV_STATUS_MAX);
	/* gpgv looks for a name without a folder among its own keyrings. */
	_cleanup_free_ char *absolute = realpath(keyring, NULL);
	int r;

	if (!absolute)
		return error_set(err, -ENOENT,
				 "no keyring '%s' (Debian package 'debian-archive-keyring')",
				 keyring);
	r = memory_file("InRelease", signed_text, &in, err);
	if (r >= 0)
		r = run_gpgv(absolute, arguments, none, in, ret, &said, err);
	if (r >= 0 && !buffer_ok(ret))
		r = error_set(err, -EFBIG, "the signed text is too long");
	return r < 0 ? r : gpgv_status_judge(buffer_span(&said), NULL, err);
}

int signature_verify_file(struct span keys, const char *signer, struct span signature,
			  const char *file, struct error **err)
{
	_cleanup_close_ int keyring = -1, detached = -1;
	_cleanup_(buffer_release) struct buffer said = BUFFER_INIT(GPGV_STATUS_MAX);
	_cleanup_free_ char *keyring_path = NULL, *signature_path = NULL;
	int r = memory_file("keys", keys, &keyring, err);

	if (r >= 0)
		r = memory_file("signature", signature, &detached, err);
	if (r < 0)
		return r;
	keyring_path = string_printf("/proc/self/fd/%d", keyring);
	signature_path = string_printf("/proc/self/fd/%d", detached);
	if (!keyring_path || !signature_path)
		return error_oom(err);

	const char *const arguments[3] = {"--", signature_path, file};
	const int kept[3] = {keyring, detached, -1};

	r = run_gpgv(keyring_path, arguments, kept, -1, NULL, &said, err);
	return r < 0 ? r : gpgv_status_judge(buffer_span(&said), signer, err);
}
