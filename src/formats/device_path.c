#include "formats/device_path.h"

#include <inttypes.h>

#include "formats/printable.h"

#define NODE_HEADER 4u
#define HEX_MAX 16u
/* Of the data of a node that is written: names of files and addresses are shorter. */
#define NODE_DATA_MAX 1024u

/* Type and subtype in one number. */
#define NODE(type, subtype) ((type) << 8 | (subtype))

enum {
	NODE_PCI = NODE(1, 1),
	NODE_MEMORY_MAPPED = NODE(1, 3),
	NODE_HARDWARE_VENDOR = NODE(1, 4),
	NODE_ACPI = NODE(2, 1),
	NODE_ATAPI = NODE(3, 1),
	NODE_SCSI = NODE(3, 2),
	NODE_USB = NODE(3, 5),
	NODE_MESSAGING_VENDOR = NODE(3, 10),
	NODE_MAC = NODE(3, 11),
	NODE_IPV4 = NODE(3, 12),
	NODE_IPV6 = NODE(3, 13),
	NODE_SATA = NODE(3, 18),
	NODE_NVME = NODE(3, 23),
	NODE_URI = NODE(3, 24),
	NODE_HARD_DRIVE = NODE(4, 1),
	NODE_CDROM = NODE(4, 2),
	NODE_MEDIA_VENDOR = NODE(4, 3),
	NODE_FILE = NODE(4, 4),
	NODE_FIRMWARE_FILE = NODE(4, 6),
	NODE_FIRMWARE_VOLUME = NODE(4, 7),
	NODE_END_INSTANCE = NODE(0x7f, 1),
	NODE_END = NODE(0x7f, 0xff),
};

/* SignatureType of a hard drive node. */
#define SIGNATURE_GUID 2

/* "PNP0A03" and "PNP0A08" as compressed EISA identifiers. */
#define EISA_PCI_ROOT 0x0a0341d0u
#define EISA_PCIE_ROOT 0x0a0841d0u

struct node {
	unsigned kind;
	struct span data;
};

/* The next node: 1, 0 at the end, -1 if the path is cut off. */
static int next_node(struct reader *r, struct node *ret)
{
	uint8_t type = reader_u8(r);
	uint8_t subtype = reader_u8(r);
	uint16_t length = reader_le16(r);

	if (!reader_ok(r) || length < NODE_HEADER)
		return -1;
	*ret = (struct node){NODE((unsigned)type, subtype), reader_bytes(r, length - NODE_HEADER)};
	ret->data.n = MIN(ret->data.n, (size_t)NODE_DATA_MAX);
	if (!reader_ok(r))
		return -1;
	return ret->kind == NODE_END ? 0 : 1;
}

static void put_guid(struct reader *r, struct buffer *b)
{
	struct span bytes = reader_bytes(r, sizeof(struct guid));

	if (bytes.n)
		printable_guid(bytes.p, b);
}

static void put_named_guid(const char *name, struct reader *r, struct buffer *b)
{
	buffer_printf(b, "%s(", name);
	put_guid(r, b);
	buffer_put_u8(b, ')');
}

static void put_acpi(struct reader *r, struct buffer *b)
{
	uint32_t hid = reader_le32(r);
	uint32_t uid = reader_le32(r);

	if (hid == EISA_PCI_ROOT || hid == EISA_PCIE_ROOT)
		buffer_printf(b, "PciRoot(0x%x)", uid);
	else
		buffer_printf(b, "Acpi(0x%08x,0x%x)", hid, uid);
}

static void put_hard_drive(struct reader *r, struct buffer *b)
{
	uint32_t number = reader_le32(r);
	uint64_t start = reader_le64(r);
	uint64_t size = reader_le64(r);
	struct reader signature = reader_init(reader_bytes(r, sizeof(struct guid)));

	(void)reader_u8(r); /* PartitionFormat */
	if (reader_u8(r) == SIGNATURE_GUID) {
		buffer_printf(b, "HD(%u,GPT,", number);
		put_guid(&signature, b);
	} else {
		buffer_printf(b, "HD(%u,MBR,0x%08x", number, reader_le32(&signature));
	}
	buffer_printf(b, ",0x%" PRIx64 ",0x%" PRIx64 ")", start, size);
}

static void put_ip(const char *name, size_t size, struct reader *r, struct buffer *b)
{
	struct span local = reader_bytes(r, size);
	struct span remote = reader_bytes(r, size);

	buffer_printf(b, "%s(", name);
	printable_hex(remote, size, b);
	buffer_put_u8(b, ',');
	printable_hex(local, size, b);
	buffer_put_u8(b, ')');
}

