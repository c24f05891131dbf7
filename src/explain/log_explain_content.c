/*
 * What the image consists of, and what the kernel got: command lines, initrd, sections.
 */
#include "explain/log_explain_parts.h"

#include "base/text.h"
#include "formats/event_data.h"
#include "formats/printable.h"

#define TEXT_MAX (16u << 10)

/* Sections that stubs may measure. */
static const char *const section_names[] = {
	".linux", ".osrel", ".cmdline", ".initrd",  ".ucode",	".splash", ".dtb",
	".uname", ".sbat",  ".pcrpkey", ".profile", ".dtbauto", ".hwids",  ".efifw",
};

/* What older stubs do not measure, so that it says nothing if it is missing. */
static bool depends_on_stub(const char *name)
{
	static const char *const always[] = {".linux",	".osrel", ".cmdline", ".initrd",
					     ".splash", ".dtb",	  ".pcrpkey"};

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		if (string_equal(name, always[i]))
			return false;
	}
	return true;
}

/* "the first word that differs is 'a', not 'b'" */
static void put_word_difference(const char *actual, const char *expected, struct buffer *b)
{
	static const char blanks[] = " \t\n";

	for (;;) {
		actual += strspn(actual, blanks);
		expected += strspn(expected, blanks);

		size_t a = strcspn(actual, blanks);
		size_t e = strcspn(expected, blanks);

		if (a == 0 && e == 0)
			return;
		if (a == e && memcmp(actual, expected, a) == 0) {
			actual += a;
			expected += e;
			continue;
		}
		buffer_put_string(b, "; the first word that differs: ");
		if (a)
			buffer_printf(b, "'%.*s'", (int)a, actual);
		else
			buffer_put_string(b, "none");
		buffer_put_string(b, ", predicted ");
		if (e)
			buffer_printf(b, "'%.*s'", (int)e, expected);
		else
			buffer_put_string(b, "none");
		return;
	}
}

static void put_both(const char *actual, const char *expected, struct buffer *b)
{
	buffer_printf(b, "'%s', predicted '%s'", actual, expected);
	put_word_difference(actual, expected, b);
}

/* The command line whose digest, as the kernel gets it, is that of the event. */
static bool is_command_line(const struct explanation *x, const char *text, size_t event)
{
	_cleanup_(buffer_release) struct buffer wide = BUFFER_INIT(8u << 10);
	struct digest logged = explanation_digest(x, event);

	/* Texts of the console: what is not ASCII is not compared. */
	for (const char *c = text; *c; c++)
		buffer_put_le16(&wide, (uint8_t)*c);
	buffer_put_le16(&wide, 0);

	struct digest d = digest_bytes(event_banks[x->bank], buffer_span(&wide));

	return buffer_ok(&wide) && digest_equal(&d, &logged);
}

/* A passed text that addons brought is told with them. */
static bool comes_from_addon(const struct explanation *x)
{
	return x->facts.addons.n > 0;
}

void log_explain_passed(struct explanation *x)
{
	const char *own = x->context->predicted->command_line;

	for (size_t i = 0; i < x->facts.passed.n; i++) {
		size_t event = x->facts.passed.items[i];
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
		_cleanup_(buffer_release) struct buffer both = BUFFER_INIT(4 * TEXT_MAX);
		struct digest d = explanation_digest(x, event);

		if (explanation_predicted_event(x, x->context->predicted, PCR_KERNEL_CONFIG, &d) !=
		    LOG_NONE)
			continue;
		if (!log_data_is_measured(&x->log->events[event], x->bank)) {
			explanation_add(
				x, LOG_COMMAND_LINE_PASSED, event,
				"something was passed to the image; the log's text of it, '%s', is "
				"not what was measured (event %zu)",
				explanation_quote(x, event), event + 1);
			continue;
		}
		event_data_text(&x->log->events[event], &text);
		put_both(buffer_text(&text), own ? own : "", &both);
		explanation_add(x, LOG_COMMAND_LINE_PASSED, event,
				"%s to the image: %s (event %zu)",
				comes_from_addon(x) ? "an addon brought a command line"
						    : "a command line was passed",
				buffer_text(&both), event + 1);
	}
}

