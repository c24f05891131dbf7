/*
 * The firmware's event log: TCG PC Client Platform Firmware Profile 1.06, chapter 10, in its
 * crypto-agile form ("Spec ID Event03"), as Linux shows it in binary_bios_measurements. The log of
 * confidential computing (ACPI CCEL) has the same form; its events name measurement registers
 * instead of PCRs and its area is filled up with zeros or ones. The older form, of a TPM 1.2, has one
 * SHA-1 digest for each event: it is read as a log whose only bank is SHA-1.
 *
 *	struct eventlog log;
 *	struct eventlog_event event;
 *	int r = eventlog_open(bytes, &log, err);
 *
 *	while (r >= 0 && (r = eventlog_next(&log, &event, err)) > 0)
 *		...
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Of a log: TPMs have up to four banks; some firmware lists an SM3 bank besides. */
#define EVENTLOG_ALGORITHMS_MAX 8
#define EVENTLOG_DIGEST_MAX 64

/* TPM_ALG_ID */
#define EVENTLOG_SHA1 0x0004
#define EVENTLOG_SHA256 0x000b
#define EVENTLOG_SHA384 0x000c
#define EVENTLOG_SHA512 0x000d

/* Event types: the profile's table 27 ("Events"). */
enum eventlog_type {
	EV_NO_ACTION = 0x00000003,
	EV_SEPARATOR = 0x00000004,
	EV_ACTION = 0x00000005,
	EV_EVENT_TAG = 0x00000006,
	EV_S_CRTM_CONTENTS = 0x00000007,
	EV_S_CRTM_VERSION = 0x00000008,
	EV_PLATFORM_CONFIG_FLAGS = 0x0000000a,
	EV_IPL = 0x0000000d,
	EV_NONHOST_INFO = 0x00000011,
	EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001u,
	EV_EFI_VARIABLE_BOOT = 0x80000002u,
	EV_EFI_BOOT_SERVICES_APPLICATION = 0x80000003u,
	EV_EFI_BOOT_SERVICES_DRIVER = 0x80000004u,
	EV_EFI_RUNTIME_SERVICES_DRIVER = 0x80000005u,
	EV_EFI_GPT_EVENT = 0x80000006u,
	EV_EFI_ACTION = 0x80000007u,
	EV_EFI_PLATFORM_FIRMWARE_BLOB = 0x80000008u,
	EV_EFI_HANDOFF_TABLES = 0x80000009u,
	EV_EFI_PLATFORM_FIRMWARE_BLOB2 = 0x8000000au,
	EV_EFI_HANDOFF_TABLES2 = 0x8000000bu,
	EV_EFI_VARIABLE_BOOT2 = 0x8000000cu,
	EV_EFI_VARIABLE_AUTHORITY = 0x800000e0u,
};

struct eventlog_algorithm {
	uint16_t id; /* TPM_ALG_ID */
	uint16_t digest_size;
};

struct eventlog {
	struct reader reader;
	size_t used; /* bytes up to the last that is not zero */
	struct eventlog_algorithm algorithms[EVENTLOG_ALGORITHMS_MAX];
	size_t n_algorithms;
	bool old_form;
};

struct eventlog_digest {
	uint16_t algorithm;
	struct span bytes;
};

struct eventlog_event {
	size_t offset; /* in the log */
	uint32_t pcr;
	uint32_t type; /* mostly an enum eventlog_type */
	struct eventlog_digest digests[EVENTLOG_ALGORITHMS_MAX];
	size_t n_digests;
	struct span data;
};

/* Reads the first event, which lists the algorithms; or finds that the log is of the older form. */
_must_check_ int eventlog_open(struct span bytes, struct eventlog *ret, struct error **err);

/* The next event: 1, 0 at the end, or a negative code. Spans refer to the log's bytes. */
_must_check_ int eventlog_next(struct eventlog *log, struct eventlog_event *ret,
			       struct error **err);

/* The log of a TDX module: its only bank is SHA-384, and `pcr` of its events is the index of a
 * measurement register: 0 MRTD, 1 RTMR0 to 4 RTMR3. No TPM has that bank alone. */
bool eventlog_is_tdx(const struct eventlog *log);

/* The digest of an algorithm; an empty span if the event has none. */
struct span eventlog_digest(const struct eventlog_event *e, uint16_t algorithm);
