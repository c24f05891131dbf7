#include <jansson.h>

#include "base/text.h"
#include "formats/luks2.h"

#define SALT_SIZE 32u
#define DIGEST_SIZE 32u
#define AREA_ALIGNMENT 4096u
#define MEMBERS_MAX 12u

/* A JSON value with its name for messages. */
struct item {
	const char *name;
	json_t *value;
};

static int wrong(const struct item *i, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "%s %s", i->name, what);
}

/* The value is an object with exactly these members (ended by NULL). */
static int check_members(const struct item *i, const char *const *names, struct error **err)
{
	size_t n = 0;
	const char *key;
	json_t *value;

	if (!json_is_object(i->value))
		return wrong(i, "is not an object", err);
	for (; names[n]; n++) {
		if (!json_object_get(i->value, names[n]))
			return error_set(err, -ERROR_MALFORMED, "%s has no '%s'", i->name,
					 names[n]);
	}
	if (json_object_size(i->value) == n)
		return 0;
	json_object_foreach(i->value, key, value)
	{
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known |= string_equal(key, names[k]);
		if (!known)
			return error_set(err, -ERROR_MALFORMED, "%s has '%.64s'", i->name, key);
	}
	return wrong(i, "has too many members", err);
}

/* A member that must be this string or, with number set, this integer. */
struct expected {
	const char *name;
	const char *text;
	long long number;
};

/*
 * The value is an object with exactly these members, each of this value. A member with neither text
 * nor number only has to be there: the caller looks at it.
 */
static int check_object(const struct item *i, const struct expected *e, size_t n,
			struct error **err)
{
	const char *names[MEMBERS_MAX + 1] = {NULL};
	int r;

	for (size_t k = 0; k < n; k++)
		names[k] = e[k].name;
	r = check_members(i, names, err);
	for (size_t k = 0; r >= 0 && k < n; k++) {
		json_t *value = json_object_get(i->value, e[k].name);

		if (e[k].text &&
		    (!json_is_string(value) || !string_equal(json_string_value(value), e[k].text)))
			return error_set(err, -ERROR_MALFORMED, "%s: '%s' is not \"%s\"", i->name,
					 e[k].name, e[k].text);
		if (e[k].number && (!json_is_integer(value) ||
				    json_integer_value(value) != (json_int_t)e[k].number))
			return error_set(err, -ERROR_MALFORMED, "%s: '%s' is not %lld", i->name,
					 e[k].name, e[k].number);
	}
	return r;
}

static int check_base64(const struct item *i, const char *name, size_t size, struct error **err)
{
	const char *text = json_string_value(json_object_get(i->value, name));
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n;

	if (!text || !base64_decode(span_string(text), &bytes, &n) || n != size)
		return error_set(err, -ERROR_MALFORMED, "%s: '%s' is not base64 of %zu bytes",
				 i->name, name, size);
	return 0;
}

/* Lower-case hexadecimal of `min` to `max` bytes. */
static int read_hex(json_t *object, const char *where, const char *name, uint8_t *ret, size_t min,
		    size_t max, size_t *ret_n, struct error **err)
{
	const char *text = json_string_value(json_object_get(object, name));
	size_t n = text ? strlen(text) : 0;

	if (!text || n % 2 || n / 2 < min || n / 2 > max || strspn(text, "0123456789abcdef") != n ||
	    !hex_decode(SPAN(text, n), ret, n / 2))
		return error_set(err, -ERROR_MALFORMED,
				 "%s: '%s' is not lower-case hexadecimal of the right length",
				 where, name);
	if (ret_n)
		*ret_n = n / 2;
	return 0;
}

static int read_area(json_t *value, struct luks2_slot *ret, struct error **err)
{
	static const struct expected members[] = {
		{"type", "raw", 0},
		{"offset", NULL, 0},
		{"size", "258048", 0},
		{"encryption", LUKS2_CIPHER "-" LUKS2_CIPHER_MODE, 0},
		{"key_size", NULL, LUKS2_KEY_SIZE},
	};
	const struct item i = {"key slot area", value};
	uint64_t offset;
	const char *text;
	int r = check_object(&i, members, ARRAY_SIZE(members), err);

	if (r < 0)
		return r;
	text = json_string_value(json_object_get(value, "offset"));
	if (!text || text[0] == '0' ||
	    !parse_u64(span_string(text), LUKS2_HEADER_SIZE - LUKS2_AREA_SIZE, &offset) ||
	    offset < LUKS2_COPIES * LUKS2_COPY_SIZE || offset % AREA_ALIGNMENT)
		return wrong(&i, "does not lie after the header copies and before the data", err);
	*ret = (struct luks2_slot){true, (uint32_t)offset};
	return 0;
}

