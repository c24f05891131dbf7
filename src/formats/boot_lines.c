#include "formats/boot_lines.h"

#include "base/text.h"

static const struct {
	const char *text;
	enum boot_line_kind kind;
} words[] = {
	{"         Starting ", BOOT_LINE_STARTING},
	{"[  OK  ] Started ", BOOT_LINE_STARTED},
	{"[  OK  ] Finished ", BOOT_LINE_STARTED},
	{"[  OK  ] Reached target ", BOOT_LINE_STARTED},
	{"[  OK  ] Listening on ", BOOT_LINE_STARTED},
	{"[  OK  ] Mounted ", BOOT_LINE_STARTED},
	{"[FAILED] Failed to start ", BOOT_LINE_FAILED},
	{"[FAILED] Failed to mount ", BOOT_LINE_FAILED},
};

/* systemd.unit(5): ASCII letters, digits, and ":-_.\@". */
static bool is_unit_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(":-_.\\@", c));
}

static bool take_unit(struct span rest, struct boot_line *ret)
{
	size_t n = 0;

	while (n < rest.n && is_unit_character(rest.p[n]))
		n++;
	/* A description would end in dots, too. */
	if (n == 0 || n >= sizeof ret->unit || n == rest.n || rest.p[n] != ' ' ||
	    !memchr(rest.p, '.', n))
		return false;
	memcpy(ret->unit, rest.p, n);
	ret->unit[n] = 0;
	return true;
}

bool boot_line_parse(struct span line, struct boot_line *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct boot_line l = {.kind = words[i].kind};
		size_t where;

		if (!span_find(line, span_string(words[i].text), &where) ||
		    !take_unit(span_skip(line, where + strlen(words[i].text)), &l))
			continue;
		*ret = l;
		return true;
	}
	return false;
}
