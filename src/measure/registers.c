#include "measure/registers.h"

#include <stdarg.h>
#include <stdio.h>

void register_name(unsigned r, char out[REGISTER_NAME_SIZE])
{
	if (r < REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "PCR %u", r % 100);
	else if (r == REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "MRTD");
	else
		snprintf(out, REGISTER_NAME_SIZE, "RTMR%u", (r - REGISTER_RTMR0) % 10);
}

void register_key(unsigned r, char out[REGISTER_NAME_SIZE])
{
	if (r < REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "%u", r % 100);
	else if (r == REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "mrtd");
	else
		snprintf(out, REGISTER_NAME_SIZE, "rtmr%u", (r - REGISTER_RTMR0) % 10);
}

void reasons_release(struct reasons *r)
{
	for (size_t i = 0; i < REGISTERS; i++)
		free(r->items[i].text);
	*r = (struct reasons){0};
}

void reasons_add(struct reasons *r, uint32_t mask, bool unpredictable, const char *fmt, ...)
{
	for (unsigned i = 0; i < REGISTERS; i++) {
		va_list args;

		if (!(mask & REGISTER_BIT(i)) || r->items[i].text)
			continue;
		va_start(args, fmt);
		if (vasprintf(&r->items[i].text, fmt, args) < 0) {
			r->items[i].text = NULL;
			r->failed = true;
		}
		va_end(args);
		r->items[i].unpredictable = unpredictable;
	}
}

void reasons_drop(struct reasons *r, uint32_t mask)
{
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (!(mask & REGISTER_BIT(i)))
			continue;
		free(r->items[i].text);
		r->items[i] = (struct reason){0};
	}
}