static int read_slot(json_t *value, struct luks2_slot *ret, struct error **err)
{
	static const struct expected slot[] = {
		{"type", "luks2", 0}, {"key_size", NULL, LUKS2_KEY_SIZE},
		{"af", NULL, 0},      {"area", NULL, 0},
		{"kdf", NULL, 0},
	};
	static const struct expected af[] = {
		{"type", "luks1", 0}, {"stripes", NULL, LUKS2_STRIPES}, {"hash", LUKS2_HASH, 0}};
	static const struct expected kdf[] = {
		{"type", "pbkdf2", 0},
		{"hash", LUKS2_HASH, 0},
		{"iterations", NULL, LUKS2_ITERATIONS},
		{"salt", NULL, 0},
	};
	const struct item i = {"key slot", value};
	const struct item i_af = {"key slot 'af'", json_object_get(value, "af")};
	const struct item i_kdf = {"key slot 'kdf'", json_object_get(value, "kdf")};
	int r = check_object(&i, slot, ARRAY_SIZE(slot), err);

	if (r >= 0)
		r = check_object(&i_af, af, ARRAY_SIZE(af), err);
	if (r >= 0)
		r = check_object(&i_kdf, kdf, ARRAY_SIZE(kdf), err);
	if (r >= 0)
		r = check_base64(&i_kdf, "salt", SALT_SIZE, err);
	if (r >= 0)
		r = read_area(json_object_get(value, "area"), ret, err);
	return r;
}

/* "0", "1" or "2". */
static bool slot_number(const char *text, unsigned *ret)
{
	if (!text || text[0] < '0' || text[0] >= '0' + (int)LUKS2_SLOTS || text[1])
		return false;
	*ret = (unsigned)(text[0] - '0');
	return true;
}

static int read_slots(json_t *value, struct luks2 *ret, struct error **err)
{
	const char *key;
	json_t *slot;
	unsigned n;

	if (!json_is_object(value))
		return error_set(err, -ERROR_MALFORMED, "'keyslots' is not an object");
	json_object_foreach(value, key, slot)
	{
		if (!slot_number(key, &n))
			return error_set(err, -ERROR_MALFORMED, "there is a key slot '%.64s'", key);

		int r = read_slot(slot, &ret->slots[n], err);

		if (r < 0)
			return error_wrap(err, r, "slot %u", n);
	}
	for (unsigned a = 0; a < LUKS2_SLOTS; a++) {
		for (unsigned b = a + 1; b < LUKS2_SLOTS; b++) {
			const struct luks2_slot *x = &ret->slots[a], *y = &ret->slots[b];

			if (x->used && y->used &&
			    x->area_offset < y->area_offset + LUKS2_AREA_SIZE &&
			    y->area_offset < x->area_offset + LUKS2_AREA_SIZE)
				return error_set(err, -ERROR_MALFORMED,
						 "the areas of key slots %u and %u overlap", a, b);
		}
	}
	return 0;
}

static int read_segments(json_t *value, struct luks2 *ret, struct error **err)
{
	static const struct expected segments[] = {{"0", NULL, 0}};
	static const struct expected segment[] = {
		{"type", "crypt", 0},
		{"offset", "4194304", 0},
		{"size", "dynamic", 0},
		{"iv_tweak", "0", 0},
		{"encryption", LUKS2_CIPHER "-" LUKS2_CIPHER_MODE, 0},
		{"sector_size", NULL, 0},
	};
	const struct item all = {"'segments'", value};
	const struct item one = {"segment 0", json_object_get(value, "0")};
	json_t *size;
	int r = check_object(&all, segments, ARRAY_SIZE(segments), err);

	if (r >= 0)
		r = check_object(&one, segment, ARRAY_SIZE(segment), err);
	if (r < 0)
		return r;
	size = json_object_get(one.value, "sector_size");
	if (!json_is_integer(size) ||
	    (json_integer_value(size) != 512 && json_integer_value(size) != 4096))
		return error_set(err, -ERROR_MALFORMED,
				 "segment 0: 'sector_size' is neither 512 nor 4096");
	ret->sector_size = (uint32_t)json_integer_value(size);
	return 0;
}

