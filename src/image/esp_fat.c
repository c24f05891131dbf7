#include "image/esp_fat.h"

#include "base/text.h"
#include "formats/derived_uuid.h"
#include "formats/signed_policy.h"

_Static_assert(SIGNED_POLICY_MAX + FAT_SECTOR_SIZE <= ESP_RESERVE, "a policy fits");

static int plan(const char *uki, struct span policy, uint64_t size, uint32_t first_lba,
		struct esp_fat *ret, struct error **err)
{
	_cleanup_(esp_fat_release) struct esp_fat e = {.policy = policy};
	uint8_t id[16];
	int r = digest_file(uki, DIGEST_SHA256, &e.uki_sha256, &e.uki_size, err);

	if (r < 0)
		return r;
	derived_uuid("esp volume", digest_span(&e.uki_sha256), id);

	const struct fat_layout_file files[] = {
		{.path = ESP_BOOT_FILE, .size = e.uki_size},
		{.path = SIGNED_POLICY_PATH, .size = policy.n},
	};
	const struct fat_layout_options options = {
		.volume_id = get_be32(id),
		.volume_label = "ESP",
		.date = FAT_DATE_FIRST,
		.hidden_sectors = first_lba,
		.reserve = policy.n ? 0 : ESP_RESERVE,
		.size = size,
	};

	e.uki = string_printf("%s", uki);
	if (!e.uki)
		return error_oom(err);
	r = fat_layout_make(files, policy.n ? 2 : 1, &options, &e.volume, err);
	if (r < 0)
		return error_wrap(err, r, "EFI system partition");
	*ret = e;
	e = (struct esp_fat){0};
	return 0;
}

int esp_fat_plan(const char *uki, uint32_t first_lba, struct esp_fat *ret, struct error **err)
{
	return plan(uki, SPAN(NULL, 0), 0, first_lba, ret, err);
}

int esp_fat_plan_signed(const char *uki, struct span policy, uint64_t size, uint32_t first_lba,
			struct esp_fat *ret, struct error **err)
{
	return plan(uki, policy, size, first_lba, ret, err);
}

void esp_fat_release(struct esp_fat *e)
{
	fat_layout_release(&e->volume);
	free(e->uki);
	*e = (struct esp_fat){0};
}

int esp_fat_put(const struct esp_fat *e, uint64_t offset, struct pieces *ret, struct error **err)
{
	int uki = -1;
	int r = pieces_open(ret, e->uki, &uki, err);

	for (size_t i = 0; r >= 0 && i < e->volume.n_pieces; i++) {
		const struct fat_piece *p = &e->volume.pieces[i];
		uint64_t at = offset + p->offset;

		if (p->bytes)
			r = pieces_add_bytes(ret, at, SPAN(p->bytes, p->size), err);
		else if (p->file == 0)
			r = pieces_add_file(ret, at, p->size, uki, 0, err);
		else
			r = pieces_add_bytes(ret, at, e->policy, err);
	}
	return r;
}