static void explain_kernel(struct explanation *x)
{
	size_t event = log_facts_section(&x->facts, ".linux");

	if (explanation_section_differs(x, ".linux"))
		explanation_add(x, LOG_OTHER_KERNEL, event,
				"another kernel: section '.linux' has other bytes (event %zu)",
				event + 1);
}

/* The event by which the kernel tells its command line, if it is not the predicted one. */
static bool is_command_line_other(const struct explanation *x)
{
	size_t event = x->facts.load_options;
	const struct measurement *m = x->context->closest;
	struct digest d;

	if (event == LOG_NONE || !measurement_knows(m, 9))
		return false;
	d = explanation_digest(x, event);
	return explanation_predicted_event(x, m, PCR_KERNEL_INITRD, &d) == LOG_NONE;
}

static void explain_command_line(struct explanation *x)
{
	const struct log_context *c = x->context;
	const char *own = c->closest->command_line ? c->closest->command_line : "";
	const char *claimed = c->claimed_command_line;
	size_t section = log_facts_section(&x->facts, ".cmdline");
	size_t event = x->facts.load_options;
	bool section_differs = explanation_section_differs(x, ".cmdline");
	_cleanup_(buffer_release) struct buffer both = BUFFER_INIT(4 * TEXT_MAX);

	if (!section_differs &&
	    (!is_command_line_other(x) || explanation_has(x, LOG_COMMAND_LINE_PASSED)))
		return;
	if (section_differs)
		event = event == LOG_NONE || explanation_has(x, LOG_COMMAND_LINE_PASSED) ? section
											 : event;
	if (claimed && x->facts.load_options != LOG_NONE &&
	    is_command_line(x, claimed, x->facts.load_options)) {
		put_both(claimed, own, &both);
		explanation_add(x, LOG_OTHER_COMMAND_LINE, event,
				"the kernel got another command line: %s (event %zu)",
				buffer_text(&both), event + 1);
	} else if (section_differs) {
		explanation_add(
			x, LOG_OTHER_COMMAND_LINE, event,
			"another command line in the image: section '.cmdline' has other bytes "
			"(event "
			"%zu; a log has only their digest)%s%s%s",
			section + 1,
			explanation_has(x, LOG_COMMAND_LINE_PASSED) ? "" : ", predicted '",
			explanation_has(x, LOG_COMMAND_LINE_PASSED) ? "" : own,
			explanation_has(x, LOG_COMMAND_LINE_PASSED) ? "" : "'");
	} else {
		explanation_add(
			x, LOG_OTHER_COMMAND_LINE, event,
			"the kernel got another command line than '%s' (event %zu; a log has only "
			"its digest)",
			own, event + 1);
	}
}

/* True if something already told goes into the initrd. */
static bool initrd_follows(const struct explanation *x)
{
	static const char *const passed_on[] = {".osrel", ".pcrpkey", ".ucode", ".profile"};

	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
		if ((explanation_predicted_section(x, passed_on[i]) == LOG_NONE) !=
			    (log_facts_section(&x->facts, passed_on[i]) == LOG_NONE) ||
		    explanation_section_differs(x, passed_on[i]))
			return true;
	}
	return explanation_has(x, LOG_OTHER_STUB) || explanation_has(x, LOG_CREDENTIALS) ||
	       explanation_has(x, LOG_EXTENSION) || explanation_has(x, LOG_NOT_TAKEN) ||
	       explanation_has(x, LOG_ADDON);
}

