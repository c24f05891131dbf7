#include "formats/efi_vars.h"

#include <inttypes.h>

/* EFI_FIRMWARE_VOLUME_HEADER */
#define VOLUME_GUID 16
#define VOLUME_LENGTH 32
#define VOLUME_SIGNATURE 40
#define VOLUME_HEADER_LENGTH 48
#define VOLUME_HEADER_MIN 56

/* VARIABLE_STORE_HEADER */
#define STORE_HEADER_SIZE 28
#define STORE_SIZE 16
#define STORE_FORMAT 20
#define STORE_STATE 21
#define STORE_FORMATTED 0x5a
#define STORE_HEALTHY 0xfe

/* AUTHENTICATED_VARIABLE_HEADER */
#define RECORD_HEADER_SIZE 60
#define RECORD_STATE 2
#define RECORD_NAME_SIZE 36
#define RECORD_DATA_SIZE 40
#define RECORD_VENDOR 44
#define RECORD_ALIGN 4
#define RECORD_START 0x55aa

/* A record's state: bits are cleared as it is written, replaced and deleted. */
#define VAR_ADDED 0x3f
#define VAR_IN_DELETED_TRANSITION 0x3e

const struct guid efi_global_guid = {{0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d,
				      0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c}};
const struct guid efi_image_security_guid = {{0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3,
					      0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f}};
/* f0a30bc7-af08-4556-99c4-001009c93a44 */
const struct guid efi_secure_boot_enable_guid = {{0xc7, 0x0b, 0xa3, 0xf0, 0x08, 0xaf, 0x56, 0x45,
						  0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44}};
/* c076ec0c-7028-4399-a072-71ee5c448b9f */
const struct guid efi_custom_mode_guid = {{0x0c, 0xec, 0x76, 0xc0, 0x28, 0x70, 0x99, 0x43, 0xa0,
					   0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f}};
/* d9bee56e-75dc-49d9-b4d7-b534210f637a */
const struct guid efi_cert_db_guid = {{0x6e, 0xe5, 0xbe, 0xd9, 0xdc, 0x75, 0xd9, 0x49, 0xb4, 0xd7,
				       0xb5, 0x34, 0x21, 0x0f, 0x63, 0x7a}};

/* fff12b8d-7696-4c8b-a985-2747075b4f50: a volume that holds variables */
static const struct guid volume_guid = {{0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85,
					 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50}};
/* aaf32c78-947b-439a-a180-2e144ec37792: a store of authenticated variables */
static const struct guid store_guid = {{0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80,
					0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92}};

static bool has_guid(const uint8_t *p, const struct guid *g)
{
	return memcmp(p, g->bytes, sizeof(g->bytes)) == 0;
}

/* The sum of the header's 16-bit words is 0. Firmware makes a new, empty store where it is not. */
static bool has_good_checksum(struct span header)
{
	uint16_t sum = 0;

	for (size_t i = 0; i + 1 < header.n; i += 2)
		sum = (uint16_t)(sum + get_le16(header.p + i));
	return sum == 0;
}

/* Where the store begins in the file, and what the volume has for it. */
static int find_store(struct span file, struct span *ret, struct error **err)
{
	if (file.n < VOLUME_HEADER_MIN || memcmp(file.p + VOLUME_SIGNATURE, "_FVH", 4) != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "no firmware volume at its start: not an OVMF_VARS.fd");
	if (!has_guid(file.p + VOLUME_GUID, &volume_guid))
		return error_set(err, -ERROR_MALFORMED,
				 "the firmware volume at its start holds no variables");

	uint64_t length = get_le64(file.p + VOLUME_LENGTH);
	uint16_t header = get_le16(file.p + VOLUME_HEADER_LENGTH);

	if (length > file.n)
		return error_set(err, -ERROR_MALFORMED,
				 "firmware volume of 0x%" PRIx64 " bytes in a file of 0x%zx",
				 length, file.n);
	if (header < VOLUME_HEADER_MIN || header > length || length - header < STORE_HEADER_SIZE)
		return error_set(err, -ERROR_MALFORMED,
				 "firmware volume of 0x%" PRIx64
				 " bytes has no room for variables after its header of 0x%x",
				 length, header);
	if (header % 2 != 0 || !has_good_checksum(SPAN(file.p, header)))
		return error_set(err, -ERROR_MALFORMED,
				 "the checksum of the firmware volume's header of 0x%x bytes is "
				 "wrong",
				 header);
	*ret = SPAN(file.p + header, length - header);
	return 0;
}

