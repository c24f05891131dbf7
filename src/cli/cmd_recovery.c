/*
 * tdnode recovery: the key that opens a disk without its TPM, and the secret that it gives.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli/recovery_key.h"
#include "crypto/pem.h"
#include "formats/luks2.h"
#include "vm/disk_header.h"

/* Writes a new file; what exists is an error. What could not be written whole is removed. */
static int write_new(const char *path, mode_t mode, struct span text, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r;

	if (fd < 0)
		return errno == EEXIST ? error_set(err, -EEXIST, "'%s' already exists", path)
				       : error_errno(err, errno, "%s", path);
	r = write_full(fd, text);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0) {
		unlink(path);
		return error_errno(err, -r, "%s", path);
	}
	return 0;
}

/* "recovery.pem" for "recovery.key", "x.pem" for "x". */
static char *public_path(const char *path)
{
	size_t n = strlen(path) - (string_ends(path, ".key") ? 4 : 0);

	return string_printf("%.*s.pem", (int)n, path);
}

static int keygen(const char *output, struct error **err)
{
	_cleanup_(x25519_erase) struct x25519_private key = {0};
	_cleanup_(secret_buffer_release) struct buffer private = BUFFER_INIT(PEM_MAX);
	_cleanup_(buffer_release) struct buffer public = BUFFER_INIT(PEM_MAX);
	_cleanup_free_ char *beside = public_path(output);
	struct x25519_public public_key;
	int r = beside ? x25519_generate(&key, err) : error_oom(err);

	if (r >= 0)
		r = x25519_public_of(&key, &public_key, err);
	if (r >= 0)
		r = x25519_private_write(&key, &private, err);
	if (r >= 0)
		r = x25519_public_write(&public_key, &public, err);
	if (r >= 0)
		r = write_new(output, 0600, buffer_span(&private), err);
	if (r < 0)
		return r;
	r = write_new(beside, 0644, buffer_span(&public), err);
	if (r < 0) {
		/* A private key without its public half would be in the way of the next try. */
		unlink(output);
		return r;
	}
	printf("%s  private key: keep it away from the machines whose disks it opens\n"
	       "%s  public key: name it with RecoveryKey= in [Disk] of the recipe\n",
	       output, beside);
	return 0;
}

static int read_header(const char *path, struct luks2 *ret, struct error **err)
{
	int r = disk_header_load(path, ret, err);

	if (r < 0)
		return r;
	if (!ret->has_recovery)
		return error_set(err, -ENOENT,
				 "%s: no recovery secret: the image that made the disk held no "
				 "recovery key",
				 path);
	return 0;
}

static int print_secret(const uint8_t secret[BOX_SECRET_SIZE], struct error **err)
{
	char text[2 * BOX_SECRET_SIZE + 2];
	int r;

	hex_encode(SPAN(secret, BOX_SECRET_SIZE), text);
	text[sizeof text - 2] = '\n';
	r = command_print(SPAN(text, sizeof text - 1), err);
	explicit_bzero(text, sizeof text);
	return r;
}

static int open_header(const char *path, const char *key_path, struct error **err)
{
	_cleanup_(x25519_erase) struct x25519_private key = {0};
	struct x25519_public public;
	uint8_t secret[BOX_SECRET_SIZE];
	struct luks2 header;
	int r = recovery_key_read(key_path, &key, err);

	if (r >= 0)
		r = read_header(path, &header, err);
	if (r >= 0)
		r = x25519_public_of(&key, &public, err);
	if (r < 0)
		return r;
	if (memcmp(public.bytes, header.recovery.recipient.bytes, X25519_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED,
				 "%s: the recovery secret is sealed to another key than '%s'", path,
				 key_path);
	r = box_open(&key, span_string(header.uuid), header.recovery.box, secret, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	r = print_secret(secret, err);
	explicit_bzero(secret, sizeof secret);
	return r;
}

struct recovery_arguments {
	const char *output;
	const char *header;
	const char *key;
};

enum {
	FORM_KEYGEN,
	FORM_OPEN,
};

static const struct option_spec options[] = {
	OPTION_TEXT("output", "FILE", struct recovery_arguments, output,
		    "where the private key goes", .verb = "keygen", .preset = "recovery.key"),
	OPTION_TEXT("header", "FILE", struct recovery_arguments, header,
		    "the disk, raw or qcow2, or a copy of its first 4 MiB", .verb = "open",
		    .required = true),
	OPTION_TEXT("key", "KEY", struct recovery_arguments, key, "the private key", .verb = "open",
		    .required = true),
	OPTIONS_END,
};

static int run_recovery(int argc, char **argv, struct error **err)
{
	struct recovery_arguments a = {0};
	int r = command_parse(&command_recovery, argc, argv, &a, err);

	if (r < 0)
		return r;
	return r == FORM_KEYGEN ? keygen(a.output, err) : open_header(a.header, a.key, err);
}

const struct command command_recovery = {
	.name = "recovery",
	.summary = "keys and secrets to recover a persistent disk",
	.forms = {[FORM_KEYGEN] = {.verb = "keygen"}, [FORM_OPEN] = {.verb = "open"}},
	.about = "keygen makes a recovery key: the private key in FILE, readable by you alone, and "
		 "the public one beside it (recovery.pem), for RecoveryKey= in [Disk] of a recipe. "
		 "Nothing is overwritten.\n"
		 "\n"
		 "open prints the recovery secret of a persistent disk, for 'tdnode run "
		 "--recovery-file'.",
	.options = options,
	.example = "tdnode recovery open --header header.bin --key recovery.key >secret",
	.run = run_recovery,
};
