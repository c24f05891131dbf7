#include "formats/status_line.h"

#include <errno.h>

#include "base/text.h"
#include "formats/json.h"

#define VERSION 1

static const char *const sync_names[] = {
	[STATUS_SYNC_UNKNOWN] = "unknown",
	[STATUS_SYNC_RUNNING] = "syncing",
	[STATUS_SYNC_DONE] = "synced",
};

void status_copy_text(struct span text, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] >= 0x20 && text.p[i] < 0x7f && n + 1 < size)
			ret[n++] = (char)text.p[i];
	}
	ret[n] = 0;
}

static json_t *number_json(uint64_t v)
{
	return json_integer((json_int_t)MIN(v, STATUS_NUMBER_MAX));
}

static json_t *known_json(struct status_number v)
{
	return v.known ? number_json(v.value) : json_null();
}

static json_t *role_json(const struct status_role *r)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "name", r->name,
			 "unit", r->unit, "active", r->active, "starts", number_json(r->starts),
			 "since", known_json(r->since), "version", r->version, "peers",
			 known_json(r->peers), "sync", sync_names[r->sync], "head",
			 known_json(r->head), "target", known_json(r->target), "finalised",
			 known_json(r->finalised));
}

static json_t *roles_json(const struct status_line *s)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < s->n_roles; i++)
		ok = json_array_append_new(list, role_json(&s->roles[i])) >= 0;
	return json_complete(list, ok);
}

json_t *status_line_json(const struct status_line *s)
{
	char hex[2 * sizeof s->config_sha256 + 1];
	json_t *disk = s->has_disk ? json_pack("{s:o, s:o}", "size", number_json(s->disk_size),
					       "free", number_json(s->disk_free))
				   : json_null();

	hex_encode(SPAN(s->config_sha256, sizeof s->config_sha256), hex);
	return json_pack("{s:i, s:o, s:{s:o, s:b, s:o}, s:o, s:o, s:o, s:o, s:s, s:o}", "version",
			 VERSION, "uptime", number_json(s->uptime), "clock", "time",
			 number_json(s->clock), "synchronised", s->synchronised, "error",
			 number_json(s->clock_error), "disk", disk, "config",
			 s->has_config ? json_string(hex) : json_null(), "memory",
			 number_json(s->memory), "processors", number_json(s->processors), "sizing",
			 s->sizing, "roles", roles_json(s));
}

int status_line_encode(const struct status_line *s, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(STATUS_LINE_MAX);

	if (!json_put(status_line_json(s), JSON_COMPACT | JSON_ENSURE_ASCII, &text))
		return error_oom(err);
	if (!buffer_ok(&text))
		return error_set(err, -E2BIG, "a status of more than %u bytes", STATUS_LINE_MAX);
	buffer_put_string(ret, STATUS_LINE_PREFIX);
	buffer_put(ret, buffer_span(&text));
	buffer_put_u8(ret, '\n');
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int malformed(const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "status: %s", what);
}

static bool get_number(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(object, key);
	json_int_t i = json_integer_value(v);

	if (!json_is_integer(v) || i < 0 || (uint64_t)i > STATUS_NUMBER_MAX)
		return false;
	*ret = (uint64_t)i;
	return true;
}

/* null where it is not known. */
static bool get_known(const json_t *object, const char *key, struct status_number *ret)
{
	if (json_is_null(json_object_get(object, key)))
		return true;
	ret->known = get_number(object, key, &ret->value);
	return ret->known;
}

static bool get_bool(const json_t *object, const char *key, bool *ret)
{
	const json_t *v = json_object_get(object, key);

	*ret = json_is_true(v);
	return json_is_boolean(v);
}

static bool get_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const json_t *v = json_object_get(object, key);

	if (!json_is_string(v))
		return false;
	status_copy_text(SPAN(json_string_value(v), json_string_length(v)), ret, size);
	return true;
}

static bool get_sync(const json_t *object, enum status_sync *ret)
{
	const char *name = json_string_value(json_object_get(object, "sync"));

	for (size_t i = 0; name && i < ARRAY_SIZE(sync_names); i++) {
		if (string_equal(name, sync_names[i])) {
			*ret = (enum status_sync)i;
			return true;
		}
	}
	return false;
}

static bool parse_role(const json_t *o, struct status_role *r)
{
	return get_text(o, "name", r->name, sizeof r->name) &&
	       get_text(o, "unit", r->unit, sizeof r->unit) && get_bool(o, "active", &r->active) &&
	       get_number(o, "starts", &r->starts) && get_known(o, "since", &r->since) &&
	       get_text(o, "version", r->version, sizeof r->version) &&
	       get_known(o, "peers", &r->peers) && get_sync(o, &r->sync) &&
	       get_known(o, "head", &r->head) && get_known(o, "target", &r->target) &&
	       get_known(o, "finalised", &r->finalised);
}

static bool parse_disk(const json_t *json, struct status_line *s)
{
	const json_t *disk = json_object_get(json, "disk");

	if (json_is_null(disk))
		return true;
	s->has_disk = true;
	return get_number(disk, "size", &s->disk_size) && get_number(disk, "free", &s->disk_free) &&
	       s->disk_free <= s->disk_size;
}

static bool parse_config(const json_t *json, struct status_line *s)
{
	const json_t *config = json_object_get(json, "config");

	if (json_is_null(config))
		return true;
	s->has_config = json_is_string(config) &&
			hex_decode(SPAN(json_string_value(config), json_string_length(config)),
				   s->config_sha256, sizeof s->config_sha256);
	return s->has_config;
}

/* Images of before do not say it. */
static bool parse_machine(const json_t *json, struct status_line *s)
{
	return !json_object_get(json, "memory") ||
	       (get_number(json, "memory", &s->memory) &&
		get_number(json, "processors", &s->processors) &&
		get_text(json, "sizing", s->sizing, sizeof s->sizing));
}

static int parse_object(const json_t *json, struct status_line *s, struct error **err)
{
	const json_t *clock = json_object_get(json, "clock"),
		     *roles = json_object_get(json, "roles");
	uint64_t version;

	if (!get_number(json, "version", &version))
		return malformed("no version", err);
	if (version != VERSION)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "status: version %llu: of another version of tdnode",
				 (unsigned long long)version);
	if (!get_number(json, "uptime", &s->uptime) || !get_number(clock, "time", &s->clock) ||
	    !get_bool(clock, "synchronised", &s->synchronised) ||
	    !get_number(clock, "error", &s->clock_error))
		return malformed("no uptime or clock", err);
	if (!parse_disk(json, s))
		return malformed("a disk without sizes", err);
	if (!parse_config(json, s))
		return malformed("the digest of the configuration", err);
	if (!parse_machine(json, s))
		return malformed("the size of the machine", err);
	if (!json_is_array(roles) || json_array_size(roles) > STATUS_ROLES_MAX)
		return malformed("no list of roles", err);
	for (; s->n_roles < json_array_size(roles); s->n_roles++) {
		if (!parse_role(json_array_get(roles, s->n_roles), &s->roles[s->n_roles]))
			return malformed("a role", err);
	}
	return 0;
}

int status_line_parse(struct span text, struct status_line *ret, struct error **err)
{
	struct status_line s = {0};
	json_error_t e;

	if (text.n > STATUS_LINE_MAX)
		return malformed("too long", err);

	_cleanup_json_ json_t *json =
		json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);
	int r = json ? parse_object(json, &s, err) : malformed("no JSON", err);

	if (r >= 0)
		*ret = s;
	return r;
}
