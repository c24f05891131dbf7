/*
 * Reads and changes LUKS2 headers for the tests.
 *
 *	luks2 check FILE		"ok UUID SECTOR_SIZE SLOT..." or the reason of refusal
 *	luks2 replace FILE OLD NEW	replaces a text of the metadata in both copies and makes the
 *					checksums right
 */
#include <stdio.h>

#include "base/file.h"
#include "formats/luks2.h"

static int check(const uint8_t *header)
{
	_cleanup_error_ struct error *err = NULL;
	struct luks2 l;

	if (luks2_check(SPAN(header, LUKS2_HEADER_SIZE), &l, &err) < 0) {
		printf("%s\n", error_message(err));
		return 3;
	}
	printf("ok %s %u", l.uuid, l.sector_size);
	for (unsigned i = 0; i < LUKS2_SLOTS; i++) {
		if (l.slots[i].used)
			printf(" %u", i);
	}
	printf("\n");
	return 0;
}

static bool replace(uint8_t *copy, const char *old, const char *new)
{
	char *json = (char *)copy + LUKS2_BINARY_SIZE;
	size_t size = strnlen(json, LUKS2_JSON_SIZE);
	char *at = memmem(json, size, old, strlen(old));

	if (!at || size - strlen(old) + strlen(new) >= LUKS2_JSON_SIZE)
		return false;

	size_t rest = size - (size_t)(at - json) - strlen(old);

	memmove(at + strlen(new), at + strlen(old), rest);
	memcpy(at, new, strlen(new));
	memset(at + strlen(new) + rest, 0,
	       LUKS2_JSON_SIZE - (size_t)(at - json) - strlen(new) - rest);
	luks2_seal_copy(copy);
	return true;
}

int main(int argc, char **argv)
{
	_cleanup_free_ uint8_t *header = malloc(LUKS2_HEADER_SIZE);
	FILE *f = NULL;

	if (argc < 3 || !header || !(f = fopen(argv[2], "r+")) ||
	    fread(header, LUKS2_HEADER_SIZE, 1, f) != 1) {
		fprintf(stderr, "cannot read '%s'\n", argc < 3 ? "" : argv[2]);
		return 1;
	}
	if (string_equal(argv[1], "check"))
		return check(header);
	if (!string_equal(argv[1], "replace") || argc != 5 || !replace(header, argv[3], argv[4]) ||
	    !replace(header + LUKS2_COPY_SIZE, argv[3], argv[4]))
		return 1;
	rewind(f);
	return fwrite(header, LUKS2_HEADER_SIZE, 1, f) == 1 && fclose(f) == 0 ? 0 : 1;
}
