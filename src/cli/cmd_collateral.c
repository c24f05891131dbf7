/*
 * tdnode collateral fetch EVIDENCE --to FOLDER: gets what Intel says about the platform of a quote. Nothing of it is
 * verified here: tdnode verify does that, each time.
 */
#include "cli/command.h"

#include "base/file.h"
#include "cli/collateral_fetch.h"

struct arguments {
	const char *evidence, *folder, *service;
};

static const struct option_spec options[] = {
	OPTION_TEXT("to", "DIR", struct arguments, folder,
		    "where to put it; what is there is replaced once all has arrived",
		    .required = true),
	OPTION_TEXT("service", "URL", struct arguments, service,
		    "a caching service (PCCS) in place of Intel's, " COLLATERAL_SERVICE),
	OPTIONS_END,
};

static int read_platform(const char *path, struct pck_platform *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(EVIDENCE_MAX);
	_cleanup_(evidence_release) struct evidence e = {0};
	int r = file_read(path, EVIDENCE_MAX, &bytes, err);

	if (r < 0)
		return r;
	r = evidence_parse(buffer_span(&bytes), &e, err);
	if (r >= 0)
		r = collateral_platform(&e, ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int run(int argc, char **argv, struct error **err)
{
	struct arguments a = {0};
	struct pck_platform platform;
	_cleanup_(fetched_release) struct fetched f = {0};
	_cleanup_(collateral_release) struct collateral collateral = {0};
	int r = command_parse(&command_collateral, argc, argv, &a, err);

	if (r >= 0)
		r = read_platform(a.evidence, &platform, err);
	if (r >= 0)
		r = collateral_fetch(&platform, a.service, &f, err);
	if (r >= 0)
		r = fetched_read(&f, &collateral, err);
	return r < 0 ? r : fetched_write(&f, a.folder, err);
}

const struct command command_collateral = {
	.name = "collateral",
	.summary = "fetch what Intel says about the platform of a quote",
	.forms = {{.verb = "fetch", .operands = {OPERAND("EVIDENCE", struct arguments, evidence)}}},
	.about =
		"Fetches what Intel publishes about the platform of a TDX quote, as 'tdnode verify "
		"--collateral DIR' reads it. EVIDENCE is what verify takes; nothing of it or of "
		"the answers is verified here.",
	.options = options,
	.example = "tdnode collateral fetch quote.bin --to collateral\n"
		   "tdnode verify quote.bin --collateral collateral --policy measurements.json",
	.run = run,
};
