#include "test.h"

#include "base/file.h"
#include "formats/licence_patterns.h"
#include "formats/licence_text.h"
#include "formats/spdx_expression.h"

/* Copyright files of Debian 13 as they are: they are inputs of the fuzz target, too. */
#define FILES "tests/fuzz/corpus/fuzz_licence_text/"

static char *found(struct span text)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	assert_int_equal(licence_text_names(text, &names), 0);
	for (size_t i = 0; i < names.n; i++)
		buffer_printf(&b, "%s%s", i ? ", " : "", names.items[i]);
	return strdup(buffer_text(&b));
}

static void real_files(void **state)
{
	static const struct {
		const char *file, *names;
	} cases[] = {
		{"mpfr4", "GFDL-NIV-1.2+, LGPL-3+"},
		{"gcc-defaults", "BSD-4-clause, GPL-2+"},
		/* It refers to the LGPL, too, and does not say what is under it. */
		{"binutils", "GFDL-NIV-1.3+, GPL-3+, other-terms"},
		/* "put into public domain" */
		{"mpclib3", "LGPL-3+, other-terms"},
		{"libtasn1-6", "GFDL-NIV-1.3+, GPL-3+, LGPL-2.1+, other-terms"},
		/* "GPL (v3 or later), with Autoconf exception" is no GPL-3+. */
		{"libxcrypt", "0BSD, BSD-2-clause, BSD-3-clause, FSFAP, LGPL-2.1+, other-terms"},
		{"gcc-14",
		 "BSD-2-clause, BSD-3-clause, BSD-4-clause, Expat, GFDL-NIV-1.3+, GPL-3+, GPL-3+ "
		 "with GCC-exception-3.1, LGPL-2+, LGPL-2.1+, NCSA, Zlib, other-terms"},
		{"krb5",
		 "BSD-2-clause, BSD-3-clause, BSD-4-clause, CC-BY-SA-3.0, Expat, ISC, other-terms"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LICENCE_TEXT_MAX);
		_cleanup_free_ char *path = string_printf(FILES "%s", cases[i].file);
		struct error *err = NULL;

		assert_done(file_read(path, LICENCE_TEXT_MAX, &text, &err), &err);

		_cleanup_free_ char *names = found(buffer_span(&text));

		assert_string_equal(names, cases[i].names);
	}
}

#define GPL_3 "under the GNU General Public License as published by the Free Software Foundation"
#define BSD_START                                                                             \
	"Redistribution and use in source and binary forms, with or without modification, "   \
	"are permitted provided that the following conditions are met:\n1. Redistributions "  \
	"of source code must retain the above copyright notice, this list of conditions and " \
	"the following disclaimer.\n2. Redistributions in binary form must reproduce the "    \
	"above copyright notice, this list of conditions and the following disclaimer in "    \
	"the documentation and/or other materials provided with the distribution.\n"
#define BSD_END                                                                                \
	"THIS SOFTWARE IS PROVIDED BY X, INC. AND CONTRIBUTORS ``AS IS'' AND ANY EXPRESS OR "  \
	"IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF "        \
	"MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT "    \
	"SHALL X BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR "      \
	"CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE "     \
	"GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER " \
	"CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR "    \
	"TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS "  \
	"SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.\n"

