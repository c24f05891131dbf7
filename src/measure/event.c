#include "measure/event.h"

#include <stdarg.h>

#include "measure/registers.h"

const enum digest_algorithm event_banks[EVENT_BANKS] = {
	[EVENT_SHA256] = DIGEST_SHA256,
	[EVENT_SHA384] = DIGEST_SHA384,
	[EVENT_SHA1] = DIGEST_SHA1,
	[EVENT_SHA512] = DIGEST_SHA512,
};

static void event_release(struct event *e)
{
	for (size_t i = 0; i < e->n_pieces; i++)
		free(e->copies[i]);
	free(e->copies);
	free(e->pieces);
	free(e->description);
}

void event_list_release(struct event_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		event_release(&l->items[i]);
	free(l->items);
	*l = (struct event_list){0};
}

int event_rtmr(unsigned pcr)
{
	if (pcr == PCR_PLATFORM_CONFIG || pcr == PCR_SECURE_BOOT_POLICY)
		return 0;
	if (pcr >= 2 && pcr <= 6)
		return 1;
	return pcr >= 8 && pcr <= 15 ? 2 : EVENT_NO_RTMR;
}

static const char *const kind_names[EVENT_KINDS_] = {
	[EVENT_KIND_OTHER] = "other",
	[EVENT_KIND_SEPARATOR] = "separator",
	[EVENT_KIND_ACTION] = "action",
	[EVENT_KIND_VARIABLE] = "variable",
	[EVENT_KIND_AUTHORITY] = "authority",
	[EVENT_KIND_PARTITION_TABLE] = "partition-table",
	[EVENT_KIND_PROGRAM] = "program",
	[EVENT_KIND_MACHINE] = "machine",
	[EVENT_KIND_SECTION_NAME] = "section-name",
	[EVENT_KIND_SECTION] = "section",
	[EVENT_KIND_LOADER_CONF] = "loader-conf",
	[EVENT_KIND_PROFILE] = "profile",
	[EVENT_KIND_PASSED_COMMAND_LINE] = "passed-command-line",
	[EVENT_KIND_CREDENTIALS] = "credentials",
	[EVENT_KIND_CONFIGURATION_EXTENSION] = "configuration-extension",
	[EVENT_KIND_SYSTEM_EXTENSION] = "system-extension",
	[EVENT_KIND_ADDON_SECTION] = "addon-section",
	[EVENT_KIND_COMMAND_LINE] = "command-line",
	[EVENT_KIND_INITRD] = "initrd",
	[EVENT_KIND_PHASE] = "phase",
	[EVENT_KIND_CONFIGURATION] = "configuration",
};

const char *event_kind_name(enum event_kind kind)
{
	return kind_names[kind];
}

enum event_kind event_kind_from_name(const char *name)
{
	for (size_t i = 0; i < EVENT_KINDS_; i++) {
		if (string_equal(kind_names[i], name))
			return (enum event_kind)i;
	}
	return EVENT_KIND_OTHER;
}

void event_begin(struct event_list *l, unsigned pcr, enum eventlog_type type, enum event_kind kind,
		 const char *fmt, ...)
{
	char *description = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&description, fmt, args) < 0)
		description = NULL;
	va_end(args);

	if (!description ||
	    array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0) {
		free(description);
		l->failed = true;
		return;
	}
	l->items[l->n++] = (struct event){
		.pcr = pcr,
		.rtmr = event_rtmr(pcr),
		.type = type,
		.kind = kind,
		.description = description,
	};
}

/* The event being made; NULL after a failure. */
static struct event *current(struct event_list *l)
{
	return l->failed || l->n == 0 ? NULL : &l->items[l->n - 1];
}

static void add_piece(struct event_list *l, struct digest_piece piece, uint8_t *copy)
{
	struct event *e = current(l);

	if (!e ||
	    array_reserve(&e->pieces, &e->capacity, e->n_pieces + 1, sizeof(*e->pieces)) < 0 ||
	    array_reserve(&e->copies, &e->copies_capacity, e->n_pieces + 1, sizeof(*e->copies)) <
		    0) {
		free(copy);
		l->failed = true;
		return;
	}
	e->pieces[e->n_pieces] = piece;
	e->copies[e->n_pieces] = copy;
	e->n_pieces++;
}

void event_bytes(struct event_list *l, struct span bytes)
{
	if (bytes.n > 0)
		add_piece(l, (struct digest_piece){.bytes = bytes}, NULL);
}

void event_copy(struct event_list *l, struct span bytes)
{
	uint8_t *copy = bytes.n > 0 ? malloc(bytes.n) : NULL;

	if (bytes.n == 0)
		return;
	if (!copy) {
		l->failed = true;
		return;
	}
	memcpy(copy, bytes.p, bytes.n);
	add_piece(l, (struct digest_piece){.bytes = SPAN(copy, bytes.n)}, copy);
}

void event_zeros(struct event_list *l, uint64_t n)
{
	if (n > 0)
		add_piece(l, (struct digest_piece){.zeros = n}, NULL);
}

