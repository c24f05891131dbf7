#include <unistd.h>

#include "base/text.h"
#include "guest/status/status.h"

/* A link that names this run of the unit; it goes when the unit ends. */
static bool read_invocation(const char *units, const char *unit, char *ret, size_t size)
{
	_cleanup_free_ char *path = string_printf("%s/invocation:%s", units, unit);
	ssize_t n = path ? readlink(path, ret, size - 1) : -1;

	if (n <= 0)
		return false;
	ret[n] = 0;
	return true;
}

void units_look(const char *units, uint64_t now, struct clients *clients, struct status_line *s)
{
	s->n_roles = clients->n;
	for (size_t i = 0; i < clients->n; i++) {
		struct client *c = &clients->items[i];
		struct status_role *r = &s->roles[i];
		char invocation[sizeof c->invocation];

		r->active = read_invocation(units, c->unit, invocation, sizeof invocation);
		if (r->active && !string_equal(invocation, c->invocation)) {
			memcpy(c->invocation, invocation, sizeof invocation);
			c->starts++;
			c->since = (struct status_number){true, now};
		}
		memcpy(r->name, c->name, sizeof r->name);
		memcpy(r->unit, c->unit, sizeof r->unit);
		r->starts = c->starts;
		r->since = c->since;
	}
}
