/*
 * What the network may do: policies of the image (files of the measured root, one or more of each layer) and the
 * measured configuration to a rule set of nftables. Both directions are closed but for what a policy names.
 *
 *	[Listen]            what may come in, from anywhere
 *	Tcp=8545
 *	When=RPC public     only if the configuration says RPC=public
 *
 *	[Connect]           what a user of the image may begin to send
 *	User=systemd-resolve
 *	Tcp=53
 *	Udp=53
 *
 * Tcp= and Udp= are ports, repeatable. [Connect] needs User=; without ports it means all, and Address= limits it to
 * one address. [Listen] needs a port.
 */
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* What an image needs is a dozen of rules with a port or two. */
#define FIREWALL_RULES_MAX 64
#define FIREWALL_PORTS_MAX 16
/* Of the files together, and of the rule set: below 1 kB a rule. */
#define FIREWALL_TEXT_MAX (64u << 10)
/* As useradd(8) has it. */
#define FIREWALL_USER_MAX 32
/* Keys and values that rules ask for are words. */
#define FIREWALL_WORD_MAX 64

struct firewall_ports {
	uint16_t items[FIREWALL_PORTS_MAX];
	size_t n;
};

struct firewall_rule {
	bool connect; /* [Connect], else [Listen] */
	struct firewall_ports tcp, udp;
	char user[FIREWALL_USER_MAX + 1]; /* empty: none named */
	uid_t uid;			  /* of the user, set by the caller */
	char address[INET6_ADDRSTRLEN];	  /* in the form of inet_ntop(); empty: all */
	bool ipv6;			  /* of the address */
	char key[FIREWALL_WORD_MAX + 1];  /* empty: always */
	char value[FIREWALL_WORD_MAX + 1];
};

struct firewall {
	struct firewall_rule rules[FIREWALL_RULES_MAX];
	size_t n;
};

/* Adds the rules of one policy. Errors begin with `name` and the line. */
_must_check_ int firewall_parse(const char *name, struct span policy, struct firewall *f,
				struct error **err);

/*
 * Leaves only the rules that apply under the configuration: lines "KEY=value", empty if there is none. A key that
 * is not there has no value.
 */
_must_check_ int firewall_configure(struct firewall *f, struct span configuration,
				    struct error **err);

/* Whether a configuration decides about any rule. Not after firewall_configure(). */
bool firewall_is_configured(const struct firewall *f);

/* The rule set as text for "nft -f": it replaces whatever is loaded, as a whole or not at all. */
void firewall_ruleset(const struct firewall *f, struct buffer *ret);