/* One digest, over all key slots that there are. */
static int read_digests(json_t *value, const struct luks2 *l, struct error **err)
{
	static const struct expected digests[] = {{"0", NULL, 0}};
	static const struct expected digest[] = {
		{"type", "pbkdf2", 0},
		{"keyslots", NULL, 0},
		{"segments", NULL, 0},
		{"hash", LUKS2_HASH, 0},
		{"iterations", NULL, LUKS2_ITERATIONS},
		{"salt", NULL, 0},
		{"digest", NULL, 0},
	};
	const struct item all = {"'digests'", value};
	const struct item one = {"digest 0", json_object_get(value, "0")};
	bool listed[LUKS2_SLOTS] = {false};
	json_t *slots, *segments;
	int r = check_object(&all, digests, ARRAY_SIZE(digests), err);

	if (r >= 0)
		r = check_object(&one, digest, ARRAY_SIZE(digest), err);
	if (r >= 0)
		r = check_base64(&one, "salt", SALT_SIZE, err);
	if (r >= 0)
		r = check_base64(&one, "digest", DIGEST_SIZE, err);
	if (r < 0)
		return r;
	segments = json_object_get(one.value, "segments");
	if (json_array_size(segments) != 1 || !json_is_string(json_array_get(segments, 0)) ||
	    !string_equal(json_string_value(json_array_get(segments, 0)), "0"))
		return wrong(&one, "is not that of segment 0", err);
	slots = json_object_get(one.value, "keyslots");
	if (!json_is_array(slots))
		return wrong(&one, "has no list of key slots", err);
	for (size_t i = 0; i < json_array_size(slots); i++) {
		unsigned n;

		if (!slot_number(json_string_value(json_array_get(slots, i)), &n) || listed[n])
			return wrong(&one, "lists an impossible key slot", err);
		listed[n] = true;
	}
	for (unsigned n = 0; n < LUKS2_SLOTS; n++) {
		if (listed[n] != l->slots[n].used)
			return error_set(err, -ERROR_MALFORMED,
					 "digest 0 and the key slots disagree about slot %u", n);
	}
	return 0;
}

/* The one key slot of a token. */
static int read_token_slot(const struct item *i, const struct luks2 *l, unsigned *ret,
			   struct error **err)
{
	json_t *slots = json_object_get(i->value, "keyslots");

	if (json_array_size(slots) != 1 ||
	    !slot_number(json_string_value(json_array_get(slots, 0)), ret) || !l->slots[*ret].used)
		return wrong(i, "is not for one existing key slot", err);
	return 0;
}

static int read_pcrs(json_t *value, struct luks2_tpm *ret, struct error **err)
{
	/* In the order of tpm_policy_pcrs[]. */
	static const struct expected pcrs[TPM_POLICY_PCRS] = {
		{"0", NULL, 0}, {"1", NULL, 0}, {"2", NULL, 0},	 {"3", NULL, 0},  {"4", NULL, 0},
		{"7", NULL, 0}, {"9", NULL, 0}, {"11", NULL, 0}, {"12", NULL, 0},
	};
	static const struct expected few[] = {
		{"4", NULL, 0},
		{"9", NULL, 0},
		{"11", NULL, 0},
		{"12", NULL, 0},
	};
	const struct item i = {"'pcrs'", value};
	bool all = ret->version == LUKS2_TPM_TOKEN_VERSION;
	int r = all ? check_object(&i, pcrs, ARRAY_SIZE(pcrs), err)
		    : check_object(&i, few, ARRAY_SIZE(few), err);

	for (size_t k = 0; r >= 0 && k < TPM_POLICY_PCRS; k++) {
		if (all || json_object_get(value, pcrs[k].name))
			r = read_hex(value, i.name, pcrs[k].name, ret->pcrs.values[k],
				     TPM_DIGEST_SIZE, TPM_DIGEST_SIZE, NULL, err);
	}
	return r;
}

