/*
 * The options of a command, declared once: parsing, `--help`, the completion of shells and the option lists of
 * docs/ all come from its table.
 *
 * A command has a struct of its own for what its command line says. A line of the table names an option and the
 * member that it fills; the compiler checks that the member is of the option's type:
 *
 *	struct arguments {
 *		const char *file;
 *		const char *store;
 *		struct string_list mirrors;
 *		uint16_t port;
 *		bool json;
 *	};
 *
 *	static const struct option_spec options[] = {
 *		OPTION_TEXT("store", "DIR", struct arguments, store, "folder of downloads"),
 *		OPTION_LIST("mirror", "URL", struct arguments, mirrors, "where to download from"),
 *		OPTION_NUMBER("port", "PORT", struct arguments, port, 1, UINT16_MAX, "a port",
 *			      "where it listens", .preset = "8545"),
 *		OPTION_FLAG("json", struct arguments, json, "print the result as JSON"),
 *		OPTIONS_END,
 *	};
 *
 * A new option is a new line, and one run of scripts/docs-options for its page in docs/. Behind the help of every
 * macro there may be more members of struct option_spec: .letter, .preset, .verb, .required, .step.
 *
 * The argument's name says what a shell completes: FILE, KEY, MANIFEST, EVENTLOG and PATH are files, DIR is a folder,
 * IMAGE an image; an OPTION_CHOICE completes its words, everything else nothing.
 *
 * Options that several commands have are macros in cli/shared_options.h; a set of them that fills one struct is a
 * table that others include by OPTION_GROUP, after the options that are theirs alone.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

enum option_kind {
	OPTION_KIND_END_,
	OPTION_KIND_FLAG,   /* bool: true if it is given */
	OPTION_KIND_TEXT,   /* const char *: of several the last */
	OPTION_KIND_LIST,   /* struct string_list: all of them */
	OPTION_KIND_NUMBER, /* an unsigned integer */
	OPTION_KIND_SIZE,   /* uint64_t: bytes, with a suffix K, M, G or T */
	OPTION_KIND_CHOICE, /* an enum */
	OPTION_KIND_CUSTOM, /* whatever take() makes of it */
	OPTION_KIND_GROUP,  /* another table */
};

struct option_spec {
	enum option_kind kind;
	const char *name; /* without "--" */
	char letter;	  /* its short form, 'f' of "-f"; 0: it has none. One of a command's own */
	const char *argument; /* "FILE"; NULL: it takes none */
	const char *help;     /* one line without a full stop; of a group its heading */
	size_t place;	      /* offset of the member in the command's struct */
	size_t width;	      /* of a number: sizeof the member */

	const char *preset; /* its value if it is not given, as on the command line */
	const char *verb;   /* the form of the command that it belongs to (command.h); NULL: all */
	bool required;	    /* the command (or its verb) does nothing without it */

	uint64_t min, max; /* of a number and a size; of a choice the first and last value */
	uint64_t step;	   /* of a size: what it is a multiple of; 0: anything */
	/* Of a number and a size: what the value should have been ("a port"); NULL: says the bounds. Of a choice:
	 * what is unknown ("platform"); NULL: the option's name. */
	const char *what;
	/* Of a choice, and of a custom option for completion: the word for a value from min to max. */
	const char *(*choice)(unsigned value);
	/* Of a custom option. `value` is NULL if it takes no argument. Returns 0 or -ERROR_USAGE, -ENOMEM. */
	int (*take)(void *place, const char *value, struct error **err);
	const struct option_spec *group;
};

/* Where a member is, which must be a `wanted`. */
#define OPTION_PLACE(type, member, wanted) \
	.place = offsetof(type, member) +  \
		 0 * sizeof(char[_Generic(&((type *)NULL)->member, wanted * : 1)])

#define OPTION_FLAG(name_, type, member, help_, ...)                        \
	{                                                                   \
		.kind = OPTION_KIND_FLAG, .name = (name_), .help = (help_), \
		OPTION_PLACE(type, member, bool), __VA_ARGS__               \
	}
