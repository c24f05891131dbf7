/* systemd-boot's configuration and entries: any text is read, and lines stay inside of it. */
#include "fuzz.h"

#include "base/text.h"
#include "formats/bootspec.h"
#include "measure/loader.h"

static void read_lines(struct span text, const char *separators)
{
	struct reader r = bootspec_reader(text);
	struct span key, value;

	while (bootspec_next(&r, separators, true, &key, &value)) {
		if (key.p < text.p || value.p + value.n > text.p + text.n)
			abort();
	}
}

/* The first line is a name and a pattern, the rest a text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(SPAN(data, size));
	struct span line = {0};
	struct bootspec_count count;
	size_t at;

	if (!reader_line(&r, &line))
		return 0;

	_cleanup_free_ char *name = span_to_string(line);

	if (!name)
		return 0;
	bootspec_match(name, "node+3-1.efi@2");
	bootspec_match("*[a-c]*\\?", name);
	if (bootspec_compare_versions(name, name) != 0)
		abort();
	if (bootspec_count_parse(name, ".efi", &count) && count.name_length >= line.n)
		abort();
	if (bootspec_count_in_path(name, &at) && name[at] != '+')
		abort();
	read_lines(r.rest, " \t");
	read_lines(r.rest, "=");
	for (int g = 0; g < LOADER_GENERATIONS; g++) {
		_cleanup_(loader_entries_release) struct loader_entries l = {
			.generation = (enum loader_generation)g};
		_cleanup_(loader_conf_release) struct loader_conf conf = {0};
		_cleanup_error_ struct error *err = NULL;
		const struct loader_entry *e;

		if (loader_conf_parse(r.rest, l.generation, &conf, &err) < 0 ||
		    loader_entries_add_text(&l, 1, name, r.rest, &err) < 0 ||
		    loader_entries_choose(&l, &conf, NULL, &e, &err) < 0)
			continue;
	}
	return 0;
}
