#include "packages/recipe_component.h"

#include <errno.h>

#include "base/buffer.h"

/* An address with its parts in place. */
#define EXPANDED_MAX 4096u

static int refuse(const struct component *c, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "[Component %s]: %s", c->name, what);
}

/* What may stand in an address and in a path without a second meaning. */
static bool is_plain(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_-");

	return n > 0 && s[n] == 0 && s[0] != '.';
}

/* What the braces at *at stand for; *at is then behind them. */
static int take_braces(const struct component *c, const char **at, const char **ret,
		       bool *ret_build, struct error **err)
{
	const char *end = strchr(*at, '}');
	struct span name = end ? SPAN(*at, (size_t)(end - *at) + 1) : SPAN(*at, strlen(*at));
	bool build = span_equal(name, SPAN_LITERAL("{build}"));
	const char *key = build ? "Build" : "Version";
	const char *value = build ? c->build : c->version;

	if (!build && !span_equal(name, SPAN_LITERAL("{version}")))
		return error_set(err, -ERROR_MALFORMED,
				 "[Component %s]: '%.*s' is neither '{version}' nor '{build}'",
				 c->name, (int)name.n, (const char *)name.p);
	if (!value)
		return error_set(err, -ERROR_MALFORMED, "[Component %s]: '%.*s' without '%s='",
				 c->name, (int)name.n, (const char *)name.p, key);
	if (!is_plain(value))
		return error_set(err, -ERROR_MALFORMED,
				 "[Component %s]: %s='%s' cannot stand in an address", c->name, key,
				 value);
	*at += name.n;
	*ret = value;
	*ret_build |= build;
	return 0;
}

static int expand(const struct component *c, char **text, bool *ret_build, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EXPANDED_MAX);
	const char *p = *text;

	if (!p || !strchr(p, '{'))
		return 0;
	while (*p) {
		size_t n = strcspn(p, "{");
		const char *value = "";
		int r;

		buffer_put(&b, SPAN(p, n));
		p += n;
		r = *p ? take_braces(c, &p, &value, ret_build, err) : 0;
		if (r < 0)
			return r;
		buffer_put_string(&b, value);
	}
	if (!buffer_ok(&b))
		return refuse(c, "a text is too long", err);
	free(*text);
	*text = buffer_steal_text(&b);
	return *text ? 0 : error_oom(err);
}

static int expand_all(struct component *c, struct error **err)
{
	bool build = false;
	int r = 0;

	if (c->kind == COMPONENT_URL) {
		r = expand(c, &c->source, &build, err);
		if (r >= 0)
			r = expand(c, &c->signature, &build, err);
	}
	for (size_t i = 0; r >= 0 && i < c->n_files; i++)
		r = expand(c, &c->files[i].from, &build, err);
	if (r >= 0 && c->build && !build)
		return refuse(c, "'Build' is of no use without '{build}' in 'Url'", err);
	return r;
}

static const char *missing_key(const struct component *c)
{
	if (!c->source)
		return "Npm', 'NpmLock', 'Url' or 'File";
	if (!c->version)
		return "Version";
	if (!c->licence)
		return "Licence";
	if (c->kind == COMPONENT_NPM_LOCK)
		return c->directory ? NULL : "Directory";
	if (!c->n_files)
		return "Install";
	if (c->kind == COMPONENT_NPM)
		return c->integrity ? NULL : "Integrity";
	if (c->signature && !c->signer)
		return "Signer";
	if (c->signer && !c->signature)
		return "Signature";
	return c->sha256 || c->signer ? NULL : "Sha256";
}

static int check_kind(const struct component *c, struct error **err)
{
	bool tree = c->kind == COMPONENT_NPM_LOCK, npm = tree || c->kind == COMPONENT_NPM;

	if (npm && (c->sha256 || c->size))
		return refuse(c, "'Sha256' and 'Size' are not for npm", err);
	if (tree && (c->integrity || c->n_files))
		return refuse(c,
			      "'Integrity' and 'Install' are not for 'NpmLock': the lock file says "
			      "what is installed",
			      err);
	if (!tree && c->directory)
		return refuse(c, "'Directory' is for 'NpmLock' alone", err);
	if (c->kind != COMPONENT_URL && (c->build || c->signature || c->signer || c->signer_key))
		return refuse(c, "'Build', 'Signature', 'Signer' and 'SignerKey' are for 'Url'",
			      err);
	if (c->signer_key && !c->signer)
		return refuse(c, "'SignerKey' without 'Signer'", err);
	return 0;
}

/* 40 digits of version 4, 64 of versions 5 and 6; as gpgv writes them. */
static bool take_fingerprint(char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	if (text[n] || (n != 40 && n != 64))
		return false;
	for (char *p = text; *p; p++) {
		if (*p >= 'a')
			*p = (char)(*p - 'a' + 'A');
	}
	return true;
}

static int check_values(struct component *c, struct error **err)
{
	uint8_t sha256[32];

	if (c->kind == COMPONENT_NPM && !string_starts(c->integrity, "sha512-"))
		return refuse(c, "Integrity= is not 'sha512-...'", err);
	if (c->sha256 && !hex_decode(span_string(c->sha256), sha256, sizeof sha256))
		return refuse(c, "Sha256= is not 64 hexadecimal digits", err);
	if (c->kind == COMPONENT_URL && !string_starts(c->source, "https://"))
		return refuse(c, "Url= is not https", err);
	if (c->signature && !string_starts(c->signature, "https://"))
		return refuse(c, "Signature= is not https", err);
	if (c->signer && !take_fingerprint(c->signer))
		return refuse(c, "Signer= is not a fingerprint of 40 hexadecimal digits", err);
	return 0;
}

int recipe_component_finish(struct component *c, struct error **err)
{
	const char *missing = missing_key(c);
	int r;

	if (c->finished)
		return 0;
	if (missing)
		return error_set(err, -ERROR_MALFORMED, "missing key '%s' in [Component %s]",
				 missing, c->name);
	r = check_kind(c, err);
	if (r >= 0)
		r = expand_all(c, err);
	if (r >= 0)
		r = check_values(c, err);
	c->finished = r >= 0;
	return r;
}