#define OPTION_TEXT(name_, argument_, type, member, help_, ...)                        \
	{                                                                              \
		.kind = OPTION_KIND_TEXT, .name = (name_), .argument = (argument_),    \
		.help = (help_), OPTION_PLACE(type, member, const char *), __VA_ARGS__ \
	}
#define OPTION_LIST(name_, argument_, type, member, help_, ...)                              \
	{                                                                                    \
		.kind = OPTION_KIND_LIST, .name = (name_), .argument = (argument_),          \
		.help = (help_), OPTION_PLACE(type, member, struct string_list), __VA_ARGS__ \
	}
/* Of a member of 2, 4 or 8 bytes. */
#define OPTION_WIDTH(n) ((n) * sizeof(char[(n) == 2 || (n) == 4 || (n) == 8 ? 1 : -1]))
#define OPTION_NUMBER(name_, argument_, type, member, min_, max_, what_, help_, ...)  \
	{                                                                             \
		.kind = OPTION_KIND_NUMBER, .name = (name_), .argument = (argument_), \
		.help = (help_), .place = offsetof(type, member),                     \
		.width = OPTION_WIDTH(sizeof(((type *)NULL)->member)), .min = (min_), \
		.max = (max_), .what = (what_), __VA_ARGS__                           \
	}
#define OPTION_SIZE(name_, argument_, type, member, min_, max_, what_, help_, ...)    \
	{                                                                             \
		.kind = OPTION_KIND_SIZE, .name = (name_), .argument = (argument_),   \
		.help = (help_), OPTION_PLACE(type, member, uint64_t), .min = (min_), \
		.max = (max_), .what = (what_), __VA_ARGS__                           \
	}
/* `enumeration` names the member's type, "enum platform". */
#define OPTION_CHOICE(name_, argument_, type, member, enumeration, first, last, choice_, what_, \
		      help_, ...)                                                               \
	{                                                                                       \
		.kind = OPTION_KIND_CHOICE, .name = (name_), .argument = (argument_),           \
		.help = (help_), OPTION_PLACE(type, member, enumeration), .min = (first),       \
		.max = (last), .choice = (choice_), .what = (what_), __VA_ARGS__                \
	}
#define OPTION_CUSTOM(name_, argument_, type, member, take_, help_, ...)                       \
	{                                                                                      \
		.kind = OPTION_KIND_CUSTOM, .name = (name_), .argument = (argument_),          \
		.help = (help_), .place = offsetof(type, member), .take = (take_), __VA_ARGS__ \
	}
/* The options of `table`, which fill the member, a `struct group_type`. */
#define OPTION_GROUP(heading, type, member, group_type, table)                  \
	{                                                                       \
		.kind = OPTION_KIND_GROUP, .help = (heading),                   \
		OPTION_PLACE(type, member, struct group_type), .group = (table) \
	}
#define OPTIONS_END                      \
	{                                \
		.kind = OPTION_KIND_END_ \
	}

/* A table with its groups put in: each option, and where it goes. */
struct option_entry {
	const struct option_spec *spec;
	const char *heading; /* of the group that begins with it; NULL: goes on */
	size_t place;
	bool given; /* on the command line */
};

struct option_list {
	struct option_entry *items;
	size_t n, capacity;
};

void option_list_release(struct option_list *l);

/* `table` may be NULL: no options. */
_must_check_ int option_list_make(const struct option_spec *table, struct option_list *ret,
				  struct error **err);

/* Fills the option's member of `arguments`. `value` is NULL of an option without an argument. */
_must_check_ int option_take(const struct option_entry *e, void *arguments, const char *value,
			     struct error **err);

/* "--name", or "--name ARGUMENT". */
void option_label(const struct option_spec *spec, struct buffer *b);

/* The option whose short form the letter is; NULL if there is none. */
struct option_entry *option_by_letter(const struct option_list *l, char letter);
