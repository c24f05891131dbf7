#include "formats/event_data.h"

#include <inttypes.h>

#include "formats/device_path.h"
#include "formats/gpt.h"
#include "formats/printable.h"

/* Names of variables are short; data that claims more is no variable. */
#define VARIABLE_NAME_MAX 1024u
/* The spec's GPT event lists used entries: no more than a table that is read may use. */
#define GPT_EVENT_ENTRIES_MAX GPT_ENTRIES

bool event_image_parse(struct span data, struct event_image *ret)
{
	struct reader r = reader_init(data);
	struct event_image image = {0};

	image.location_in_memory = reader_le64(&r);
	image.length_in_memory = reader_le64(&r);
	(void)reader_le64(&r); /* ImageLinkTimeAddress */
	image.device_path = reader_bytes(&r, reader_le64(&r));
	*ret = image;
	return reader_ok(&r);
}

bool event_variable_parse(struct span data, struct event_variable *ret)
{
	struct reader r = reader_init(data);
	struct span vendor = reader_bytes(&r, sizeof(struct guid));
	struct event_variable v = {0};
	uint64_t name_length = reader_le64(&r);
	uint64_t data_length = reader_le64(&r);

	if (!reader_ok(&r) || name_length > VARIABLE_NAME_MAX)
		return false;
	memcpy(v.vendor.bytes, vendor.p, sizeof(v.vendor.bytes));
	v.name = reader_bytes(&r, 2 * name_length);
	v.data = reader_bytes(&r, data_length);
	*ret = v;
	return reader_ok(&r);
}

bool event_variable_is(const struct event_variable *v, const char *name)
{
	size_t n = strlen(name);

	if (v->name.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (get_le16(v->name.p + 2 * i) != (uint8_t)name[i])
			return false;
	}
	return true;
}

bool event_tag_parse(struct span data, struct event_tag *ret)
{
	struct reader r = reader_init(data);
	struct event_tag tag = {.id = reader_le32(&r)};

	tag.data = reader_bytes(&r, reader_le32(&r));
	*ret = tag;
	return reader_ok(&r);
}

bool event_gpt_parse(struct span data, struct event_gpt *ret)
{
	struct reader r = reader_init(data);
	struct event_gpt g = {.header = reader_bytes(&r, GPT_HEADER_SIZE)};

	g.n_entries = reader_le64(&r);
	if (!reader_ok(&r) || g.n_entries > GPT_EVENT_ENTRIES_MAX)
		return false;
	g.entries = reader_bytes(&r, g.n_entries * GPT_ENTRY_SIZE);
	*ret = g;
	return reader_ok(&r);
}

/* A field of a GPT header or entry: UEFI specification 2.10, tables 5.5 and 5.6. */
struct gpt_field {
	const char *name;
	uint8_t offset;
	uint8_t size; /* 4 and 8: numbers; 16: a GUID; 72: a name */
};

static const struct gpt_field header_fields[] = {
	{"AlternateLBA (the size of the disk)", 32, 8},
	{"DiskGUID", 56, 16},
	{"FirstUsableLBA", 40, 8},
	{"LastUsableLBA", 48, 8},
	{"MyLBA", 24, 8},
	{"PartitionEntryLBA", 72, 8},
	{"NumberOfPartitionEntries", 80, 4},
	{"SizeOfPartitionEntry", 84, 4},
	{"Signature", 0, 8},
	{"Revision", 8, 4},
	{"HeaderSize", 12, 4},
};

static const struct gpt_field entry_fields[] = {
	{"PartitionTypeGUID", 0, 16}, {"StartingLBA", 32, 8},	       {"EndingLBA", 40, 8},
	{"PartitionName", 56, 72},    {"UniquePartitionGUID", 16, 16}, {"Attributes", 48, 8},
};

/* Checksums differ with everything else: they are named only if nothing else differs. */
static const struct gpt_field header_checksums[] = {
	{"PartitionEntryArrayCRC32", 88, 4},
	{"HeaderCRC32", 16, 4},
	{"Reserved", 20, 4},
};

static void put_field(const struct gpt_field *f, const uint8_t *p, struct buffer *b)
{
	if (f->size == 16) {
		printable_guid(p, b);
	} else if (f->size == 8) {
		buffer_printf(b, "%" PRIu64, get_le64(p));
	} else if (f->size == 4) {
		buffer_printf(b, "%u", get_le32(p));
	} else {
		buffer_put_u8(b, '\'');
		printable_utf16(SPAN(p, f->size), b);
		buffer_put_u8(b, '\'');
	}
}

