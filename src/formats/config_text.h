/*
 * A configuration in its canonical form (formats/config.h), as programs in the VM read it: lines "KEY=value", each key
 * once.
 */
#pragma once

#include "base/span.h"

/* 128 keys with the longest name and value (docs/config.md). */
#define CONFIG_TEXT_MAX (1u << 20)

/* The value of a key; false if there is no such key. */
bool config_text_find(struct span text, struct span key, struct span *ret);
