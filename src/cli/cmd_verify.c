/*
 * tdnode verify EVIDENCE: whether evidence is genuine, and of a platform and an image that a policy accepts.
 */
#include "cli/command.h"
#include "cli/version.h"

#include "base/file.h"
#include "base/secret.h"
#include "cli/collateral_path.h"
#include "formats/json_read.h"
#include "verify/tdnode-verify.h"

/* Of a file: the library has limits of its own for each kind. */
#define INPUT_MAX (16u << 20)
#define KEY_MAX (16u << 10)
/* The end of the year 9999. */
#define TIME_MAX 253402300799

struct report_data {
	bool given;
	uint8_t bytes[64];
};

struct arguments {
	const char *evidence;
	struct string_list policies;
	const char *collateral;
	int64_t at;
	struct report_data report_data;
	bool json, ear;
	const char *ear_key;
};

/* What the library made of the files. */
struct inputs {
	struct tdnode_policy *policy;
	struct tdnode_collateral *collateral; /* NULL: none is given */
	struct tdnode_key *key;		      /* NULL: none */
};

static void arguments_release(struct arguments *a)
{
	string_list_release(&a->policies);
}

static void inputs_release(struct inputs *in)
{
	tdnode_policy_free(in->policy);
	tdnode_collateral_free(in->collateral);
	tdnode_key_free(in->key);
}

static int take_time(void *place, const char *value, struct error **err)
{
	int64_t *at = place;
	uint64_t seconds;

	if (time_parse(span_string(value), at))
		return 0;
	if (!parse_u64(span_string(value), TIME_MAX, &seconds))
		return error_set(err, -ERROR_USAGE,
				 "--at: '%s' is no time like 2026-06-30T09:07:13Z, and no seconds "
				 "since 1970",
				 value);
	*at = (int64_t)seconds;
	return 0;
}

static int take_report_data(void *place, const char *value, struct error **err)
{
	struct report_data *d = place;

	d->given = hex_decode(span_string(value), d->bytes, sizeof d->bytes);
	return d->given ? 0
			: error_set(err, -ERROR_USAGE, "--report-data: not %zu hexadecimal digits",
				    2 * sizeof d->bytes);
}

static const struct option_spec options[] = {
	OPTION_LIST("policy", "FILE", struct arguments, policies,
		    "what is accepted: measurements.json of a build, records of attested-tls, or a "
		    "policy of tdnode's own; of several one has to fit"),
	OPTION_TEXT("collateral", "PATH", struct arguments, collateral,
		    "what Intel says about the platform: JSON or YAML with all of it, or a folder"),
	OPTION_CUSTOM("at", "TIME", struct arguments, at, take_time,
		      "judge for this time: 2026-06-30T09:07:13Z, or seconds since 1970"),
	OPTION_CUSTOM("report-data", "HEX", struct arguments, report_data, take_report_data,
		      "the 64 bytes that the evidence has to be bound to"),
	OPTION_FLAG("json", struct arguments, json, "print the verdict for programs"),
	OPTION_FLAG("ear", struct arguments, ear,
		    "print the verdict as an EAT attestation result: a JSON claims set"),
	OPTION_TEXT("ear-key", "FILE", struct arguments, ear_key,
		    "sign that result by this key (P-256, PKCS #8 as PEM): a JWT"),
	OPTIONS_END,
};

/* What the library says, as an error. Takes *message. */
static int said(int status, char **message, struct error **err)
{
	static const int codes[] = {[TDNODE_FAILED] = -ERROR_MALFORMED,
				    [TDNODE_USAGE] = -ERROR_USAGE,
				    [TDNODE_REFUSED] = -ERROR_REFUSED};
	int r = status == TDNODE_OK ? 0
				    : error_set(err, codes[status], "%s",
						*message ? *message : "out of memory");

	tdnode_free(*message);
	*message = NULL;
	return r;
}

static int read_policies(const struct arguments *a, struct inputs *in, struct error **err)
{
	char *message = NULL;
	int r = 0;

	in->policy = tdnode_policy_new();
	if (!in->policy)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < a->policies.n; i++) {
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(INPUT_MAX);
		const char *path = a->policies.items[i];

		r = file_read(path, INPUT_MAX, &bytes, err);
		if (r >= 0)
			r = said(tdnode_policy_add(in->policy, path, bytes.p, bytes.n, &message),
				 &message, err);
	}
	if (r < 0 || !a->report_data.given)
		return r;
	r = said(tdnode_policy_set_report_data(in->policy, a->report_data.bytes, &message),
		 &message, err);
	return r < 0 ? error_wrap(err, r, "--report-data") : 0;
}