/* Who sealed: the TPM's statement, and with a policy key that of its owner. */
static int read_creation(const struct item *i, struct luks2_tpm *t, struct error **err)
{
	bool authorized = t->binding == LUKS2_BINDING_AUTHORIZE;
	json_t *epoch = json_object_get(i->value, "epoch");
	int r = read_hex(i->value, i->name, "creation", t->creation, 2, LUKS2_SEALED_MAX,
			 &t->creation_size, err);

	if (r >= 0)
		r = read_hex(i->value, i->name, "ticket", t->ticket, 2, LUKS2_SEALED_MAX,
			     &t->ticket_size, err);
	if (r >= 0)
		r = read_hex(i->value, i->name, "signature", t->signature, authorized ? 1 : 0,
			     authorized ? RSA_SIZE_MAX : 0, &t->signature_size, err);
	if (r < 0)
		return r;
	if (!json_is_integer(epoch) || json_integer_value(epoch) < (authorized ? 1 : 0) ||
	    json_integer_value(epoch) > (authorized ? (json_int_t)TPM_EPOCH_MAX : 0))
		return wrong(i, "has an impossible 'epoch'", err);
	t->epoch = (uint16_t)json_integer_value(epoch);
	return 0;
}

static int read_tpm_token(json_t *value, struct luks2 *l, struct error **err)
{
	static const struct expected members[] = {
		{"type", LUKS2_TPM_TOKEN, 0}, {"keyslots", NULL, 0}, {"version", NULL, 0},
		{"binding", NULL, 0},	      {"pcrs", NULL, 0},     {"srk", NULL, 0},
		{"public", NULL, 0},	      {"private", NULL, 0},  {"creation", NULL, 0},
		{"ticket", NULL, 0},	      {"epoch", NULL, 0},    {"signature", NULL, 0},
	};
	const struct item i = {"token 0", value};
	struct luks2_tpm *t = &l->tpm;
	const char *binding = json_string_value(json_object_get(value, "binding"));
	int r = check_object(&i, members, ARRAY_SIZE(members), err);

	if (r >= 0)
		r = read_token_slot(&i, l, &t->slot, err);
	if (r < 0)
		return r;
	if (t->slot == LUKS2_RECOVERY_SLOT)
		return wrong(&i, "is for the key slot of recovery", err);

	json_int_t version = json_integer_value(json_object_get(value, "version"));

	if (version != LUKS2_TPM_TOKEN_VERSION && version != LUKS2_TPM_TOKEN_VERSION_FEW)
		return wrong(&i, "has an unknown 'version'", err);
	t->version = (unsigned)version;
	if (binding && string_equal(binding, "authorize"))
		t->binding = LUKS2_BINDING_AUTHORIZE;
	else if (binding && string_equal(binding, "pcr"))
		t->binding = LUKS2_BINDING_PCR;
	else
		return wrong(&i, "has an unknown 'binding'", err);
	r = read_pcrs(json_object_get(value, "pcrs"), t, err);
	if (r >= 0)
		r = read_hex(value, i.name, "srk", t->srk.bytes, TPM_NAME_SIZE, TPM_NAME_SIZE, NULL,
			     err);
	if (r >= 0)
		r = read_hex(value, i.name, "public", t->public, 2, LUKS2_SEALED_MAX,
			     &t->public_size, err);
	if (r >= 0)
		r = read_hex(value, i.name, "private", t->private, 2, LUKS2_SEALED_MAX,
			     &t->private_size, err);
	return r < 0 ? r : read_creation(&i, t, err);
}

static int read_recovery_token(json_t *value, struct luks2 *l, struct error **err)
{
	static const struct expected members[] = {
		{"type", LUKS2_RECOVERY_TOKEN, 0},
		{"keyslots", NULL, 0},
		{"version", NULL, LUKS2_TOKEN_VERSION},
		{"recipient", NULL, 0},
		{"box", NULL, 0},
	};
	const struct item i = {"token 1", value};
	unsigned slot = 0;
	int r = check_object(&i, members, ARRAY_SIZE(members), err);

	if (r >= 0)
		r = read_token_slot(&i, l, &slot, err);
	if (r >= 0 && slot != LUKS2_RECOVERY_SLOT)
		r = wrong(&i, "is not for the key slot of recovery", err);
	if (r >= 0)
		r = read_hex(value, i.name, "recipient", l->recovery.recipient.bytes, X25519_SIZE,
			     X25519_SIZE, NULL, err);
	if (r >= 0)
		r = read_hex(value, i.name, "box", l->recovery.box, BOX_SIZE, BOX_SIZE, NULL, err);
	if (r >= 0)
		l->has_recovery = true;
	return r;
}

