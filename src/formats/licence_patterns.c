/*
 * Each licence that has a body is here with all of it, so that a variant with another condition is not taken for it.
 * Of patterns that begin alike the one that says more comes first.
 */
#include "formats/licence_patterns.h"

/* "either version 3 of the License, or (at your option) any later version" */
#define PUBLISHED "?as ?published ?by ?the ?free ?software ?foundation "
#define OR_LATER "?either version # ?of ?the ?license ?or ?at ?your ?option ?or any later version"
/* "; version 2 of the License", and not "or any later". */
#define ALONE \
	"as published by the free software foundation version # ?of ?the ?license ?only !or !at"
#define SHORT_OR_LATER "# or|and ?any later"
#define GFDL_NIV                                                                               \
	"gnu free documentation license version # or any later version published by the free " \
	"software foundation with no invariant sections "

/* What the licences of BSD have in common. */
#define BSD_HEAD                                                                                   \
	"redistribution and use in source and binary forms with or without modification are "      \
	"permitted provided that the following conditions are met "                                \
	"?1|a|i redistributions of source code must retain the ?above copyright notice this list " \
	"of conditions and the following disclaimer "                                              \
	"?2|b|ii redistributions in binary form must reproduce the ?above copyright notice this "  \
	"list of conditions and the following disclaimer in the documentation and or other "       \
	"materials provided with the distribution "
#define BSD_ADVERTISING                                                                        \
	"?3|c|iii all advertising materials mentioning features or use of this software must " \
	"display the following acknowledgement this product includes software developed by ~16 "
#define BSD_NAMES                                                                             \
	"?3|4|c|d|iii|iv ?neither the name|names ~16 may ?not be used to endorse or promote " \
	"products derived from this software without specific prior written permission "
#define BSD_TAIL                                                                                  \
	"this software is provided by ~16 as is and any express or implied warranties including " \
	"but not limited to the implied warranties of merchantability and fitness for a "         \
	"particular purpose are disclaimed in no event shall ~16 be liable for any direct "       \
	"indirect incidental special exemplary or consequential damages including but not "       \
	"limited to procurement of substitute goods or services loss of use data or profits or "  \
	"business interruption however caused and on any theory of liability whether in "         \
	"contract strict liability or tort including negligence or otherwise arising in any way " \
	"out of the use of this software even if advised of the possibility of such damage"

/* What the licences of MIT's family have in common. */
#define MIT_GRANT                                                                               \
	"permission is hereby granted free of charge to any person obtaining a copy of this "   \
	"software and associated documentation files the software to deal ?with|in the "        \
	"software without restriction including without limitation the rights to use copy "     \
	"modify merge publish distribute sublicense and or sell copies of the software and to " \
	"permit persons to whom the software is furnished to do so subject to the following "   \
	"conditions "
#define MIT_WARRANTY                                                                             \
	"the software is provided as is without warranty of any kind express or implied "        \
	"including but not limited to the warranties of merchantability fitness for a "          \
	"particular purpose and noninfringement in no event shall ~16 be liable for any claim "  \
	"damages or other liability whether in an action of contract tort or otherwise arising " \
	"from out of or in connection with the software or the use or other dealings ?with|in "  \
	"the software"

