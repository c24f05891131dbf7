#include "formats/beacon.h"

#include <jansson.h>

#include "base/text.h"

/* The string at `path`, names with NULL at the end; NULL if there is none. */
static const char *text_at(const json_t *root, const char *const *path)
{
	for (; *path; path++)
		root = json_object_get(root, *path);
	return json_string_value(root);
}

bool beacon_root_parse(struct span text, uint8_t ret[BEACON_ROOT_SIZE])
{
	return text.n > 2 && text.p[0] == '0' && text.p[1] == 'x' &&
	       hex_decode(span_skip(text, 2), ret, BEACON_ROOT_SIZE);
}

static bool root_at(const json_t *root, const char *const *path, uint8_t ret[BEACON_ROOT_SIZE])
{
	const char *text = text_at(root, path);

	return text && beacon_root_parse(span_string(text), ret);
}

int beacon_genesis_parse(struct span json, uint8_t ret[BEACON_ROOT_SIZE], struct error **err)
{
	static const char *const path[] = {"data", "genesis_validators_root", NULL};
	json_t *root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	bool ok = root_at(root, path, ret);

	json_decref(root);
	return ok ? 0 : error_set(err, -ERROR_MALFORMED, "it names no network");
}

int beacon_finalized_parse(struct span json, struct beacon_checkpoint *ret, struct error **err)
{
	static const char *const epoch_path[] = {"data", "finalized", "epoch", NULL};
	static const char *const root_path[] = {"data", "finalized", "root", NULL};
	json_t *root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	const char *epoch = text_at(root, epoch_path);
	bool ok = epoch && parse_u64(span_string(epoch), UINT64_MAX, &ret->epoch) &&
		  root_at(root, root_path, ret->root);

	json_decref(root);
	return ok ? 0 : error_set(err, -ERROR_MALFORMED, "it names no finalised block");
}
