/*
 * Boots that were done, their predictions and their logs, for the tests of the comparison of both.
 */
#pragma once

#include "explain/log_judgement.h"
#include "lab.h"

#define LOG_MAX (64u << 10)

/* A boot that was done. */
struct lab_case {
	const char *name;
	unsigned stub;
	struct boot_options options;
	const char *beside;
	bool pcrpkey;
};

static const struct lab_case cases[] = {
	{.name = "s252", .stub = 252},
	{.name = "s252-pcrpkey", .stub = 252, .pcrpkey = true},
	{.name = "s257", .stub = 257},
	{.name = "s257-pcrpkey", .stub = 257, .pcrpkey = true},
	{.name = "s257-cred", .stub = 257, .beside = "foo.cred"},
	{.name = "s257-sb", .stub = 257, .options = {.secure_boot = true}},
	{.name = "s257-direct", .stub = 257, .options = {.kind = BOOT_QEMU_KERNEL}},
	{.name = "s257-direct-append",
	 .stub = 257,
	 .options = {.kind = BOOT_QEMU_KERNEL, .load_options = "console=ttyS0 appended=1"}},
	{.name = "s262-direct", .stub = 262, .options = {.kind = BOOT_QEMU_KERNEL}},
};

#define S257 (&cases[2])
#define S257_DIRECT (&cases[6])

/* With the unpacked images; NULL without vectors. */
static char *lab_folder;

static inline int set_up(void **state)
{
	(void)state;
	if (!path_exists(LAB "/ukis.tar.xz")) {
		print_message("skipped: no vectors\n");
		return 0;
	}
	lab_folder = test_folder();
	return lab_unpack(lab_folder);
}

static inline int tear_down(void **state)
{
	(void)state;
	if (lab_folder)
		test_folder_free(lab_folder);
	return 0;
}

/* Predicts a case as it was booted, or with the default options. */
struct predicted {
	struct measurement m;
	struct measure_options options;
	struct string_list beside;
	char *path;
};

static inline void predicted_release(struct predicted *p)
{
	measurement_release(&p->m);
	string_list_release(&p->beside);
	free(p->path);
}

static inline void predict(const struct lab_case *c, bool default_options, struct predicted *ret)
{
	_cleanup_error_ struct error *err = NULL;

	*ret = (struct predicted){.path = string_printf("%s/%s.efi", lab_folder, c->name)};
	assert_non_null(ret->path);
	if (!default_options) {
		ret->options.boot = c->options;
		if (c->beside) {
			assert_int_equal(
				string_list_take(&ret->beside, path_join(lab_folder, c->beside)),
				0);
			ret->options.inputs.beside = &ret->beside;
		}
	}
	assert_done(measure_file(ret->path, &ret->options, &ret->m, &err), &err);
}

static inline void read_log(const struct lab_case *c, struct buffer *ret)
{
	_cleanup_free_ char *path = string_printf(LAB "/%s/eventlog.bin", c->name);

	assert_int_equal(file_read(path, LOG_MAX, ret, NULL), 0);
}

static inline void judge(const struct predicted *p, struct span bytes, const char *claimed,
			 struct firmware_log *log, struct log_judgement *ret)
{
	_cleanup_error_ struct error *err = NULL;

	assert_done(firmware_log_parse(bytes, log, &err), &err);
	const struct log_given given = {.log = log, .claimed_command_line = claimed};

	assert_done(log_judge(p->path, &p->options, &p->m, &given, ret, &err), &err);
}

static inline uint32_t causes_of(const struct log_judgement *j)
{
	uint32_t causes = 0;

	for (size_t i = 0; i < j->findings.n; i++)
		causes |= 1u << j->findings.items[i].cause;
	return causes;
}

static inline void show(const struct log_judgement *j)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOG_REPORT_MAX);

	log_judgement_text(j, &text);
	print_message("%s", buffer_text(&text));
}

#define CAUSE(name) (1u << LOG_##name)
