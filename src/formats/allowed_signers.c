/* The file of those who may sign (ssh-keygen(1), ALLOWED SIGNERS). */
#include "formats/sshsig.h"

#include <errno.h>
#include <strings.h>

#include "base/text.h"
#include "formats/json_read.h"

/* Why a line with the right key does not count; the later the nearer it was. */
enum refusal {
	OTHER_KEY,
	OTHER_NAME,
	OTHER_NAMESPACE,
	OTHER_TIME,
};

/* An item of a list with commas between; false at the end. */
static bool next_item(struct span *rest, struct span *ret)
{
	size_t n = 0;

	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != ',')
		n++;
	*ret = SPAN(rest->p, n);
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	return true;
}

/* Whether the list has the name. A pattern might stand for it, which is not found out. */
static int list_has(struct span list, const char *name, bool *ret, struct error **err)
{
	struct span item;

	*ret = false;
	while (next_item(&list, &item)) {
		if (item.n && (memchr(item.p, '*', item.n) || memchr(item.p, '?', item.n) ||
			       item.p[0] == '!'))
			return error_set(err, -ERROR_UNSUPPORTED, "a pattern: '%.*s'", (int)item.n,
					 (const char *)item.p);
		*ret |= span_equal(item, span_string(name));
	}
	return 0;
}

/* "YYYYMMDD[HHMM[SS]][Z]". */
static bool parse_time(struct span s, int64_t *ret)
{
	char text[] = "0000-00-00T00:00:00Z";
	static const uint8_t places[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};

	if (s.n && s.p[s.n - 1] == 'Z')
		s.n--;
	if (s.n != 8 && s.n != 12 && s.n != 14)
		return false;
	for (size_t i = 0; i < s.n; i++)
		text[places[i]] = (char)s.p[i];
	return time_parse(span_string(text), ret);
}

/* Takes "NAME" or NAME="VALUE" and the comma behind it; false at the end of the options. */
static bool next_option(struct span *rest, struct span *ret_name, struct span *ret_value)
{
	size_t n = 0;
	bool quoted = false;

	*ret_value = (struct span){0};
	while (n < rest->n && rest->p[n] != '=' && rest->p[n] != ',' && rest->p[n] != ' ' &&
	       rest->p[n] != '\t')
		n++;
	*ret_name = SPAN(rest->p, n);
	*rest = span_skip(*rest, n);
	if (rest->n && rest->p[0] == '=') {
		*rest = span_skip(*rest, 1);
		for (n = 0; n < rest->n; n++) {
			if (rest->p[n] == '"')
				quoted = !quoted;
			else if (!quoted &&
				 (rest->p[n] == ',' || rest->p[n] == ' ' || rest->p[n] == '\t'))
				break;
		}
		*ret_value = SPAN(rest->p, n);
		*rest = span_skip(*rest, n);
		if (ret_value->n >= 2 && ret_value->p[0] == '"')
			*ret_value = SPAN(ret_value->p + 1, ret_value->n - 2);
	}
	if (rest->n == 0 || rest->p[0] != ',')
		return false;
	*rest = span_skip(*rest, 1);
	return true;
}

static bool is_option(struct span name, const char *wanted)
{
	return name.n == strlen(wanted) && strncasecmp((const char *)name.p, wanted, name.n) == 0;
}

/* *ret: what the option forbids, OTHER_KEY for nothing. */
static int judge_option(const struct allowed_signer_query *q, struct span name, struct span value,
			enum refusal *ret, struct error **err)
{
	bool has = false;
	int64_t t;
	int r = 0;

	if (is_option(name, "namespaces")) {
		r = list_has(value, q->namespace, &has, err);
		*ret = has ? OTHER_KEY : OTHER_NAMESPACE;
	} else if (is_option(name, "valid-after") || is_option(name, "valid-before")) {
		if (!parse_time(value, &t))
			return error_set(err, -ERROR_MALFORMED, "'%.*s' is no time", (int)value.n,
					 (const char *)value.p);
		has = is_option(name, "valid-after") ? q->now >= t : q->now < t;
		*ret = has ? OTHER_KEY : OTHER_TIME;
	} else {
		return error_set(err, -ERROR_UNSUPPORTED, "unknown option '%.*s'", (int)name.n,
				 (const char *)name.p);
	}
	return r;
}

