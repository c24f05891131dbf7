#include "test.h"

#include "formats/efi_signature.h"
#include "formats/efi_vars.h"
#include "measure/secure_boot.h"
#include "sample_firmware.h"

static void make(struct buffer *b, const struct sample_variable *v, size_t n)
{
	sample_variables(b, v, n);
	assert_true(buffer_ok(b));
	assert_int_equal(b->n, SAMPLE_STORE_SIZE);
}

static void expect(const struct efi_vars *v, const char *name, const char *data)
{
	struct efi_variable found;

	assert_true(efi_vars_find(v, &efi_global_guid, name, &found));
	assert_true(span_equal(found.data, span_string(data)));
	assert_true(efi_name_is(found.name, name));
}

/* Of several records of a name the one counts that is neither deleted nor half written. */
static void takes_the_valid_record(void **state)
{
	(void)state;
	const struct sample_variable variables[] = {
		{&efi_global_guid, "A", SPAN_LITERAL("old"), 0x3c},
		{&efi_global_guid, "B", SPAN_LITERAL("old"), 0x3e},
		{&efi_image_security_guid, "A", SPAN_LITERAL("another's"), 0},
		{&efi_global_guid, "A", SPAN_LITERAL("new"), 0x3f},
		{&efi_global_guid, "B", SPAN_LITERAL("half"), 0x7f},
		{&efi_global_guid, "C", SPAN_LITERAL("old"), 0x3e},
		{&efi_global_guid, "C", SPAN_LITERAL("new"), 0x3f},
		{&efi_global_guid, "D", SPAN_LITERAL("gone"), 0x3d},
		{&efi_global_guid, "Longer", {0}, 0},
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_STORE_SIZE);
	_cleanup_error_ struct error *err = NULL;
	struct efi_variable v;
	struct efi_vars store;

	make(&b, variables, ARRAY_SIZE(variables));
	assert_done(efi_vars_open(buffer_span(&b), &store, &err), &err);
	expect(&store, "A", "new");
	expect(&store, "B", "old");
	expect(&store, "C", "new");
	expect(&store, "Longer", "");
	assert_false(efi_vars_find(&store, &efi_global_guid, "D", &v));
	assert_false(efi_vars_find(&store, &efi_global_guid, "Long", &v));
	assert_false(efi_vars_find(&store, &efi_global_guid, "", &v));
}

