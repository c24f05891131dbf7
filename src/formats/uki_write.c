#include "formats/uki_write.h"

#include <inttypes.h>

#include "base/text.h"

#define FILE_ALIGNMENT_MAX 4096u

/* What follows a section's bytes up to the next multiple of FileAlignment. */
static const uint8_t padding[FILE_ALIGNMENT_MAX];

struct assembly {
	const struct pe *stub;
	struct uki_image *image;
	uint8_t *header;
	size_t number_of_sections;
	uint64_t memory_end;
	uint64_t initialized_data; /* sum of the appended sections' sizes */
};

void uki_image_release(struct uki_image *i)
{
	buffer_release(&i->header);
	free(i->pieces);
	*i = (struct uki_image){0};
}

static void add_piece(struct uki_image *i, struct span bytes)
{
	if (bytes.n == 0)
		return;
	i->pieces[i->n_pieces++] = bytes;
	i->size += bytes.n;
}

static bool has_section(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->number_of_sections; i++) {
		if (string_equal(pe->sections[i].name, name))
			return true;
	}
	return false;
}

static int check_stub(const struct pe *stub, struct error **err)
{
	uint64_t end = stub->size_of_headers;

	for (size_t i = 0; i < stub->number_of_sections; i++) {
		const struct pe_section *s = &stub->sections[i];

		if (s->size_of_raw_data > 0)
			end = MAX(end, (uint64_t)s->pointer_to_raw_data + s->size_of_raw_data);
	}
	if (pe_directory_size(stub, PE_DIRECTORY_SECURITY) != 0)
		return error_set(err, -ERROR_MALFORMED, "stub is signed");
	if (end != stub->file.n)
		return error_set(err, -ERROR_MALFORMED,
				 "stub has bytes after its last section, which ends at 0x%" PRIx64,
				 end);
	if (stub->file_alignment > FILE_ALIGNMENT_MAX || end % stub->file_alignment != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "stub of 0x%" PRIx64 " bytes is not aligned to 0x%x", end,
				 stub->file_alignment);
	return 0;
}

static int check_input(const struct pe *stub, const struct uki_input *inputs, size_t index,
		       struct error **err)
{
	const struct uki_input *in = &inputs[index];
	size_t length = strlen(in->name);

	if (length == 0 || length > PE_SECTION_NAME_SIZE)
		return error_set(err, -ERROR_MALFORMED,
				 "section name '%s' is not 1 to %u characters", in->name,
				 PE_SECTION_NAME_SIZE);
	if (has_section(stub, in->name))
		return error_set(err, -ERROR_MALFORMED, "stub already has a section '%s'",
				 in->name);
	for (size_t i = 0; i < index; i++) {
		if (string_equal(inputs[i].name, in->name))
			return error_set(err, -ERROR_MALFORMED, "section '%s' is given twice",
					 in->name);
	}
	if (in->data.n == 0)
		return error_set(err, -ERROR_MALFORMED, "section '%s' is empty", in->name);
	return 0;
}

/* Firmware that enforces NX must not be told that a kernel obeys it which does not. */
static int inherit_nx(struct assembly *a, struct span kernel, struct error **err)
{
	struct pe pe;
	uint8_t *field = a->header + a->stub->optional_header + PE_DLL_CHARACTERISTICS;
	int r = pe_parse(kernel, &pe, err);

	if (r < 0)
		return error_wrap(err, r, "section '.linux'");
	if (!(pe.dll_characteristics & PE_DLL_NX_COMPAT))
		put_le16(field, get_le16(field) & (uint16_t)~PE_DLL_NX_COMPAT);
	return 0;
}

