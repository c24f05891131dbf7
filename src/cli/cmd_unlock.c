/*
 * tdnode unlock HOST: hands the key of its disk to a node that has proved what it is.
 */
#include "cli/command.h"

#include <signal.h>

#include "cli/disk_unlock.h"
#include "cli/recovery_key.h"

struct arguments {
	const char *host, *key;
	bool initialise;
	struct wanted_disk disk;
	struct attest_options attest;
};

static const struct option_spec options[] = {
	OPTION_TEXT("key", "KEY", struct arguments, key,
		    "the private key of the disk's owner, as 'tdnode recovery keygen' makes it; "
		    "to recover a disk, that of the image's RecoveryKey=",
		    .required = true),
	OPTION_FLAG("initialise", struct arguments, initialise,
		    "the disk is new: make one where nothing is"),
	OPTION_CUSTOM("disk", "HEX", struct arguments, disk, wanted_disk_take,
		      "recover the disk whose TPM is lost: the claim 'disk' that 'tdnode attest' "
		      "showed when it was open"),
	OPTION_GROUP("How the node is judged", struct arguments, attest, attest_options,
		     attest_options),
	OPTIONS_END,
};

static void arguments_release(struct arguments *a)
{
	attest_options_release(&a->attest);
}

static int print(const struct arguments *a, const struct disk_key_offer *o, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	buffer_printf(&b, "the disk %s of %s (%llu MiB) is %s\n", o->uuid, a->host,
		      (unsigned long long)(o->size >> 20),
		      a->initialise   ? "made, and open"
		      : a->disk.given ? "recovered, and open"
				      : "open");
	return command_print_buffer(&b, err);
}

static int open_disk(const struct arguments *a, const struct address *address,
		     const struct x25519_private *key, struct error **err)
{
	_cleanup_(attest_session_release) struct attest_session session = {0};
	const struct disk_unlock u = {.key = key,
				      .initialise = a->initialise,
				      .disk = a->disk,
				      .timeout = a->attest.timeout};
	struct disk_key_offer offer;
	int r = attest_session_open(&a->attest, &session, err);

	if (r >= 0)
		r = disk_unlock(&session, address, &u, &offer, err);
	return r < 0 ? r : print(a, &offer, err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(x25519_erase) struct x25519_private key = {0};
	struct address address;
	int r = command_parse(&command_unlock, argc, argv, &a, err);

	/* A server that closes is an error, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (r >= 0)
		r = address_parse(a.host, CHANNEL_PORT, &address, err);
	/* A key that is none is said before anybody is asked. */
	if (r >= 0)
		r = recovery_key_read(a.key, &key, err);
	return r < 0 ? r : open_disk(&a, &address, &key, err);
}

const struct command command_unlock = {
	.name = "unlock",
	.summary = "hand the key of its disk to a node that has proved what it is",
	.forms = {{.operands = {OPERAND("HOST[:PORT]", struct arguments, host)}}},
	.about = "A confidential VM whose TPM is its host's (TDX without a paravisor) seals "
		 "nothing: "
		 "its disk stays locked until its owner hands over the key. This command asks the "
		 "node for evidence that is bound to this very connection, judges it as 'tdnode "
		 "verify' does, and only then sends the secret of the disk, which follows from KEY "
		 "and the disk's UUID. The machine keeps it in memory alone: after a reboot it "
		 "waits "
		 "again.",
	.options = options,
	.notes = "Exit status: 0 the disk is open, 3 refused, 1 failed; nothing is sent to a node "
		 "that is refused.",
	.example = "tdnode recovery keygen --output disk.key\n"
		   "tdnode unlock node.example --policy measurements.json --policy site.json "
		   "--key disk.key --initialise",
	.run = run,
};
