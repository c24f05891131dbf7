#include "guest/firewall/firewall.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/text.h"
#include "formats/conf.h"
#include "formats/config_text.h"

struct policy {
	struct firewall *firewall;
	struct firewall_rule *rule; /* of the section that is open */
};

/* The section that ends here must say enough. */
static int finish_rule(const struct policy *p, struct error **err)
{
	const struct firewall_rule *rule = p->rule;
	const char *missing = NULL;

	if (rule && rule->connect && !rule->user[0])
		missing = "[Connect] without 'User='";
	else if (rule && !rule->connect && rule->tcp.n + rule->udp.n == 0)
		missing = "[Listen] without 'Tcp=' or 'Udp='";
	return missing ? error_set(err, -ERROR_MALFORMED, "%s", missing) : 0;
}

static int open_rule(struct policy *p, const struct conf_entry *e, struct error **err)
{
	struct firewall *f = p->firewall;
	bool connect = span_equal(e->section, SPAN_LITERAL("Connect"));

	if ((!connect && !span_equal(e->section, SPAN_LITERAL("Listen"))) || e->argument.n)
		return error_set(err, -ERROR_MALFORMED, "unknown section: [Listen] or [Connect]");
	if (f->n == FIREWALL_RULES_MAX)
		return error_set(err, -E2BIG, "more than %u rules", FIREWALL_RULES_MAX);
	p->rule = &f->rules[f->n++];
	*p->rule = (struct firewall_rule){.connect = connect};
	return 0;
}

static int take_port(struct firewall_ports *ports, struct span value, struct error **err)
{
	uint64_t port;

	if (!parse_u64(value, UINT16_MAX, &port) || port == 0)
		return error_set(err, -ERROR_MALFORMED, "'%.*s' is no port", (int)value.n,
				 (const char *)value.p);
	if (ports->n == FIREWALL_PORTS_MAX)
		return error_set(err, -E2BIG, "more than %u ports", FIREWALL_PORTS_MAX);
	ports->items[ports->n++] = (uint16_t)port;
	return 0;
}

static bool is_word_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* Copies a word of at most `max` characters into ret, which holds one more and must still be empty. */
static int take_word(const char *key, struct span word, char *ret, size_t max, struct error **err)
{
	bool good = word.n > 0 && word.n <= max;

	for (size_t i = 0; good && i < word.n; i++)
		good = is_word_character(word.p[i]);
	if (!good)
		return error_set(err, -ERROR_MALFORMED, "%s=: '%.*s' is no name", key, (int)word.n,
				 (const char *)word.p);
	if (ret[0])
		return error_set(err, -ERROR_MALFORMED, "%s= is given twice", key);
	memcpy(ret, word.p, word.n);
	ret[word.n] = 0;
	return 0;
}

static int take_address(struct firewall_rule *rule, struct span value, struct error **err)
{
	_cleanup_free_ char *text = span_to_string(value);
	struct in6_addr address;
	int family = AF_INET;

	if (rule->address[0])
		return error_set(err, -ERROR_MALFORMED, "Address= is given twice");
	if (text && inet_pton(AF_INET6, text, &address) == 1)
		family = AF_INET6;
	else if (!text || inet_pton(AF_INET, text, &address) != 1)
		return error_set(err, -ERROR_MALFORMED, "'%.*s' is no address", (int)value.n,
				 (const char *)value.p);
	rule->ipv6 = family == AF_INET6;
	if (!inet_ntop(family, &address, rule->address, sizeof rule->address))
		return error_errno(err, errno, "Address=");
	return 0;
}

static int take_condition(struct firewall_rule *rule, struct span value, struct error **err)
{
	struct span rest = value;
	struct span key = span_next_word(&rest);
	struct span wanted = span_next_word(&rest);
	int r;

	if (span_trim(rest).n)
		return error_set(err, -ERROR_MALFORMED, "When=: more than a key and a value");
	r = take_word("When", key, rule->key, FIREWALL_WORD_MAX, err);
	return r < 0 ? r : take_word("When", wanted, rule->value, FIREWALL_WORD_MAX, err);
}

static int take_assignment(struct firewall_rule *rule, const struct conf_entry *e,
			   struct error **err)
{
	if (span_equal(e->key, SPAN_LITERAL("Tcp")))
		return take_port(&rule->tcp, e->value, err);
	if (span_equal(e->key, SPAN_LITERAL("Udp")))
		return take_port(&rule->udp, e->value, err);
	if (span_equal(e->key, SPAN_LITERAL("When")))
		return take_condition(rule, e->value, err);
	if (rule->connect && span_equal(e->key, SPAN_LITERAL("User")))
		return take_word("User", e->value, rule->user, FIREWALL_USER_MAX, err);
	if (rule->connect && span_equal(e->key, SPAN_LITERAL("Address")))
		return take_address(rule, e->value, err);
	return error_set(err, -ERROR_MALFORMED, "unknown key '%.*s' in [%s]", (int)e->key.n,
			 (const char *)e->key.p, rule->connect ? "Connect" : "Listen");
}

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct policy *p = context;
	int r;

	if (e->key.n)
		return take_assignment(p->rule, e, err);
	r = finish_rule(p, err);
	return r < 0 ? r : open_rule(p, e, err);
}

int firewall_parse(const char *name, struct span policy, struct firewall *f, struct error **err)
{
	struct policy p = {.firewall = f};
	int r = conf_parse(name, policy, take_entry, &p, err);

	if (r < 0)
		return r;
	r = finish_rule(&p, err);
	return r < 0 ? error_wrap(err, r, "%s: at its end", name) : 0;
}

bool firewall_is_configured(const struct firewall *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->rules[i].key[0])
			return true;
	}
	return false;
}

int firewall_configure(struct firewall *f, struct span configuration, struct error **err)
{
	struct reader reader = reader_init(configuration);
	struct span line, value;
	size_t kept = 0;

	for (unsigned number = 1; reader_line(&reader, &line); number++) {
		if (!line.n || !memchr(line.p, '=', line.n))
			return error_set(err, -ERROR_MALFORMED,
					 "line %u of the configuration: no '='", number);
	}
	for (size_t i = 0; i < f->n; i++) {
		const struct firewall_rule *rule = &f->rules[i];

		if (!rule->key[0] ||
		    (config_text_find(configuration, span_string(rule->key), &value) &&
		     span_equal(value, span_string(rule->value))))
			f->rules[kept++] = *rule;
	}
	f->n = kept;
	return 0;
}
