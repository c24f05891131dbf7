#include "guest/firewall/firewall.h"

/* Prints "tcp dport { 53, 853 }"; which end of a packet the ports are of is said by the caller. */
static void put_ports(struct buffer *b, const char *protocol, const char *which,
		      const struct firewall_ports *ports)
{
	buffer_printf(b, "%s %s { ", protocol, which);
	for (size_t i = 0; i < ports->n; i++)
		buffer_printf(b, "%s%u", i ? ", " : "", ports->items[i]);
	buffer_put_string(b, " }");
}

/*
 * A port that listens for datagrams gets them from anybody at any rate, and so could fill the kernel's table of
 * connections, after which nothing gets through. They are let in and out by their port alone.
 */
static void put_untracked(struct buffer *b, const struct firewall *f, const char *chain,
			  const char *which)
{
	buffer_printf(b, "\tchain %s_untracked {\n\t\ttype filter hook %s priority raw;\n", chain,
		      chain);
	for (size_t i = 0; i < f->n; i++) {
		const struct firewall_rule *rule = &f->rules[i];

		if (rule->connect || rule->udp.n == 0)
			continue;
		buffer_put_string(b, "\t\t");
		put_ports(b, "udp", which, &rule->udp);
		buffer_put_string(b, " notrack\n");
	}
	buffer_put_string(b, "\t}\n");
}

static void put_listen(struct buffer *b, const struct firewall_rule *rule)
{
	if (rule->tcp.n) {
		buffer_put_string(b, "\t\t");
		put_ports(b, "tcp", "dport", &rule->tcp);
		buffer_put_string(b, " accept\n");
	}
	if (rule->udp.n) {
		buffer_put_string(b, "\t\t");
		put_ports(b, "udp", "dport", &rule->udp);
		buffer_put_string(b, " accept\n");
	}
}

/* What is not tracked has no state "established". */
static void put_answers(struct buffer *b, const struct firewall_rule *rule)
{
	if (rule->udp.n == 0)
		return;
	buffer_put_string(b, "\t\t");
	put_ports(b, "udp", "sport", &rule->udp);
	buffer_put_string(b, " accept\n");
}

static void begin_connect(struct buffer *b, const struct firewall_rule *rule)
{
	buffer_printf(b, "\t\tmeta skuid %u ", (unsigned)rule->uid);
	if (rule->address[0])
		buffer_printf(b, "%s daddr %s ", rule->ipv6 ? "ip6" : "ip", rule->address);
}

static void put_connect(struct buffer *b, const struct firewall_rule *rule)
{
	if (rule->tcp.n + rule->udp.n == 0) {
		begin_connect(b, rule);
		buffer_put_string(b, "accept\n");
	}
	if (rule->tcp.n) {
		begin_connect(b, rule);
		put_ports(b, "tcp", "dport", &rule->tcp);
		buffer_put_string(b, " accept\n");
	}
	if (rule->udp.n) {
		begin_connect(b, rule);
		put_ports(b, "udp", "dport", &rule->udp);
		buffer_put_string(b, " accept\n");
	}
}

/*
 * Errors of ICMP are let in whatever they belong to, for those of untracked packets belong to nothing here; the
 * kernel holds each against its sockets. Redirects are not among them. Without neighbour discovery there is no IPv6;
 * that it comes from the link the kernel sees by the hop limit.
 */
#define ICMP_ERRORS "destination-unreachable, time-exceeded, parameter-problem"
#define ICMPV6_ERRORS ICMP_ERRORS ", packet-too-big"
#define ICMPV6_LINK "nd-neighbor-solicit, nd-neighbor-advert"

static const char input_begin[] = "\tchain input {\n"
				  "\t\ttype filter hook input priority filter; policy drop;\n"
				  "\t\tiif lo accept\n"
				  "\t\tct state established accept\n"
				  "\t\ticmp type { " ICMP_ERRORS ", echo-request } accept\n"
				  "\t\ticmpv6 type { " ICMPV6_ERRORS ", echo-request, " ICMPV6_LINK
				  ", nd-router-advert, mld-listener-query } accept\n"
				  "\t\tct state invalid drop\n";

static const char input_end[] = "\t}\n"
				"\tchain forward {\n"
				"\t\ttype filter hook forward priority filter; policy drop;\n"
				"\t}\n";

static const char output_begin[] =
	"\tchain output {\n"
	"\t\ttype filter hook output priority filter; policy drop;\n"
	"\t\toif lo accept\n"
	"\t\tct state established accept\n"
	"\t\ticmp type { " ICMP_ERRORS " } accept\n"
	"\t\ticmpv6 type { " ICMPV6_ERRORS ", " ICMPV6_LINK
	", nd-router-solicit, mld-listener-report, mld2-listener-report } accept\n";

void firewall_ruleset(const struct firewall *f, struct buffer *ret)
{
	buffer_put_string(ret, "flush ruleset\n"
			       "table inet tdnode {\n");
	put_untracked(ret, f, "prerouting", "dport");
	put_untracked(ret, f, "output", "sport");
	buffer_put_string(ret, input_begin);
	for (size_t i = 0; i < f->n; i++) {
		if (!f->rules[i].connect)
			put_listen(ret, &f->rules[i]);
	}
	buffer_put_string(ret, input_end);
	buffer_put_string(ret, output_begin);
	for (size_t i = 0; i < f->n; i++) {
		if (f->rules[i].connect)
			put_connect(ret, &f->rules[i]);
		else
			put_answers(ret, &f->rules[i]);
	}
	buffer_put_string(ret, "\t}\n}\n");
}
