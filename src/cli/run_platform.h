/*
 * tdnode run --check: whether the machine is the one of the first checked boot of an instance. Firmware, ACPI
 * tables and boot variables are not predicted, but the same machine measures the same. The log of that boot is
 * kept in the instance's folder, one for each firmware, memory, number of processors and accelerator: whoever
 * changes these has another machine, whose first boot is taken as good.
 */
#pragma once

#include "vm/machine.h"

/* Where the log of the first checked boot of the machine is kept, or would be. malloc()ed. */
_must_check_ int run_platform_path(const struct machine_options *o, char **ret, struct error **err);
