/* Unified kernel images: reading, predicting their boot, using the bytes as a stub, listing their entries
 * for systemd-boot. */
#include "fuzz.h"

#include "formats/uki_write.h"
#include "measure/boot.h"

static void predict(const struct uki *uki, const struct boot_files *files,
		    const struct boot_options *options)
{
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_(event_list_release) struct event_list events = {0};
	_cleanup_error_ struct error *err = NULL;

	if (boot_describe(uki, files, options, &boot, &err) < 0)
		return;
	if (boot_events(&boot, &events, &err) >= 0 && !event_list_ok(&events))
		abort();
}

static void assemble(struct span stub)
{
	_cleanup_(uki_image_release) struct uki_image image = {0};
	const struct uki_input input = {".initrd", SPAN_LITERAL("initrd")};

	if (uki_assemble(stub, &input, 1, &image, NULL) < 0)
		return;

	uint64_t size = 0;

	for (size_t i = 0; i < image.n_pieces; i++)
		size += image.pieces[i].n;
	if (size != image.size)
		abort();
}

static void list_entries(struct span file)
{
	for (int g = 0; g < LOADER_GENERATIONS; g++) {
		_cleanup_(loader_entries_release) struct loader_entries l = {
			.generation = (enum loader_generation)g};
		const struct loader_conf conf = {0};
		const struct loader_entry *e;
		_cleanup_error_ struct error *err = NULL;

		if (loader_entries_add_image(&l, 0, "node+3.efi", file, &err) < 0 ||
		    loader_entries_add_image(&l, 1, "node.efi", file, &err) < 0 ||
		    loader_entries_choose(&l, &conf, NULL, &e, &err) < 0)
			continue;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	const struct boot_options disk = {.kind = BOOT_DISK};
	const struct boot_files image = {.image = SPAN(data, size)};
	char options[] = "a\xff b";
	const struct boot_files behind_loader = {
		.image = SPAN(data, size),
		.loader = SPAN(data, size),
		.start = {.options = options, .profile = 1, .is_text = true},
	};
	const struct boot_files kernel_alone = {.image = SPAN(data, size),
						.initrd = SPAN(data, size)};
	const struct boot_options kernel = {.kind = BOOT_QEMU_KERNEL, .load_options = "@1 quiet"};
	struct uki uki;

	assemble(SPAN(data, size));
	list_entries(SPAN(data, size));
	if (uki_from_kernel(SPAN(data, size), &uki, NULL) >= 0)
		predict(&uki, &kernel_alone, &disk);
	if (uki_parse(SPAN(data, size), &uki, &err) < 0)
		return 0;
	predict(&uki, &image, &disk);
	predict(&uki, &image, &kernel);
	predict(&uki, &behind_loader, &disk);
	return 0;
}