static bool is_key_type(struct span rest)
{
	static const char *const prefixes[] = {"ssh-", "ecdsa-", "sk-"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (rest.n > n && memcmp(rest.p, prefixes[i], n) == 0)
			return true;
	}
	return false;
}

/* *ret_allowed, or *refusal is raised to what was to blame. */
static int judge_line(struct span line, const struct allowed_signer_query *q, bool *ret_allowed,
		      struct span *ret_names, enum refusal *refusal, struct error **err)
{
	struct span rest = line, name, value, comment;
	struct ed25519_public key;
	enum refusal why = OTHER_KEY;
	bool more = true, certificates = false;
	int r = 0;

	*ret_allowed = false;
	*ret_names = span_next_word(&rest);
	rest = span_trim(rest);
	if (!is_key_type(rest)) {
		while (r >= 0 && more) {
			enum refusal one = OTHER_KEY;

			more = next_option(&rest, &name, &value);
			if (is_option(name, "cert-authority"))
				certificates = true;
			else
				r = judge_option(q, name, value, &one, err);
			why = MAX(why, one);
		}
		rest = span_trim(rest);
	}
	if (r < 0 || certificates)
		return r;
	/* Keys of other types are for others. */
	if (rest.n <= strlen(SSH_ED25519) ||
	    memcmp(rest.p, SSH_ED25519 " ", strlen(SSH_ED25519 " ")) != 0)
		return 0;
	r = ssh_public_parse(rest, &key, &comment, err);
	if (r < 0)
		return r;
	if (memcmp(key.bytes, q->key->bytes, ED25519_KEY_SIZE) != 0)
		return 0;
	if (q->identity) {
		bool has;

		r = list_has(*ret_names, q->identity, &has, err);
		if (r < 0)
			return r;
		if (!has && why == OTHER_KEY)
			why = OTHER_NAME;
	}
	*ret_allowed = why == OTHER_KEY;
	*refusal = MAX(*refusal, why);
	return 0;
}

static int refuse(const struct allowed_signer_query *q, enum refusal why, struct error **err)
{
	char fingerprint[SSH_FINGERPRINT_SIZE] = "";

	if (!ssh_fingerprint(q->key, fingerprint))
		return error_oom(err);
	switch (why) {
	case OTHER_NAME:
		return error_set(err, -ERROR_REFUSED, "the key %s is not that of '%s'", fingerprint,
				 q->identity);
	case OTHER_NAMESPACE:
		return error_set(err, -ERROR_REFUSED, "the key %s may not sign for '%s'",
				 fingerprint, q->namespace);
	case OTHER_TIME:
		return error_set(err, -ERROR_REFUSED, "the key %s is not valid at this time",
				 fingerprint);
	default:
		return error_set(err, -ERROR_REFUSED, "no line has the key %s", fingerprint);
	}
}

int allowed_signer_find(struct span file, const struct allowed_signer_query *q,
			char ret[SIGNER_NAME_MAX], struct error **err)
{
	struct reader reader = reader_init(file);
	enum refusal refusal = OTHER_KEY;
	struct span line, names;

	for (unsigned number = 1; reader_line(&reader, &line); number++) {
		_cleanup_error_ struct error *e = NULL;
		bool allowed = false;
		int r;

		line = span_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		r = judge_line(line, q, &allowed, &names, &refusal, &e);
		if (r < 0)
			return error_wrap(err, error_move(err, r, &e), "line %u", number);
		if (!allowed)
			continue;
		if (names.n >= SIGNER_NAME_MAX || memchr(names.p, 0, names.n))
			return error_set(err, -ERROR_MALFORMED, "line %u: malformed names", number);
		memcpy(ret, names.p, names.n);
		ret[names.n] = 0;
		return 0;
	}
	return refuse(q, refusal, err);
}
