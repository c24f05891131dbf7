#include "measure/machine_events.h"

/* Measurement registers of a TDX module, as events name them: 1 is RTMR0. */
#define TDX_INDEX_RTMR0 1u

/* UEFI_HANDOFF_TABLE_POINTERS2: the length of a name, and the name of the list of memory. */
#define HOB_NAME "\x09TdxTable\0"

void machine_events_release(struct machine_events *l)
{
	free(l->items);
	*l = (struct machine_events){0};
}

bool machine_event_digest(const struct machine_event *e, struct digest *ret)
{
	struct span d = eventlog_digest(&e->logged, EVENTLOG_SHA384);

	if (d.n == 0)
		return false;
	ret->algorithm = DIGEST_SHA384;
	memcpy(ret->bytes, d.p, d.n);
	return true;
}

static bool is_secure_variable(const struct eventlog_event *e, struct efi_variable *v,
			       enum secure_variable *which)
{
	return e->type == EV_EFI_VARIABLE_DRIVER_CONFIG &&
	       efi_variable_parse(e->data, v, NULL) >= 0 && secure_variable_recognise(v, which);
}

/* Which kind of log it is, by where SecureBoot went. */
static int find_kind(struct eventlog log, bool *ret_of_tdx, struct error **err)
{
	struct eventlog_event e;
	enum secure_variable which;
	struct efi_variable v;
	int r;

	while ((r = eventlog_next(&log, &e, err)) > 0) {
		if (!is_secure_variable(&e, &v, &which) || which != SECURE_VARIABLE_MODE)
			continue;
		if (e.pcr != 7 && e.pcr != TDX_INDEX_RTMR0)
			return error_set(
				err, -ERROR_MALFORMED,
				"event log: variable SecureBoot is in register %u, neither "
				"PCR 7 nor that of RTMR0",
				e.pcr);
		*ret_of_tdx = e.pcr == TDX_INDEX_RTMR0;
		return 0;
	}
	return r < 0 ? r
		     : error_set(err, -ERROR_MALFORMED,
				 "event log: no variable SecureBoot in it: not of a UEFI boot");
}

/* The digests must be those of the data: only then is the variable what was measured. */
static bool is_true(const struct eventlog_event *e)
{
	static const struct {
		uint16_t id;
		enum digest_algorithm algorithm;
	} known[] = {
		{EVENTLOG_SHA1, DIGEST_SHA1},
		{EVENTLOG_SHA256, DIGEST_SHA256},
		{EVENTLOG_SHA384, DIGEST_SHA384},
		{EVENTLOG_SHA512, DIGEST_SHA512},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct span logged = eventlog_digest(e, known[i].id);
		struct digest d;

		if (logged.n == 0)
			continue;
		d = digest_bytes(known[i].algorithm, e->data);
		if (!span_equal(logged, digest_span(&d)))
			return false;
	}
	return true;
}

static int take_variable(struct machine_events *l, const struct eventlog_event *e,
			 struct error **err)
{
	enum secure_variable which;
	struct efi_variable v;

	if (!is_secure_variable(e, &v, &which)) {
		l->more_in_pcr_7 |= e->type == EV_EFI_VARIABLE_DRIVER_CONFIG ||
				    (!l->of_tdx && e->pcr == 7 && e->type != EV_SEPARATOR);
		return 0;
	}
	if (!is_true(e))
		return error_set(
			err, -ERROR_MALFORMED,
			"event log: event at 0x%zx: the digest is not that of the variable "
			"%s",
			e->offset, secure_variable_name(which));
	l->variables.variables[which] = v.data;
	if (which == SECURE_VARIABLE_MODE)
		l->variables.on = v.data.n == 1 && v.data.p[0] == 1;
	return 0;
}

static enum machine_event_kind kind_of(const struct machine_events *l,
				       const struct eventlog_event *e)
{
	bool has_cfv = false;

	switch (e->type) {
	case EV_EFI_HANDOFF_TABLES2:
		return e->data.n >= sizeof(HOB_NAME) - 1 &&
				       memcmp(e->data.p, HOB_NAME, sizeof(HOB_NAME) - 1) == 0
			       ? MACHINE_HOB
			       : MACHINE_OTHER;
	case EV_EFI_PLATFORM_FIRMWARE_BLOB2:
		for (size_t i = 0; i < l->n; i++)
			has_cfv |= l->items[i].kind == MACHINE_CFV;
		return has_cfv ? MACHINE_OTHER : MACHINE_CFV;
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
		return MACHINE_VARIABLE;
	default:
		return MACHINE_OTHER;
	}
}

/* In RTMR0 there is one separator for both PCRs: that of PCR 7. */
static bool is_wanted(const struct machine_events *l, const struct eventlog_event *e)
{
	if (e->type == EV_NO_ACTION || e->type == EV_EFI_VARIABLE_AUTHORITY)
		return false;
	if (l->of_tdx)
		return e->pcr == TDX_INDEX_RTMR0;
	return e->pcr == 7 || (e->pcr == 1 && e->type != EV_SEPARATOR);
}

static int take_event(struct machine_events *l, const struct eventlog_event *e, struct error **err)
{
	if (!is_wanted(l, e))
		return 0;
	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0)
		return error_oom(err);
	if (l->boot_options == SIZE_MAX &&
	    (e->type == EV_EFI_VARIABLE_BOOT || e->type == EV_EFI_VARIABLE_BOOT2))
		l->boot_options = l->n;
	l->items[l->n] = (struct machine_event){kind_of(l, e), *e};
	l->n++;
	l->separators += e->type == EV_SEPARATOR;
	return take_variable(l, e, err);
}

int machine_events_read(struct span bytes, struct machine_events *ret, struct error **err)
{
	_cleanup_(machine_events_release) struct machine_events l = {
		.boot_options = SIZE_MAX,
		.variables.source = SECURE_LOG,
	};
	struct eventlog_event e;
	struct eventlog log;
	int r = eventlog_open(bytes, &log, err);

	if (r >= 0)
		r = find_kind(log, &l.of_tdx, err);
	while (r >= 0 && (r = eventlog_next(&log, &e, err)) > 0)
		r = take_event(&l, &e, err);
	if (r < 0)
		return r;
	l.boot_options = MIN(l.boot_options, l.n);
	*ret = l;
	l = (struct machine_events){0};
	return 0;
}
