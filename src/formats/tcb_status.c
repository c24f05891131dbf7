#include "formats/tcb_status.h"

#include "base/text.h"

static const struct {
	const char *name;
	unsigned findings;
} statuses[] = {
	{"UpToDate", 0},
	{"SWHardeningNeeded", TCB_SW_HARDENING},
	{"ConfigurationNeeded", TCB_CONFIGURATION},
	{"ConfigurationAndSWHardeningNeeded", TCB_CONFIGURATION | TCB_SW_HARDENING},
	{"OutOfDate", TCB_OUT_OF_DATE},
	{"OutOfDateConfigurationNeeded", TCB_OUT_OF_DATE | TCB_CONFIGURATION},
	{"TDRelaunchAdvised", TCB_RELAUNCH},
	{"TDRelaunchAdvisedConfigurationNeeded", TCB_RELAUNCH | TCB_CONFIGURATION},
	{"Revoked", TCB_REVOKED},
};

const char *tcb_status_name(unsigned findings)
{
	unsigned shown = findings;

	/* Where there is worse, hardening of programs has no name of its own. */
	if (shown & (TCB_OUT_OF_DATE | TCB_RELAUNCH))
		shown &= ~(unsigned)TCB_SW_HARDENING;
	if (shown & TCB_OUT_OF_DATE)
		shown &= ~(unsigned)TCB_RELAUNCH;
	if (shown & TCB_REVOKED)
		shown = TCB_REVOKED;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].findings == shown)
			return statuses[i].name;
	abort();
}

bool tcb_status_from_name(const char *name, unsigned *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (string_equal(statuses[i].name, name)) {
			*ret = statuses[i].findings;
			return true;
		}
	}
	return false;
}
