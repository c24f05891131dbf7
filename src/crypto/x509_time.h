/*
 * Dates in certificates, inside src/crypto.
 */
#pragma once

#include <openssl/asn1.h>
#include <time.h>

#include "base/compiler.h"

/* Seconds since 1970. False for a date that is none; NULL is none. */
static inline bool x509_time(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret = timegm(&tm);
	return true;
}
