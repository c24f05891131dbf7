#include "guest/report/console_report.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

/* sysfs says one page for every attribute. */
#define REGISTER_MAX 4096
/* SHA-256, as dm-verity has it here. */
#define ROOT_HASH_SIZE 32

static const struct {
	const char *name;
	size_t size;
} banks[] = {{"sha256", 32}, {"sha384", 48}};

bool report_is_debug(struct span os_release)
{
	struct reader reader = reader_init(os_release);
	struct span line;

	while (reader_line(&reader, &line)) {
		if (span_equal(line, SPAN_LITERAL("VARIANT_ID=debug")))
			return true;
	}
	return false;
}

static int report_register(const char *tpm, size_t bank, unsigned pcr, struct buffer *ret,
			   struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/pcr-%s/%u", tpm, banks[bank].name, pcr);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REGISTER_MAX);
	uint8_t value[64];
	char hex[2 * sizeof value + 1];
	struct span line;
	int r = path ? file_read(path, REGISTER_MAX, &text, err) : error_oom(err);

	if (r < 0)
		return r;

	struct reader reader = reader_init(buffer_span(&text));

	if (!reader_line(&reader, &line) || !hex_decode(line, value, banks[bank].size))
		return error_set(err, -ERROR_MALFORMED, "%s: not a register", path);
	hex_encode(SPAN(value, banks[bank].size), hex);
	buffer_printf(ret, "tdnode-report: pcr %s %u %s\n", banks[bank].name, pcr, hex);
	return 0;
}

static int report_banks(const char *tpm, struct buffer *ret, struct error **err)
{
	for (size_t bank = 0; bank < ARRAY_SIZE(banks); bank++) {
		_cleanup_free_ char *folder = string_printf("%s/pcr-%s", tpm, banks[bank].name);

		if (!folder)
			return error_oom(err);
		if (path_is_absent(folder))
			continue;
		for (unsigned pcr = 0; pcr < REPORT_REGISTERS; pcr++) {
			int r = report_register(tpm, bank, pcr, ret, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* The word "roothash=..." of the command line, as init took it. */
static void report_root_hash(struct span command_line, struct buffer *ret)
{
	const struct span key = SPAN_LITERAL("roothash=");
	struct reader reader = reader_init(command_line);
	struct span line, word, start;
	uint8_t hash[ROOT_HASH_SIZE];
	char hex[2 * ROOT_HASH_SIZE + 1];

	while (reader_line(&reader, &line)) {
		while ((word = span_next_word(&line)).n) {
			if (!span_slice(word, 0, key.n, &start) || !span_equal(start, key) ||
			    !hex_decode(span_skip(word, key.n), hash, sizeof hash))
				continue;
			hex_encode(SPAN(hash, sizeof hash), hex);
			buffer_printf(ret, "tdnode-report: root-hash %s\n", hex);
			return;
		}
	}
}

int report_make(const char *tpm, struct span command_line, bool debug, struct buffer *ret,
		struct error **err)
{
	int r = 0;

	buffer_put_string(ret, "tdnode-report: begin\n");
	if (path_is_absent(tpm))
		buffer_put_string(ret, "tdnode-report: no tpm\n");
	else
		r = report_banks(tpm, ret, err);
	report_root_hash(command_line, ret);
	buffer_printf(ret, "tdnode-report: debug %s\n", debug ? "yes" : "no");
	buffer_put_string(ret, "tdnode-report: end\n");
	if (r >= 0 && !buffer_ok(ret))
		r = error_oom(err);
	return r;
}
