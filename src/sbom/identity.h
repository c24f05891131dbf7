/*
 * What a package is called by those who look for vulnerabilities: package URLs (purl-spec) and names of the
 * Common Platform Enumeration 2.3 (NIST IR 7695).
 */
#pragma once

#include "formats/package_list.h"

/*
 * "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=trixie&upstream=glibc", "pkg:npm/%40scope/name@1.0.0",
 * "pkg:generic/lighthouse@8.0.0?checksum=sha256:...". `suite` may be NULL. malloc()ed, NULL without memory.
 */
char *identity_purl(const struct package_list_item *p, const char *suite) _must_check_;

/*
 * "cpe:2.3:a:gnu:glibc:2.41:*:*:*:*:*:*:*": upstream's version of the source package. The vendor is the one that
 * the National Vulnerability Database uses where it is known here, else the product's own name.
 */
char *identity_cpe(const struct package_list_item *p) _must_check_;