static bool differ_in(const struct gpt_field *fields, size_t n, const char *where,
		      const uint8_t *expected, const uint8_t *actual, struct buffer *b)
{
	for (size_t i = 0; i < n; i++) {
		const struct gpt_field *f = &fields[i];

		if (memcmp(expected + f->offset, actual + f->offset, f->size) == 0)
			continue;
		buffer_printf(b, "%s: %s is ", where, f->name);
		put_field(f, actual + f->offset, b);
		buffer_put_string(b, ", not ");
		put_field(f, expected + f->offset, b);
		return true;
	}
	return false;
}

bool event_gpt_difference(const struct event_gpt *expected, const struct event_gpt *actual,
			  struct buffer *b)
{
	if (differ_in(header_fields, ARRAY_SIZE(header_fields), "header", expected->header.p,
		      actual->header.p, b))
		return true;
	if (expected->n_entries != actual->n_entries) {
		buffer_printf(b, "%" PRIu64 " partitions, not %" PRIu64, actual->n_entries,
			      expected->n_entries);
		return true;
	}
	for (size_t i = 0; i < actual->n_entries; i++) {
		char where[32];

		snprintf(where, sizeof(where), "partition %zu", i + 1);
		if (differ_in(entry_fields, ARRAY_SIZE(entry_fields), where,
			      expected->entries.p + i * GPT_ENTRY_SIZE,
			      actual->entries.p + i * GPT_ENTRY_SIZE, b))
			return true;
	}
	return differ_in(header_checksums, ARRAY_SIZE(header_checksums), "header",
			 expected->header.p, actual->header.p, b);
}

static void text_gpt(const struct event_gpt *g, struct buffer *b)
{
	buffer_put_string(b, "disk ");
	printable_guid(g->header.p + 56, b);
	buffer_printf(b, " of %" PRIu64 " sectors", get_le64(g->header.p + 32) + 1);
	for (size_t i = 0; i < g->n_entries; i++) {
		const uint8_t *e = g->entries.p + i * GPT_ENTRY_SIZE;

		buffer_printf(b, "; %zu: '", i + 1);
		printable_utf16(SPAN(e + 56, 72), b);
		buffer_printf(b, "' %" PRIu64 "-%" PRIu64, get_le64(e + 32), get_le64(e + 40));
	}
}

static void text_image(const struct event_image *image, struct buffer *b)
{
	size_t start = b->n;

	device_path_text(image->device_path, b);
	/* Of some programs only the memory is known, and of some not even that. */
	if (b->n == start)
		buffer_put_string(b, "a program without a path");
	buffer_printf(b, ", %" PRIu64 " bytes", image->length_in_memory);
}

/* EFI_LOAD_OPTION: UEFI specification 2.10, 3.1.3. */
static bool text_boot_option(struct span data, struct buffer *b)
{
	struct reader r = reader_init(data);
	size_t text_size = 0;

	(void)reader_le32(&r); /* Attributes */

	uint16_t path_size = reader_le16(&r);
	struct span text = r.rest;

	while (text_size + 1 < text.n && get_le16(text.p + text_size) != 0)
		text_size += 2;
	(void)reader_bytes(&r, text_size + 2);
	text.n = MIN(text_size, (size_t)EVENT_TEXT_MAX);

	struct span path = reader_bytes(&r, path_size);

	if (!reader_ok(&r))
		return false;
	printable_utf16(text, b);
	buffer_put_string(b, ", ");
	device_path_text(path, b);
	return true;
}

static bool is_boot_option(const struct event_variable *v)
{
	return v->name.n == 16 && get_le16(v->name.p) == 'B' && get_le16(v->name.p + 6) == 't' &&
	       get_le16(v->name.p + 8) != 'O';
}

static void text_variable(const struct event_variable *v, struct buffer *b)
{
	printable_utf16(v->name, b);
	if (v->data.n == 0) {
		buffer_put_string(b, ": empty");
		return;
	}
	buffer_put_string(b, ": ");
	if (event_variable_is(v, "BootOrder")) {
		for (size_t i = 0; i + 1 < MIN(v->data.n, (size_t)EVENT_TEXT_MAX); i += 2)
			buffer_printf(b, "%s%04X", i ? "," : "", get_le16(v->data.p + i));
	} else if (event_variable_is(v, "SecureBoot")) {
		buffer_put_string(b, v->data.p[0] ? "on" : "off");
	} else if (!is_boot_option(v) || !text_boot_option(v->data, b)) {
		printable_hex(v->data, 16, b);
		buffer_printf(b, " (%zu bytes)", v->data.n);
	}
}