static void put_numbers(const struct node *n, struct reader *r, struct buffer *b)
{
	unsigned first, second, third;

	switch (n->kind) {
	case NODE_PCI: /* function, then device */
		first = reader_u8(r);
		buffer_printf(b, "Pci(0x%x,0x%x)", reader_u8(r), first);
		return;
	case NODE_ATAPI:
		first = reader_u8(r);
		second = reader_u8(r);
		buffer_printf(b, "Ata(%s,%s,%u)", first ? "Secondary" : "Primary",
			      second ? "Slave" : "Master", reader_le16(r));
		return;
	case NODE_SCSI:
		first = reader_le16(r);
		buffer_printf(b, "Scsi(0x%x,0x%x)", first, reader_le16(r));
		return;
	case NODE_USB:
		first = reader_u8(r);
		buffer_printf(b, "USB(0x%x,0x%x)", first, reader_u8(r));
		return;
	case NODE_SATA:
		first = reader_le16(r);
		second = reader_le16(r);
		third = reader_le16(r);
		buffer_printf(b, "Sata(0x%x,0x%x,0x%x)", first, second, third);
		return;
	case NODE_NVME:
		first = reader_le32(r);
		buffer_printf(b, "NVMe(0x%x,", first);
		printable_hex(reader_bytes(r, 8), 8, b);
		buffer_put_u8(b, ')');
		return;
	case NODE_MEMORY_MAPPED: {
		uint32_t type = reader_le32(r);
		uint64_t start = reader_le64(r);

		buffer_printf(b, "MemoryMapped(0x%x,0x%" PRIx64 ",0x%" PRIx64 ")", type, start,
			      reader_le64(r));
		return;
	}
	default:
		buffer_printf(b, "Path(%u,%u,", n->kind >> 8, n->kind & 0xff);
		printable_hex(n->data, HEX_MAX, b);
		buffer_put_u8(b, ')');
	}
}

static void put_node(const struct node *n, struct buffer *b)
{
	struct reader r = reader_init(n->data);

	switch (n->kind) {
	case NODE_ACPI:
		put_acpi(&r, b);
		break;
	case NODE_HARDWARE_VENDOR:
		put_named_guid("VenHw", &r, b);
		break;
	case NODE_MESSAGING_VENDOR:
		put_named_guid("VenMsg", &r, b);
		break;
	case NODE_MEDIA_VENDOR:
		put_named_guid("VenMedia", &r, b);
		break;
	case NODE_FIRMWARE_FILE:
		put_named_guid("FvFile", &r, b);
		break;
	case NODE_FIRMWARE_VOLUME:
		put_named_guid("Fv", &r, b);
		break;
	case NODE_MAC:
		buffer_put_string(b, "MAC(");
		printable_hex(reader_bytes(&r, 6), 6, b);
		buffer_put_u8(b, ')');
		break;
	case NODE_IPV4:
		put_ip("IPv4", 4, &r, b);
		break;
	case NODE_IPV6:
		put_ip("IPv6", 16, &r, b);
		break;
	case NODE_URI:
		buffer_put_string(b, "Uri(");
		printable_ascii(n->data, b);
		buffer_put_u8(b, ')');
		break;
	case NODE_HARD_DRIVE:
		put_hard_drive(&r, b);
		break;
	case NODE_CDROM:
		buffer_printf(b, "CDROM(0x%x)", reader_le32(&r));
		break;
	case NODE_FILE:
		printable_utf16(n->data, b);
		break;
	default:
		put_numbers(n, &r, b);
		break;
	}
	if (!reader_ok(&r))
		buffer_put_u8(b, '?');
}

void device_path_text(struct span path, struct buffer *b)
{
	struct reader r = reader_init(path);
	bool first = true;
	struct node n;
	int more;

	for (size_t i = 0; (more = next_node(&r, &n)) > 0; i++) {
		if (i == DEVICE_PATH_NODES_MAX) {
			buffer_put_string(b, "/...");
			return;
		}
		if (n.kind == NODE_END_INSTANCE) {
			buffer_put_u8(b, ',');
			first = true;
			continue;
		}
		if (!first)
			buffer_put_u8(b, '/');
		put_node(&n, b);
		first = false;
	}
	if (more < 0)
		buffer_put_string(b, first ? "?" : "/?");
}

void device_path_file(struct span path, struct buffer *b)
{
	struct reader r = reader_init(path);
	struct node n;

	for (size_t i = 0; i < DEVICE_PATH_NODES_MAX && next_node(&r, &n) > 0; i++) {
		if (n.kind == NODE_FILE)
			printable_utf16(n.data, b);
	}
}

bool device_path_vendor_media(struct span path, struct guid *ret)
{
	struct reader r = reader_init(path);
	struct node n;

	for (size_t i = 0; i < DEVICE_PATH_NODES_MAX && next_node(&r, &n) > 0; i++) {
		if (n.kind == NODE_MEDIA_VENDOR && n.data.n >= sizeof(ret->bytes)) {
			memcpy(ret->bytes, n.data.p, sizeof(ret->bytes));
			return true;
		}
	}
	return false;
}

bool device_path_is_firmware(struct span path)
{
	struct reader r = reader_init(path);
	struct node n;

	for (size_t i = 0; i < DEVICE_PATH_NODES_MAX && next_node(&r, &n) > 0; i++) {
		if (n.kind == NODE_FIRMWARE_VOLUME)
			return true;
	}
	return false;
}
