#include "guest/status/status.h"

#include "base/text.h"
#include "formats/conf.h"

static const struct {
	const char *name;
	enum client_kind kind;
} kinds[] = {{"execution", CLIENT_EXECUTION}, {"consensus", CLIENT_CONSENSUS}};

static int add_client(struct clients *c, struct span name, struct error **err)
{
	if (c->n == STATUS_ROLES_MAX)
		return error_set(err, -ERROR_MALFORMED, "more than %u roles", STATUS_ROLES_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!span_equal(name, span_string(kinds[i].name)))
			continue;

		struct client *client = &c->items[c->n++];

		*client = (struct client){.kind = kinds[i].kind};
		status_copy_text(name, client->name, sizeof client->name);
		return 0;
	}
	return error_set(err, -ERROR_MALFORMED, "neither 'execution' nor 'consensus'");
}

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct clients *c = context;
	uint64_t port;

	if (!span_equal(e->section, SPAN_LITERAL("Role")))
		return error_set(err, -ERROR_MALFORMED, "unknown section");
	if (e->key.n == 0)
		return add_client(c, e->argument, err);

	struct client *client = &c->items[c->n - 1];

	if (span_equal(e->key, SPAN_LITERAL("Unit")) && e->value.n < sizeof client->unit &&
	    !memchr(e->value.p, '/', e->value.n)) {
		status_copy_text(e->value, client->unit, sizeof client->unit);
		return 0;
	}
	if (span_equal(e->key, SPAN_LITERAL("Port")) && parse_u64(e->value, UINT16_MAX, &port) &&
	    port > 0) {
		client->port = (uint16_t)port;
		return 0;
	}
	return error_set(err, -ERROR_MALFORMED, "neither Unit=NAME nor Port=1 to 65535");
}

int clients_parse(const char *name, struct span text, struct clients *ret, struct error **err)
{
	struct clients c = {0};
	int r = conf_parse(name, text, take_entry, &c, err);

	for (size_t i = 0; r >= 0 && i < c.n; i++) {
		if (!c.items[i].unit[0] || !c.items[i].port)
			r = error_set(err, -ERROR_MALFORMED, "%s: role '%s' without unit or port",
				      name, c.items[i].name);
	}
	if (r >= 0)
		*ret = c;
	return r;
}
