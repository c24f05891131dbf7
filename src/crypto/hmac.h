/*
 * HMAC-SHA256 (RFC 2104), by which requests to a storage account and its signed addresses are authorised.
 */
#pragma once

#include "base/span.h"

#define HMAC_SHA256_SIZE 32u

/* libcrypto failing here means a broken installation: the process aborts. */
void hmac_sha256(struct span key, struct span message, uint8_t ret[HMAC_SHA256_SIZE]);
