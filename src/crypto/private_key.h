/*
 * Private keys as libcrypto has them, inside src/crypto.
 */
#pragma once

#include <openssl/evp.h>

#include "base/error.h"
#include "base/span.h"

/* Of any type, from one PEM block (pem.h) and nothing behind the key in it: -ERROR_MALFORMED. libcrypto zeroes it when it
 * is freed. */
_must_check_ int private_key_parse(struct span pem, EVP_PKEY **ret, struct error **err);
