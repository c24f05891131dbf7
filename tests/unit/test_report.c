/* The page about an image whose every name is an attempt to become markup. */
#include "test.h"

#include "report/report.h"

#define NAME "<script>alert(1)</script>"
#define QUOTED "\" onload=\"alert(1)"

/* A disk with one FAT that has a file of that name, and a root whose list of packages has one. */
struct hostile {
	uint8_t disk[16384];
	struct inspect_file file;
	struct inspect_partition partitions[2];
	struct package_list_item package;
	struct inspect_program program;
	struct inspection in;
	struct last_run run;
	struct report report;
};

static void make(struct hostile *h)
{
	*h = (struct hostile){0};
	h->file = (struct inspect_file){.path = (char *)(uintptr_t)NAME,
					.content = SPAN(h->disk + 4096, 1024)};
	h->partitions[0] = (struct inspect_partition){
		.number = 1,
		.offset = 2048,
		.size = 8192,
		.kind = CONTENT_FAT,
		.problem = (char *)(uintptr_t)QUOTED,
		.files = &h->file,
		.n_files = 1,
	};
	snprintf(h->partitions[0].entry.partition_name,
		 sizeof h->partitions[0].entry.partition_name, "%s", NAME);
	h->package = (struct package_list_item){
		.name = NAME, .version = QUOTED, .architecture = NAME, .licence = NAME};
	h->partitions[1] = (struct inspect_partition){
		.number = 2,
		.offset = 10240,
		.size = 4096,
		.kind = CONTENT_EROFS,
		.erofs = {.blocks = 1},
		.packages = {.image = NAME, .items = &h->package, .n = 1, .storage = h},
	};
	h->program = (struct inspect_program){
		.path = NAME,
		.partition = 1,
		.file = h->file.content,
		.is_uki = true,
		.kind = (char *)(uintptr_t)NAME,
		.kernel_version = (char *)(uintptr_t) "<b>",
		.os_name = (char *)(uintptr_t)NAME,
		.command_line = (char *)(uintptr_t)QUOTED,
		.pe = {.number_of_sections = 1,
		       .sections = {{.name = "<b>", .size_of_raw_data = 512}}},
	};
	h->in = (struct inspection){
		.name = (char *)(uintptr_t)NAME,
		.file = {.file = SPAN(h->disk, sizeof h->disk),
			 .content = SPAN(h->disk, sizeof h->disk)},
		.is_disk = true,
		.has_gpt = true,
		.primary_problem = (char *)(uintptr_t)NAME,
		.partitions = h->partitions,
		.n_partitions = 2,
		.programs = &h->program,
		.n_programs = 1,
	};
	h->run = (struct last_run){
		.instance = (char *)(uintptr_t)NAME,
		.image = (char *)(uintptr_t)NAME,
		.accelerator = (char *)(uintptr_t)QUOTED,
		.registers = (char *)(uintptr_t) "equal",
		.message = (char *)(uintptr_t)NAME,
		.timeline = {.reached = {true, true}, .begins = {0, 5}},
	};
	h->report = (struct report){
		.in = &h->in,
		.registers = {.problem = NAME},
		.runs = &h->run,
		.n_runs = 1,
		.tool = "tdnode",
	};
}

static void test_no_name_becomes_markup(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(REPORT_PAGE_MAX);
	struct hostile h;
	size_t n = 0;

	(void)state;
	make(&h);
	assert_int_equal(report_html(&h.report, &b, NULL), 0);
	assert_null(strstr(buffer_text(&b), "<script"));
	assert_null(strstr(buffer_text(&b), "<b>"));
	assert_null(strstr(buffer_text(&b), "\" onload"));
	for (const char *p = buffer_text(&b); (p = strstr(p, "&lt;script&gt;")); p++)
		n++;
	/* Title, heading, file, problem, treemap and table, map, package, reason, run: all are there. */
	assert_true(n >= 15);
}

static void test_the_same_bytes(void **state)
{
	_cleanup_(buffer_release) struct buffer a = BUFFER_INIT(REPORT_PAGE_MAX),
						b = BUFFER_INIT(REPORT_PAGE_MAX);
	struct hostile h;

	(void)state;
	make(&h);
	assert_int_equal(report_html(&h.report, &a, NULL), 0);
	assert_int_equal(report_html(&h.report, &b, NULL), 0);
	assert_true(span_equal(buffer_span(&a), buffer_span(&b)));
}

static void test_owners(void **state)
{
	_cleanup_(report_owners_release) struct report_owners o = {0};

	(void)state;
	assert_null(report_owners_find(&o, "x"));
	assert_int_equal(report_owners_add(&o, "usr/bin/b", "two", NULL), 0);
	assert_int_equal(report_owners_add(&o, "usr/bin/a", "one", NULL), 0);
	report_owners_sort(&o);
	assert_string_equal(report_owners_find(&o, "usr/bin/a"), "one");
	assert_string_equal(report_owners_find(&o, "usr/bin/b"), "two");
	assert_null(report_owners_find(&o, "usr/bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_name_becomes_markup),
		cmocka_unit_test(test_the_same_bytes),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
