#include "explain/log_facts.h"

#include "formats/device_path.h"
#include "formats/event_data.h"
#include "formats/printable.h"

/* Vendor media device paths of programs that are in memory. */
#define QEMU_KERNEL_GUID "1428f772-b64a-441e-b8c3-9ebdd7f893c7"
#define STUB_PAYLOAD_GUID "55c5d1f8-04cd-46b5-8a20-e56cbb3052d0"

#define CALLING "Calling EFI Application from Boot Option"
#define RETURNING "Returning from EFI Application from Boot Option"
#define EXIT_INVOCATION "Exit Boot Services Invocation"

#define CREDENTIALS "Credentials initrd"
#define GLOBAL_CREDENTIALS "Global credentials initrd"
#define CONFEXTS "Configuration extension initrd"
#define GLOBAL_CONFEXTS "Global configuration extension initrd"
#define SYSEXTS "System extension initrd"
#define GLOBAL_SYSEXTS "Global system extension initrd"

static void list_add(struct log_events *l, size_t event)
{
	if (l->n < LOG_LIST_MAX)
		l->items[l->n++] = event;
}

static void set_once(size_t *index, size_t event)
{
	if (*index == LOG_NONE)
		*index = event;
}

static bool data_is(const struct eventlog_event *e, const char *text)
{
	return span_equal(e->data, span_string(text)) ||
	       span_equal(e->data, SPAN(text, strlen(text) + 1));
}

/* What systemd measures while it starts and ends. */
static bool is_phase(const struct eventlog_event *e)
{
	static const char *const words[] = {"enter-initrd", "leave-initrd", "sysinit",
					    "ready",	    "shutdown",	    "final"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (data_is(e, words[i]))
			return true;
	}
	return false;
}

/* The data is this text in UTF-16LE with NUL. */
static bool wide_is(struct span wide, const char *text)
{
	size_t n = strlen(text) + 1;

	if (wide.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (get_le16(wide.p + 2 * i) != (uint8_t)text[i])
			return false;
	}
	return true;
}

static bool begins_with_any(struct span data, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct span start;

		if (span_slice(data, 0, strlen(texts[i]), &start) &&
		    span_equal(start, span_string(texts[i])))
			return true;
	}
	return false;
}

static bool wide_is_any(struct span wide, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (wide_is(wide, texts[i]))
			return true;
	}
	return false;
}

static bool is_program_from(const struct eventlog_event *e, const char *guid_text)
{
	struct event_image image;
	struct guid wanted, found;

	return guid_parse(guid_text, &wanted) && event_image_parse(e->data, &image) &&
	       device_path_vendor_media(image.device_path, &found) && guid_equal(&wanted, &found);
}

static bool is_firmware_program(const struct eventlog_event *e)
{
	struct event_image image;

	return event_image_parse(e->data, &image) && device_path_is_firmware(image.device_path);
}

void log_event_text(const struct eventlog_event *e, struct buffer *b)
{
	struct event_tag tag;

	if (e->type == EV_EVENT_TAG && event_tag_parse(e->data, &tag))
		printable_text(SPAN(tag.data.p, MIN(tag.data.n, (size_t)EVENT_TEXT_MAX)), b);
	else
		printable_text(e->data, b);
}

bool log_data_is_measured(const struct eventlog_event *e, enum event_bank bank)
{
	struct digest logged = firmware_log_digest(e, bank);
	struct digest data = digest_bytes(event_banks[bank], e->data);

	return digest_equal(&logged, &data);
}

/* Programs, in the order of the log; which of them is the image is decided at the end. */
struct search {
	const struct firmware_log *log;
	enum event_bank bank;
	const struct digest *image;
	struct log_events programs;
	size_t attempts;
	size_t exits;
	struct log_facts *facts;
};

static void take_variable(struct search *s, size_t i)
{
	const struct eventlog_event *e = &s->log->events[i];
	struct event_variable v;

	if (!event_variable_parse(e->data, &v) || !event_variable_is(&v, "SecureBoot") ||
	    !log_data_is_measured(e, s->bank))
		return;
	s->facts->secure_boot = i;
	s->facts->secure_boot_on = v.data.n > 0 && v.data.p[0] == 1;
}

