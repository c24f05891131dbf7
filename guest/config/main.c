#include <stdarg.h>

#include "base/guest_failed.h"
#include "guest/config/node_config.h"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("tdnode-config: ", stdout);
	vprintf(fmt, args);
	fputs("\n", stdout);
	fflush(stdout);
	va_end(args);
}

int main(void)
{
	const bool azure = config_on_azure(CONFIG_ASSET_TAG, CONFIG_AZURE_FOLDER);
	const struct config_places places = {
		.source = azure ? CONFIG_AZURE_SOURCE : CONFIG_SOURCE,
		.problem = azure ? CONFIG_AZURE_PROBLEM : NULL,
		.keys = "/" CONFIG_KEYS_FOLDER,
		.file = CONFIG_FILE,
		.hostname = CONFIG_HOSTNAME_FILE,
	};
	_cleanup_(tpm_register_freep) struct tpm_register *tpm = NULL;
	_cleanup_error_ struct error *err = NULL;
	int r;

	r = tpm_register_open(&tpm, &err);
	if (r >= 0) {
		struct config_register reg = tpm_register_functions(tpm);

		r = node_config_take(&places, tpm ? &reg : NULL, confidential_vm(), say, &err);
	}
	if (r < 0)
		guest_failed("tdnode-config", error_message(err));
	return error_exit_status(r);
}