void event_digest(struct event_list *l, const struct digest *d)
{
	struct event *e = current(l);

	for (size_t i = 0; e && i < EVENT_BANKS; i++) {
		if (event_banks[i] != d->algorithm)
			continue;
		e->digests[i] = *d;
		e->has_digest[i] = true;
	}
	if (e)
		e->given = true;
}

void event_tpm_only(struct event_list *l)
{
	struct event *e = current(l);

	if (e)
		e->rtmr = EVENT_NO_RTMR;
}

void event_tdx_only(struct event_list *l)
{
	struct event *e = current(l);

	if (e)
		e->pcr = EVENT_NO_PCR;
}

void event_add(struct event_list *l, unsigned pcr, enum eventlog_type type, enum event_kind kind,
	       struct span bytes, const char *description)
{
	event_begin(l, pcr, type, kind, "%s", description);
	event_bytes(l, bytes);
}

static size_t add_jobs(struct event *e, unsigned banks, struct digest_job *jobs)
{
	size_t n = 0;

	for (size_t bank = 0; bank < EVENT_BANKS && !e->given; bank++) {
		if (!(banks & 1u << bank))
			continue;
		jobs[n++] = (struct digest_job){
			.pieces = e->pieces,
			.n = e->n_pieces,
			.algorithm = event_banks[bank],
			.result = &e->digests[bank],
		};
		e->has_digest[bank] = true;
	}
	return n;
}

int event_list_digest(struct event_list *l, unsigned banks, const struct digest_job *more, size_t n,
		      struct error **err)
{
	_cleanup_free_ struct digest_job *jobs = NULL;
	size_t n_jobs = 0;

	if (l->failed)
		return error_oom(err);
	jobs = calloc(l->n * EVENT_BANKS + n + 1, sizeof(*jobs));
	if (!jobs)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		jobs[n_jobs++] = more[i];
	for (size_t i = 0; i < l->n; i++)
		n_jobs += add_jobs(&l->items[i], banks, jobs + n_jobs);
	return digest_jobs_run(jobs, n_jobs, err);
}

void event_list_place(struct event_list *l, struct span image)
{
	const uintptr_t start = (uintptr_t)image.p;

	for (size_t i = 0; i < l->n; i++) {
		struct event *e = &l->items[i];

		for (size_t k = 0; k < e->n_pieces; k++) {
			const struct digest_piece *piece = &e->pieces[k];
			uintptr_t at = (uintptr_t)piece->bytes.p;

			e->size += piece->bytes.n + piece->zeros;
			if (e->has_place || piece->bytes.n == 0 || at < start ||
			    at - start >= image.n)
				continue;
			e->has_place = true;
			e->place = at - start;
		}
	}
}

void event_list_replay(const struct event_list *l, struct bank banks[EVENT_BANKS])
{
	for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
		bool unknown[BANK_REGISTERS] = {false};

		for (size_t i = 0; i < l->n; i++) {
			const struct event *e = &l->items[i];

			if (e->pcr == EVENT_NO_PCR)
				continue;
			unknown[e->pcr] |= !e->has_digest[bank];
			bank_extend(&banks[bank], e->pcr, &e->digests[bank]);
			banks[bank].known[e->pcr] = !unknown[e->pcr];
		}
	}
}

bool event_list_replay_rtmr(const struct event_list *l, int rtmr, struct digest *ret)
{
	struct bank bank;

	/* A bank of one register of which only the value is of interest. */
	bank_init(&bank, DIGEST_SHA384);
	for (size_t i = 0; i < l->n; i++) {
		const struct event *e = &l->items[i];

		if (e->rtmr != rtmr)
			continue;
		if (!e->has_digest[EVENT_SHA384])
			return false;
		bank_extend(&bank, 0, &e->digests[EVENT_SHA384]);
	}
	*ret = bank.registers[0];
	return true;
}

static const struct {
	uint32_t type;
	const char *name;
} type_names[] = {
	{EV_NO_ACTION, "EV_NO_ACTION"},
	{EV_SEPARATOR, "EV_SEPARATOR"},
	{EV_ACTION, "EV_ACTION"},
	{EV_EVENT_TAG, "EV_EVENT_TAG"},
	{EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS"},
	{EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION"},
	{EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS"},
	{EV_IPL, "EV_IPL"},
	{EV_NONHOST_INFO, "EV_NONHOST_INFO"},
	{EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
	{EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
	{EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION"},
	{EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER"},
	{EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
	{EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT"},
	{EV_EFI_ACTION, "EV_EFI_ACTION"},
	{EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
	{EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES"},
	{EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
	{EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2"},
	{EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
	{EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
};

const char *event_type_name(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++) {
		if (type_names[i].type == type)
			return type_names[i].name;
	}
	return "unknown";
}

bool event_type_from_name(const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++) {
		if (string_equal(type_names[i].name, name)) {
			*ret = type_names[i].type;
			return true;
		}
	}
	return false;
}
