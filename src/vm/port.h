/*
 * Ports of the loopback address.
 */
#pragma once

#include "base/error.h"

/* An error that names the port and the option that changes it, if somebody listens there. */
_must_check_ int port_check_free(uint16_t port, const char *what, const char *option,
				 struct error **err);
