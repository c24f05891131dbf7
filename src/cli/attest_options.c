#include "cli/attest_options.h"

#include "cli/shared_options.h"

#define O struct attest_options

static bool find_pin(struct span name, enum pin_kind *ret)
{
	for (unsigned k = 0; k < PINS; k++) {
		if (!span_equal(name, span_string(pin_name((enum pin_kind)k))))
			continue;
		*ret = (enum pin_kind)k;
		return true;
	}
	return false;
}

static int take_pin(void *place, const char *value, struct error **err)
{
	struct pins *pins = place;
	const char *equals = strchr(value, '=');
	enum pin_kind kind;

	if (!equals || !find_pin(SPAN(value, equals - value), &kind))
		return error_set(err, -ERROR_USAGE,
				 "--pin: '%s' is none of tls-key=, config= and instance=", value);
	if (pins->given[kind])
		return error_set(err, -ERROR_USAGE, "--pin: two values for '%s'", pin_name(kind));
	if (!digest_parse(DIGEST_SHA256, equals + 1, &pins->values[kind]))
		return error_set(err, -ERROR_USAGE, "--pin: %s: not 64 hexadecimal digits",
				 pin_name(kind));
	pins->given[kind] = true;
	return 0;
}

const struct option_spec attest_options[] = {
	OPTION_LIST("policy", "FILE", O, policies,
		    "what is accepted: measurements.json of a build, records of attested-tls, or a "
		    "policy of tdnode's own; of several one has to fit",
		    .required = true),
	OPTION_CUSTOM("pin", "KIND=HEX", O, pins, take_pin,
		      "accept this machine alone: tls-key=, config= or instance= and the SHA-256 "
		      "that 'tdnode attest' shows; may be given for each kind"),
	OPTION_FLAG("local", O, local,
		    "accept the TPMs of this user's own runs ('tdnode run'), which prove no "
		    "confidentiality"),
	OPTION_TEXT("collateral", "PATH", O, collateral,
		    "what Intel says of the platform, as 'tdnode verify' takes it; without it, it "
		    "is fetched"),
	OPTION_TEXT("service", "URL", O, service,
		    "where to fetch it: a caching service (PCCS) in place of Intel's"),
	OPTION_TEXT("evidence", "FILE", O, evidence, "keep the evidence that was judged"),
	OPTION_NUMBER("timeout", "SECONDS", O, timeout, 1, 600, "a number of seconds",
		      "until the node's answer must be there", .preset = "60"),
	OPTION_STATE(O, state),
	OPTIONS_END,
};

void attest_options_release(struct attest_options *o)
{
	string_list_release(&o->policies);
}
