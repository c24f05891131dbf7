/*
 * Looks after the machine and its clients and says what it sees, in lines of formats/status_line.h. Which units
 * there are and where they answer is said by a measured file:
 *
 *	[Role execution]
 *	Unit=anvil.service
 *	Port=8545
 *	[Role consensus]
 *	Unit=consensus.service
 *	Port=5052
 */
#pragma once

#include "formats/status_line.h"

#define STATUS_CONF "/usr/lib/tdnode/status.conf"
#define STATUS_CONF_MAX (64u << 10)

/* Where claims of evidence are taken from (guest/attest): what each client is called in its network. */
#define STATUS_FOLDER "/run/tdnode-status"
/* An enode with its address has 160 characters. */
#define STATUS_IDENTITY_MAX 512u

enum client_kind {
	CLIENT_EXECUTION, /* JSON-RPC */
	CLIENT_CONSENSUS, /* the beacon API */
};

struct client {
	char name[STATUS_NAME_MAX];
	char unit[STATUS_UNIT_MAX];
	enum client_kind kind;
	uint16_t port;
	char identity[STATUS_IDENTITY_MAX]; /* empty: it has not said */
	/* What was seen of the unit. */
	char invocation[64];
	uint64_t starts;
	struct status_number since;
};

struct clients {
	struct client items[STATUS_ROLES_MAX];
	size_t n;
};

_must_check_ int clients_parse(const char *name, struct span text, struct clients *ret,
			       struct error **err);

/* What a client's answers say. An answer that says something else leaves *r as it was. */
void execution_take(const char *method, struct span body, struct status_role *r);
void consensus_take(const char *path, struct span body, struct status_role *r);

/* Its name in its network: the answer to admin_nodeInfo, or /eth/v1/node/identity. False, and *ret untouched, if there is none. */
bool identity_take(enum client_kind kind, struct span body, char ret[STATUS_IDENTITY_MAX]);

/* Asks a client on loopback everything; it has five seconds to begin an answer, and as many to end it. */
void client_ask(const struct client *c, struct status_role *r);
/* True if it says another name than before, which c->identity then has. */
bool client_ask_identity(struct client *c);

/* Uptime, clock, disk and configuration. */
void machine_look(struct status_line *s);

/* Notes which units run, from the links that systemd keeps for the journal: UNITS/invocation:NAME. */
void units_look(const char *units, uint64_t now, struct clients *clients, struct status_line *s);
