/*
 * tdnode verify-release DIR: is it what its maker signed?
 */
#include "cli/command.h"

#include <time.h>

#include "image/release_sign.h"

struct arguments {
	struct release_verify_options options;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_TEXT("allowed-signers", "FILE", struct arguments, options.allowed_signers,
		    "who may sign, as for ssh-keygen: lines 'NAME ssh-ed25519 KEY'",
		    .required = true),
	OPTION_TEXT("identity", "NAME", struct arguments, options.identity,
		    "it has to be this one of them"),
	OPTION_FLAG("json", struct arguments, json, "print the result as JSON"),
	OPTIONS_END,
};

static int print_json(const struct release_verdict *v, const char *fingerprint, struct error **err)
{
	json_t *files = json_array();
	bool ok = files;

	for (size_t i = 0; ok && i < v->n; i++)
		ok = json_array_append_new(
			     files, json_pack("{s:s, s:b}", "name", v->files[i].name, "checked",
					      v->files[i].state == RELEASE_GOOD)) == 0;
	return command_print_json(json_complete(json_pack("{s:s, s:s, s:o}", "signer", v->signer,
							  "key", fingerprint, "files", files),
						ok),
				  err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(release_verdict_release) struct release_verdict v = {0};
	char fingerprint[SSH_FINGERPRINT_SIZE];
	struct arguments a = {0};
	int r = command_parse(&command_verify_release, argc, argv, &a, err);

	if (r < 0)
		return r;
	a.options.now = time(NULL);
	r = release_verify(&a.options, &v, err);
	if (r < 0)
		return r;
	if (!ssh_fingerprint(&v.key, fingerprint))
		return error_oom(err);
	if (a.json)
		return print_json(&v, fingerprint, err);
	printf("signed by %s  %s\n", v.signer, fingerprint);
	for (size_t i = 0; i < v.n; i++)
		printf("  %-9s  %s\n", v.files[i].state == RELEASE_GOOD ? "as signed" : "not here",
		       v.files[i].name);
	return 0;
}

const struct command command_verify_release = {
	.name = "verify-release",
	.summary = "check the signature of a published image",
	.forms = {{.operands = {OPERAND("DIR", struct arguments, options.directory)}}},
	.about = "Checks that the files in DIR are what somebody signed with 'tdnode sign-release' "
		 "or 'ssh-keygen -Y sign -n tdnode-release': that the key may sign releases, that "
		 "every file in DIR that SHA256SUMS names has its digest, and that manifest, "
		 "measurements and list agree.",
	.notes = "Exit status: 0 if all of it is as signed, 3 if not.",
	.options = options,
	.example = "tdnode verify-release theirs/devnet --allowed-signers signers",
	.run = run,
};