static int check_store(struct span store, struct span *ret_records, struct error **err)
{
	uint32_t size = get_le32(store.p + STORE_SIZE);

	if (!has_guid(store.p, &store_guid))
		return error_set(err, -ERROR_MALFORMED,
				 "the variable store is not one of authenticated variables");
	if (store.p[STORE_FORMAT] != STORE_FORMATTED || store.p[STORE_STATE] != STORE_HEALTHY)
		return error_set(err, -ERROR_MALFORMED,
				 "the variable store is not whole: format 0x%x, state 0x%x",
				 store.p[STORE_FORMAT], store.p[STORE_STATE]);
	if (size < STORE_HEADER_SIZE || size > store.n)
		return error_set(err, -ERROR_MALFORMED,
				 "variable store of 0x%x bytes where there are 0x%zx", size,
				 store.n);
	*ret_records = SPAN(store.p + STORE_HEADER_SIZE, size - STORE_HEADER_SIZE);
	return 0;
}

struct record {
	uint8_t state;
	struct efi_variable variable;
};

/* The record at *offset, which moves after it: 1, 0 where there is none any more, or negative. */
static int next_record(struct span records, size_t *offset, struct record *ret, struct error **err)
{
	struct span rest = span_skip(records, *offset), name, data;
	const uint8_t *p = rest.p;

	if (rest.n < RECORD_HEADER_SIZE || get_le16(p) != RECORD_START)
		return 0;

	uint32_t name_size = get_le32(p + RECORD_NAME_SIZE);
	uint32_t data_size = get_le32(p + RECORD_DATA_SIZE);

	if (!span_slice(rest, RECORD_HEADER_SIZE, name_size, &name) ||
	    !span_slice(rest, RECORD_HEADER_SIZE + (uint64_t)name_size, data_size, &data))
		return error_set(err, -ERROR_MALFORMED,
				 "the variable at 0x%zx of the store reaches beyond its end",
				 *offset + STORE_HEADER_SIZE);
	if (name_size < 4 || name_size % 2 != 0 || get_le16(name.p + name_size - 2) != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "the name of the variable at 0x%zx of the store does not end in a "
				 "NUL",
				 *offset + STORE_HEADER_SIZE);
	*ret = (struct record){
		.state = p[RECORD_STATE],
		.variable = {.vendor = guid_at(p + RECORD_VENDOR),
			     .name = SPAN(name.p, name.n - 2),
			     .data = data},
	};
	/* The last record may end less than a step before the end. */
	*offset += MIN(align_up(RECORD_HEADER_SIZE + (uint64_t)name_size + data_size, RECORD_ALIGN),
		       (uint64_t)rest.n);
	return 1;
}

int efi_vars_open(struct span file, struct efi_vars *ret, struct error **err)
{
	struct efi_vars v;
	struct record record;
	struct span store = {0};
	size_t offset = 0;
	int r = find_store(file, &store, err);

	if (r >= 0)
		r = check_store(store, &v.records, err);
	if (r < 0)
		return r;
	while ((r = next_record(v.records, &offset, &record, err)) > 0)
		;
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}

bool efi_name_is(struct span name, const char *text)
{
	size_t n = strlen(text);

	if (name.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (get_le16(name.p + 2 * i) != (uint8_t)text[i])
			return false;
	}
	return true;
}

bool efi_vars_find(const struct efi_vars *v, const struct guid *vendor, const char *name,
		   struct efi_variable *ret)
{
	struct record record;
	size_t offset = 0;
	bool found = false;

	while (next_record(v->records, &offset, &record, NULL) > 0) {
		if (!efi_name_is(record.variable.name, name) ||
		    !guid_equal(&record.variable.vendor, vendor))
			continue;
		if (record.state == VAR_ADDED) {
			*ret = record.variable;
			return true;
		}
		/* The old one is valid while its successor is not yet. */
		if (record.state == VAR_IN_DELETED_TRANSITION && !found) {
			*ret = record.variable;
			found = true;
		}
	}
	return found;
}

int efi_variable_parse(struct span event, struct efi_variable *ret, struct error **err)
{
	struct reader r = reader_init(event);
	struct span vendor = reader_bytes(&r, sizeof(struct guid));
	uint64_t name_length = reader_le64(&r), data_length = reader_le64(&r);
	struct span name = reader_bytes(&r, MIN(name_length, UINT32_MAX) * 2);
	struct span data = reader_bytes(&r, data_length);

	if (!reader_ok(&r) || r.rest.n != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "a measured variable of %zu bytes does not fit its sizes",
				 event.n);
	memcpy(ret->vendor.bytes, vendor.p, sizeof(ret->vendor.bytes));
	ret->name = name;
	ret->data = data;
	return 0;
}
