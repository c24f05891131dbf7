/*
 * PCR 4: the programs that firmware starts. UEFI firmware measures the Authenticode digest of every
 * image that it loads; systemd's stub of versions 252 to 257 loads the kernel in it through
 * firmware too. With Secure Boot the stub replaces the check that would have measured the kernel.
 */
#include "formats/authenticode.h"
#include "measure/boot.h"

static int add_image(struct event_list *l, const struct pe *pe, const char *description,
		     struct error **err)
{
	struct authenticode a;
	int r = authenticode_pieces(pe, &a, err);

	if (r < 0)
		return r;
	event_begin(l, 4, EV_EFI_BOOT_SERVICES_APPLICATION, "%s", description);
	for (size_t i = 0; i < a.n; i++)
		event_bytes(l, a.pieces[i]);
	event_end(l);
	return 0;
}

static void add_boot_attempt(struct event_list *l)
{
	event_add(l, 4, EV_EFI_ACTION, SPAN_LITERAL("Calling EFI Application from Boot Option"),
		  "boot attempt: \"Calling EFI Application from Boot Option\"");
	event_add(l, 4, EV_SEPARATOR, SPAN_LITERAL("\0\0\0\0"), "separator: four zero bytes");
}

static int add_kernel(const struct boot *b, struct event_list *l, struct error **err)
{
	const struct pe_section *s = uki_section(b->uki, ".linux", b->profile);
	struct span kernel = pe_section_data(&b->uki->pe, s);
	struct pe pe;

	if (s->virtual_size > kernel.n)
		return error_set(err, -ERROR_MALFORMED,
				 "section '.linux' is larger in memory than in the file");

	int r = pe_parse(kernel, &pe, err);

	if (r >= 0)
		r = add_image(l, &pe, "kernel in section '.linux': Authenticode digest", err);
	return r < 0 ? error_wrap(err, r, "section '.linux'") : 0;
}

int pcr_04_events(const struct boot *b, struct event_list *l, struct error **err)
{
	static const char image[] = "unified kernel image: Authenticode digest";
	int r = 0;

	/* QEMU's image is loaded before firmware announces the attempt to boot. */
	if (b->path == BOOT_QEMU_KERNEL)
		r = add_image(l, &b->uki->pe, image, err);
	add_boot_attempt(l);
	if (b->path == BOOT_DISK)
		r = add_image(l, &b->uki->pe, image, err);
	if (r >= 0 && b->uki->stub->loads_kernel_image && !b->secure_boot)
		r = add_kernel(b, l, err);
	return r;
}
