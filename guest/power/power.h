/*
 * The power button: without logind somebody must listen for it. On the key press systemd is asked to
 * power off, which stops the node in order.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* True if the bytes, whole input events as the kernel gives them, hold a press of the power key. */
bool power_pressed(struct span events);

/* Opens all input devices of `folder` and waits for the press. -ENODEV if there are none. */
_must_check_ int power_wait(const char *folder, struct error **err);
