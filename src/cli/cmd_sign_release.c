/*
 * tdnode sign-release IMAGE: one signature for all that is published of an image.
 */
#include "cli/command.h"

#include "cli/shared_options.h"
#include "cli/signing_key.h"
#include "image/release_sign.h"

struct arguments {
	struct release_sign_options options;
	const char *key;
};

static const struct option_spec options[] = {
	OPTION_TEXT("key", "KEY", struct arguments, key,
		    "private key, Ed25519, as 'ssh-keygen -t ed25519' makes it", .required = true),
	OPTION_DEBUG(struct arguments, options.debug),
	OPTION_ARTIFACTS(struct arguments, options.artifacts),
	OPTIONS_END,
};

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(ed25519_erase) struct ed25519_private key = {0};
	_cleanup_free_ char *directory = NULL;
	struct ed25519_public public;
	char fingerprint[SSH_FINGERPRINT_SIZE];
	struct arguments a = {0};
	int r = command_parse(&command_sign_release, argc, argv, &a, err);

	if (r >= 0)
		r = signing_key_read(a.key, &key, err);
	if (r >= 0)
		r = ed25519_public_of(&key, &public, err);
	if (r < 0)
		return r;
	if (!ssh_fingerprint(&public, fingerprint))
		return error_oom(err);
	a.options.key = &key;
	r = release_sign(&a.options, &directory, err);
	if (r < 0)
		return r;
	printf("%s/" RELEASE_SUMS "\n%s/" RELEASE_SIGNATURE "  signed with %s for '%s'\n",
	       directory, directory, fingerprint, RELEASE_NAMESPACE);
	return 0;
}

const struct command command_sign_release = {
	.name = "sign-release",
	.summary = "sign manifest and measurements of an image",
	.forms = {{.operands = {OPERAND("IMAGE", struct arguments, options.image)}}},
	.about = "Signs what is published of a built image: writes SHA256SUMS, with manifest, "
		 "measurements and every artefact, and SHA256SUMS.sig into artifacts/IMAGE/. The "
		 "signature is one of OpenSSH, for the namespace 'tdnode-release': who has no "
		 "tdnode checks it with ssh-keygen and sha256sum. Signing twice gives the same "
		 "bytes.",
	.notes = "To check it without tdnode, in the folder, with signers as ssh-keygen(1) has "
		 "them:\n"
		 "  ssh-keygen -Y verify -f signers -I NAME -n tdnode-release -s SHA256SUMS.sig "
		 "<SHA256SUMS\n"
		 "  sha256sum --check --ignore-missing SHA256SUMS",
	.options = options,
	.example = "ssh-keygen -t ed25519 -N '' -f release.key\n"
		   "tdnode sign-release devnet --key release.key",
	.run = run,
};
