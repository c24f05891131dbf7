#include "test.h"

#include <errno.h>

#include "measure/loader.h"
#include "sample_pe.h"

/* A list that files are put into as in a folder. */
struct list {
	struct loader_entries entries;
	struct loader_conf conf;
};

static void list_release(struct list *l)
{
	loader_entries_release(&l->entries);
	loader_conf_release(&l->conf);
}

static void add_image(struct list *l, const char *name, const char *osrel)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	const struct sample_section s = {".osrel", osrel, strlen(osrel), 0};

	sample_pe(&b, &s, 1);
	assert_done(loader_entries_add_image(&l->entries, 0, name, buffer_span(&b), &err), &err);
}

/* Three profiles; the second has the ID "Debug", the third none. */
static void add_profiles(struct list *l, const char *name)
{
	static const struct sample_section s[] = {
		SAMPLE_SECTION(".osrel", "ID=lab\n"),
		SAMPLE_SECTION(".profile", "ID=main\n"),
		SAMPLE_SECTION(".profile", "ID=Debug\n"),
		SAMPLE_SECTION(".profile", "TITLE=x\n"),
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;

	sample_pe(&b, s, ARRAY_SIZE(s));
	assert_done(loader_entries_add_image(&l->entries, 0, name, buffer_span(&b), &err), &err);
}

static void add_text(struct list *l, const char *name, const char *text)
{
	_cleanup_error_ struct error *err = NULL;

	assert_done(loader_entries_add_text(&l->entries, 0, name, span_string(text), &err), &err);
}

static void set_conf(struct list *l, const char *text)
{
	_cleanup_error_ struct error *err = NULL;

	loader_conf_release(&l->conf);
	assert_done(loader_conf_parse(span_string(text), l->entries.generation, &l->conf, &err),
		    &err);
}

static void assert_starts(struct list *l, const char *wanted, const char *file, unsigned profile)
{
	_cleanup_error_ struct error *err = NULL;
	const struct loader_entry *e;

	assert_done(loader_entries_choose(&l->entries, &l->conf, wanted, &e, &err), &err);
	assert_string_equal(e->file, file);
	assert_int_equal(e->profile, profile);
}

static void orders_by_version(void **state)
{
	(void)state;
	for (int g = 0; g < LOADER_GENERATIONS; g++) {
		_cleanup_(list_release) struct list l = {{.generation = (enum loader_generation)g},
							 {0}};

		add_image(&l, "a.efi", "ID=lab\nVERSION_ID=9\n");
		add_image(&l, "b.efi", "ID=lab\nVERSION_ID=10\n");
		add_image(&l, "c.efi", "ID=zoo\nVERSION_ID=11\n");
		/* Without a name it is no entry. */
		add_image(&l, "d.efi", "VERSION_ID=99\n");
		assert_int_equal(l.entries.n, 3);
		assert_starts(&l, NULL, "b.efi", 0);
		assert_starts(&l, "C.EFI", "c.efi", 0);
		set_conf(&l, "default A*\n");
		assert_starts(&l, NULL, "a.efi", 0);
		set_conf(&l, "default nothing*\n");
		assert_starts(&l, NULL, "b.efi", 0);
		set_conf(&l, "default @saved\ndefault @other\n");
		assert_starts(&l, NULL, "b.efi", 0);
	}
}

static void takes_exhausted_ones_last(void **state)
{
	(void)state;
	for (int g = 0; g < LOADER_GENERATIONS; g++) {
		_cleanup_(list_release) struct list l = {{.generation = (enum loader_generation)g},
							 {0}};

		add_image(&l, "lab-3+0-3.efi", "ID=lab\nVERSION_ID=3\n");
		add_image(&l, "lab-1.efi", "ID=lab\nVERSION_ID=1\n");
		add_image(&l, "lab-2+2-1.efi", "ID=lab\nVERSION_ID=2\n");
		assert_starts(&l, NULL, "lab-2+2-1.efi", 0);
		/* A pattern takes it all the same. */
		set_conf(&l, "default lab-3*\n");
		assert_starts(&l, NULL, "lab-3+0-3.efi", 0);
		if (g >= LOADER_262) {
			set_conf(&l, "preferred lab-3*\n");
			assert_starts(&l, NULL, "lab-2+2-1.efi", 0);
			set_conf(&l, "preferred lab-1*\ndefault lab-3*\n");
			assert_starts(&l, NULL, "lab-1.efi", 0);
		}
	}
}

static void counts_the_attempt(void **state)
{
	(void)state;
	static const char *const names[][2] = {
		{"lab+3.efi", "EFI/Linux/lab+2-1.efi"},
		{"lab+0-3.efi", "EFI/Linux/lab+0-4.efi"},
		{"lab+x.efi", "EFI/Linux/lab+x.efi"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(list_release) struct list l = {{.generation = LOADER_257}, {0}};

		add_image(&l, names[i][0], "ID=lab\n");
		assert_string_equal(l.entries.items[0].started_path, names[i][1]);
	}
}

static void chooses_profiles(void **state)
{
	(void)state;
	for (int g = LOADER_252; g < LOADER_GENERATIONS; g++) {
		_cleanup_(list_release) struct list l = {{.generation = (enum loader_generation)g},
							 {0}};
		unsigned second = g == LOADER_252 ? 0 : 1;

		add_profiles(&l, "Lab.efi");
		assert_int_equal(l.entries.n, g == LOADER_252 ? 1 : 3);
		assert_starts(&l, NULL, "Lab.efi", 0);
		/* 262 has the ID as it is, the pattern in lower case. */
		set_conf(&l, "default Lab.efi@Debug\n");
		assert_starts(&l, NULL, "Lab.efi", g == LOADER_262 ? 0 : second);
		/* A profile with an ID has no number there. */
		set_conf(&l, "default lab.efi@1\n");
		assert_starts(&l, NULL, "Lab.efi", 0);
		set_conf(&l, "default *@2\n");
		assert_starts(&l, NULL, "Lab.efi", 2 * second);
		if (g == LOADER_252)
			continue;
		assert_starts(&l, "lab.efi@1", "Lab.efi", 1);
		assert_starts(&l, "lab.efi@Debug", "Lab.efi", 1);
		assert_starts(&l, "lab.efi", "Lab.efi", 0);
	}
}

/* As real boots of Debian's 257.13, 262 and 262.1 have shown. */
static void chooses_profiles_of_counted_images(void **state)
{
	(void)state;
	static const unsigned started[LOADER_GENERATIONS][2] = {
		[LOADER_257] = {1, 1},
		[LOADER_262] = {0, 0},
		[LOADER_262_1] = {0, 1},
	};

	for (int g = LOADER_257; g < LOADER_GENERATIONS; g++) {
		_cleanup_(list_release) struct list l = {{.generation = (enum loader_generation)g},
							 {0}};

		add_profiles(&l, "Lab+3.efi");
		assert_starts(&l, NULL, "Lab+3.efi", started[g][0]);
		set_conf(&l, "default lab.efi@debug\n");
		assert_starts(&l, NULL, "Lab+3.efi", started[g][1]);
		assert_starts(&l, "lab+3.efi@2", "Lab+3.efi", 2);
	}
}

static void reads_text_entries(void **state)
{
	(void)state;
	_cleanup_(list_release) struct list l = {{.generation = LOADER_257}, {0}};
	_cleanup_(list_release) struct list new = {{.generation = LOADER_262}, {0}};

	add_text(&l, "node.conf",
		 "title Node\nsort-key node\nversion 2\nefi //EFI\\node\\\\node.efi\n"
		 "options a=1\noptions b=2\ninitrd /x\n");
	assert_int_equal(l.entries.n, 1);
	assert_string_equal(l.entries.items[0].path, "EFI/node/node.efi");
	assert_string_equal(l.entries.items[0].options, "a=1 b=2");
	assert_int_equal(l.entries.items[0].initrds.n, 0);
	add_text(&l, "old.conf", "linux /vmlinuz\noptions c=3\ninitrd /a//initrd\ninitrd b\n");
	assert_int_equal(l.entries.items[1].initrds.n, 2);
	assert_string_equal(l.entries.items[1].initrds.items[0], "a/initrd");
	assert_string_equal(l.entries.items[1].options, "initrd=\\a\\initrd initrd=b c=3");
	assert_starts(&l, NULL, "node.conf", 0);

	add_text(&l, "arm.conf", "efi /a.efi\narchitecture aa64\n");
	add_text(&l, "own.conf", "efi /EFI/Boot/bootx64.efi\n");
	add_text(&l, "empty.conf", "title nothing\n");
	add_text(&l, "uki.conf", "uki /a.efi\n");
	assert_int_equal(l.entries.n, 2);

	add_text(&new, "uki.conf", "uki /a.efi\nextra /b.cred\nprofile 2\n");
	assert_int_equal(new.entries.n, 1);
	assert_true(new.entries.items[0].has_extras);
	assert_int_equal(new.entries.items[0].profile, 2);
	add_text(&new, "both.conf", "uki /a.efi\nefi /a.efi\n");
	add_text(&new, "url.conf", "uki-url http://a/b\n");
	assert_int_equal(new.entries.n, 1);
}

static void refuses(void **state)
{
	(void)state;
	_cleanup_(list_release) struct list l = {{.generation = LOADER_257}, {0}};
	const struct loader_entry *e;
	struct error *err = NULL;

	assert_failed(loader_entries_choose(&l.entries, &l.conf, NULL, &e, &err), ENOENT,
		      "systemd-boot finds no image in 'EFI/Linux' and no entry in "
		      "'loader/entries'",
		      &err);
	add_image(&l, "a.efi", "ID=a\n");
	assert_failed(loader_entries_choose(&l.entries, &l.conf, "b.efi", &e, &err), ENOENT,
		      "systemd-boot has no entry 'b.efi'", &err);
	_cleanup_free_ char *text = malloc(20000);

	assert_non_null(text);
	snprintf(text, 20000, "efi /a\noptions %016385d\n", 1);
	assert_failed(loader_entries_add_text(&l.entries, 0, "a.conf", span_string(text), &err),
		      E2BIG, "options of more than 16384 bytes", &err);
	set_conf(&l, "default auto-*-shell\n");
	assert_failed(loader_entries_choose(&l.entries, &l.conf, NULL, &e, &err),
		      ERROR_UNPREDICTABLE,
		      "'default auto-*-shell' may start systemd-boot's own entry "
		      "'auto-efi-shell'; name the entry with --entry",
		      &err);
}

/* Two images: the order of them is another in some versions. */
static int add_two(void *context, struct loader_entries *l, struct error **err)
{
	static const struct sample_section s[] = {
		SAMPLE_SECTION(".osrel", "ID=lab\n"),
		SAMPLE_SECTION(".profile", "ID=main\n"),
		SAMPLE_SECTION(".profile", "ID=Debug\n"),
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);

	sample_pe(&b, s, ARRAY_SIZE(s));
	return loader_entries_add_image(l, 0, context, buffer_span(&b), err);
}

static void says_what_is_not_known(void **state)
{
	(void)state;
	char counted[] = "lab+3.efi", plain[] = "lab.efi";
	struct loader_search s = {
		.version = {.number = 260},
		.add_entries = add_two,
		.context = counted,
	};
	_cleanup_(loader_choice_release) struct loader_choice c = {0};
	struct error *err = NULL;

	assert_failed(loader_find(&s, &c, &err), ERROR_UNPREDICTABLE,
		      "which entry systemd-boot 260 starts is not known: name it with --entry",
		      &err);
	s.context = plain;
	assert_done(loader_find(&s, &c, &err), &err);
	assert_string_equal(c.path, "EFI/Linux/lab.efi");
	assert_true(c.start.has_others);
}

static void knows_generations(void **state)
{
	(void)state;
	static const struct {
		struct loader_version version;
		unsigned may_be; /* bits 1 << enum loader_generation */
	} cases[] = {
		{{251, false}, 1}, {{252, true}, 1}, {{254, false}, 1},	 {{255, true}, 3},
		{{256, false}, 3}, {{257, true}, 2}, {{258, false}, 14}, {{261, true}, 14},
		{{262, false}, 4}, {{262, true}, 8}, {{263, false}, 12},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned may_be = 0;

		for (int g = 0; g < LOADER_GENERATIONS; g++)
			may_be |= (unsigned)loader_may_be(&cases[i].version,
							  (enum loader_generation)g)
				  << g;
		assert_int_equal(may_be, cases[i].may_be);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_by_version),
		cmocka_unit_test(takes_exhausted_ones_last),
		cmocka_unit_test(counts_the_attempt),
		cmocka_unit_test(chooses_profiles),
		cmocka_unit_test(chooses_profiles_of_counted_images),
		cmocka_unit_test(reads_text_entries),
		cmocka_unit_test(refuses),
		cmocka_unit_test(says_what_is_not_known),
		cmocka_unit_test(knows_generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
