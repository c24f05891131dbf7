/*
 * What systemd-boot starts: its list of entries, in its order, and the one that it takes when nobody
 * is at the menu and no variable of the firmware (LoaderEntryDefault and its like) names another.
 *
 *	static int add_entries(void *context, struct loader_entries *l, struct error **err)
 *	{
 *		...
 *		return loader_entries_add_image(l, 0, "node.efi", file, err);
 *	}
 *
 *	r = loader_find(&(struct loader_search){.version = v, .add_entries = add_entries}, &choice, err);
 *
 * Nothing here reads a disk. Files are added in the order in which systemd-boot reads them: it decides
 * between entries that are equal otherwise.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

/* Where firmware finds it. */
#define LOADER_FILE "EFI/BOOT/BOOTX64.EFI"
#define LOADER_IMAGE_FOLDER "EFI/Linux"
#define LOADER_TEXT_FOLDER "loader/entries"

/* Of all entries of a disk. systemd-boot itself has no more than 32767. */
#define LOADER_ENTRIES_MAX 4096u
/* Of an image: systemd's own limit. */
#define LOADER_PROFILES_MAX 256u

/* Versions that choose alike; named after the first that was compared with real boots. */
enum loader_generation {
	LOADER_252,   /* to 254 */
	LOADER_257,   /* knows profiles, and counters are no part of an entry's id */
	LOADER_262,   /* takes no profile but the first by itself, knows `preferred` and `uki` */
	LOADER_262_1, /* ids are in lower case throughout */
	LOADER_GENERATIONS,
};

/* "262.1-1": version 262, a point release. */
struct loader_version {
	unsigned number;
	bool is_point_release;
};

/* Reads what systemd-boot states about itself; an error if it is another program. */
_must_check_ int loader_version_of(struct span program, struct loader_version *ret,
				   struct error **err);

/* True if that version may choose like this: versions between two generations like either. */
bool loader_may_be(const struct loader_version *v, enum loader_generation generation);

struct loader_conf {
	char *default_entry; /* patterns in lower case; NULL if not given */
	char *preferred;
};

void loader_conf_release(struct loader_conf *c);

/* Reads loader/loader.conf. "@saved" names an entry that only the machine knows: it counts as none. */
_must_check_ int loader_conf_parse(struct span text, enum loader_generation generation,
				   struct loader_conf *ret, struct error **err);

struct loader_entry {
	unsigned volume; /* as it was given when the file was added; 0 is systemd-boot's own */
	char *file;	 /* its own name: "node+3.efi", "node.conf" */
	char *id;
	char *id_without_profile; /* NULL of a first profile */
	char *profile_id;	  /* ID= of the profile, NULL if there is none */
	char *sort_key;		  /* this and the next two: NULL if there is none */
	char *version;
	char *machine_id;
	char *path; /* of the program on its volume: "EFI/Linux/node+3.efi" */
	/* The path as it is when the program starts: systemd-boot counts the attempt by renaming. */
	char *started_path;
	char *options;		    /* of a text entry, NULL if none: passed to the program */
	struct string_list initrds; /* of a text entry with "linux": paths on its volume */
	unsigned profile;
	bool is_text;	 /* of loader/entries, not of an image in EFI/Linux */
	bool has_extras; /* a text entry with "uki" brings files of its own into the initrd */
	bool counted;
	uint64_t tries_left;
	uint64_t tries_done;
};

struct loader_entries {
	enum loader_generation generation;
	struct loader_entry *items;
	size_t n;
	size_t capacity;
};

void loader_entries_release(struct loader_entries *l);

/* True of a file that systemd-boot looks at: not hidden, not "auto-...", with that suffix. */
bool loader_takes_name(const char *name, const char *suffix);

/* Adds the entries of a file in EFI/Linux, one for each profile; none of what is not an image with a
 * usable os-release. */
_must_check_ int loader_entries_add_image(struct loader_entries *l, unsigned volume,
					  const char *name, struct span file, struct error **err);

/* Adds the entry of a file in loader/entries; none if its text makes none. Whether the program is there
 * is for the caller to see: loader_entries_drop_last() takes the entry away again. */
_must_check_ int loader_entries_add_text(struct loader_entries *l, unsigned volume,
					 const char *name, struct span text, struct error **err);
void loader_entries_drop_last(struct loader_entries *l);

/*
 * Sorts the list and finds the entry that is started. `wanted` is the one that somebody chose, by its
 * id, its file's name or, of a profile, that name with "@" and the profile's number or ID; NULL if nobody
 * did. -ENOENT if there is no such entry, -ERROR_UNPREDICTABLE if the configuration names one of systemd-boot's
 * own (a shell, the firmware's menu).
 */
_must_check_ int loader_entries_choose(struct loader_entries *l, const struct loader_conf *conf,
				       const char *wanted, const struct loader_entry **ret,
				       struct error **err);

/* What systemd-boot does with the program that it starts. */
struct loader_start {
	char *options; /* passed to it by its text entry; NULL if none */
	unsigned profile;
	bool is_text;
	bool has_extras; /* puts files of its own into the initrd */
	bool has_others; /* there are entries besides this one */
};

struct loader_choice {
	struct loader_version version; /* of systemd-boot */
	unsigned volume;
	char *path;
	char *started_path;
	struct string_list initrds;
	struct loader_start start;
};

void loader_choice_release(struct loader_choice *c);

struct loader_search {
	struct loader_version version;
	struct span conf;   /* loader/loader.conf; may be empty */
	const char *wanted; /* NULL: what systemd-boot chooses itself */
	/* Adds all entries; called once for each generation that the version may be of. */
	int (*add_entries)(void *context, struct loader_entries *l, struct error **err);
	void *context;
};

/* Finds what is started. Errors as those of loader_entries_choose(); a version between two generations
 * that would start different things is -ERROR_UNPREDICTABLE. */
_must_check_ int loader_find(const struct loader_search *s, struct loader_choice *ret,
			     struct error **err);