static void take_action(struct search *s, size_t i)
{
	const struct eventlog_event *e = &s->log->events[i];
	struct log_facts *f = s->facts;

	if (data_is(e, CALLING)) {
		if (s->attempts++ == 1)
			f->second_attempt = i;
	} else if (data_is(e, RETURNING)) {
		set_once(&f->returned, i);
	} else if (data_is(e, EXIT_INVOCATION)) {
		if (s->exits++ == 1)
			f->second_exit = i;
		set_once(&f->exit, i);
	}
}

static void take_section(struct search *s, size_t i)
{
	struct log_facts *f = s->facts;
	struct span text = s->log->events[i].data;
	struct log_section *last = f->n_sections ? &f->sections[f->n_sections - 1] : NULL;

	set_once(&f->first_section, i);
	/* Two events for each section, with the same text. */
	if (last && last->content == LOG_NONE && span_equal(last->text, text)) {
		last->content = i;
		return;
	}
	if (f->n_sections < LOG_LIST_MAX)
		f->sections[f->n_sections++] = (struct log_section){i, LOG_NONE, text};
}

static void count_text(struct log_texts *t, size_t i)
{
	set_once(&t->first, i);
	t->n++;
}

/* What shim takes from its variables; what GRUB runs, and the files that it reads. They write ASCII,
 * the stub UTF-16. */
static bool take_loader_text(struct search *s, size_t i)
{
	static const char *const of_shim[] = {"Mok"};
	static const char *const of_grub[] = {"grub_", "kernel_cmdline", "module_cmdline", "(",
					      "/"};
	const struct eventlog_event *e = &s->log->events[i];
	unsigned reg = firmware_log_register(s->log, e);

	if ((reg != 8 && reg != PCR_KERNEL_INITRD && reg != PCR_SHIM_POLICY &&
	     reg != REGISTER_RTMR2) ||
	    e->data.n < 2 || e->data.p[1] == 0)
		return false;
	if (begins_with_any(e->data, of_shim, ARRAY_SIZE(of_shim)))
		count_text(&s->facts->shim, i);
	else if (begins_with_any(e->data, of_grub, ARRAY_SIZE(of_grub)))
		count_text(&s->facts->grub, i);
	else
		return false;
	return true;
}

/* EV_IPL: systemd's stub and, later, systemd itself; or other loaders. */
static void take_text(struct search *s, size_t i)
{
	static const char *const credentials[] = {CREDENTIALS, GLOBAL_CREDENTIALS};
	static const char *const confexts[] = {CONFEXTS, GLOBAL_CONFEXTS};
	static const char *const sysexts[] = {SYSEXTS, GLOBAL_SYSEXTS};
	const struct eventlog_event *e = &s->log->events[i];
	unsigned reg = firmware_log_register(s->log, e);
	bool section = e->data.n >= 4 && get_le16(e->data.p) == '.';

	if (take_loader_text(s, i))
		return;
	if (reg == PCR_KERNEL_BOOT || (reg == REGISTER_RTMR2 && (section || is_phase(e)))) {
		if (section)
			take_section(s, i);
		else
			set_once(&s->facts->phase, i);
	} else if (wide_is_any(e->data, sysexts, ARRAY_SIZE(sysexts)) || reg == PCR_SYSEXTS) {
		list_add(&s->facts->sysexts, i);
	} else if (wide_is_any(e->data, credentials, ARRAY_SIZE(credentials))) {
		list_add(&s->facts->credentials, i);
	} else if (wide_is_any(e->data, confexts, ARRAY_SIZE(confexts))) {
		list_add(&s->facts->confexts, i);
	} else if (reg == PCR_KERNEL_CONFIG || reg == REGISTER_RTMR2) {
		list_add(&s->facts->passed, i);
	}
}