static int append(struct assembly *a, const struct uki_input *in, struct error **err)
{
	const struct pe *stub = a->stub;
	bool kernel = string_equal(in->name, ".linux");
	uint64_t raw_size = align_up(in->data.n, stub->file_alignment);
	uint64_t address = align_up(a->memory_end, stub->section_alignment);
	uint8_t *p =
		a->header + stub->section_table + a->number_of_sections * PE_SECTION_HEADER_SIZE;

	if (in->data.n > UINT32_MAX || a->image->size + raw_size > UINT32_MAX ||
	    align_up(address + in->data.n, stub->section_alignment) > UINT32_MAX)
		return error_set(err, -ERROR_MALFORMED, "section '%s' of %zu bytes exceeds 4 GiB",
				 in->name, in->data.n);

	memcpy(p, in->name, strlen(in->name));
	put_le32(p + 8, (uint32_t)in->data.n);
	put_le32(p + 12, (uint32_t)address);
	put_le32(p + 16, (uint32_t)raw_size);
	put_le32(p + 20, (uint32_t)a->image->size);
	put_le32(p + 36,
		 PE_SCN_MEM_READ | (kernel ? PE_SCN_CNT_CODE : PE_SCN_CNT_INITIALIZED_DATA));

	add_piece(a->image, in->data);
	add_piece(a->image, SPAN(padding, raw_size - in->data.n));
	a->number_of_sections++;
	a->memory_end = address + in->data.n;
	a->initialized_data += in->data.n;
	return kernel ? inherit_nx(a, in->data, err) : 0;
}

/* Makes room for the pieces and a writable copy of the stub's headers as the first of them. */
static int begin(struct assembly *a, size_t n, struct error **err)
{
	const struct pe *stub = a->stub;
	uint64_t table_end = stub->section_table +
			     (stub->number_of_sections + (uint64_t)n) * PE_SECTION_HEADER_SIZE;

	if (n > PE_SECTIONS_MAX - stub->number_of_sections || table_end > stub->size_of_headers)
		return error_set(err, -ERROR_MALFORMED,
				 "headers of 0x%x bytes have no room for %zu more sections",
				 stub->size_of_headers, n);
	/* Header, rest of the stub, and data with padding for each input. */
	a->image->pieces = calloc(2 + 2 * n, sizeof(*a->image->pieces));
	buffer_put(&a->image->header, SPAN(stub->file.p, stub->size_of_headers));
	if (!a->image->pieces || !buffer_ok(&a->image->header))
		return error_oom(err);
	a->header = a->image->header.p;
	/* What lies after the section table becomes part of it and must read as zero. */
	memset(a->header + stub->section_table + stub->number_of_sections * PE_SECTION_HEADER_SIZE,
	       0, n * PE_SECTION_HEADER_SIZE);
	add_piece(a->image, buffer_span(&a->image->header));
	add_piece(a->image,
		  SPAN(stub->file.p + stub->size_of_headers, stub->file.n - stub->size_of_headers));
	return 0;
}

static void finish(struct assembly *a)
{
	uint8_t *file_header = a->header + a->stub->optional_header - PE_FILE_HEADER_SIZE;
	uint8_t *optional = a->header + a->stub->optional_header;
	uint8_t *data_size = optional + PE_SIZE_OF_INITIALIZED_DATA;

	put_le16(file_header + 6, (uint16_t)a->number_of_sections);
	put_le32(data_size, get_le32(data_size) + (uint32_t)a->initialized_data);
	put_le32(optional + PE_SIZE_OF_IMAGE,
		 (uint32_t)align_up(a->memory_end, a->stub->section_alignment));
	put_le32(optional + PE_CHECK_SUM, 0);
}

static int assemble(struct assembly *a, const struct uki_input *inputs, size_t n,
		    struct error **err)
{
	int r = check_stub(a->stub, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = check_input(a->stub, inputs, i, err);
	if (r >= 0)
		r = begin(a, n, err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = append(a, &inputs[i], err);
	if (r >= 0)
		finish(a);
	return r;
}

int uki_assemble(struct span stub, const struct uki_input *inputs, size_t n, struct uki_image *ret,
		 struct error **err)
{
	_cleanup_(uki_image_release) struct uki_image image = {0};
	struct pe pe;
	int r = pe_parse(stub, &pe, err);

	if (r < 0)
		return error_wrap(err, r, "stub");

	struct assembly a = {
		.stub = &pe,
		.image = &image,
		.number_of_sections = pe.number_of_sections,
	};

	image.header = (struct buffer)BUFFER_INIT(pe.size_of_headers);
	for (size_t i = 0; i < pe.number_of_sections; i++)
		a.memory_end = MAX(a.memory_end, (uint64_t)pe.sections[i].virtual_address +
							 pe.sections[i].virtual_size);
	r = assemble(&a, inputs, n, err);
	if (r < 0)
		return r;
	*ret = image;
	image = (struct uki_image){0};
	return 0;
}
