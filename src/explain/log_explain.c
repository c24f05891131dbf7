#include "explain/log_explain.h"

#include "explain/log_explain_parts.h"
#include "explain/log_explain_platform.h"
#include "formats/device_path.h"
#include "formats/event_data.h"

#define TEXT_MAX (16u << 10)

static void explain_end(struct explanation *x)
{
	if (x->facts.exit == LOG_NONE)
		explanation_add(
			x, LOG_INCOMPLETE, LOG_NONE,
			"the log ends before the boot did: of its %zu events none says that the "
			"kernel left boot services",
			x->log->n);
}

static bool is_program(const struct eventlog_event *e)
{
	return e->type == EV_EFI_BOOT_SERVICES_APPLICATION;
}

/* Firmware that starts a kernel and measures nothing of it: what is in the other registers says nothing
 * then. */
static void explain_unmeasured(struct explanation *x)
{
	const struct log_comparison *c = x->context->comparison;

	if (x->log->tdx || !log_register_differs(c, PCR_BOOT_LOADER_CODE))
		return;
	for (size_t i = 0; i < x->log->n; i++) {
		if (is_program(&x->log->events[i]))
			return;
	}
	explanation_add(x, LOG_UNMEASURED, LOG_NONE,
			"nobody measured what was started: the log names no program. SeaBIOS "
			"starts kernels this way, and such a kernel can be any");
}

/* Registers that belong to firmware and machine, if they are predicted at all. */
static void explain_firmware(struct explanation *x)
{
	static const unsigned machine[] = {PCR_PLATFORM_CODE, PCR_PLATFORM_CONFIG,
					   PCR_EXTERNAL_CODE, PCR_EXTERNAL_CONFIG,
					   PCR_HOST_PLATFORM};
	const struct log_comparison *c = x->context->comparison;

	if (x->facts.misplaced.n > 0) {
		size_t event = x->facts.misplaced.items[0];
		char name[REGISTER_NAME_SIZE];

		register_name(firmware_log_register(x->log, &x->log->events[event]), name);
		explanation_add(x, LOG_FIRMWARE, event,
				"other firmware: it measures programs into %s (event %zu)", name,
				event + 1);
	}
	/* What foreign code makes of these registers is told already. */
	for (size_t i = 0; !explanation_has(x, LOG_DRIVER) && i < ARRAY_SIZE(machine); i++) {
		if (log_register_differs(c, machine[i])) {
			explanation_add(x, LOG_FIRMWARE, LOG_NONE,
					"other firmware or another machine: PCR %u differs",
					machine[i]);
			return;
		}
	}
}

/* The first event of the register that is not among those predicted for it. */
static size_t unpredicted_event(const struct explanation *x, unsigned reg)
{
	for (size_t i = 0; i < x->log->n; i++) {
		const struct event_list *l = &x->context->predicted->events;
		struct digest d = explanation_digest(x, i);
		bool found = false;

		if (firmware_log_register(x->log, &x->log->events[i]) != reg)
			continue;
		for (size_t k = 0; k < l->n && !found; k++)
			found = log_predicts_into(&l->items[k], reg) &&
				digest_equal(&d, &l->items[k].digests[x->bank]);
		if (!found)
			return i;
	}
	return LOG_NONE;
}

/* The register with the variables of Secure Boot. */
static void explain_variables(struct explanation *x)
{
	unsigned reg = x->log->tdx ? REGISTER_RTMR0 : 7;
	size_t event = unpredicted_event(x, reg);
	char name[REGISTER_NAME_SIZE];

	if (!log_register_differs(x->context->comparison, reg))
		return;
	register_name(reg, name);
	if (event == LOG_NONE)
		explanation_add(x, LOG_FIRMWARE, LOG_NONE,
				"other firmware, machine or Secure Boot variables: %s differs",
				name);
	else
		explanation_add(
			x, LOG_FIRMWARE, event,
			"other firmware, machine or Secure Boot variables: %s has an event that is "
			"not predicted (event %zu: %s)",
			name, event + 1, explanation_quote(x, event));
}

