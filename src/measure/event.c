#include "measure/event.h"

#include <stdarg.h>

const enum digest_algorithm event_banks[EVENT_BANKS] = {DIGEST_SHA256, DIGEST_SHA384};

void event_list_release(struct event_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].description);
	free(l->items);
	for (size_t i = 0; i < EVENT_BANKS; i++)
		digest_stream_free(l->streams[i]);
	*l = (struct event_list){0};
}

static bool make_streams(struct event_list *l)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (!l->streams[i])
			l->streams[i] = digest_stream_new(event_banks[i]);
		if (!l->streams[i])
			return false;
	}
	return true;
}

void event_begin(struct event_list *l, unsigned pcr, enum eventlog_type type, const char *fmt, ...)
{
	char *description = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&description, fmt, args) < 0)
		description = NULL;
	va_end(args);

	if (!description || !make_streams(l) ||
	    array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0) {
		free(description);
		l->failed = true;
		return;
	}
	l->items[l->n++] = (struct event){.pcr = pcr, .type = type, .description = description};
}

void event_bytes(struct event_list *l, struct span bytes)
{
	for (size_t i = 0; !l->failed && i < EVENT_BANKS; i++)
		digest_stream_add(l->streams[i], bytes);
}

void event_zeros(struct event_list *l, uint64_t n)
{
	static const uint8_t zeros[4096];

	while (n > 0) {
		size_t part = MIN(n, sizeof(zeros));

		event_bytes(l, SPAN(zeros, part));
		n -= part;
	}
}

void event_end(struct event_list *l)
{
	for (size_t i = 0; !l->failed && i < EVENT_BANKS; i++)
		l->items[l->n - 1].digests[i] = digest_stream_end(l->streams[i]);
}

void event_add(struct event_list *l, unsigned pcr, enum eventlog_type type, struct span bytes,
	       const char *description)
{
	event_begin(l, pcr, type, "%s", description);
	event_bytes(l, bytes);
	event_end(l);
}

void event_list_replay(const struct event_list *l, struct bank banks[EVENT_BANKS])
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t bank = 0; bank < EVENT_BANKS; bank++)
			bank_extend(&banks[bank], l->items[i].pcr, &l->items[i].digests[bank]);
	}
}

const char *event_type_name(enum eventlog_type type)
{
	switch (type) {
	case EV_NO_ACTION:
		return "EV_NO_ACTION";
	case EV_SEPARATOR:
		return "EV_SEPARATOR";
	case EV_EVENT_TAG:
		return "EV_EVENT_TAG";
	case EV_IPL:
		return "EV_IPL";
	case EV_EFI_BOOT_SERVICES_APPLICATION:
		return "EV_EFI_BOOT_SERVICES_APPLICATION";
	case EV_EFI_GPT_EVENT:
		return "EV_EFI_GPT_EVENT";
	case EV_EFI_ACTION:
		return "EV_EFI_ACTION";
	}
	return "unknown";
}
