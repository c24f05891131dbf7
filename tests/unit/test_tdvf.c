#include "test.h"

#include "formats/tdvf.h"
#include "measure/td_hob.h"
#include "crypto/digest.h"
#include "sample_firmware.h"

/* As Google's firmware has them. */
static const struct tdvf_section google[] = {
	{0x20000, 0x1e0000, 0xffe20000, 0x1e0000, TDVF_BFV, TDVF_MR_EXTEND},
	{0, 0x20000, 0xffe00000, 0x20000, TDVF_CFV, 0},
	{0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0},
	{0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0},
	{0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0},
	{0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0},
};

/* As edk2-stable202502 has them; the data are shorter. */
static const struct tdvf_section ovmf[] = {
	{0x1000, 0x1000, 0xffc84000, 0x37c000, TDVF_BFV, TDVF_MR_EXTEND},
	{0, 0x1000, 0xffc00000, 0x84000, TDVF_CFV, 0},
	{0, 0, 0x811000, 0xf000, TDVF_TEMP_MEM, 0},
	{0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0},
	{0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0},
	{0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0},
};

static void make(struct buffer *b, size_t content, const struct tdvf_section *s, size_t n)
{
	_cleanup_free_ uint8_t *bytes = calloc(1, content);

	assert_non_null(bytes);
	for (size_t i = 0; i < content; i++)
		bytes[i] = (uint8_t)i;
	sample_firmware(b, SPAN(bytes, content), s, n);
	assert_true(buffer_ok(b));
}

static void reads_sections(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_FIRMWARE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t;

	make(&b, 0x2000, ovmf, ARRAY_SIZE(ovmf));
	assert_done(tdvf_parse(buffer_span(&b), &t, &err), &err);
	assert_int_equal(t.n, ARRAY_SIZE(ovmf));
	for (size_t i = 0; i < t.n; i++)
		assert_memory_equal(&t.sections[i], &ovmf[i], sizeof(ovmf[i]));
	assert_ptr_equal(tdvf_section(&t, TDVF_TD_HOB), &t.sections[4]);
	/* There are three, and none. */
	assert_null(tdvf_section(&t, TDVF_TEMP_MEM));
	assert_null(tdvf_section(&t, TDVF_PAYLOAD));
	assert_ptr_equal(tdvf_data(&t, &t.sections[0]).p, b.p + 0x1000);
	assert_int_equal(tdvf_data(&t, &t.sections[0]).n, 0x1000);
}

struct bad {
	size_t index;
	struct tdvf_section section;
	const char *message;
};

