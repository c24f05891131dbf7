#include "test.h"

#include <errno.h>

#include "formats/spdx_expression.h"
#include "formats/spdx_ids.h"
#include "sbom/identity.h"
#include "sbom/sbom.h"

static void licences(void **state)
{
	static const struct {
		const char *text, *expression;
		size_t refs;
	} cases[] = {
		{"", "NOASSERTION", 0},
		{" \t", "NOASSERTION", 0},
		{"NOASSERTION", "NOASSERTION", 0},
		{"Expat", "MIT", 0},
		{"BSD-3-clause", "BSD-3-Clause", 0},
		{"GPL-2+", "GPL-2.0-or-later", 0},
		{"GPL-2.0", "GPL-2.0-only", 0},
		{"LGPL-2.1+", "LGPL-2.1-or-later", 0},
		{"LGPL-3.0", "LGPL-3.0-only", 0},
		{"GPL-2.0-or-later", "GPL-2.0-or-later", 0},
		{"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later", 0},
		{"GPL-7", "LicenseRef-p-GPL-7", 1},
		{"GPL-2+, Expat", "GPL-2.0-or-later AND MIT", 0},
		{"Expat, MIT", "MIT", 0},
		{"GPL-2+ or Artistic", "GPL-2.0-or-later OR Artistic-1.0", 0},
		{"GPL-2+ or Artistic, Expat", "(GPL-2.0-or-later OR Artistic-1.0) AND MIT", 0},
		{"Expat, and ISC", "MIT AND ISC", 0},
		{"MIT and ISC or Zlib", "(MIT AND ISC) OR Zlib", 0},
		{"(MIT OR ISC) AND (Zlib OR 0BSD)", "(MIT OR ISC) AND (Zlib OR 0BSD)", 0},
		{"(MIT AND ISC) OR (Zlib AND 0BSD)", "(MIT AND ISC) OR (Zlib AND 0BSD)", 0},
		{"(MIT)", "MIT", 0},
		{"GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2", 0},
		{"GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note",
		 0},
		{"GPL-2+ with OpenSSL exception", "LicenseRef-p-GPL-2plus-with-OpenSSL-exception",
		 1},
		{"public-domain, verbatim", "LicenseRef-p-public-domain AND LicenseRef-p-verbatim",
		 2},
		{"MIT/X12", "LicenseRef-p-MIT.2fX12", 1},
		{"LicenseRef-x", "LicenseRef-p-x", 1},
		/* No expressions: one reference that says all of it. */
		{"foo or", "LicenseRef-p-foo-or", 1},
		{"(foo", "LicenseRef-p-.28foo", 1},
		{"SEE LICENSE IN x (y)", "LicenseRef-p-SEE-LICENSE-IN-x-.28y.29", 1},
		{"((((((((((MIT))))))))))", NULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(spdx_refs_release) struct spdx_refs refs = {0};
		_cleanup_free_ char *text = NULL;
		struct error *err = NULL;

		assert_done(spdx_expression(span_string(cases[i].text), "p", &refs, &text, &err),
			    &err);
		if (cases[i].expression)
			assert_string_equal(text, cases[i].expression);
		assert_int_equal(refs.n, cases[i].refs);
	}
}

static void long_licences_are_refused(void **state)
{
	_cleanup_(spdx_refs_release) struct spdx_refs refs = {0};
	static char text[SPDX_LICENCE_TEXT_MAX + 1];
	char *ret = NULL;
	struct error *err = NULL;

	(void)state;
	memset(text, 'a', sizeof text);
	assert_failed(spdx_expression(SPAN(text, sizeof text), "p", &refs, &ret, &err), EFBIG,
		      "licence of 'p': 8193 bytes, more than 8192", &err);
}

/* The first, the last, any case, and none. */
static void identifiers(void **state)
{
	(void)state;
	assert_string_equal(spdx_licence_id("0bsd"), "0BSD");
	assert_string_equal(spdx_licence_id("zpl-2.1"), "ZPL-2.1");
	assert_string_equal(spdx_licence_id("apache-2.0"), "Apache-2.0");
	assert_null(spdx_licence_id("GPL-2.0"));
	assert_null(spdx_licence_id(""));
	assert_string_equal(spdx_exception_id("bison-exception-2.2"), "Bison-exception-2.2");
}

static void identities(void **state)
{
	static const struct {
		struct package_list_item p;
		const char *purl, *cpe;
	} cases[] = {
		{{"libc6", "2.41-12+deb13u5", "amd64", "glibc", NULL, NULL, NULL, NULL, NULL},
		 "pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=trixie&upstream=glibc",
		 "cpe:2.3:a:gnu:glibc:2.41:*:*:*:*:*:*:*"},
		{{"zlib1g", "1:1.3.dfsg+really1.3.1-1", "amd64", "zlib", NULL, NULL, NULL, NULL,
		  NULL},
		 "pkg:deb/debian/"
		 "zlib1g@1:1.3.dfsg%2Breally1.3.1-1?arch=amd64&distro=trixie&upstream=zlib",
		 "cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*"},
		{{"base-files", "13.8+deb13u8", "amd64", "base-files", NULL, NULL, NULL, NULL,
		  NULL},
		 "pkg:deb/debian/base-files@13.8%2Bdeb13u8?arch=amd64&distro=trixie",
		 "cpe:2.3:a:base-files:base-files:13.8:*:*:*:*:*:*:*"},
		{{"linux-image-6.12", "6.12.1-1", "amd64", "linux-signed-amd64", NULL, NULL, NULL,
		  NULL, NULL},
		 "pkg:deb/debian/linux-image-6.12@6.12.1-1?arch=amd64&distro=trixie&upstream=linux-"
		 "signed-amd64",
		 "cpe:2.3:o:linux:linux_kernel:6.12.1:*:*:*:*:*:*:*"},
		{{"anvil", "1.7.1", NULL, "@foundry-rs/anvil/-/anvil-1.7.1.tgz", "aa", NULL, NULL,
		  "npm", NULL},
		 "pkg:npm/%40foundry-rs/anvil@1.7.1",
		 "cpe:2.3:a:anvil:anvil:1.7.1:*:*:*:*:*:*:*"},
		{{"lighthouse", "8.0.0", NULL, "https://x.org/a?b", "aa", NULL, NULL, "url", NULL},
		 "pkg:generic/"
		 "lighthouse@8.0.0?checksum=sha256:aa&download_url=https:%2F%2Fx.org%2Fa%3Fb",
		 "cpe:2.3:a:lighthouse:lighthouse:8.0.0:*:*:*:*:*:*:*"},
		{{"@noble/curves", "1.0.0-rc+1", NULL, NULL, "aa", NULL, NULL, NULL, "lodestar"},
		 "pkg:npm/%40noble/curves@1.0.0-rc%2B1",
		 "cpe:2.3:a:curves:curves:1.0.0-rc\\+1:*:*:*:*:node.js:*:*"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *purl = identity_purl(&cases[i].p, "trixie");
		_cleanup_free_ char *cpe = identity_cpe(&cases[i].p);

		assert_string_equal(purl, cases[i].purl);
		assert_string_equal(cpe, cases[i].cpe);
	}
}

/* Other contents have other identifiers, the same have the same. */
static void documents(void **state)
{
	struct package_list_item items[] = {
		{"a", "1", "amd64", "a", NULL, "verbatim", "", NULL, NULL},
		{"prose", "1", "amd64", "b", NULL, "", "GPL-3+, other-terms", NULL, NULL},
		{"unknown", "1", "amd64", "u", NULL, "", "", NULL, NULL},
		{"c", "1", NULL, "c.tgz", NULL, "MIT", NULL, "npm-lock", NULL},
	};
	struct package_list_item parts[] = {{"p", "1", NULL, NULL, NULL, "", NULL, NULL, "c"}};
	struct package_list l = {
		.image = "x", .items = items, .n = 4, .parts = parts, .n_parts = 1};
	const struct sbom_inputs in = {.list = &l, .build_tools = &l, .tool = "tdnode 9"};
	struct buffer texts[3] = {BUFFER_INIT(SBOM_MAX), BUFFER_INIT(SBOM_MAX),
				  BUFFER_INIT(SBOM_MAX)};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(sbom_release) struct sbom s = {0};
		struct error *err = NULL;

		if (i == 2)
			items[0].version = "2";
		assert_done(sbom_make(&in, &s, &err), &err);
		/* The part, and the unknown package in both of its roles. */
		assert_int_equal(sbom_without_licence(&s), 3);
		assert_done(i == 1 ? sbom_spdx(&s, &texts[i], &err)
				   : sbom_cyclonedx(&s, &texts[i], &err),
			    &err);
	}
	assert_non_null(strstr(buffer_text(&texts[1]), "\"SPDXRef-build-tool-a\""));
	assert_non_null(strstr(buffer_text(&texts[1]), "\"LicenseRef-a-verbatim\""));
	/* What is concluded is not declared, and says so. */
	assert_non_null(strstr(buffer_text(&texts[1]),
			       "\"licenseConcluded\": "
			       "\"GPL-3.0-or-later AND LicenseRef-b-other-terms\""));
	assert_non_null(strstr(buffer_text(&texts[1]), "\"licenseComments\": \"Concluded from"));
	assert_null(strstr(buffer_text(&texts[1]), "\"licenseDeclared\": \"GPL"));
	assert_non_null(strstr(buffer_text(&texts[0]), "\"acknowledgement\": \"concluded\""));
	assert_non_null(strstr(buffer_text(&texts[0]), "\"acknowledgement\": \"declared\""));
	/* A part belongs to its component. */
	assert_non_null(
		strstr(buffer_text(&texts[1]), "\"spdxElementId\": \"SPDXRef-component-c\""));
	assert_non_null(strstr(buffer_text(&texts[1]), "\"1970-01-01T00:00:00Z\""));
	/* The serial number. */
	assert_memory_not_equal(strstr(buffer_text(&texts[0]), "urn:uuid:"),
				strstr(buffer_text(&texts[2]), "urn:uuid:"), 45);
	buffer_release(&texts[1]);
	buffer_release(&texts[2]);
	buffer_release(&texts[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(licences),    cmocka_unit_test(long_licences_are_refused),
		cmocka_unit_test(identifiers), cmocka_unit_test(identities),
		cmocka_unit_test(documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