static void text_tag(const struct event_tag *tag, struct buffer *b)
{
	static const struct {
		uint32_t id;
		const char *name;
	} names[] = {
		{EVENT_TAG_LOADER_CONF, "systemd-boot: loader.conf"},
		{EVENT_TAG_PROFILE, "profile"},
		{EVENT_TAG_DTB_ADDON, "device tree of an addon"},
		{EVENT_TAG_INITRD_ADDON, "initrd of an addon"},
		{EVENT_TAG_UCODE_ADDON, "microcode of an addon"},
	};
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].id == tag->id)
			name = names[i].name;
	}
	if (name)
		buffer_printf(b, "%s ", name);
	else if (tag->id != EVENT_TAG_LOAD_OPTIONS && tag->id != EVENT_TAG_INITRD)
		buffer_printf(b, "tag 0x%08x ", tag->id);
	printable_text(SPAN(tag->data.p, MIN(tag->data.n, (size_t)EVENT_TEXT_MAX)), b);
}

static void text_blob(struct span data, bool described, struct buffer *b)
{
	struct reader r = reader_init(data);

	if (described) {
		printable_ascii(reader_bytes(&r, reader_u8(&r)), b);
		buffer_put_string(b, " ");
	}

	uint64_t base = reader_le64(&r);
	uint64_t length = reader_le64(&r);

	buffer_printf(b, "at 0x%" PRIx64 ", %" PRIu64 " bytes%s", base, length,
		      reader_ok(&r) ? "" : " ?");
}

static void text_separator(struct span data, struct buffer *b)
{
	if (data.n == 4 && (get_le32(data.p) == 0 || get_le32(data.p) == UINT32_MAX))
		buffer_put_string(b, "separator");
	else
		printable_hex(data, 16, b);
}

/* Data that begins like its type's; false if it does not. */
static bool text_structured(const struct eventlog_event *e, struct buffer *b)
{
	struct event_image image;
	struct event_variable variable;
	struct event_tag tag;
	struct event_gpt gpt;

	switch (e->type) {
	case EV_EFI_BOOT_SERVICES_APPLICATION:
	case EV_EFI_BOOT_SERVICES_DRIVER:
	case EV_EFI_RUNTIME_SERVICES_DRIVER:
		if (!event_image_parse(e->data, &image))
			return false;
		text_image(&image, b);
		return true;
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT:
	case EV_EFI_VARIABLE_BOOT2:
	case EV_EFI_VARIABLE_AUTHORITY:
		if (!event_variable_parse(e->data, &variable))
			return false;
		text_variable(&variable, b);
		return true;
	case EV_EVENT_TAG:
		if (!event_tag_parse(e->data, &tag))
			return false;
		text_tag(&tag, b);
		return true;
	case EV_EFI_GPT_EVENT:
		if (!event_gpt_parse(e->data, &gpt))
			return false;
		text_gpt(&gpt, b);
		return true;
	case EV_SEPARATOR:
		text_separator(e->data, b);
		return true;
	case EV_EFI_PLATFORM_FIRMWARE_BLOB:
		text_blob(e->data, false, b);
		return true;
	case EV_EFI_PLATFORM_FIRMWARE_BLOB2:
		text_blob(e->data, true, b);
		return true;
	case EV_EFI_HANDOFF_TABLES2:
		if (e->data.n == 0 || e->data.p[0] > e->data.n - 1)
			return false;
		printable_ascii(SPAN(e->data.p + 1, e->data.p[0]), b);
		return true;
	default:
		return false;
	}
}

static bool is_text(struct span data)
{
	size_t zeros = 0;

	for (size_t i = 0; i < data.n; i++) {
		if (data.p[i] == 0)
			zeros++;
		else if (data.p[i] < 0x20 || data.p[i] >= 0x7f)
			return false;
	}
	return data.n > 0 && (zeros <= 1 || zeros >= data.n / 2);
}

/* Cut between two characters. */
static void put_cut(struct span text, struct buffer *b)
{
	size_t n = MIN(text.n, EVENT_TEXT_MAX - 3);

	if (text.n <= EVENT_TEXT_MAX) {
		buffer_put(b, text);
		return;
	}
	while (n > 0 && (text.p[n] & 0xc0) == 0x80)
		n--;
	buffer_put(b, SPAN(text.p, n));
	buffer_put_string(b, "...");
}

void event_data_text(const struct eventlog_event *e, struct buffer *b)
{
	/* A device path can give the most: its nodes are limited in number and size. */
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1u << 20);
	struct eventlog_event bounded = *e;

	if (!text_structured(e, &text)) {
		bounded.data.n = MIN(e->data.n, (size_t)EVENT_TEXT_MAX);
		if (e->type == EV_IPL || is_text(bounded.data))
			printable_text(bounded.data, &text);
		else
			printable_hex(bounded.data, 16, &text);
	}
	if (!buffer_ok(&text)) {
		buffer_put_string(b, "?");
		return;
	}
	put_cut(buffer_span(&text), b);
}
