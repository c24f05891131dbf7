#include "explain/log_alternatives.h"

#include "base/text.h"
#include "formats/event_data.h"
#include "formats/printable.h"

void log_alternative_release(struct log_alternative *a)
{
	measurement_release(&a->measurement);
	free(a->text);
	*a = (struct log_alternative){0};
}

/* How the log says that the boot was started. */
struct hints {
	bool secure_boot;
	bool vtpm;
	enum boot_kind kind;
	struct buffer passed;  /* text, empty if none */
	struct buffer profile; /* "@N", empty if none */
};

static void hints_release(struct hints *h)
{
	buffer_release(&h->passed);
	buffer_release(&h->profile);
}

static void take_hints(const struct measure_options *o, const struct firmware_log *log,
		       const struct log_facts *f, struct hints *ret)
{
	*ret = (struct hints){
		.secure_boot = f->secure_boot != LOG_NONE ? f->secure_boot_on : o->boot.secure_boot,
		.vtpm = o->boot.vtpm,
		.kind = o->boot.kind,
		.passed = BUFFER_INIT(LOG_PASSED_MAX),
		.profile = BUFFER_INIT(32),
	};
	if (f->image != LOG_NONE)
		ret->kind = f->from_qemu ? BOOT_QEMU_KERNEL : BOOT_DISK;
	/* The kernel's events are here, or else in the log of a TPM. */
	if (log->tdx && f->exit != LOG_NONE)
		ret->vtpm = f->load_options == LOG_NONE && f->initrd == LOG_NONE;
	if (f->passed.n > 0)
		printable_utf16(log->events[f->passed.items[0]].data, &ret->passed);
	if (f->profile != LOG_NONE) {
		buffer_put_u8(&ret->profile, '@');
		log_event_text(&log->events[f->profile], &ret->profile);
	}
}

/* Ways in which what was passed may have come. */
enum way {
	WAY_GIVEN, /* as the options say */
	WAY_NOTHING,
	WAY_LOAD_OPTIONS,
	WAY_SMBIOS,
	WAYS,
};

static bool way_options(const struct hints *h, enum way way, struct measure_options *o,
			struct buffer *load_options)
{
	bool passed = h->passed.n > 0 && buffer_ok(&h->passed);

	if (way == WAY_GIVEN)
		return h->profile.n == 0;
	o->boot.load_options = NULL;
	o->boot.smbios_command_line = NULL;
	if (way != WAY_NOTHING && !passed)
		return false;
	if (h->profile.n > 0 && buffer_ok(&h->profile))
		buffer_put(load_options, buffer_span(&h->profile));
	if (way == WAY_LOAD_OPTIONS) {
		if (load_options->n > 0)
			buffer_put_u8(load_options, ' ');
		buffer_put(load_options, buffer_span(&h->passed));
	}
	if (load_options->n > 0)
		o->boot.load_options = buffer_text(load_options);
	if (way == WAY_SMBIOS)
		o->boot.smbios_command_line = buffer_text(&h->passed);
	return buffer_ok(load_options);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && string_equal(a, b));
}

static bool same_boot(const struct boot_options *a, const struct boot_options *b)
{
	return a->kind == b->kind && a->secure_boot == b->secure_boot && a->vtpm == b->vtpm &&
	       same_text(a->load_options, b->load_options) &&
	       same_text(a->smbios_command_line, b->smbios_command_line);
}

static void put_change(struct buffer *b, const char *text, const char *value)
{
	buffer_put_string(b, b->n ? ", " : "");
	if (value)
		buffer_printf(b, "%s '%s'", text, value);
	else
		buffer_put_string(b, text);
}

static char *describe(const struct boot_options *old, const struct boot_options *new)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4 * LOG_PASSED_MAX);

	if (old->secure_boot != new->secure_boot)
		put_change(&b, new->secure_boot ? "Secure Boot on" : "Secure Boot off", NULL);
	if (old->vtpm != new->vtpm)
		put_change(&b,
			   new->vtpm ? "a TPM beside the TDX module"
				     : "no TPM beside the TDX module",
			   NULL);
	if (old->kind != new->kind)
		put_change(&b,
			   new->kind == BOOT_QEMU_KERNEL ? "started by QEMU's -kernel"
							 : "started from a disk",
			   NULL);
	if (!same_text(old->load_options, new->load_options))
		put_change(&b, new->load_options ? "passed" : "nothing passed", new->load_options);
	if (!same_text(old->smbios_command_line, new->smbios_command_line))
		put_change(&b, new->smbios_command_line ? "SMBIOS command line" : "none in SMBIOS",
			   new->smbios_command_line);
	return strdup(buffer_text(&b));
}

/* Measures one alternative and keeps it if it is better than what *best has. */
static int try_options(const char *path, const struct measure_options *given,
		       const struct measure_options *o, const struct firmware_log *log,
		       size_t *fewest, struct log_alternative *best, struct error **err)
{
	_cleanup_(log_alternative_release) struct log_alternative a = {0};
	_cleanup_error_ struct error *ignored = NULL;

	if (measure_file(path, o, &a.measurement, &ignored) < 0 ||
	    log_compare(&a.measurement, log, &a.comparison, &ignored) < 0 ||
	    a.comparison.n_different >= *fewest)
		return 0;
	a.text = describe(&given->boot, &o->boot);
	if (!a.text)
		return error_oom(err);
	*fewest = a.comparison.n_different;
	log_alternative_release(best);
	*best = a;
	a = (struct log_alternative){0};
	return 0;
}

int log_alternative_find(const char *path, const struct measure_options *options,
			 const struct measurement *predicted,
			 const struct log_comparison *comparison, const struct firmware_log *log,
			 struct log_alternative *ret, struct error **err)
{
	_cleanup_(hints_release) struct hints h = {0};
	size_t fewest = comparison->n_different;
	struct log_facts facts;
	enum event_bank bank;
	int r = 0;

	if (!log_common_bank(predicted, log, &bank))
		return 0;
	log_facts_find(log, bank, &predicted->uki_authentihashes[bank], &facts);
	take_hints(options, log, &facts, &h);
	for (size_t i = 0; i < WAYS && r >= 0 && fewest > 0; i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * LOG_PASSED_MAX);
		struct measure_options o = *options;

		o.boot.secure_boot = h.secure_boot;
		o.boot.vtpm = h.vtpm;
		o.boot.kind = h.kind;
		if (way_options(&h, (enum way)i, &o, &text) && !same_boot(&o.boot, &options->boot))
			r = try_options(path, options, &o, log, &fewest, ret, err);
	}
	return r < 0 ? r : ret->text != NULL;
}
