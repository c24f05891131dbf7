/* Goal states of Azure's wire server: any bytes are refused, or name a machine by three names that a report repeats. */
#include "fuzz.h"

#include "formats/azure_wire.h"

static void check_name(struct span name, struct span in)
{
	if (name.n == 0 || name.n > AZURE_NAME_MAX || name.p < in.p ||
	    name.p + name.n > in.p + in.n)
		abort();
	for (size_t i = 0; i < name.n; i++) {
		if (strchr("<>&\"' \r\n", name.p[i]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer report = BUFFER_INIT(AZURE_HEALTH_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct span xml = SPAN(data, size);
	struct azure_goal_state g;
	int r = azure_goal_state_parse(xml, &g, &err);

	if ((r < 0) != (err != NULL))
		abort();
	if (r < 0)
		return 0;
	check_name(g.incarnation, xml);
	check_name(g.container_id, xml);
	check_name(g.instance_id, xml);
	azure_health_write(&g, "why", &report);
	if (!buffer_ok(&report))
		abort();
	return 0;
}