static void take_tag(struct search *s, size_t i)
{
	const struct eventlog_event *e = &s->log->events[i];
	struct log_facts *f = s->facts;
	struct event_tag tag;

	if (!event_tag_parse(e->data, &tag))
		return;
	if (tag.id == EVENT_TAG_LOAD_OPTIONS)
		f->load_options = i;
	else if (tag.id == EVENT_TAG_INITRD)
		f->initrd = i;
	else if (tag.id == EVENT_TAG_PROFILE)
		f->profile = i;
	else if (firmware_log_register(s->log, e) == 11)
		set_once(&f->phase, i);
}

static void take_event(struct search *s, size_t i)
{
	const struct eventlog_event *e = &s->log->events[i];
	unsigned reg = firmware_log_register(s->log, e);

	switch (e->type) {
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
		take_variable(s, i);
		break;
	case EV_EFI_ACTION:
		take_action(s, i);
		break;
	case EV_EFI_BOOT_SERVICES_APPLICATION:
		if (reg != PCR_BOOT_LOADER_CODE && reg != REGISTER_RTMR1)
			list_add(&s->facts->misplaced, i);
		list_add(&s->programs, i);
		break;
	case EV_EFI_GPT_EVENT:
		s->facts->partition_table = i;
		break;
	case EV_IPL:
		take_text(s, i);
		break;
	case EV_EVENT_TAG:
		take_tag(s, i);
		break;
	default:
		break;
	}
}

static bool is_image(const struct search *s, size_t i)
{
	struct digest d = firmware_log_digest(&s->log->events[i], s->bank);

	return digest_equal(&d, s->image);
}

/* The image is the program with the expected digest; or else the last one before sections are
 * measured, or before the kernel is loaded. */
static void choose_image(struct search *s)
{
	struct log_facts *f = s->facts;
	size_t end = MIN(f->first_section, f->kernel);

	for (size_t i = 0; i < s->programs.n; i++) {
		size_t event = s->programs.items[i];

		if (is_image(s, event)) {
			f->image = event;
			return;
		}
		if (event < end && event != f->kernel &&
		    !is_firmware_program(&s->log->events[event]))
			f->image = event;
	}
}

static void sort_programs(struct search *s)
{
	struct log_facts *f = s->facts;

	for (size_t i = 0; i < s->programs.n; i++) {
		size_t event = s->programs.items[i];

		if (is_program_from(&s->log->events[event], STUB_PAYLOAD_GUID))
			set_once(&f->kernel, event);
	}
	choose_image(s);
	if (f->image == LOG_NONE)
		return;
	f->from_qemu = is_program_from(&s->log->events[f->image], QEMU_KERNEL_GUID);
	for (size_t i = 0; i < s->programs.n; i++) {
		size_t event = s->programs.items[i];

		if (event == f->image || event == f->kernel)
			continue;
		if (event < f->image)
			list_add(&f->before, event);
		else if (!is_firmware_program(&s->log->events[event]))
			list_add(&f->addons, event);
	}
}

void log_facts_find(const struct firmware_log *log, enum event_bank bank,
		    const struct digest *image, struct log_facts *ret)
{
	struct search s = {.log = log, .bank = bank, .image = image, .facts = ret};

	*ret = (struct log_facts){
		.secure_boot = LOG_NONE,
		.second_attempt = LOG_NONE,
		.returned = LOG_NONE,
		.image = LOG_NONE,
		.kernel = LOG_NONE,
		.first_section = LOG_NONE,
		.partition_table = LOG_NONE,
		.load_options = LOG_NONE,
		.initrd = LOG_NONE,
		.exit = LOG_NONE,
		.second_exit = LOG_NONE,
		.phase = LOG_NONE,
		.profile = LOG_NONE,
		.shim.first = LOG_NONE,
		.grub.first = LOG_NONE,
	};
	for (size_t i = 0; i < log->n; i++)
		take_event(&s, i);
	sort_programs(&s);
}

size_t log_facts_section(const struct log_facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_sections; i++) {
		if (wide_is(f->sections[i].text, name))
			return f->sections[i].content;
	}
	return LOG_NONE;
}