static void notices(void **state)
{
	static const struct {
		const char *text, *names;
	} cases[] = {
		{"", ""},
		{"It is free, and its licence is nice.", ""},
		/* A reference alone says which text, not on which conditions. */
		{"See /usr/share/common-licenses/GPL-3.", ""},
		{GPL_3 "; either version 3 of the License, or (at your option) any later version.",
		 "GPL-3+"},
		{" * " GPL_3 ", either\n * version 2.0, or any later version.", "GPL-2+"},
		{GPL_3 "; version 2 of the License.", "GPL-2"},
		{GPL_3 "; version 2 only.", "GPL-2"},
		{GPL_3 "; version 2 of the License, or whatever you like.", ""},
		{GPL_3 ".", ""},
		{"License:\n LGPLv2.1+\n", "LGPL-2.1+"},
		{"The license: LGPLv2.1+\n", "LGPL-2.1+, other-terms"},
		{"LGPLv2.1+; see /usr/share/common-licenses/LGPL-2.1.", "LGPL-2.1+"},
		{"LGPLv2.1+; see /usr/share/common-licenses/Artistic.", "LGPL-2.1+, other-terms"},
		{"LGPLv2.1+. Do not tell anybody, or be liable.", "LGPL-2.1+, other-terms"},
		{BSD_START BSD_END, "BSD-2-clause"},
		{BSD_START "3. Neither the name of X nor the names of its contributors may be used "
			   "to endorse or promote products derived from this software without "
			   "specific prior written permission.\n" BSD_END,
		 "BSD-3-clause"},
		/* One more condition, and it is no licence that we know. */
		{BSD_START "3. You buy me a beer.\n" BSD_END, ""},
		{BSD_START, ""},
		/* A sentence that says something else is not part of a reference. */
		{"LGPLv2.1+. On Debian systems you must pay for a licence. The text is in "
		 "/usr/share/common-licenses/LGPL.",
		 "LGPL-2.1+, other-terms"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *names = found(span_string(cases[i].text));

		if (!string_equal(names, cases[i].names))
			fail_msg("'%s': '%s', not '%s'", cases[i].text, names, cases[i].names);
	}
}

/* What is found is what spdx_expression() knows, but for the other terms. */
static void names_are_spdx(void **state)
{
	static const char text[] = "GPLv2+ GPLv3+ LGPLv2+ LGPLv2.1+ LGPLv3+ 0-clause BSD, 2-clause "
				   "BSD, 3-clause BSD, FSF All Permissive License";
	_cleanup_(spdx_refs_release) struct spdx_refs refs = {0};
	_cleanup_free_ char *names = found(SPAN_LITERAL(text)), *expression = NULL;
	struct error *err = NULL;

	(void)state;
	assert_done(spdx_expression(span_string(names), "p", &refs, &expression, &err), &err);
	assert_int_equal(refs.n, 0);
	assert_string_equal(expression,
			    "0BSD AND BSD-2-Clause AND BSD-3-Clause AND FSFAP AND "
			    "GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.0-or-later AND "
			    "LGPL-2.1-or-later AND LGPL-3.0-or-later");
}

/* A pattern that cannot match, or matches anything, would go unnoticed. */
static void patterns_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < licence_patterns_n; i++) {
		const struct licence_pattern *p = &licence_patterns[i];
		struct span rest = span_string(p->words), word;
		bool version = false;
		size_t n = 0;

		for (; (word = span_next_word(&rest)).n; n++) {
			_cleanup_free_ char *text = span_to_string(word);
			uint64_t gap;

			if (n == 0)
				assert_null(strchr("?!#~^@", text[0]));
			if (text[0] == '~' || text[0] == '^')
				assert_true(parse_u64(span_skip(word, 1), 64, &gap));
			version |= string_equal(text, "#");
			/* As the text's words are. */
			for (const char *c = text; *c; c++)
				assert_true((*c >= 'a' && *c <= 'z') ||
					    strchr("0123456789.+?|!#~^@", *c));
		}
		assert_true(n >= 1);
		if (p->name && strstr(p->name, "%v"))
			assert_true(version);
	}
}

/* However it is repeated, a text is read in about the time that its length takes. */
static void long_texts(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * LICENCE_TEXT_MAX);

	(void)state;
	while (b.n + 32 < LICENCE_TEXT_MAX)
		buffer_put_string(&b, "on debian license: ");

	_cleanup_free_ char *names = found(buffer_span(&b));

	assert_string_equal(names, "");
	while (b.n <= LICENCE_TEXT_MAX)
		buffer_put_string(&b, "LGPLv3+ ");

	_cleanup_free_ char *more = found(buffer_span(&b));

	assert_string_equal(more, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_files),	  cmocka_unit_test(notices),
		cmocka_unit_test(names_are_spdx), cmocka_unit_test(patterns_are_well_formed),
		cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