static void refuses_bad_sections(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{0,
		 {0x1000, 0x1000, 0xffc84000, 0x37c000, 7, 0},
		 "TDX section 0 has the unknown type 7"},
		{0,
		 {0x1000, 0x1000, 0xffc84000, 0x37c000, TDVF_BFV, 5},
		 "TDX section 0 (BFV) has the unknown attributes 0x5"},
		{0,
		 {0x1000, 0xffffffff, 0xffc84000, 0x37c000, TDVF_BFV, 1},
		 "TDX section 0 (BFV): data [0x1000, 0x100000fff) lie outside the file of 0x212b "
		 "bytes: half of a firmware that is split into code and variables?"},
		{1,
		 {0, 0x2000, 0xffc00000, 0x1000, TDVF_CFV, 0},
		 "TDX section 1 (CFV) at 0xffc00000: its data are larger than its memory"},
		{1,
		 {0, 0, 0xffc00000, 0x1000, TDVF_CFV, 0},
		 "TDX section 1 (CFV) at 0xffc00000: a firmware volume without data"},
		{4,
		 {0, 0x1000, 0x809000, 0x2000, TDVF_TD_HOB, 0},
		 "TDX section 4 (TD_HOB) at 0x809000: memory that the host fills has data in the "
		 "file"},
		{5,
		 {0, 0x1000, 0x800000, 0x6000, TDVF_PERM_MEM, TDVF_PAGE_AUG},
		 "TDX section 5 (PERM_MEM) at 0x800000: data for pages that are added later"},
		{5,
		 {0, 0, 0x800000, 0x6000, TDVF_PERM_MEM, TDVF_PAGE_AUG | TDVF_MR_EXTEND},
		 "TDX section 5 (PERM_MEM) at 0x800000: pages that are added later cannot be "
		 "measured"},
		{5,
		 {0, 0, 0x800800, 0x6000, TDVF_TEMP_MEM, 0},
		 "TDX section 5 (TEMP_MEM): memory 0x800800 of 0x6000 bytes is not of whole pages"},
		{5,
		 {0, 0, 0x800000, 0, TDVF_TEMP_MEM, 0},
		 "TDX section 5 (TEMP_MEM): memory 0x800000 of 0x0 bytes is not of whole pages"},
		{5,
		 {0, 0, 0xfffffffffffff000, 0x2000, TDVF_TEMP_MEM, 0},
		 "TDX section 5 (TEMP_MEM) at 0xfffffffffffff000: beyond every address that there "
		 "is"},
		{5,
		 {0, 0, 0x80a000, 0x1000, TDVF_TEMP_MEM, 0},
		 "TDX sections 4 (TD_HOB) at 0x809000 and 5 (TEMP_MEM) at 0x80a000 overlap in "
		 "memory"},
		{5,
		 {0, 0, 0x100000000, 0x100000000, TDVF_TEMP_MEM, 0},
		 "TDX metadata: 0x100413000 bytes of memory are added before the start: more than "
		 "0x40000000"},
		{0,
		 {0, 0, 0x100000000, 0x1000, TDVF_PERM_MEM, 0},
		 "TDX metadata: no section of code (BFV)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_FIRMWARE_MAX);
		struct tdvf_section sections[ARRAY_SIZE(ovmf)];
		_cleanup_error_ struct error *err = NULL;
		struct tdvf t;

		memcpy(sections, ovmf, sizeof(ovmf));
		sections[cases[i].index] = cases[i].section;
		make(&b, 0x2000, sections, ARRAY_SIZE(sections));
		assert_failed(tdvf_parse(buffer_span(&b), &t, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

/* What is added later may be as large as memory is. */
static void allows_large_memory_later(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_FIRMWARE_MAX);
	struct tdvf_section sections[ARRAY_SIZE(ovmf)];
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t;

	memcpy(sections, ovmf, sizeof(ovmf));
	sections[5] = (struct tdvf_section){
		0, 0, 0x100000000, 0x1000000000, TDVF_PERM_MEM, TDVF_PAGE_AUG,
	};
	make(&b, 0x2000, sections, ARRAY_SIZE(sections));
	assert_done(tdvf_parse(buffer_span(&b), &t, &err), &err);
}

static void refuses_bad_tables(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_FIRMWARE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t;

	make(&b, 0x2000, ovmf, ARRAY_SIZE(ovmf));

	uint8_t *end = b.p + b.n - 32, *entry = end - 18 - 19 - 22;
	struct span file = buffer_span(&b);

	assert_failed(tdvf_parse((struct span){0}, &t, &err), ERROR_MALFORMED,
		      "no table of GUIDs 0x20 bytes before its end: not OVMF", &err);
	assert_failed(tdvf_parse(SPAN(b.p, b.n - 1), &t, &err), ERROR_MALFORMED,
		      "no table of GUIDs 0x20 bytes before its end: not OVMF", &err);
	put_le32(entry, 0x7fffffff);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "TDX metadata 0x7fffffff bytes before the end of the file of 0x212b bytes",
		      &err);
	put_le32(entry, 0x200);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED, "no TDX metadata at 0x1f2b",
		      &err);
	entry[6] ^= 1;
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "no TDX metadata: not built for TDX", &err);
	put_le16(entry + 4, 200);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "table of GUIDs: the entry that ends at 0x20e6 does not fit", &err);
}

static void refuses_bad_descriptors(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_FIRMWARE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t;

	make(&b, 0x2000, ovmf, ARRAY_SIZE(ovmf));

	uint8_t *descriptor = b.p + 0x2000;
	struct span file = buffer_span(&b);

	put_le32(descriptor + 4, 16 + 32 * 5);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "TDX metadata at 0x2000: 176 bytes for 6 sections do not fit", &err);
	put_le32(descriptor + 12, 33);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "TDX metadata at 0x2000: 33 sections, not 1 to 32", &err);
	put_le32(descriptor + 8, 2);
	assert_failed(tdvf_parse(file, &t, &err), ERROR_MALFORMED,
		      "TDX metadata at 0x2000 have the unknown version 2", &err);
}