static int read_key(const struct arguments *a, struct inputs *in, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(KEY_MAX);
	char *message = NULL;
	int r = file_read(a->ear_key, KEY_MAX, &pem, err);

	if (r < 0)
		return r;
	r = said(tdnode_key_new(pem.p, pem.n, &in->key, &message), &message, err);
	return r < 0 ? error_wrap(err, r, "%s", a->ear_key) : 0;
}

static int take_collateral(void *context, const char *name, struct span bytes, struct error **err)
{
	struct tdnode_collateral *c = context;
	char *message = NULL;
	int status = name ? tdnode_collateral_add_file(c, name, bytes.p, bytes.n, &message)
			  : tdnode_collateral_add(c, bytes.p, bytes.n, &message);

	return said(status, &message, err);
}

static int read_collateral(const char *path, struct inputs *in, struct error **err)
{
	char *message = NULL;
	int r;

	in->collateral = tdnode_collateral_new();
	if (!in->collateral)
		return error_oom(err);
	r = collateral_path_read(path, INPUT_MAX, take_collateral, in->collateral, err);
	if (r < 0)
		return r;
	r = said(tdnode_collateral_check(in->collateral, &message), &message, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int print(const struct arguments *a, const struct inputs *in, const struct tdnode_verdict *v,
		 struct error **err)
{
	_cleanup_free_ char *text = NULL;
	char *message = NULL;
	int r = 0;

	if (a->ear)
		r = said(tdnode_verdict_ear(v, program_version, in->key, &text, &message), &message,
			 err);
	else
		text = a->json ? tdnode_verdict_json(v) : tdnode_verdict_text(v);
	if (r < 0)
		return r;
	return text ? command_print(span_string(text), err) : error_oom(err);
}

static int judge(const struct arguments *a, const struct inputs *in, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(INPUT_MAX);
	struct tdnode_verdict *verdict = NULL;
	char *message = NULL;
	int r = file_read(a->evidence, INPUT_MAX, &bytes, err), status, printed;

	if (r < 0)
		return r;
	status = tdnode_verify(bytes.p, bytes.n, in->collateral, in->policy, a->at, &verdict,
			       &message);
	printed = verdict ? print(a, in, verdict, err) : 0;
	tdnode_verdict_free(verdict);
	if (printed < 0) {
		tdnode_free(message);
		return printed;
	}
	r = said(status, &message, err);
	return r < 0 ? error_wrap(err, r, "%s", a->evidence) : 0;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {.at = time(NULL)};
	_cleanup_(inputs_release) struct inputs in = {0};
	int r = command_parse(&command_verify, argc, argv, &a, err);

	if (r < 0)
		return r;
	if (a.ear_key && !a.ear)
		return error_set(err, -ERROR_USAGE, "--ear-key: signs what --ear prints");
	if (a.ear && a.json)
		return error_set(err, -ERROR_USAGE, "--ear and --json: one of them");
	if (a.ear_key)
		r = read_key(&a, &in, err);
	if (r >= 0)
		r = read_policies(&a, &in, err);
	if (r >= 0 && a.collateral)
		r = read_collateral(a.collateral, &in, err);
	return r < 0 ? r : judge(&a, &in, err);
}

const struct command command_verify = {
	.name = "verify",
	.summary = "judge evidence of a confidential VM",
	.forms = {{.operands = {OPERAND("EVIDENCE", struct arguments, evidence)}}},
	.about = "Judges evidence of a confidential VM: a TDX quote (bytes, hexadecimal digits or "
		 "base64), the document of an Azure machine, or a document that holds one. Gives "
		 "three answers: whether it is genuine, whether the platform is in a state that is "
		 "accepted, and whether what runs there is what the policy names. Nothing is "
		 "fetched, and no clock is asked if --at is given.",
	.options = options,
	.notes = "Exit status: 0 all three are yes, 3 refused, 1 cannot be judged.",
	.example =
		"tdnode verify quote.bin --collateral collateral.json --policy measurements.json "
		"--policy site.json",
	.run = run,
};
