#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/pem.h"
#include "formats/luks2.h"
#include "vm/disk_header.h"

static const char help[] =
	"usage: tdnode recovery keygen [--output FILE]\n"
	"       tdnode recovery open --header FILE --key KEY\n"
	"\n"
	"keygen makes a recovery key: the private key in FILE (recovery.key), readable by you "
	"alone, and\n"
	"the public one beside it (recovery.pem), for RecoveryKey= in [Disk] of a recipe. Nothing "
	"is\n"
	"overwritten.\n"
	"\n"
	"open prints the recovery secret of a persistent disk, for 'tdnode run --recovery-file'.\n"
	"\n"
	"  --output FILE  where the private key goes (recovery.key)\n"
	"  --header FILE  the disk, raw or qcow2, or a copy of its first 4 MiB\n"
	"  --key KEY      the private key\n"
	"\n"
	"example: tdnode recovery open --header header.bin --key recovery.key >secret\n";

/* Writes a new file; what exists is an error. What could not be written whole is removed. */
static int write_new(const char *path, mode_t mode, struct span text, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r;

	if (fd < 0)
		return errno == EEXIST ? error_set(err, -EEXIST, "'%s' exists already", path)
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

static int read_key(const char *path, struct x25519_private *ret, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	int r = file_read(path, PEM_MAX, &pem, err);

	if (r < 0)
		return r;
	r = x25519_private_parse(buffer_span(&pem), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int read_header(const char *path, struct luks2 *ret, struct error **err)
{
	_cleanup_free_ uint8_t *header = NULL;
	int r = disk_header_read(path, false, &header, err);

	if (r < 0)
		return r;
	if (!luks2_is_ours(SPAN(header, LUKS2_HEADER_SIZE)))
		return error_set(err, -ERROR_MALFORMED,
				 "%s: no header of a persistent disk: blank, or not of tdnode",
				 path);
	r = luks2_check(SPAN(header, LUKS2_HEADER_SIZE), ret, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
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
	int r = read_key(key_path, &key, err);

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

static int parse_arguments(int argc, char **argv, struct recovery_arguments *a, struct error **err)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"header", required_argument, NULL, 'h'},
						{"key", required_argument, NULL, 'k'},
						{0}};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'o')
			a->output = optarg;
		else if (option == 'h')
			a->header = optarg;
		else if (option == 'k')
			a->key = optarg;
		else
			return command_bad_option(option, argv, err);
	}
	return 0;
}

static int run_recovery(int argc, char **argv, struct error **err)
{
	struct recovery_arguments a = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r < 0)
		return r;
	if (argc - optind == 1 && string_equal(argv[optind], "keygen") && !a.header && !a.key)
		return keygen(a.output ? a.output : "recovery.key", err);
	if (argc - optind == 1 && string_equal(argv[optind], "open") && a.header && a.key &&
	    !a.output)
		return open_header(a.header, a.key, err);
	return error_set(err, -ERROR_USAGE,
			 "usage: tdnode recovery keygen [--output FILE], or tdnode recovery open "
			 "--header FILE --key KEY");
}

const struct command command_recovery = {
	.name = "recovery",
	.summary = "keys and secrets to recover a persistent disk",
	.help = help,
	.run = run_recovery,
};
