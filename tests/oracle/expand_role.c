/*
 * expand_role FILE CONFIGURATION MEMORY DISK PROCESSORS: the arguments that a client's description gives over a
 * configuration and on a machine, whose memory and disk are in bytes; one a line.
 */
#include <stdio.h>

#include "base/file.h"
#include "formats/config_text.h"
#include "formats/role.h"
#include "formats/sizing.h"

int main(int argc, char **argv)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ROLE_TEXT_MAX);
	_cleanup_(buffer_release) struct buffer configuration =
		BUFFER_INIT(CONFIG_TEXT_MAX + SIZING_TEXT_MAX);
	_cleanup_(role_release) struct role role = {0};
	_cleanup_error_ struct error *err = NULL;
	struct sizing_machine machine = {0};
	uint64_t processors = 0;
	bool good = argc == 6 && parse_u64(span_string(argv[3]), UINT64_MAX, &machine.memory) &&
		    parse_u64(span_string(argv[4]), UINT64_MAX, &machine.disk) &&
		    parse_u64(span_string(argv[5]), UINT32_MAX, &processors);
	int r = good ? file_read(argv[1], ROLE_TEXT_MAX, &text, &err) : -ERROR_USAGE;

	if (r >= 0)
		r = file_read(argv[2], CONFIG_TEXT_MAX, &configuration, &err);
	machine.processors = (unsigned)processors;
	if (r >= 0)
		sizing_put(&machine, buffer_span(&configuration), &configuration);
	if (r >= 0)
		r = role_parse(argv[1], buffer_span(&text), buffer_span(&configuration), &role,
			       &err);
	if (r < 0) {
		fprintf(stderr, "%s\n", error_message(err));
		return error_exit_status(r);
	}
	for (size_t i = 0; i < role.arguments.n; i++)
		puts(role.arguments.items[i]);
	return 0;
}
