#include "guest/init/init.h"

#define KEY "roothash="

int command_line_root_hash(struct span command_line, struct root_hash *ret, struct error **err)
{
	bool found = false;
	size_t start = 0;

	for (size_t i = 0; i <= command_line.n; i++) {
		bool end = i == command_line.n || command_line.p[i] == ' ' ||
			   command_line.p[i] == '\t' || command_line.p[i] == '\n';
		struct span word = {command_line.p + start, i - start};

		if (!end)
			continue;
		start = i + 1;
		if (word.n < strlen(KEY) || memcmp(word.p, KEY, strlen(KEY)) != 0)
			continue;
		if (found)
			return error_set(err, -ERROR_MALFORMED, "command line: two " KEY);
		found = true;
		word = span_skip(word, strlen(KEY));
		if (!hex_decode(word, ret->bytes, sizeof ret->bytes))
			return error_set(err, -ERROR_MALFORMED,
					 "command line: " KEY " is not 64 hexadecimal digits");
	}
	return found ? 0 : error_set(err, -ERROR_MALFORMED, "command line: no " KEY);
}
