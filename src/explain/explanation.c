#include "explain/explanation.h"

#include "formats/event_data.h"

#define TEXT_MAX (16u << 10)

void explanation_add(struct explanation *x, enum log_cause cause, size_t event, const char *fmt,
		     ...)
{
	va_list args;

	va_start(args, fmt);
	log_findings_add(x->findings, cause, event, fmt, args);
	va_end(args);
}

bool explanation_has(const struct explanation *x, enum log_cause cause)
{
	return log_findings_have(x->findings, cause);
}

struct digest explanation_digest(const struct explanation *x, size_t event)
{
	return firmware_log_digest(&x->log->events[event], x->bank);
}

const char *explanation_quote(struct explanation *x, size_t event)
{
	buffer_release(&x->text);
	x->text = (struct buffer)BUFFER_INIT(TEXT_MAX);
	event_data_text(&x->log->events[event], &x->text);
	return buffer_text(&x->text);
}

/* Bytes that the prediction of `m` puts into `reg`: found by their digest. */
size_t explanation_predicted_event(const struct explanation *x, const struct measurement *m,
				   unsigned pcr, const struct digest *d)
{
	for (size_t i = 0; i < m->events.n; i++) {
		if (m->events.items[i].pcr == pcr &&
		    digest_equal(&m->events.items[i].digests[x->bank], d))
			return i;
	}
	return LOG_NONE;
}

bool explanation_has_stub(const struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	struct digest d = {0};

	if (f->image != LOG_NONE)
		d = explanation_digest(x, f->image);
	return log_facts_has_stub(f) ||
	       digest_equal(&d, &x->context->closest->uki_authentihashes[x->bank]);
}

/* The event after that of the name, which is found by its digest. */
size_t explanation_predicted_section(const struct explanation *x, const char *name)
{
	const struct measurement *m = x->context->closest;
	struct digest d = digest_bytes(event_banks[x->bank], SPAN(name, strlen(name) + 1));
	size_t i = explanation_predicted_event(x, m, PCR_KERNEL_BOOT, &d);

	return i != LOG_NONE && i + 1 < m->events.n &&
			       m->events.items[i + 1].kind == EVENT_KIND_SECTION
		       ? i + 1
		       : LOG_NONE;
}

bool explanation_section_differs(const struct explanation *x, const char *name)
{
	size_t predicted = explanation_predicted_section(x, name);
	size_t logged = log_facts_section(&x->facts, name);

	if (predicted == LOG_NONE || logged == LOG_NONE)
		return false;

	struct digest d = explanation_digest(x, logged);

	return !digest_equal(&d, &x->context->closest->events.items[predicted].digests[x->bank]);
}
