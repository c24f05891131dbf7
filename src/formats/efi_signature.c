#include "formats/efi_signature.h"

/* EFI_SIGNATURE_LIST */
#define LIST_HEADER 28u
#define LIST_SIZE 16
#define LIST_HEADER_SIZE 20
#define LIST_ENTRY_SIZE 24
#define OWNER_SIZE 16u

static const struct {
	struct guid guid;
	enum efi_signature_type type;
} types[] = {
	/* 826ca512-cf10-4ac9-b187-be01496631bd */
	{{{0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31,
	   0xbd}},
	 EFI_SIGNATURE_SHA1},
	/* c1c41626-504c-4092-aca9-41f936934328 */
	{{{0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43,
	   0x28}},
	 EFI_SIGNATURE_SHA256},
	/* ff3e5307-9fd0-48c9-85f1-8ad56c701e01 */
	{{{0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48, 0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70, 0x1e,
	   0x01}},
	 EFI_SIGNATURE_SHA384},
	/* 093e0fae-a6c4-4f50-9f1b-d41e2b89c19a */
	{{{0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f, 0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89, 0xc1,
	   0x9a}},
	 EFI_SIGNATURE_SHA512},
	/* a5c059a1-94e4-4aa7-87b5-ab155c2bf072 */
	{{{0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0,
	   0x72}},
	 EFI_SIGNATURE_X509},
	/* 3bd2a492-96c0-4079-b420-fcf98ef103ed */
	{{{0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1, 0x03,
	   0xed}},
	 EFI_SIGNATURE_X509_SHA256},
	/* 7076876e-80c2-4ee6-aad2-28b349a6865b */
	{{{0x6e, 0x87, 0x76, 0x70, 0xc2, 0x80, 0xe6, 0x4e, 0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6, 0x86,
	   0x5b}},
	 EFI_SIGNATURE_X509_SHA384},
	/* 446dbf63-2502-4cda-bcfa-2465d2b0fe9d */
	{{{0x63, 0xbf, 0x6d, 0x44, 0x02, 0x25, 0xda, 0x4c, 0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0, 0xfe,
	   0x9d}},
	 EFI_SIGNATURE_X509_SHA512},
};

static enum efi_signature_type list_type(const uint8_t *p)
{
	const struct guid guid = guid_at(p);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (guid_equal(&guid, &types[i].guid))
			return types[i].type;
	}
	return EFI_SIGNATURE_OTHER;
}

int efi_signatures_next(struct efi_signatures *s, struct efi_signature *ret, struct error **err)
{
	for (;;) {
		struct span rest = span_skip(s->variable, s->list);

		if (rest.n == 0)
			return 0;
		if (rest.n < LIST_HEADER)
			return error_set(err, -ERROR_MALFORMED,
					 "the signature list at 0x%zx is cut off", s->list);

		const uint8_t *p = rest.p;
		uint32_t size = get_le32(p + LIST_SIZE), header = get_le32(p + LIST_HEADER_SIZE);
		uint32_t entry = get_le32(p + LIST_ENTRY_SIZE);

		if (size > rest.n || size < LIST_HEADER || header > size - LIST_HEADER ||
		    entry < OWNER_SIZE || (size - LIST_HEADER - header) % entry != 0)
			return error_set(err, -ERROR_MALFORMED,
					 "the signature list at 0x%zx has 0x%x bytes, its header "
					 "0x%x, an entry 0x%x: that does not fit",
					 s->list, size, header, entry);
		if (s->entry == 0)
			s->entry = s->list + LIST_HEADER + header;
		if (s->entry == s->list + size) {
			s->list += size;
			s->entry = 0;
			continue;
		}
		ret->type = list_type(p);
		ret->entry = SPAN(s->variable.p + s->entry, entry);
		ret->data = span_skip(ret->entry, OWNER_SIZE);
		s->entry += entry;
		return 1;
	}
}