static int read_key_token(json_t *value, struct luks2 *l, struct error **err)
{
	static const struct expected members[] = {
		{"type", LUKS2_KEY_TOKEN, 0},
		{"keyslots", NULL, 0},
		{"version", NULL, LUKS2_TOKEN_VERSION},
	};
	const struct item i = {"token 0", value};
	unsigned slot = 0;
	int r = check_object(&i, members, ARRAY_SIZE(members), err);

	if (r >= 0)
		r = read_token_slot(&i, l, &slot, err);
	if (r >= 0 && slot != LUKS2_KEY_SLOT)
		r = wrong(&i, "is not for the key slot of its kind", err);
	return r;
}

/* Whether a slot belongs to a token. */
static bool has_token(const struct luks2 *l, unsigned slot)
{
	if (l->has_key)
		return slot == LUKS2_KEY_SLOT;
	return slot == l->tpm.slot || (slot == LUKS2_RECOVERY_SLOT && l->has_recovery);
}

/* Token 0 is the TPM's, and token 1 (if any) recovery's; or token 0 is that of a key from outside. Each key slot
 * belongs to one. */
static int read_tokens(json_t *value, struct luks2 *l, struct error **err)
{
	static const struct expected tokens[] = {{"0", NULL, 0}, {"1", NULL, 0}};
	const struct item i = {"'tokens'", value};
	json_t *first = json_object_get(value, "0");
	const char *type = json_string_value(json_object_get(first, "type"));
	bool recovery = json_object_get(value, "1") != NULL;
	int r;

	l->has_key = type && string_equal(type, LUKS2_KEY_TOKEN);
	r = check_object(&i, tokens, recovery && !l->has_key ? 2 : 1, err);
	if (r >= 0)
		r = l->has_key ? read_key_token(first, l, err) : read_tpm_token(first, l, err);
	if (r >= 0 && recovery)
		r = read_recovery_token(json_object_get(value, "1"), l, err);
	for (unsigned n = 0; r >= 0 && n < LUKS2_SLOTS; n++) {
		if (l->slots[n].used != has_token(l, n))
			return error_set(err, -ERROR_MALFORMED, "key slot %u has no token", n);
	}
	return r;
}

int luks2_parse_json(struct span area, struct luks2 *ret, struct error **err)
{
	static const struct expected root[] = {
		{"keyslots", NULL, 0}, {"tokens", NULL, 0}, {"segments", NULL, 0},
		{"digests", NULL, 0},  {"config", NULL, 0},
	};
	static const struct expected config[] = {{"json_size", "61440", 0},
						 {"keyslots_size", "4063232", 0}};
	const uint8_t *end = area.n ? memchr(area.p, 0, area.n) : NULL;
	size_t n = end ? (size_t)(end - area.p) : area.n;
	json_error_t e;
	json_auto_t *j = NULL;
	int r;

	if (!end || !span_is_zero(span_skip(area, n)))
		return error_set(err, -ERROR_MALFORMED, "the metadata are not one text and NULs");
	j = json_loadb((const char *)area.p, n, JSON_REJECT_DUPLICATES, &e);
	if (!j)
		return error_set(err, -ERROR_MALFORMED, "the metadata are not JSON: %s", e.text);

	const struct item i = {"the metadata", j};
	const struct item i_config = {"'config'", json_object_get(j, "config")};

	r = check_object(&i, root, ARRAY_SIZE(root), err);
	if (r >= 0)
		r = check_object(&i_config, config, ARRAY_SIZE(config), err);
	if (r >= 0)
		r = read_slots(json_object_get(j, "keyslots"), ret, err);
	if (r >= 0)
		r = read_segments(json_object_get(j, "segments"), ret, err);
	if (r >= 0)
		r = read_digests(json_object_get(j, "digests"), ret, err);
	if (r >= 0)
		r = read_tokens(json_object_get(j, "tokens"), ret, err);
	return r;
}
