/* What partitions are, by type and by their first bytes. */
#include "inspect/inspection.h"

/* Zeros at the start, before a whole partition is looked at. */
#define ZERO_PROBE (1u << 20)

static const struct {
	const char *guid;
	const char *name;
} types[] = {
	{GPT_TYPE_ESP, "EFI system"},
	{GPT_TYPE_XBOOTLDR, "extended boot loader"},
	{GPT_TYPE_ROOT_X86_64, "root x86-64"},
	{GPT_TYPE_ROOT_X86_64_VERITY, "root x86-64 verity"},
	{"41092b05-9fc8-4523-994f-2def0408b176", "root x86-64 verity signature"},
	{"8484680c-9521-48c6-9c11-b0720656f69e", "usr x86-64"},
	{"77ff5f63-e7b6-4633-acf4-1565b864c0e6", "usr x86-64 verity"},
	{"e7bb33fb-06cf-4e81-8273-e543b413e2e2", "usr x86-64 verity signature"},
	{"b921b045-1df0-41c3-af44-4c6f280d3fae", "root arm64"},
	{"df3300ce-d69f-4c92-978c-9bfb0f38d820", "root arm64 verity"},
	{"4d21b016-b534-45c2-a9fb-5c16e091fd2d", "variable data"},
	{"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "temporary data"},
	{"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "server data"},
	{"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "home"},
	{"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "swap"},
	{"0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux file system"},
	{"ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS"},
	{"e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"},
	{"21686148-6449-6e6f-744e-656564454649", "BIOS boot"},
	{"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "basic data"},
};

/* The first that matches counts. */
static const struct {
	uint64_t offset;
	struct span magic;
	enum content_kind kind;
} magics[] = {
	{1024, SPAN_LITERAL("\xe2\xe1\xf5\xe0"), CONTENT_EROFS},
	{0, SPAN_LITERAL("verity\0\0"), CONTENT_VERITY},
	{0, SPAN_LITERAL("LUKS\xba\xbe"), CONTENT_LUKS},
	{0, SPAN_LITERAL("XFSB"), CONTENT_XFS},
	{0, SPAN_LITERAL("hsqs"), CONTENT_SQUASHFS},
	{1080, SPAN_LITERAL("\x53\xef"), CONTENT_EXT4},
	{65600, SPAN_LITERAL("_BHRfS_M"), CONTENT_BTRFS},
	{4086, SPAN_LITERAL("SWAPSPACE2"), CONTENT_SWAP},
};

const char *partition_type_name(const struct guid *type)
{
	char text[GUID_TEXT_SIZE];

	guid_format(type, text);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (string_equal(text, types[i].guid))
			return types[i].name;
	}
	return NULL;
}

const char *content_kind_name(enum content_kind kind, const struct fat *fat)
{
	static const char *const names[] = {
		[CONTENT_UNKNOWN] = "unknown content",
		[CONTENT_ZERO] = "zeros",
		[CONTENT_FAT] = "FAT",
		[CONTENT_EROFS] = "EROFS",
		[CONTENT_VERITY] = "dm-verity hash tree",
		[CONTENT_LUKS] = "LUKS",
		[CONTENT_EXT4] = "ext2/3/4",
		[CONTENT_BTRFS] = "btrfs",
		[CONTENT_XFS] = "XFS",
		[CONTENT_SQUASHFS] = "squashfs",
		[CONTENT_SWAP] = "swap",
	};

	if (kind != CONTENT_FAT || !fat || fat->cluster_size == 0)
		return names[kind];
	return fat->type == FAT12 ? "FAT12" : fat->type == FAT16 ? "FAT16" : "FAT32";
}

/* A boot sector for some FAT: its layout has the type's name in one of two places. */
static bool looks_like_fat(struct span content)
{
	struct span sector;

	return span_slice(content, 0, 512, &sector) && sector.p[510] == 0x55 &&
	       sector.p[511] == 0xaa &&
	       (memcmp(sector.p + 82, "FAT32", 5) == 0 || memcmp(sector.p + 54, "FAT1", 4) == 0);
}

enum content_kind content_kind_find(struct span content)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		struct span s;

		if (span_slice(content, magics[i].offset, magics[i].magic.n, &s) &&
		    span_equal(s, magics[i].magic))
			return magics[i].kind;
	}
	if (looks_like_fat(content))
		return CONTENT_FAT;
	if (span_is_zero(SPAN(content.p, MIN(content.n, (size_t)ZERO_PROBE))) &&
	    span_is_zero(content))
		return CONTENT_ZERO;
	return CONTENT_UNKNOWN;
}