static void explain_secure_boot(struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	bool expected = x->context->predicted->secure_boot;

	if (f->secure_boot != LOG_NONE && f->secure_boot_on != expected)
		explanation_add(
			x, expected ? LOG_SECURE_BOOT_OFF : LOG_SECURE_BOOT_ON, f->secure_boot,
			"Secure Boot is %s, and %s was predicted (event %zu)",
			expected ? "off" : "on", expected ? "on" : "off", f->secure_boot + 1);
	else
		explain_variables(x);
}

static void explain_path(struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	bool predicted = x->context->predicted->boot_kind == BOOT_QEMU_KERNEL;

	if (f->image == LOG_NONE || f->from_qemu == predicted)
		return;
	if (f->from_qemu)
		explanation_add(
			x, LOG_QEMU_KERNEL, f->image,
			"the image was started by QEMU's -kernel, not from a disk (event %zu)",
			f->image + 1);
	else
		explanation_add(
			x, LOG_FROM_DISK, f->image,
			"the image was started from a disk, not by QEMU's -kernel (event %zu: %s)",
			f->image + 1, explanation_quote(x, f->image));
}

static void explain_attempts(struct explanation *x)
{
	const struct log_facts *f = &x->facts;

	if (f->second_attempt != LOG_NONE)
		explanation_add(
			x, LOG_BOOT_RETRIED, f->second_attempt,
			"another boot entry was tried before and came back (event %zu is a second "
			"attempt)",
			f->second_attempt + 1);
	else if (f->returned != LOG_NONE)
		explanation_add(x, LOG_BOOT_RETRIED, f->returned,
				"a boot entry came back without booting (event %zu)",
				f->returned + 1);
}

/* What kind of program a file name promises. */
static const char *loader_name(const char *file)
{
	static const struct {
		const char *part, *name;
	} names[] = {
		{"systemd-boot", "systemd-boot"},
		{"shim", "shim"},
		{"grub", "GRUB"},
		{"refind", "rEFInd"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasestr(file, names[i].part))
			return names[i].name;
	}
	return NULL;
}

static void put_file(const struct eventlog_event *e, struct buffer *b)
{
	struct event_image image;

	if (event_image_parse(e->data, &image))
		device_path_file(image.device_path, b);
}

/* The last program before shim's own events is shim, whatever its file is called. */
static bool is_shim(const struct log_facts *f, size_t i)
{
	size_t event = f->before.items[i];

	return f->shim.n > 0 && event < f->shim.first &&
	       (i + 1 == f->before.n || f->before.items[i + 1] > f->shim.first);
}

/* All that shim and GRUB say of themselves, in one line. */
static void explain_loader_texts(struct explanation *x)
{
	const struct log_texts *shim = &x->facts.shim, *grub = &x->facts.grub;
	size_t event = MIN(shim->first, grub->first);

	if (event != LOG_NONE)
		explanation_add(
			x, LOG_LOADER, event,
			"%s%s%s measured what %s read and ran: %zu events, the first is '%s' "
			"(event %zu)",
			shim->n > 0 ? "shim" : "", shim->n > 0 && grub->n > 0 ? " and " : "",
			grub->n > 0 ? "GRUB" : "", shim->n > 0 && grub->n > 0 ? "they" : "it",
			shim->n + grub->n, explanation_quote(x, event), event + 1);
}

/* True if a loader's usual place starts what lies in a loader's usual folder of images. */
static bool is_loader_pair(const char *program, const char *image)
{
	return strcasestr(program, "\\EFI\\BOOT\\BOOT") && strcasestr(image, "\\EFI\\Linux\\");
}

