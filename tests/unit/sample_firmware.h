/* Firmware for TDX and stores of variables, made field by field for tests. */
#pragma once

#include "base/buffer.h"
#include "base/text.h"
#include "formats/efi_vars.h"
#include "formats/tdvf.h"

#define SAMPLE_FIRMWARE_MAX (4u << 20)

static inline void sample_guid(struct buffer *b, const char *text)
{
	struct guid g;

	if (!guid_parse(text, &g))
		abort();
	buffer_put(b, SPAN(&g, sizeof(g)));
}

/* An entry of the table of GUIDs at a firmware's end. */
static inline void sample_table_entry(struct buffer *b, struct span data, const char *guid)
{
	buffer_put(b, data);
	buffer_put_le16(b, (uint16_t)(data.n + 18));
	sample_guid(b, guid);
}

/* `content`, then metadata with the sections, the table of GUIDs and a reset vector. */
static inline void sample_firmware(struct buffer *b, struct span content,
				   const struct tdvf_section *s, size_t n)
{
	uint8_t distance[4];
	size_t start, table;

	buffer_put(b, content);
	start = b->n;
	buffer_put_string(b, "TDVF");
	buffer_put_le32(b, (uint32_t)(16 + 32 * n));
	buffer_put_le32(b, 1);
	buffer_put_le32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		buffer_put_le32(b, s[i].data_offset);
		buffer_put_le32(b, s[i].raw_data_size);
		buffer_put_le64(b, s[i].memory_address);
		buffer_put_le64(b, s[i].memory_data_size);
		buffer_put_le32(b, s[i].type);
		buffer_put_le32(b, s[i].attributes);
	}
	table = b->n;
	put_le32(distance, (uint32_t)(table - start + 22 + 19 + 18 + 32));
	sample_table_entry(b, SPAN(distance, sizeof(distance)),
			   "e47a6535-984a-4798-865e-4685a7bf8ec2");
	sample_table_entry(b, SPAN_LITERAL("?"), "00000000-1111-2222-3333-444444444444");
	buffer_put_le16(b, (uint16_t)(b->n - table + 18));
	sample_guid(b, "96b582de-1fb2-45f7-baea-a366c55a082d");
	buffer_put_zeros(b, 32);
}

struct sample_variable {
	const struct guid *vendor;
	const char *name;
	struct span data;
	uint8_t state; /* 0: as one that is valid */
};

#define SAMPLE_STORE_SIZE 0x8000u
#define SAMPLE_STORE_RECORDS 100u /* offset of the first record */

/* Sets the checksum of a firmware volume's header of 72 bytes. */
static inline void sample_checksum(uint8_t *volume)
{
	uint16_t sum = 0;

	put_le16(volume + 50, 0);
	for (size_t i = 0; i < 72; i += 2)
		sum = (uint16_t)(sum + get_le16(volume + i));
	put_le16(volume + 50, (uint16_t)-sum);
}

/* OVMF_VARS.fd with these variables. */
static inline void sample_variables(struct buffer *b, const struct sample_variable *v, size_t n)
{
	size_t start = b->n;

	buffer_put_zeros(b, 16);
	sample_guid(b, "fff12b8d-7696-4c8b-a985-2747075b4f50");
	buffer_put_le64(b, SAMPLE_STORE_SIZE);
	buffer_put_string(b, "_FVH");
	buffer_put_le32(b, 0x4feff);
	buffer_put_le16(b, 72);
	buffer_put_zeros(b, 72 - 50);
	if (b->p)
		sample_checksum(b->p + start);
	sample_guid(b, "aaf32c78-947b-439a-a180-2e144ec37792");
	buffer_put_le32(b, SAMPLE_STORE_SIZE - 72);
	buffer_put_le16(b, 0xfe5a);
	buffer_put_zeros(b, 6);
	for (size_t i = 0; i < n; i++) {
		buffer_put_le16(b, 0x55aa);
		buffer_put_u8(b, v[i].state ? v[i].state : 0x3f);
		buffer_put_u8(b, 0);
		buffer_put_le32(b, 7);
		buffer_put_zeros(b, 28);
		buffer_put_le32(b, (uint32_t)(2 * strlen(v[i].name) + 2));
		buffer_put_le32(b, (uint32_t)v[i].data.n);
		buffer_put(b, SPAN(v[i].vendor, sizeof(*v[i].vendor)));
		for (size_t k = 0; k <= strlen(v[i].name); k++)
			buffer_put_le16(b, (uint8_t)v[i].name[k]);
		buffer_put(b, v[i].data);
		while ((b->n - start) % 4 != 0)
			buffer_put_u8(b, 0xff);
	}
	while (b->n - start < SAMPLE_STORE_SIZE)
		buffer_put_u8(b, 0xff);
}
