/*
 * What fills a role of the node: which program, with which arguments. A text in the style of formats/conf.h,
 * measured as part of the root, expanded over the configuration of this boot (docs/node.md):
 *
 *	[Client]
 *	Name=lighthouse
 *	Program=/usr/bin/lighthouse
 *	Ready=5052
 *	Argument=bn
 *	Argument=--network={NETWORK}
 *	ArgumentIf=METRICS!=off --metrics
 *	Words={CONSENSUS_EXTRA}
 *	Environment=RUST_LOG=info
 *
 * "{KEY.first}" is the first word of the value, "{KEY.commas}" its words with commas between; conditions joined by
 * "&" hold together. A value of the configuration stays inside the argument in which it stands, whatever it holds; Words= alone
 * makes an argument of each word. The configuration is canonical: lines "KEY=value", each key once.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

/* Of a description: far above any. */
#define ROLE_TEXT_MAX (64u << 10)
/* A client has a few dozen options. The kernel refuses more than 128 KiB in one argument. */
#define ROLE_ARGUMENTS_MAX 256u
#define ROLE_ARGUMENT_MAX (64u << 10)

struct role {
	char *client;		      /* Name=, for people */
	char *program;		      /* Program=, absolute */
	uint16_t ready_port;	      /* Ready=: on loopback, answers HTTP once the client works */
	struct string_list arguments; /* without the program itself */
	struct string_list environment; /* "NAME=value" */
};

/*
 * Parses and expands. Errors start with `name` and the line: "consensus.conf:6: the configuration has no key
 * 'NETWORK'".
 */
_must_check_ int role_parse(const char *name, struct span text, struct span configuration,
			    struct role *ret, struct error **err);
void role_release(struct role *r);