static void explain_programs(struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	_cleanup_(buffer_release) struct buffer image = BUFFER_INIT(TEXT_MAX);
	bool loader_seen = false;

	if (f->image != LOG_NONE)
		put_file(&x->log->events[f->image], &image);
	for (size_t i = 0; i < f->before.n; i++) {
		_cleanup_(buffer_release) struct buffer file = BUFFER_INIT(TEXT_MAX);
		size_t event = f->before.items[i];
		struct digest d = explanation_digest(x, event);
		const char *name;

		if (explanation_predicted_event(x, x->context->closest, PCR_BOOT_LOADER_CODE, &d) !=
		    LOG_NONE) {
			loader_seen = true;
			continue;
		}
		put_file(&x->log->events[event], &file);
		name = is_shim(f, i) ? "shim" : loader_name(buffer_text(&file));
		if (!name && is_loader_pair(buffer_text(&file), buffer_text(&image)))
			name = "a boot loader (systemd-boot, by the places of the files)";
		if (name && event + 1 < f->image && x->context->closest->loader)
			loader_seen = true;
		if (name)
			explanation_add(x, LOG_LOADER, event,
					"%s is in between: firmware started %s, and that the image "
					"(events %zu and %zu)",
					name, buffer_text(&file), event + 1, f->image + 1);
		else
			explanation_add(
				x, LOG_OTHER_PROGRAM, event,
				"another program was started before the image: %s (event %zu)",
				explanation_quote(x, event), event + 1);
	}
	if (x->context->closest->loader && !loader_seen && f->image != LOG_NONE)
		explanation_add(x, LOG_NO_LOADER, f->image,
				"firmware started the image itself, not systemd-boot (event %zu)",
				f->image + 1);
}

/* Tag events of the stub that speak of what came from outside. */
static void explain_tags(struct explanation *x)
{
	for (size_t i = 0; i < x->log->n; i++) {
		const struct eventlog_event *e = &x->log->events[i];
		struct event_tag tag;

		if (e->type != EV_EVENT_TAG || !event_tag_parse(e->data, &tag))
			continue;

		struct digest d = explanation_digest(x, i);

		if (explanation_predicted_event(x, x->context->predicted, PCR_KERNEL_CONFIG, &d) !=
		    LOG_NONE)
			continue;
		if (tag.id == EVENT_TAG_PROFILE)
			explanation_add(x, LOG_PROFILE, i,
					"another profile of the image was chosen (event %zu: %s)",
					i + 1, explanation_quote(x, i));
		else if (tag.id == EVENT_TAG_DTB_ADDON || tag.id == EVENT_TAG_INITRD_ADDON ||
			 tag.id == EVENT_TAG_UCODE_ADDON)
			explanation_add(x, LOG_ADDON, i,
					"an addon beside the image was taken (event %zu: %s)",
					i + 1, explanation_quote(x, i));
	}
}

static void explain_addons(struct explanation *x)
{
	for (size_t i = 0; i < x->facts.addons.n; i++) {
		size_t event = x->facts.addons.items[i];
		struct digest d = explanation_digest(x, event);

		/* Loaded before the kernel: what comes later is no part of the boot that is told. */
		if (explanation_predicted_event(x, x->context->predicted, PCR_BOOT_LOADER_CODE,
						&d) == LOG_NONE &&
		    (x->facts.load_options == LOG_NONE || event < x->facts.load_options))
			explanation_add(x, LOG_ADDON, event,
					"an addon beside the image was loaded (event %zu: %s)",
					event + 1, explanation_quote(x, event));
	}
}

