#include "formats/signed_policy.h"

#include <errno.h>

#include "formats/conf.h"

enum {
	KEY_VERSION,
	KEY_PCR,				/* one for each of tpm_policy_pcrs[] */
	KEY_OBJECT = KEY_PCR + TPM_POLICY_PCRS, /* in [OldDisk] alone */
	KEY_EPOCH,
	KEY_KEY,
	KEY_SIGNATURE,
	KEYS_,
};

static const char *const key_names[KEYS_] = {
	[KEY_VERSION] = "Version",
	/* In the order of tpm_policy_pcrs[]. */
	[KEY_PCR] = "Pcr0",
	[KEY_PCR + 1] = "Pcr1",
	[KEY_PCR + 2] = "Pcr2",
	[KEY_PCR + 3] = "Pcr3",
	[KEY_PCR + 4] = "Pcr4",
	[KEY_PCR + 5] = "Pcr7",
	[KEY_PCR + 6] = "Pcr9",
	[KEY_PCR + 7] = "Pcr11",
	[KEY_PCR + 8] = "Pcr12",
	[KEY_OBJECT] = "Object",
	[KEY_EPOCH] = "Epoch",
	[KEY_KEY] = "Key",
	[KEY_SIGNATURE] = "Signature",
};

struct parse {
	struct signed_policies *list;
	unsigned seen; /* bits 1 << key, of the section at hand */
};

static struct signed_policy *current(struct parse *p)
{
	return &p->list->items[p->list->n - 1];
}

static bool has_key(const struct signed_policy *p, unsigned key)
{
	return key != KEY_OBJECT || p->kind == SIGNED_POLICY_OLD_DISK;
}

static const struct signed_policy *find(const struct signed_policies *l,
					enum signed_policy_kind kind, const struct tpm_pcrs *pcrs,
					const struct tpm_name *object)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct signed_policy *p = &l->items[i];

		if (p->kind == kind && memcmp(&p->pcrs, pcrs, sizeof *pcrs) == 0 &&
		    memcmp(&p->object, object, sizeof *object) == 0)
			return p;
	}
	return NULL;
}

/* Checks a section that ends. */
static int end_section(struct parse *p, struct error **err)
{
	const struct signed_policy *s, *first;

	if (p->list->n == 0)
		return 0;
	s = current(p);
	for (unsigned i = 0; i < KEYS_; i++) {
		if (has_key(s, i) && !(p->seen & 1u << i))
			return error_set(err, -ERROR_MALFORMED, "section %zu has no '%s'",
					 p->list->n, key_names[i]);
	}
	first = find(p->list, s->kind, &s->pcrs, &s->object);
	return first == s ? 0
			  : error_set(err, -ERROR_MALFORMED,
				      "sections %zu and %zu are for the same registers",
				      (size_t)(first - p->list->items) + 1, p->list->n);
}

static int begin_section(struct parse *p, const struct conf_entry *e, struct error **err)
{
	bool old_disk = span_equal(e->section, SPAN_LITERAL("OldDisk"));
	int r = end_section(p, err);

	if (r < 0)
		return r;
	if ((!old_disk && !span_equal(e->section, SPAN_LITERAL("Policy"))) || e->argument.n)
		return error_set(err, -ERROR_MALFORMED,
				 "a section other than [Policy] and [OldDisk]");
	if (p->list->n == SIGNED_POLICIES_MAX)
		return error_set(err, -ERROR_MALFORMED, "more than %d sections",
				 SIGNED_POLICIES_MAX);
	p->list->n++;
	current(p)->kind = old_disk ? SIGNED_POLICY_OLD_DISK : SIGNED_POLICY;
	p->seen = 0;
	return 0;
}

static bool take_signature(struct signed_policy *p, struct span value)
{
	size_t n = value.n / 2;

	if ((n != 256 && n != RSA_SIZE_MAX) || !hex_decode(value, p->signature, n))
		return false;
	p->signature_size = n;
	return true;
}

static bool take_value(struct signed_policy *p, unsigned key, struct span value)
{
	uint64_t number = 0;

	switch (key) {
	case KEY_VERSION:
		return span_equal(value, SPAN_LITERAL("2"));
	case KEY_EPOCH:
		if (!parse_u64(value, TPM_EPOCH_MAX, &number) || number == 0)
			return false;
		p->epoch = (uint16_t)number;
		return true;
	case KEY_OBJECT:
		return hex_decode(value, p->object.bytes, TPM_NAME_SIZE);
	case KEY_KEY:
		return hex_decode(value, p->key.bytes, TPM_NAME_SIZE);
	case KEY_SIGNATURE:
		return take_signature(p, value);
	default:
		return hex_decode(value, p->pcrs.values[key - KEY_PCR], TPM_DIGEST_SIZE);
	}
}

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct parse *p = context;
	unsigned key = 0;

	if (e->key.n == 0)
		return begin_section(p, e, err);
	while (key < KEYS_ && !span_equal(e->key, span_string(key_names[key])))
		key++;
	if (key == KEYS_ || !has_key(current(p), key))
		return error_set(err, -ERROR_MALFORMED, "unknown key '%.*s'", (int)e->key.n,
				 (const char *)e->key.p);
	if (p->seen & 1u << key)
		return error_set(err, -ERROR_MALFORMED, "'%s' is given twice", key_names[key]);
	if (!take_value(current(p), key, e->value))
		return error_set(err, -ERROR_MALFORMED, "malformed value of '%s'", key_names[key]);
	p->seen |= 1u << key;
	return 0;
}

