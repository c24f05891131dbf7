#include "formats/authenticode.h"

#include <inttypes.h>

/* WIN_CERTIFICATE: dwLength, wRevision, wCertificateType */
#define CERTIFICATE_HEADER 8u
#define CERTIFICATE_TYPE 6
#define CERTIFICATE_PKCS_SIGNED_DATA 0x0002
#define CERTIFICATE_ALIGN 8

static void add(struct authenticode *a, const struct pe *pe, uint64_t start, uint64_t end)
{
	if (end > start)
		a->pieces[a->n++] = SPAN(pe->file.p + start, end - start);
}

static int by_pointer_to_raw_data(const void *a, const void *b)
{
	const struct pe_section *const *x = a, *const *y = b;

	if ((*x)->pointer_to_raw_data != (*y)->pointer_to_raw_data)
		return (*x)->pointer_to_raw_data < (*y)->pointer_to_raw_data ? -1 : 1;
	return 0;
}

/* Adds the sections in file order and returns their total size. */
static uint64_t add_sections(struct authenticode *a, const struct pe *pe)
{
	const struct pe_section *sorted[PE_SECTIONS_MAX];
	uint64_t total = 0;

	for (size_t i = 0; i < pe->number_of_sections; i++)
		sorted[i] = &pe->sections[i];
	qsort(sorted, pe->number_of_sections, sizeof(sorted[0]), by_pointer_to_raw_data);

	for (size_t i = 0; i < pe->number_of_sections; i++) {
		const struct pe_section *s = sorted[i];

		/* A section without raw data may point anywhere. */
		if (s->size_of_raw_data == 0)
			continue;
		add(a, pe, s->pointer_to_raw_data,
		    (uint64_t)s->pointer_to_raw_data + s->size_of_raw_data);
		total += s->size_of_raw_data;
	}
	return total;
}

int authenticode_pieces(const struct pe *pe, struct authenticode *ret, struct error **err)
{
	struct authenticode a = {0};
	uint32_t check_sum = pe->optional_header + PE_CHECK_SUM;
	uint32_t certificates = pe->data_directory + PE_DIRECTORY_SECURITY * 8;
	uint64_t certificates_size = pe_directory_size(pe, PE_DIRECTORY_SECURITY);

	add(&a, pe, 0, check_sum);
	if (pe->number_of_rva_and_sizes <= PE_DIRECTORY_SECURITY) {
		add(&a, pe, check_sum + 4, pe->size_of_headers);
	} else {
		add(&a, pe, check_sum + 4, certificates);
		add(&a, pe, certificates + 8, pe->size_of_headers);
	}

	/* EDK2 takes the sum of the sizes as the place where the rest begins, gaps or not. */
	uint64_t hashed = pe->size_of_headers + add_sections(&a, pe);

	if (hashed + certificates_size > pe->file.n)
		return error_set(err, -ERROR_MALFORMED,
				 "certificate table of 0x%" PRIx64
				 " bytes does not fit after the sections",
				 certificates_size);
	add(&a, pe, hashed, pe->file.n - certificates_size);
	*ret = a;
	return 0;
}

int authenticode_digest(const struct pe *pe, enum digest_algorithm algorithm, struct digest *ret,
			struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *stream = NULL;
	struct authenticode a;
	int r = authenticode_pieces(pe, &a, err);

	if (r < 0)
		return r;
	stream = digest_stream_new(algorithm);
	if (!stream)
		return error_oom(err);
	for (size_t i = 0; i < a.n; i++)
		digest_stream_add(stream, a.pieces[i]);
	*ret = digest_stream_end(stream);
	return 0;
}

int authenticode_next_signature(const struct pe *pe, uint32_t *offset, struct span *ret,
				struct error **err)
{
	uint32_t size = pe_directory_size(pe, PE_DIRECTORY_SECURITY);
	struct span table = {0};

	if (size == 0)
		return 0;
	/* Of this entry of the directory the address is an offset in the file. */
	uint32_t start = get_le32(pe->file.p + pe->data_directory + PE_DIRECTORY_SECURITY * 8);

	if (!span_slice(pe->file, start, size, &table))
		return error_set(err, -ERROR_MALFORMED,
				 "certificate table [0x%x, 0x%" PRIx64 ") lies outside the file",
				 start, (uint64_t)start + size);
	while (*offset < size) {
		struct span rest = span_skip(table, *offset);
		uint32_t length = rest.n >= CERTIFICATE_HEADER ? get_le32(rest.p) : 0;

		if (length < CERTIFICATE_HEADER || length > rest.n)
			return error_set(err, -ERROR_MALFORMED,
					 "the certificate table's entry at 0x%x does not fit",
					 start + *offset);
		*offset += (uint32_t)MIN(align_up(length, CERTIFICATE_ALIGN), (uint64_t)rest.n);
		if (get_le16(rest.p + CERTIFICATE_TYPE) != CERTIFICATE_PKCS_SIGNED_DATA)
			continue;
		*ret = SPAN(rest.p + CERTIFICATE_HEADER, length - CERTIFICATE_HEADER);
		return 1;
	}
	return 0;
}
