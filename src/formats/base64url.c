#include "formats/base64url.h"

bool base64url_decode(struct span text, uint8_t **ret, size_t *ret_n)
{
	_cleanup_free_ uint8_t *usual = malloc(text.n + 4);
	size_t n = 0;

	if (!usual)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue;
		usual[n++] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	if (n % 4 == 1)
		return false;
	while (n % 4)
		usual[n++] = '=';
	return base64_decode(SPAN(usual, n), ret, ret_n);
}

char *base64url_string(struct span s)
{
	char *text = base64_string(s);

	for (char *p = text; p && *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	return text;
}
