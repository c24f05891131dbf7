/*
 * The events of each register, in the pieces in which a boot produces them (sequence.c has the
 * order). Each function appends to the list what its register gets; nothing if the register is not
 * predicted.
 */
#pragma once

#include "measure/boot.h"

/* PCR 2 and 3: that no driver and no option ROM runs. */
void pcr_02_drivers(const struct boot *b, struct event_list *l);

/* PCR 4: the programs that firmware starts. */
void pcr_04_attempt(const struct boot *b, struct event_list *l);
_must_check_ int pcr_04_loader(const struct boot *b, struct event_list *l, struct error **err);
_must_check_ int pcr_04_image(const struct boot *b, struct event_list *l, struct error **err);
_must_check_ int pcr_04_addon(const struct boot *b, size_t addon, struct event_list *l,
			      struct error **err);
_must_check_ int pcr_04_kernel(const struct boot *b, struct event_list *l, struct error **err);

/* PCR 5: the partition table, systemd-boot's configuration, the end of boot services. */
void pcr_05_partition_table(const struct boot *b, struct event_list *l);
void pcr_05_loader_conf(const struct boot *b, struct event_list *l);
void pcr_05_exit(const struct boot *b, struct event_list *l);

/* PCR 7: Secure Boot's variables, and what let a program start. */
void pcr_07_variables(const struct boot *b, struct event_list *l);
void pcr_07_authority(const struct boot *b, enum boot_program program, struct event_list *l);
void pcr_07_addon_authority(const struct boot *b, size_t addon, struct event_list *l);

/* The events of the variables, as both PCR 7 and RTMR0 take them. */
void secure_variable_events(const struct secure_boot *s, struct event_list *l);

/* RTMR0: what the machine hands to firmware, up to the boot options, and these. */
void rtmr_0_machine(const struct boot *b, struct event_list *l);
void rtmr_0_boot_options(const struct boot *b, struct event_list *l);

/* PCR 8: the configuration, which user space extends. */
void pcr_08_configuration(const struct boot *b, struct event_list *l);

/* PCR 9: command line and initrd, as the kernel's own EFI stub gets them. */
void pcr_09_kernel(const struct boot *b, struct event_list *l);

/* PCR 11: the sections of the image, and the phases of the boot that user space adds. */
void pcr_11_sections(const struct boot *b, struct event_list *l);
void pcr_11_phases(const struct boot *b, struct event_list *l);

/* PCR 12: what comes from outside the image. */
void pcr_12_loader_options(const struct boot *b, struct event_list *l);
void pcr_12_profile(const struct boot *b, struct event_list *l);
void pcr_12_passed_options(const struct boot *b, struct event_list *l);
void pcr_12_appended_options(const struct boot *b, struct event_list *l);
void pcr_12_credentials(const struct boot *b, struct event_list *l);
void pcr_12_confexts(const struct boot *b, struct event_list *l);
void pcr_12_addon_initrds(const struct boot *b, struct event_list *l);

/* PCR 13: system extensions. */
void pcr_13_sysexts(const struct boot *b, struct event_list *l);
