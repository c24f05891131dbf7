/*
 * PCR 4: the programs that firmware starts. UEFI firmware measures the Authenticode digest of every
 * image that it loads; systemd's stub of versions 252 to 257 loads the kernel in it through
 * firmware too. With Secure Boot the stub replaces the check that would have measured the kernel.
 */
#include "formats/authenticode.h"
#include "measure/pcr.h"

static int add_image(struct event_list *l, const struct pe *pe, const char *description,
		     const char *name, struct error **err)
{
	struct authenticode a;
	int r = authenticode_pieces(pe, &a, err);

	if (r < 0)
		return r;
	event_begin(l, PCR_BOOT_LOADER_CODE, EV_EFI_BOOT_SERVICES_APPLICATION, EVENT_KIND_PROGRAM,
		    "%s%s: Authenticode digest", description, name);
	for (size_t i = 0; i < a.n; i++)
		event_bytes(l, a.pieces[i]);
	return 0;
}

void pcr_04_attempt(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CODE))
		return;
	event_add(l, PCR_BOOT_LOADER_CODE, EV_EFI_ACTION, EVENT_KIND_ACTION,
		  SPAN_LITERAL("Calling EFI Application from Boot Option"),
		  "boot attempt: \"Calling EFI Application from Boot Option\"");
	event_add(l, PCR_BOOT_LOADER_CODE, EV_SEPARATOR, EVENT_KIND_SEPARATOR,
		  SPAN_LITERAL("\0\0\0\0"), "separator: four zero bytes");
}

int pcr_04_loader(const struct boot *b, struct event_list *l, struct error **err)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CODE) || b->files.loader.n == 0)
		return 0;
	return add_image(l, &b->loader, "systemd-boot", "", err);
}

int pcr_04_image(const struct boot *b, struct event_list *l, struct error **err)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CODE))
		return 0;
	return add_image(l, &b->uki->pe, b->uki->is_kernel ? "kernel" : "unified kernel image", "",
			 err);
}

int pcr_04_addon(const struct boot *b, size_t addon, struct event_list *l, struct error **err)
{
	const struct addon *a = &b->addons[addon];

	return boot_predicts(b, PCR_BOOT_LOADER_CODE)
		       ? add_image(l, &a->uki.pe, "addon ", a->name, err)
		       : 0;
}

int pcr_04_kernel(const struct boot *b, struct event_list *l, struct error **err)
{
	struct pe pe;

	if (!boot_predicts(b, PCR_BOOT_LOADER_CODE) || !b->uki->stub->loads_kernel_image ||
	    b->options.secure_boot)
		return 0;

	int r = pe_parse(b->kernel, &pe, err);

	if (r >= 0)
		r = add_image(l, &pe, "kernel in section '.linux'", "", err);
	return r < 0 ? error_wrap(err, r, "section '.linux'") : 0;
}
