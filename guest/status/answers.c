/* What the clients' answers mean. They are as hostile as whoever talks to the clients can make them. */
#include "base/text.h"
#include "formats/json.h"
#include "guest/status/status.h"

static json_t *load(struct span body)
{
	json_error_t e;

	return json_loadb((const char *)body.p, body.n, 0, &e);
}

static struct span text_of(const json_t *v)
{
	return json_is_string(v) ? SPAN(json_string_value(v), json_string_length(v))
				 : (struct span){0};
}

/* "0x1b4", of at most 53 bits. */
static void take_hex(const json_t *v, struct status_number *ret)
{
	struct span s = text_of(v);
	uint64_t number = 0;

	if (s.n < 3 || s.n > 16 || s.p[0] != '0' || s.p[1] != 'x')
		return;
	for (size_t i = 2; i < s.n; i++) {
		uint8_t c = s.p[i] | 0x20;

		if (c >= '0' && c <= '9')
			number = number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (uint64_t)(c - 'a' + 10);
		else
			return;
	}
	if (number <= STATUS_NUMBER_MAX)
		*ret = (struct status_number){true, number};
}

/* "437" */
static void take_decimal(const json_t *v, struct status_number *ret)
{
	uint64_t number;

	if (parse_u64(text_of(v), STATUS_NUMBER_MAX, &number))
		*ret = (struct status_number){true, number};
}

static void take_syncing(const json_t *result, struct status_role *r)
{
	if (json_is_false(result)) {
		r->sync = STATUS_SYNC_DONE;
	} else if (json_is_object(result)) {
		r->sync = STATUS_SYNC_RUNNING;
		take_hex(json_object_get(result, "highestBlock"), &r->target);
	}
}

void execution_take(const char *method, struct span body, struct status_role *r)
{
	_cleanup_json_ json_t *json = load(body);
	const json_t *result = json_object_get(json, "result");

	if (string_equal(method, "web3_clientVersion"))
		status_copy_text(text_of(result), r->version, sizeof r->version);
	else if (string_equal(method, "net_peerCount"))
		take_hex(result, &r->peers);
	else if (string_equal(method, "eth_blockNumber"))
		take_hex(result, &r->head);
	else if (string_equal(method, "eth_syncing"))
		take_syncing(result, r);
}

static void take_beacon_syncing(const json_t *data, struct status_role *r)
{
	const json_t *syncing = json_object_get(data, "is_syncing");
	struct status_number distance = {0};

	take_decimal(json_object_get(data, "head_slot"), &r->head);
	take_decimal(json_object_get(data, "sync_distance"), &distance);
	if (json_is_boolean(syncing))
		r->sync = json_is_true(syncing) ? STATUS_SYNC_RUNNING : STATUS_SYNC_DONE;
	if (r->head.known && distance.known && r->sync == STATUS_SYNC_RUNNING &&
	    distance.value <= STATUS_NUMBER_MAX - r->head.value)
		r->target = (struct status_number){true, r->head.value + distance.value};
}

void consensus_take(const char *path, struct span body, struct status_role *r)
{
	_cleanup_json_ json_t *json = load(body);
	const json_t *data = json_object_get(json, "data");

	if (string_ends(path, "/version"))
		status_copy_text(text_of(json_object_get(data, "version")), r->version,
				 sizeof r->version);
	else if (string_ends(path, "/peer_count"))
		take_decimal(json_object_get(data, "connected"), &r->peers);
	else if (string_ends(path, "/syncing"))
		take_beacon_syncing(data, r);
	else if (string_ends(path, "/finality_checkpoints"))
		take_decimal(json_object_get(json_object_get(data, "finalized"), "epoch"),
			     &r->finalised);
}

/* Names are of the characters of a URL. */
static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n < STATUS_IDENTITY_MAX;
}

bool identity_take(enum client_kind kind, struct span body, char ret[STATUS_IDENTITY_MAX])
{
	_cleanup_json_ json_t *json = load(body);
	struct span s =
		kind == CLIENT_EXECUTION
			? text_of(json_object_get(json_object_get(json, "result"), "enode"))
			: text_of(json_object_get(json_object_get(json, "data"), "peer_id"));

	if (!is_name(s))
		return false;
	memcpy(ret, s.p, s.n);
	ret[s.n] = 0;
	return true;
}