int signed_policy_parse(const char *name, struct span text, struct signed_policies *ret,
			struct error **err)
{
	struct signed_policies list = {0};
	struct parse p = {.list = &list};
	int r;

	if (text.n > SIGNED_POLICY_MAX)
		return error_set(err, -EFBIG, "%s: %zu bytes, more than the %u allowed", name,
				 text.n, SIGNED_POLICY_MAX);
	r = conf_parse(name, text, take_entry, &p, err);
	if (r < 0)
		return r;
	r = end_section(&p, err);
	if (r < 0)
		return error_wrap(err, r, "%s", name);
	for (size_t i = 0; i < list.n; i++) {
		if (list.items[i].kind == SIGNED_POLICY) {
			*ret = list;
			return 0;
		}
	}
	return error_set(err, -ERROR_MALFORMED, "%s: no [Policy]", name);
}

static void put_line(struct buffer *b, const char *key, struct span value)
{
	char hex[2 * RSA_SIZE_MAX + 1];

	hex_encode(value, hex);
	buffer_printf(b, "%s=%s\n", key, hex);
}

void signed_policy_write(const struct signed_policies *l, struct buffer *ret)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct signed_policy *p = &l->items[i];

		buffer_printf(ret, "[%s]\n%s=2\n",
			      p->kind == SIGNED_POLICY_OLD_DISK ? "OldDisk" : "Policy",
			      key_names[KEY_VERSION]);
		for (size_t k = 0; k < TPM_POLICY_PCRS; k++)
			put_line(ret, key_names[KEY_PCR + k],
				 SPAN(p->pcrs.values[k], TPM_DIGEST_SIZE));
		if (has_key(p, KEY_OBJECT))
			put_line(ret, key_names[KEY_OBJECT], SPAN(p->object.bytes, TPM_NAME_SIZE));
		buffer_printf(ret, "%s=%u\n", key_names[KEY_EPOCH], p->epoch);
		put_line(ret, key_names[KEY_KEY], SPAN(p->key.bytes, TPM_NAME_SIZE));
		put_line(ret, key_names[KEY_SIGNATURE], SPAN(p->signature, p->signature_size));
	}
}

const struct signed_policy *signed_policy_find(const struct signed_policies *l,
					       const struct tpm_pcrs *pcrs)
{
	return find(l, SIGNED_POLICY, pcrs, &(struct tpm_name){0});
}

const struct signed_policy *signed_policy_find_old_disk(const struct signed_policies *l,
							const struct tpm_pcrs *pcrs,
							const struct tpm_name *object)
{
	return find(l, SIGNED_POLICY_OLD_DISK, pcrs, object);
}

struct digest signed_policy_approved(const struct signed_policy *p)
{
	return tpm_disk_approved_policy(
		&p->pcrs, p->kind == SIGNED_POLICY_FEW ? TPM_PCRS_FEW : TPM_PCRS_ALL, p->epoch,
		p->kind == SIGNED_POLICY_OLD_DISK ? &p->object : NULL);
}

struct span signed_policy_ref(enum signed_policy_kind kind)
{
	return kind == SIGNED_POLICY ? SPAN_LITERAL(TPM_POLICY_REF)
				     : SPAN_LITERAL(TPM_POLICY_REF_FEW);
}

size_t signed_policy_message(const struct signed_policy *p, uint8_t ret[SIGNED_POLICY_MESSAGE_MAX])
{
	struct digest approved = signed_policy_approved(p);
	struct span ref = signed_policy_ref(p->kind);

	memcpy(ret, approved.bytes, TPM_DIGEST_SIZE);
	memcpy(ret + TPM_DIGEST_SIZE, ref.p, ref.n);
	return TPM_DIGEST_SIZE + ref.n;
}

int signed_policy_sign(struct signed_policy *p, const struct rsa_private *key, struct error **err)
{
	uint8_t message[SIGNED_POLICY_MESSAGE_MAX];
	size_t n = signed_policy_message(p, message);
	int r = tpm_policy_key_name(rsa_public_of(key), &p->key, err);

	if (r < 0)
		return r;
	p->signature_size = rsa_public_of(key)->size;
	return rsa_sign(key, SPAN(message, n), p->signature, err);
}

int signed_policy_verify(const struct signed_policy *p, const struct rsa_public *key,
			 struct error **err)
{
	uint8_t message[SIGNED_POLICY_MESSAGE_MAX];
	size_t n = signed_policy_message(p, message);
	struct tpm_name name;
	int r = tpm_policy_key_name(key, &name, err);

	if (r < 0)
		return r;
	if (memcmp(name.bytes, p->key.bytes, TPM_NAME_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED, "the policy is signed with another key");
	return rsa_verify(key, SPAN(message, n), SPAN(p->signature, p->signature_size), err);
}