const struct licence_pattern licence_patterns[] = {
	{"GPL-%v+ with GCC-exception-3.1",
	 "gnu general public license " SHORT_OR_LATER
	 " with version 3.1 of the gcc runtime library exception"},
	{"GPL-%v+", "gnu general public license " PUBLISHED OR_LATER},
	{"GPL-%v", "gnu general public license " ALONE},
	{"LGPL-%v+", "gnu lesser|library general public license " PUBLISHED OR_LATER},
	{"LGPL-%v", "gnu lesser|library general public license " ALONE},
	{"AGPL-%v+", "gnu affero general public license " PUBLISHED OR_LATER},
	{"GFDL-NIV-%v+", GFDL_NIV "?with no front cover texts and ?with no back cover texts"},
	/* Of binutils. */
	{"GFDL-NIV-%v+", GFDL_NIV "with no with no front cover texts and with no back cover texts"},
	{"GPL-2+", "gplv2+"},
	{"GPL-3+", "gplv3+"},
	{"LGPL-2+", "lgplv2+"},
	{"LGPL-2.1+", "lgplv2.1+"},
	{"LGPL-3+", "lgplv3+"},
	{"LGPL-%v+", "lgpl " SHORT_OR_LATER " !with"},
	{"GPL-%v+", "gpl " SHORT_OR_LATER " !with"},

	{"BSD-4-clause", BSD_HEAD BSD_ADVERTISING BSD_NAMES BSD_TAIL},
	{"BSD-3-clause", BSD_HEAD BSD_NAMES BSD_TAIL},
	{"BSD-2-clause", BSD_HEAD BSD_TAIL},
	{"BSD-3-clause", "3 clause bsd"},
	{"BSD-2-clause", "2 clause bsd"},
	{"0BSD", "0 clause bsd"},
	{"Expat",
	 MIT_GRANT "the above copyright notice and this permission notice shall be included in "
		   "all copies or substantial portions of the software " MIT_WARRANTY},
	{"NCSA", MIT_GRANT
	 "redistributions of source code must retain the above copyright notice this list of "
	 "conditions and the following disclaimers redistributions in binary form must reproduce "
	 "the above copyright notice this list of conditions and the following disclaimers in the "
	 "documentation and or other materials provided with the distribution neither the names "
	 "of ~16 nor the names of its contributors may be used to endorse or promote products "
	 "derived from this software without specific prior written permission " MIT_WARRANTY},
	{"ISC",
	 "permission to use copy modify and ?or distribute this software for any purpose with or "
	 "without fee is hereby granted provided that the above copyright notice and this "
	 "permission notice appear in all copies the software is provided as is and ~16 disclaims "
	 "all warranties with regard to this software including all implied warranties of "
	 "merchantability and fitness in no event shall ~16 be liable for any special direct "
	 "indirect or consequential damages or any damages whatsoever resulting from loss of use "
	 "data or profits whether in an action of contract negligence or other tortious action "
	 "arising out of or in connection with the use or performance of this software"},
	{"Zlib",
	 "this software is provided as is without any express or implied warranty in no event "
	 "will the ?author|authors|copyright ?holders be held liable for any damages arising from "
	 "the use of this software permission is granted to anyone to use this software for any "
	 "purpose including commercial applications and to alter it and redistribute it freely "
	 "subject to the following restrictions ?1 the origin of this software must not be "
	 "misrepresented you must not claim that you wrote the original software if you use this "
	 "software in a product an acknowledgment in the product documentation would be "
	 "appreciated but is not required ?2 altered source versions must be plainly marked as "
	 "such and must not be misrepresented as being the original software ?3 this notice may "
	 "not be removed or altered from any source distribution"},
	{"FSFAP",
	 "copying and distribution of this file with or without modification are permitted in any "
	 "medium without royalty provided the copyright notice and this notice are preserved this "
	 "file is offered as is without any warranty"},
	{"FSFAP", "fsf all permissive license"},
	{"Apache-2.0",
	 "licensed under the apache license version 2.0 the license you may not use this file "
	 "except in compliance with the license you may obtain a copy of the license at http|https "
	 "www.apache.org licenses license 2.0 unless required by applicable law or agreed to in "
	 "writing software distributed under the license is distributed on an as is basis without "
	 "warranties or conditions of any kind either express or implied see the license for the "
	 "specific language governing permissions and limitations under the license"},
	{"CC-BY-SA-3.0", "licensed under a creative commons attribution sharealike 3.0 unported "
			 "license https|http creativecommons.org licenses by sa 3.0"},

	/* Of the notices of GNU. */
	{NULL, "you can redistribute it and or modify it ?under ?the ?terms ?of ?the"},
	{NULL, "permission is granted to copy distribute and or modify this document under the "
	       "terms of the"},
	{NULL, "is|are distributed in the hope that it|they will be useful but without any "
	       "warranty without even the implied warranty of merchantability or fitness for a "
	       "particular purpose see the gnu ?lesser|library general public license for more "
	       "details"},
	{NULL, "you should have received a copy of the gnu ?lesser|library general public license "
	       "along with"},
	{NULL, "a copy of the license is included in the section entitled gnu free documentation "
	       "license"},
	{NULL, "http|https www.gnu.org licenses"},
	/* Of Debian's habit: what it refers to has to be explained by a notice. */
	{NULL, "on debian ?gnu ?linux systems ^32 usr share common licenses @"},
	{NULL, "the text of the earliest applying version of the license # can be found in usr "
	       "share common licenses @"},
	{NULL, "usr share common licenses @"},
	/* Of mpfr. */
	{NULL, "for the documentation this terms apply"},
};

const size_t licence_patterns_n = ARRAY_SIZE(licence_patterns);
