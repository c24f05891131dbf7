/*
 * MD5 as a checksum against damage on the way, where a protocol wants it. It proves nothing about who made the bytes.
 */
#pragma once

#include "base/span.h"

#define MD5_SIZE 16u

/* libcrypto failing here means a broken installation: the process aborts. */
void md5_bytes(struct span s, uint8_t ret[MD5_SIZE]);
