/*
 * CRC-32 of ISO 3309, as GPT, gzip and others use it: finds damage, not malice.
 */
#pragma once

#include "base/span.h"

uint32_t crc32_of(struct span s);
