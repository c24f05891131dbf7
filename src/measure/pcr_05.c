/*
 * PCR 5: the partition table of the disk booted from, systemd-boot's configuration, and the end of
 * boot services. The latter are constant texts, once for each call of ExitBootServices(): the
 * prediction holds for firmware that lets the kernel leave at the first call.
 */
#include "measure/pcr.h"

/* The first systemd-boot that measures its configuration. */
#define LOADER_MEASURES_CONF 255u

void pcr_05_partition_table(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CONFIG))
		return;
	event_add(l, PCR_BOOT_LOADER_CONFIG, EV_SEPARATOR, EVENT_KIND_SEPARATOR,
		  SPAN_LITERAL("\0\0\0\0"), "separator: four zero bytes");
	/* A TDX module gets one separator for the PCRs of a register: that of PCR 4. */
	event_tpm_only(l);
	if (b->options.kind == BOOT_DISK)
		event_add(l, PCR_BOOT_LOADER_CONFIG, EV_EFI_GPT_EVENT, EVENT_KIND_PARTITION_TABLE,
			  b->files.gpt, "partition table: header and used entries");
}

void pcr_05_loader_conf(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CONFIG) || b->files.loader_conf.n == 0 ||
	    b->loader_version < LOADER_MEASURES_CONF)
		return;
	event_add(l, PCR_BOOT_LOADER_CONFIG, EV_EVENT_TAG, EVENT_KIND_LOADER_CONF,
		  b->files.loader_conf, "loader/loader.conf of systemd-boot");
	boot_loader_event(b, SYSTEMD_TAGS_TO_TDX, l);
}

void pcr_05_exit(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_BOOT_LOADER_CONFIG))
		return;
	event_add(l, PCR_BOOT_LOADER_CONFIG, EV_EFI_ACTION, EVENT_KIND_ACTION,
		  SPAN_LITERAL("Exit Boot Services Invocation"),
		  "\"Exit Boot Services Invocation\"");
	event_add(l, PCR_BOOT_LOADER_CONFIG, EV_EFI_ACTION, EVENT_KIND_ACTION,
		  SPAN_LITERAL("Exit Boot Services Returned with Success"),
		  "\"Exit Boot Services Returned with Success\"");
}
