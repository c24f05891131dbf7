/*
 * The keys of an image's measured configuration, as its layers declare them (docs/config.md): sections of
 * formats/conf.h, one a key.
 *
 *	[NETWORK]
 *	Type=choice
 *	Choice=mainnet
 *	Choice=hoodi
 *	Default=hoodi
 *	Help=chain that the node follows
 *
 * They lie in CONFIG_KEYS_FOLDER of the root, NN-NAME.keys, and are read in the order of their names: a later
 * file replaces or removes a key of an earlier one only where it says so (Replace=yes, Remove=yes).
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

#define CONFIG_KEYS_FOLDER "usr/lib/tdnode/config.d"
#define CONFIG_KEYS_SUFFIX ".keys"
/* Of one file, and of files: a layer has one, of a few KiB. */
#define CONFIG_KEYS_FILE_MAX (64u << 10)
#define CONFIG_KEYS_FILES_MAX 64u

#define CONFIG_KEYS_MAX 128u
#define CONFIG_NAME_MAX 32u
/* Of one value: a list of some dozen addresses. */
#define CONFIG_VALUE_MAX 4096u
#define CONFIG_HELP_MAX 200u
/* Items of a list, whatever Max= says. */
#define CONFIG_ITEMS_MAX 64u

enum config_type {
	CONFIG_CHOICE,	/* one of Choice= */
	CONFIG_CHOICES, /* some of them, each once */
	CONFIG_NUMBER,	/* decimal, from Min= to Max= */
	CONFIG_ADDRESS, /* of an account: 0x and 40 hexadecimal digits */
	CONFIG_URLS,	/* https addresses */
	CONFIG_HOSTS,	/* names of hosts */
	CONFIG_LABEL,	/* one name without dots */
	CONFIG_WORDS,	/* anything printable but what shells and systemd read otherwise */
	CONFIG_TYPES_,
};

/* "choice", ... as in Type= */
const char *config_type_name(enum config_type type);

struct config_key {
	char *name; /* "NETWORK": capitals, digits and "_" */
	char *help;
	char *default_value; /* in its canonical form */
	struct string_list choices;
	enum config_type type;
	uint64_t min; /* of a number; else how many items there must be: 0 allows none */
	uint64_t max;
};

struct config_keys {
	struct config_key *items; /* sorted by name */
	size_t n;
	size_t capacity;
};

void config_keys_release(struct config_keys *k);

/* Whether a file of the folder is one of keys: an error that says why not, if it is not named like one. */
_must_check_ int config_keys_check_name(const char *name, struct error **err);

/* Adds the keys of a file. Errors begin with `name`. */
_must_check_ int config_keys_add(struct config_keys *k, const char *name, struct span text,
				 struct error **err);

const struct config_key *config_keys_find(const struct config_keys *k, struct span name);

/*
 * The one form of a value: blanks between items are one space, addresses and names of hosts are in lower
 * case, numbers have no zeros before them. The error says what the value is not.
 */
_must_check_ int config_value(const struct config_key *key, struct span value, char **ret,
			      struct error **err);

/* Appends what may stand there: "mainnet, sepolia or hoodi", "a number from 1 to 200". */
void config_key_range(const struct config_key *key, struct buffer *b);
