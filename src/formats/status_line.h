/*
 * What a running image says about itself on the console, now and then, in one line of JSON after a prefix:
 *
 *	tdnode-status: {"version": 1, "uptime": 61, "clock": {"time": ..., "synchronised": true, "error": 900},
 *		"disk": {"size": ..., "free": ...}, "config": "<SHA-256>",
 *		"memory": ..., "processors": ..., "sizing": "PEERS=50 ...", "roles": [{"name": "execution", ...}]}
 *
 * The guest writes it and listens to nothing: the host cannot ask, so it cannot ask anything wrong. The host reads it as
 * what anybody may have written.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"
#include "formats/json.h"

#define STATUS_LINE_PREFIX "tdnode-status: "
/* Behind the prefix: four roles with long names and versions. It is below what the console keeps of a line. */
#define STATUS_LINE_MAX 3584u
#define STATUS_ROLES_MAX 4u
#define STATUS_NAME_MAX 32u
#define STATUS_UNIT_MAX 64u
/* Of a client's version; longer ones are cut. */
#define STATUS_VERSION_MAX 128u
/* Six keys and their values. */
#define STATUS_SIZING_MAX 192u
/* Numbers are exact in JSON up to here, and larger ones mean nothing. */
#define STATUS_NUMBER_MAX ((1ull << 53) - 1)

enum status_sync {
	STATUS_SYNC_UNKNOWN, /* nobody answers, or the client does not know */
	STATUS_SYNC_RUNNING,
	STATUS_SYNC_DONE,
};

/* A number that may not be known. */
struct status_number {
	bool known;
	uint64_t value;
};

struct status_role {
	char name[STATUS_NAME_MAX]; /* "execution" */
	char unit[STATUS_UNIT_MAX]; /* "anvil.service" */
	bool active;
	uint64_t starts;		  /* of the unit, that were seen */
	struct status_number since;	  /* the last of them, in seconds since 1970 */
	char version[STATUS_VERSION_MAX]; /* "" while the client does not answer */
	struct status_number peers;
	enum status_sync sync;
	struct status_number head;   /* block of an execution client, slot of a consensus client */
	struct status_number target; /* what it syncs to */
	struct status_number finalised; /* epoch */
};

struct status_line {
	uint64_t uptime; /* seconds */
	uint64_t clock;	 /* seconds since 1970 */
	bool synchronised;
	uint64_t clock_error; /* microseconds, as the kernel estimates */
	bool has_disk;
	uint64_t disk_size, disk_free; /* bytes */
	bool has_config;
	uint8_t config_sha256[32];
	uint64_t memory; /* bytes */
	uint64_t processors;
	/* What follows from them for the clients (formats/sizing.h), "PEERS=50 ...", "" where nothing does. */
	char sizing[STATUS_SIZING_MAX];
	struct status_role roles[STATUS_ROLES_MAX];
	size_t n_roles;
};

/* Appends prefix, JSON and a newline. */
_must_check_ int status_line_encode(const struct status_line *s, struct buffer *ret,
				    struct error **err);
/* `json` is what follows the prefix. Texts of the result are printable ASCII. */
_must_check_ int status_line_parse(struct span json, struct status_line *ret, struct error **err);

/* The JSON of a status as a document; NULL out of memory. */
json_t *status_line_json(const struct status_line *s);

/* Copies what can be printed of `text`, cut to `size` with its NUL. */
void status_copy_text(struct span text, char *ret, size_t size);