static void explain_initrd(struct explanation *x)
{
	const struct measurement *m = x->context->closest;
	size_t event = x->facts.initrd;
	struct digest d;

	if (explanation_section_differs(x, ".initrd")) {
		event = log_facts_section(&x->facts, ".initrd");
		explanation_add(x, LOG_OTHER_INITRD, event,
				"another initrd: section '.initrd' has other bytes (event %zu)",
				event + 1);
		return;
	}
	if (event == LOG_NONE || !measurement_knows(m, 9) || initrd_follows(x))
		return;
	d = explanation_digest(x, event);
	if (explanation_predicted_event(x, m, PCR_KERNEL_INITRD, &d) == LOG_NONE)
		explanation_add(
			x, LOG_OTHER_INITRD, event,
			"the kernel got another initrd than the image's sections give (event %zu)",
			event + 1);
}

static void explain_section(struct explanation *x, const char *name)
{
	size_t predicted = explanation_predicted_section(x, name);
	size_t logged = log_facts_section(&x->facts, name);
	bool other_stub = explanation_has(x, LOG_OTHER_STUB);

	if (explanation_section_differs(x, name)) {
		explanation_add(x, LOG_OTHER_SECTION, logged,
				"section '%s' of the image has other bytes (event %zu)", name,
				logged + 1);
		return;
	}
	if ((predicted == LOG_NONE) == (logged == LOG_NONE) ||
	    (other_stub && depends_on_stub(name)) || explanation_has(x, LOG_INCOMPLETE))
		return;
	if (logged != LOG_NONE)
		explanation_add(
			x, LOG_OTHER_SECTION, logged,
			"another image: it has a section '%s', which this one lacks (event %zu)",
			name, logged + 1);
	else
		explanation_add(x, LOG_OTHER_SECTION, LOG_NONE,
				"another image: it has no section '%s', which this one has", name);
}

static void explain_sections(struct explanation *x)
{
	static const char *const told[] = {".linux", ".cmdline", ".initrd"};

	if (!measurement_knows(x->context->closest, 11) || x->facts.first_section == LOG_NONE)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(section_names); i++) {
		const char *name = section_names[i];
		bool is_told = string_equal(name, ".sbat") && explanation_has(x, LOG_OTHER_STUB);

		for (size_t k = 0; k < ARRAY_SIZE(told); k++)
			is_told |=
				string_equal(name, told[k]) && explanation_section_differs(x, name);
		if (!is_told)
			explain_section(x, name);
	}
}

static bool content_found(const struct explanation *x)
{
	return explanation_has(x, LOG_OTHER_STUB) || explanation_has(x, LOG_OTHER_KERNEL) ||
	       explanation_has(x, LOG_OTHER_COMMAND_LINE) || explanation_has(x, LOG_OTHER_INITRD) ||
	       explanation_has(x, LOG_OTHER_SECTION);
}

/* Stubs before 256 leave nothing in the log of a TDX module. */
static bool shows_stubs(const struct explanation *x)
{
	return !x->log->tdx || x->facts.grub.n > 0;
}

/* The image's digest differs, though everything known about it is the same. */
static void explain_image(struct explanation *x)
{
	size_t event = x->facts.image;
	struct digest d;

	if (event == LOG_NONE || content_found(x))
		return;
	d = explanation_digest(x, event);
	if (digest_equal(&d, &x->context->closest->uki_authentihashes[x->bank]))
		return;
	if (!explanation_has_stub(x))
		explanation_add(
			x, LOG_OTHER_IMAGE, event,
			"another program was started in place of the image%s (event %zu: %s)",
			shows_stubs(x) ? ", without systemd's stub" : "", event + 1,
			explanation_quote(x, event));
	else if (x->facts.first_section == LOG_NONE)
		explanation_add(x, LOG_OTHER_IMAGE, event,
				"another image was started (event %zu: %s)", event + 1,
				explanation_quote(x, event));
	else
		explanation_add(
			x, LOG_OTHER_IMAGE, event,
			"another image of the same measured sections: its stub, its headers or a "
			"section that is not measured has other bytes (event %zu)",
			event + 1);
}

void log_explain_content(struct explanation *x)
{
	/* Of a kernel that another loader started nothing follows for the image's. */
	if (explanation_has_stub(x)) {
		explain_kernel(x);
		explain_command_line(x);
		explain_initrd(x);
		explain_sections(x);
	}
	explain_image(x);
}