static void assert_hob(const struct tdvf_section *s, size_t n, uint64_t memory,
		       enum td_hob_host host, const char *expected)
{
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(TD_HOB_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t = {.n = n};
	char hex[DIGEST_HEX_MAX];

	memcpy(t.sections, s, n * sizeof(*s));
	assert_done(td_hob_build(&t, memory, host, &list, &err), &err);

	struct digest d = digest_bytes(DIGEST_SHA384, buffer_span(&list));

	digest_hex(&d, hex);
	assert_string_equal(hex, expected);
}

/* Digests from event logs of real machines: 1 GiB under QEMU, 16 GiB at Google's. */
static void lists_memory(void **state)
{
	(void)state;
	assert_hob(ovmf, ARRAY_SIZE(ovmf), 1ull << 30, TD_HOB_QEMU,
		   "2b630fa1d8fa9b6e8c6507d2256803ed227888f7d1f62ca5cfbddfe495338b1c6a0fc339ea6470"
		   "0f0835c0897a662789");
	assert_hob(google, ARRAY_SIZE(google), 16ull << 30, TD_HOB_GOOGLE,
		   "458994daa60deac8dea19dba79748f6ff93fd0aebb8e3e0be5a65eb12309d342c3ce31cc67af7b"
		   "bd22af1a44e7d9fe21");
}

/* The last range of memory in a list for a machine of this size. */
static void assert_last_range(const struct tdvf_section *s, size_t n, uint64_t memory,
			      enum td_hob_host host, uint64_t start, uint64_t size)
{
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(TD_HOB_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t = {.n = n};

	memcpy(t.sections, s, n * sizeof(*s));
	assert_done(td_hob_build(&t, memory, host, &list, &err), &err);
	assert_int_equal(get_le64(list.p + list.n - 16), start);
	assert_int_equal(get_le64(list.p + list.n - 8), size);
}

/* From which size on memory lies above 4 GiB, too, and how much of it. */
static void splits_memory(void **state)
{
	(void)state;
	assert_last_range(ovmf, ARRAY_SIZE(ovmf), 0xb0000000 - 4096, TD_HOB_QEMU, 0x820000,
			  0xb0000000 - 4096 - 0x820000);
	assert_last_range(ovmf, ARRAY_SIZE(ovmf), 0xb0000000, TD_HOB_QEMU, 1ull << 32, 0x30000000);
	/* Exactly what lies below 4 GiB: nothing is left for above. */
	assert_last_range(google, ARRAY_SIZE(google), 0xc0000000, TD_HOB_GOOGLE, 0x820000,
			  0xc0000000 - 0x820000);
	assert_last_range(google, ARRAY_SIZE(google), 0xc0000000 + 4096, TD_HOB_GOOGLE, 1ull << 32,
			  4096);
	/* The firmware's last section ends where memory ends. */
	assert_last_range(ovmf, ARRAY_SIZE(ovmf), 0x820000, TD_HOB_QEMU, 0x811000, 0xf000);
}

static void refuses_too_little_memory(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(TD_HOB_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t = {.n = ARRAY_SIZE(ovmf)};

	memcpy(t.sections, ovmf, sizeof(ovmf));
	assert_failed(td_hob_build(&t, 0x810000, TD_HOB_QEMU, &list, &err), ERROR_MALFORMED,
		      "0x810000 bytes of memory: the firmware's section TEMP_MEM at 0x811000 lies "
		      "beyond",
		      &err);
	t.sections[4].type = TDVF_TEMP_MEM;
	assert_failed(td_hob_build(&t, 1 << 30, TD_HOB_QEMU, &list, &err), ERROR_MALFORMED,
		      "TDX metadata: not exactly one section TD_HOB", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sections),
		cmocka_unit_test(refuses_bad_sections),
		cmocka_unit_test(allows_large_memory_later),
		cmocka_unit_test(refuses_bad_tables),
		cmocka_unit_test(refuses_bad_descriptors),
		cmocka_unit_test(lists_memory),
		cmocka_unit_test(splits_memory),
		cmocka_unit_test(refuses_too_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
