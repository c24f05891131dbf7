/*
 * CRC-32 of ISO 3309, as GPT, gzip and others use it: finds damage, not malice.
 */
#pragma once

#include "base/span.h"

/* What it is used for has some 10 KiB: speed does not matter. */
static inline uint32_t crc32_of(struct span s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}
