/*
 * The order of a boot. Registers of a TPM see only their own events, but those of a TDX module take
 * several PCRs' events together: there the order between them counts.
 */
#include "measure/pcr.h"

static int image_events(const struct boot *b, struct event_list *l, struct error **err)
{
	pcr_07_authority(b, BOOT_PROGRAM_IMAGE, l);
	return pcr_04_image(b, l, err);
}

static int firmware_events(const struct boot *b, struct event_list *l, struct error **err)
{
	int r = 0;

	pcr_07_variables(b, l);
	rtmr_0_machine(b, l);
	/* QEMU's image is loaded before firmware announces the attempt to boot, and measures what else
	 * it could boot. */
	if (b->options.kind == BOOT_QEMU_KERNEL)
		r = image_events(b, l, err);
	rtmr_0_boot_options(b, l);
	pcr_04_attempt(b, l);
	pcr_02_drivers(b, l);
	pcr_07_authority(b, BOOT_PROGRAM_LOADER, l);
	pcr_05_partition_table(b, l);
	if (r >= 0)
		r = pcr_04_loader(b, l, err);
	pcr_05_loader_conf(b, l);
	if (r >= 0 && b->options.kind == BOOT_DISK)
		r = image_events(b, l, err);
	pcr_12_loader_options(b, l);
	return r;
}

/* Every addon that firmware accepts is loaded, also one of which the stub then takes nothing. */
static int addon_events(const struct boot *b, struct event_list *l, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < b->n_addons; i++) {
		pcr_07_addon_authority(b, i, l);
		r = pcr_04_addon(b, i, l, err);
	}
	return r;
}

static int stub_events(const struct boot *b, struct event_list *l, struct error **err)
{
	pcr_12_profile(b, l);
	pcr_11_sections(b, l);
	pcr_12_passed_options(b, l);

	int r = addon_events(b, l, err);

	pcr_12_appended_options(b, l);
	pcr_12_credentials(b, l);
	pcr_13_sysexts(b, l);
	pcr_12_confexts(b, l);
	pcr_12_addon_initrds(b, l);
	return r < 0 ? r : pcr_04_kernel(b, l, err);
}

int boot_events(const struct boot *b, struct event_list *l, struct error **err)
{
	int r = firmware_events(b, l, err);

	if (r >= 0 && b->uki->stub)
		r = stub_events(b, l, err);
	pcr_09_kernel(b, l);
	pcr_05_exit(b, l);
	pcr_08_configuration(b, l);
	pcr_11_phases(b, l);
	return r;
}