/* Archives that the stub made of files beside the image. */
static void explain_archives(struct explanation *x)
{
	const struct {
		const struct log_events *events;
		unsigned pcr;
		enum log_cause cause;
		const char *text;
	} archives[] = {
		{&x->facts.credentials, PCR_KERNEL_CONFIG, LOG_CREDENTIALS,
		 "credentials beside the image were taken"},
		{&x->facts.confexts, PCR_KERNEL_CONFIG, LOG_EXTENSION,
		 "a configuration extension beside the image was taken"},
		{&x->facts.sysexts, PCR_SYSEXTS, LOG_EXTENSION,
		 "a system extension beside the image was taken"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(archives); k++) {
		for (size_t i = 0; i < archives[k].events->n; i++) {
			size_t event = archives[k].events->items[i];
			struct digest d = explanation_digest(x, event);

			if (explanation_predicted_event(x, x->context->predicted, archives[k].pcr,
							&d) == LOG_NONE)
				explanation_add(x, archives[k].cause, event, "%s (event %zu: %s)",
						archives[k].text, event + 1,
						explanation_quote(x, event));
		}
	}
}

static bool is_logged(const struct explanation *x, const struct event *e)
{
	for (size_t i = 0; i < x->log->n; i++) {
		struct digest d = explanation_digest(x, i);

		if (digest_equal(&d, &e->digests[x->bank]))
			return true;
	}
	return false;
}

/* The events of the log that are of the same kind; NULL if the log is not asked for such. */
static const struct log_events *events_of_kind(const struct log_facts *f, enum event_kind kind)
{
	switch (kind) {
	case EVENT_KIND_PASSED_COMMAND_LINE:
		return &f->passed;
	case EVENT_KIND_CREDENTIALS:
		return &f->credentials;
	case EVENT_KIND_CONFIGURATION_EXTENSION:
		return &f->confexts;
	case EVENT_KIND_SYSTEM_EXTENSION:
		return &f->sysexts;
	default:
		return NULL;
	}
}

/* True if the log has something of the same kind that is not predicted: that was told. */
static bool is_replaced(const struct explanation *x, const struct event *e)
{
	const struct log_events *events = events_of_kind(&x->facts, e->kind);

	if (e->kind == EVENT_KIND_PROFILE)
		return x->facts.profile != LOG_NONE;
	for (size_t i = 0; events && i < events->n; i++) {
		struct digest d = explanation_digest(x, events->items[i]);

		if (explanation_predicted_event(x, x->context->predicted, e->pcr, &d) == LOG_NONE)
			return true;
	}
	return false;
}

/* What is predicted from outside the image, and is not in the log. */
static void explain_absent(struct explanation *x)
{
	const struct measurement *m = x->context->predicted;

	if (x->facts.first_section == LOG_NONE || explanation_has(x, LOG_INCOMPLETE))
		return;
	for (size_t i = 0; i < m->events.n; i++) {
		const struct event *e = &m->events.items[i];

		if ((e->pcr == PCR_KERNEL_CONFIG || e->pcr == PCR_SYSEXTS) && !is_logged(x, e) &&
		    !is_replaced(x, e))
			explanation_add(
				x, LOG_NOT_TAKEN, LOG_NONE,
				"the boot did not take what was predicted from outside the image: "
				"%s",
				e->description);
	}
}

/* The kernel measures into a TPM rather than into a TDX module that is there as well. */
static void explain_vtpm(struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	const struct measurement *m = x->context->predicted;
	size_t event = f->load_options != LOG_NONE ? f->load_options : f->initrd;
	bool predicted = false;

	if (!x->log->tdx || f->exit == LOG_NONE || !explanation_has_stub(x) ||
	    !log_register_differs(x->context->comparison, REGISTER_RTMR2))
		return;
	for (size_t i = 0; i < m->events.n; i++)
		predicted |=
			m->events.items[i].pcr == PCR_KERNEL_INITRD && m->events.items[i].rtmr == 2;
	if (event == LOG_NONE && predicted)
		explanation_add(
			x, LOG_VTPM, LOG_NONE,
			"the machine also has a TPM (--vtpm): the kernel measured command line "
			"and initrd there, so RTMR2 has neither");
	else if (event != LOG_NONE && m->vtpm)
		explanation_add(
			x, LOG_NO_VTPM, event,
			"the machine has no TPM for the kernel: it measured command line and "
			"initrd into RTMR2 (event %zu)",
			event + 1);
}

static void explain_partition_table(struct explanation *x)
{
	const struct measurement *m = x->context->closest;
	size_t event = x->facts.partition_table;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	struct event_gpt expected, actual;

	if (event == LOG_NONE || x->facts.from_qemu)
		return;

	struct digest d = explanation_digest(x, event);
	bool predicted = false;

	for (size_t i = 0; i < m->events.n; i++)
		predicted |= m->events.items[i].type == EV_EFI_GPT_EVENT;
	if (!predicted || explanation_predicted_event(x, m, PCR_BOOT_LOADER_CONFIG, &d) != LOG_NONE)
		return;
	if (!log_data_is_measured(&x->log->events[event], x->bank))
		explanation_add(
			x, LOG_PARTITION_TABLE, event,
			"another disk or partition table; the log's copy of it is not what was "
			"measured (event %zu)",
			event + 1);
	else if (m->partition_table.n > 0 &&
		 event_gpt_parse(buffer_span(&m->partition_table), &expected) &&
		 event_gpt_parse(x->log->events[event].data, &actual) &&
		 event_gpt_difference(&expected, &actual, &text))
		explanation_add(x, LOG_PARTITION_TABLE, event,
				"another disk or partition table: %s (event %zu)",
				buffer_text(&text), event + 1);
	else
		explanation_add(x, LOG_PARTITION_TABLE, event,
				"another disk or partition table (event %zu: %s)", event + 1,
				explanation_quote(x, event));
}

static void explain_later(struct explanation *x)
{
	const struct log_facts *f = &x->facts;

	if (f->second_exit != LOG_NONE)
		explanation_add(
			x, LOG_EXIT_AGAIN, f->second_exit,
			"the kernel had to leave boot services twice: memory changed in between, "
			"which says nothing about the image (event %zu)",
			f->second_exit + 1);
	if (f->phase != LOG_NONE)
		explanation_add(x, LOG_PHASES, f->phase,
				"user space measured itself after the boot (event %zu: %s)",
				f->phase + 1, explanation_quote(x, f->phase));
}

static void explain_rest(struct explanation *x)
{
	const struct log_comparison *c = x->context->comparison;
	char name[REGISTER_NAME_SIZE];

	if (x->findings->n > 0)
		return;
	if (!c->has_first) {
		explanation_add(
			x, LOG_UNKNOWN, LOG_NONE,
			"no event differs: the register did not start as the prediction says");
		return;
	}
	register_name(c->first.reg, name);
	if (c->first.event == LOG_NONE)
		explanation_add(x, LOG_UNKNOWN, LOG_NONE,
				"an event that is predicted for %s is not in the log", name);
	else
		explanation_add(x, LOG_UNKNOWN, c->first.event,
				"event %zu extends %s with bytes that were not predicted",
				c->first.event + 1, name);
}

int log_explain(const struct log_context *context, const struct firmware_log *log,
		struct log_findings *ret, struct error **err)
{
	_cleanup_(log_findings_release) struct log_findings findings = {0};
	struct explanation x = {.context = context, .log = log, .findings = &findings};

	if (!log_common_bank(context->closest, log, &x.bank))
		return error_set(err, -ERROR_MALFORMED, "event log: no bank that is predicted");
	log_facts_find(log, x.bank, &context->closest->uki_authentihashes[x.bank], &x.facts);
	explain_end(&x);
	log_explain_foreign(log, context->good, &findings);
	explain_unmeasured(&x);
	explain_firmware(&x);
	explain_secure_boot(&x);
	explain_path(&x);
	explain_attempts(&x);
	explain_programs(&x);
	explain_loader_texts(&x);
	log_explain_stub(&x);
	explain_tags(&x);
	log_explain_passed(&x);
	explain_addons(&x);
	explain_archives(&x);
	explain_absent(&x);
	explain_vtpm(&x);
	log_explain_content(&x);
	explain_partition_table(&x);
	explain_later(&x);
	explain_rest(&x);
	buffer_release(&x.text);
	if (findings.failed)
		return error_oom(err);
	*ret = findings;
	findings = (struct log_findings){0};
	return 0;
}
