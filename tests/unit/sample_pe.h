/* Small PE images, kernels and stubs for tests, made field by field. */
#pragma once

#include "base/buffer.h"

#define SAMPLE_E_LFANEW 0x40u
#define SAMPLE_OPTIONAL_HEADER (SAMPLE_E_LFANEW + 24u)
#define SAMPLE_SECTION_TABLE (SAMPLE_OPTIONAL_HEADER + 240u)
#define SAMPLE_SIZE_OF_HEADERS 0x400u
#define SAMPLE_FILE_ALIGNMENT 0x200u
#define SAMPLE_SECTION_ALIGNMENT 0x1000u
#define SAMPLE_MAX (1u << 20)

struct sample_section {
	const char *name;
	const char *data;
	size_t size;
	uint32_t extra; /* zeros that follow in memory only */
};

#define SAMPLE_SECTION(section_name, literal)                                          \
	{                                                                              \
		.name = (section_name), .data = (literal), .size = sizeof(literal) - 1 \
	}

/* Address of a section's header in a sample, for tests that break it. */
static inline uint8_t *sample_section_header(struct buffer *b, size_t index)
{
	return b->p + SAMPLE_SECTION_TABLE + index * 40;
}

/* A PE32+ image of the sections, in order. `b` must have room for SAMPLE_MAX. */
static inline void sample_pe(struct buffer *b, const struct sample_section *s, size_t n)
{
	uint32_t address = SAMPLE_SECTION_ALIGNMENT;

	buffer_put_zeros(b, SAMPLE_SIZE_OF_HEADERS);
	memcpy(b->p, "MZ", 2);
	put_le32(b->p + 0x3c, SAMPLE_E_LFANEW);
	memcpy(b->p + SAMPLE_E_LFANEW, "PE\0\0", 4);
	put_le16(b->p + SAMPLE_E_LFANEW + 4, 0x8664);
	put_le16(b->p + SAMPLE_E_LFANEW + 6, (uint16_t)n);
	put_le16(b->p + SAMPLE_E_LFANEW + 20, 240);
	for (size_t i = 0; i < n; i++) {
		uint8_t *header = sample_section_header(b, i);
		uint32_t raw_size = (uint32_t)align_up(s[i].size, SAMPLE_FILE_ALIGNMENT);
		uint32_t memory_size = (uint32_t)s[i].size + s[i].extra;

		memcpy(header, s[i].name, MIN(strlen(s[i].name), 8u));
		put_le32(header + 8, memory_size);
		put_le32(header + 12, address);
		put_le32(header + 16, raw_size);
		put_le32(header + 20, (uint32_t)b->n);
		buffer_put(b, SPAN(s[i].data, s[i].size));
		buffer_put_zeros(b, raw_size - s[i].size);
		address = (uint32_t)align_up(address + memory_size, SAMPLE_SECTION_ALIGNMENT);
	}

	uint8_t *optional = b->p + SAMPLE_OPTIONAL_HEADER;

	put_le16(optional, 0x20b);
	put_le32(optional + 32, SAMPLE_SECTION_ALIGNMENT);
	put_le32(optional + 36, SAMPLE_FILE_ALIGNMENT);
	put_le32(optional + 56, address);
	put_le32(optional + 60, SAMPLE_SIZE_OF_HEADERS);
	put_le32(optional + 64, 0x12345678);
	put_le16(optional + 70, 0x0100);
	put_le32(optional + 108, 16);
}

/* An x86 kernel of one section that says its version ("6.12.0-sample"). */
static inline void sample_kernel(struct buffer *b, const char *version)
{
	static const struct sample_section text = SAMPLE_SECTION(".text", "kernel");

	sample_pe(b, &text, 1);
	put_le16(b->p + SAMPLE_OPTIONAL_HEADER + 44, 1); /* fetches its initrd from the stub */
	memcpy(b->p + 0x202, "HdrS", 4);
	put_le16(b->p + 0x20e, 0x100);
	memcpy(b->p + 0x300, version, strlen(version));
}

/* systemd's stub of a version ("257.13-1"), without code. */
static inline void sample_stub(struct buffer *b, const char *version)
{
	char magic[64];
	int n = snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-stub %s ####", version);
	struct sample_section sections[] = {
		SAMPLE_SECTION(".text", "stub"),
		{.name = ".sdmagic", .data = magic, .size = (size_t)n},
	};

	sample_pe(b, sections, ARRAY_SIZE(sections));
}

/* A bootable image of stub `version` with the sections given besides .sdmagic and .linux. */
static inline void sample_bootable(const char *version, const char *kernel_version,
				   const struct sample_section *more, size_t n, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(SAMPLE_MAX);
	char magic[64];
	int size = snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-stub %s ####", version);
	struct sample_section sections[8];

	sample_kernel(&kernel, kernel_version);
	sections[0] = (struct sample_section){".sdmagic", magic, (size_t)size, 0};
	sections[1] = (struct sample_section){".linux", (const char *)kernel.p, kernel.n, 0};
	for (size_t i = 0; i < n; i++)
		sections[2 + i] = more[i];
	sample_pe(b, sections, 2 + n);
}
