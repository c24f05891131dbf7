#include "image/esp_fat.h"

#include "base/text.h"
#include "formats/identity.h"
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
	identity_uuid("esp volume", digest_span(&e.uki_sha256), id);

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

int esp_fat_write(const struct esp_fat *e, struct sparse_writer *w, struct error **err)
{
	uint64_t start = w->offset;

	for (size_t i = 0; i < e->volume.n_pieces; i++) {
		const struct fat_piece *p = &e->volume.pieces[i];
		int r = sparse_writer_skip_to(w, start + p->offset, err);

		if (r >= 0 && p->bytes)
			r = sparse_writer_put(w, SPAN(p->bytes, p->size), err);
		else if (r >= 0)
			r = p->file == 0 ? sparse_writer_put_file(w, e->uki, p->size, err)
					 : sparse_writer_put(w, e->policy, err);
		if (r < 0)
			return r;
	}
	return sparse_writer_skip_to(w, start + e->volume.size, err);
}