static void refuses_bad_stores(void **state)
{
	(void)state;
	static const struct {
		size_t offset;
		uint32_t value;
		const char *message;
	} cases[] = {
		{40, 0, "no firmware volume at its start: not an OVMF_VARS.fd"},
		{16, 0, "the firmware volume at its start holds no variables"},
		{32, 0x8001, "firmware volume of 0x8001 bytes in a file of 0x8000"},
		{48, 55,
		 "firmware volume of 0x8000 bytes has no room for variables after its "
		 "header of 0x37"},
		{48, 0x7ff0,
		 "firmware volume of 0x8000 bytes has no room for variables after its "
		 "header of 0x7ff0"},
		{44, 0, "the checksum of the firmware volume's header of 0x48 bytes is wrong"},
		{72, 0, "the variable store is not one of authenticated variables"},
		{92, 0xff5a, "the variable store is not whole: format 0x5a, state 0xff"},
		{88, 0x8000, "variable store of 0x8000 bytes where there are 0x7fb8"},
		{88, 27, "variable store of 0x1b bytes where there are 0x7fb8"},
		{SAMPLE_STORE_RECORDS + 36, 0xffffffff,
		 "the variable at 0x1c of the store reaches beyond its end"},
		{SAMPLE_STORE_RECORDS + 40, 0xffffffff,
		 "the variable at 0x1c of the store reaches beyond its end"},
		{SAMPLE_STORE_RECORDS + 36, 2,
		 "the name of the variable at 0x1c of the store does not end in a NUL"},
		{SAMPLE_STORE_RECORDS + 36, 5,
		 "the name of the variable at 0x1c of the store does not end in a NUL"},
		{SAMPLE_STORE_RECORDS + 60, 0x00410041,
		 "the name of the variable at 0x1c of the store does not end in a NUL"},
	};
	const struct sample_variable variable = {&efi_global_guid, "A", SPAN_LITERAL("data"), 0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_STORE_SIZE);
		_cleanup_error_ struct error *err = NULL;
		struct efi_vars store;

		make(&b, &variable, 1);
		put_le32(b.p + cases[i].offset, cases[i].value);
		assert_failed(efi_vars_open(buffer_span(&b), &store, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

static void knows_the_state_of_secure_boot(void **state)
{
	(void)state;
	static const struct {
		struct sample_variable variables[3];
		size_t n;
		bool on;
		const char *mode;
	} cases[] = {
		/* Nothing says that the firmware knows of Secure Boot. */
		{{{0}}, 0, false, ""},
		{{{&efi_custom_mode_guid, "CustomMode", SPAN_LITERAL("\0"), 0}}, 1, false, "0"},
		{{{&efi_global_guid, "PK", SPAN_LITERAL("key"), 0}}, 1, true, "1"},
		{{{&efi_global_guid, "PK", SPAN_LITERAL("key"), 0},
		  {&efi_secure_boot_enable_guid, "SecureBootEnable", SPAN_LITERAL("\1"), 0}},
		 2,
		 true,
		 "1"},
		{{{&efi_global_guid, "PK", SPAN_LITERAL("key"), 0},
		  {&efi_secure_boot_enable_guid, "SecureBootEnable", SPAN_LITERAL("\0"), 0}},
		 2,
		 false,
		 "0"},
		{{{&efi_image_security_guid, "db", SPAN_LITERAL("list"), 0},
		  {&efi_secure_boot_enable_guid, "SecureBootEnable", SPAN_LITERAL("\1"), 0}},
		 2,
		 false,
		 "0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_STORE_SIZE);
		struct secure_boot s;
		struct efi_vars store;

		make(&b, cases[i].variables, cases[i].n);
		assert_int_equal(efi_vars_open(buffer_span(&b), &store, NULL), 0);
		secure_boot_from_store(&store, SECURE_FILE, &s);
		assert_int_equal(s.on, cases[i].on);
		assert_int_equal(s.variables[SECURE_VARIABLE_MODE].n, strlen(cases[i].mode));
		if (*cases[i].mode)
			assert_int_equal(s.variables[SECURE_VARIABLE_MODE].p[0],
					 *cases[i].mode - '0');
	}
}

static void reads_measured_variables(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(256);
	_cleanup_error_ struct error *err = NULL;
	enum secure_variable which;
	struct efi_variable v;

	buffer_put(&b, SPAN(&efi_image_security_guid, sizeof(struct guid)));
	buffer_put_le64(&b, 3);
	buffer_put_le64(&b, 2);
	buffer_put(&b, SPAN_LITERAL("d\0b\0x\0yz"));
	assert_done(efi_variable_parse(buffer_span(&b), &v, &err), &err);
	assert_true(efi_name_is(v.name, "dbx"));
	assert_true(span_equal(v.data, SPAN_LITERAL("yz")));
	assert_true(secure_variable_recognise(&v, &which));
	assert_int_equal(which, SECURE_VARIABLE_DBX);
	v.vendor = efi_global_guid;
	assert_false(secure_variable_recognise(&v, &which));

	assert_failed(efi_variable_parse(SPAN(b.p, b.n - 1), &v, &err), ERROR_MALFORMED,
		      "a measured variable of 39 bytes does not fit its sizes", &err);
	buffer_put_u8(&b, 0);
	assert_failed(efi_variable_parse(buffer_span(&b), &v, &err), ERROR_MALFORMED,
		      "a measured variable of 41 bytes does not fit its sizes", &err);
	put_le64(b.p + 16, 0x8000000000000000);
	assert_failed(efi_variable_parse(buffer_span(&b), &v, &err), ERROR_MALFORMED,
		      "a measured variable of 41 bytes does not fit its sizes", &err);
}

#define SHA256_LIST "c1c41626-504c-4092-aca9-41f936934328"
#define X509_LIST "a5c059a1-94e4-4aa7-87b5-ab155c2bf072"

static void put_list(struct buffer *b, const char *type, uint32_t header, uint32_t entry, size_t n)
{
	sample_guid(b, type);
	buffer_put_le32(b, (uint32_t)(28 + header + n * entry));
	buffer_put_le32(b, header);
	buffer_put_le32(b, entry);
	buffer_put_zeros(b, header);
	for (size_t i = 0; i < n; i++) {
		buffer_put_zeros(b, 16);
		for (uint32_t k = 16; k < entry; k++)
			buffer_put_u8(b, (uint8_t)('a' + i));
	}
}

static void reads_signature_lists(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	_cleanup_error_ struct error *err = NULL;
	struct efi_signature e;

	/* Lists without entries are in real dbx. */
	put_list(&b, SHA256_LIST, 0, 48, 0);
	put_list(&b, SHA256_LIST, 4, 48, 2);
	put_list(&b, X509_LIST, 0, 20, 1);

	struct efi_signatures s = efi_signatures_init(buffer_span(&b));

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(efi_signatures_next(&s, &e, &err), 1);
		assert_int_equal(e.type, EFI_SIGNATURE_SHA256);
		assert_int_equal(e.entry.n, 48);
		assert_int_equal(e.data.n, 32);
		assert_int_equal(e.data.p[0], 'a' + i);
	}
	assert_int_equal(efi_signatures_next(&s, &e, &err), 1);
	assert_int_equal(e.type, EFI_SIGNATURE_X509);
	assert_true(span_equal(e.data, SPAN_LITERAL("aaaa")));
	assert_int_equal(efi_signatures_next(&s, &e, &err), 0);
	assert_int_equal(efi_signatures_next(&s, &e, &err), 0);

	s = efi_signatures_init(SPAN(b.p, 40));
	assert_failed(efi_signatures_next(&s, &e, &err), ERROR_MALFORMED,
		      "the signature list at 0x1c is cut off", &err);
	put_le32(b.p + 24, 0);
	s = efi_signatures_init(buffer_span(&b));
	assert_failed(
		efi_signatures_next(&s, &e, &err), ERROR_MALFORMED,
		"the signature list at 0x0 has 0x1c bytes, its header 0x0, an entry 0x0: that "
		"does not fit",
		&err);
	put_le32(b.p + 24, 48);
	put_le32(b.p + 16, 30);
	s = efi_signatures_init(buffer_span(&b));
	assert_failed(efi_signatures_next(&s, &e, &err), ERROR_MALFORMED,
		      "the signature list at 0x0 has 0x1e bytes, its header 0x0, an entry 0x30: "
		      "that does not fit",
		      &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_valid_record),
		cmocka_unit_test(refuses_bad_stores),
		cmocka_unit_test(knows_the_state_of_secure_boot),
		cmocka_unit_test(reads_measured_variables),
		cmocka_unit_test(reads_signature_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
