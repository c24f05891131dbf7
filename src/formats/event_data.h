/*
 * The data of the firmware's log events: TCG PC Client Platform Firmware Profile 1.06, chapter 10.4,
 * and what systemd's stub and the Linux kernel put there. The data explains an event; what counts is
 * its digest, which not for every type is that of the data. What is concluded from data is concluded
 * only after it was compared with the digest (explain/log_facts.h, log_data_is_measured()).
 */
#pragma once

#include "base/buffer.h"
#include "base/text.h"
#include "formats/eventlog.h"

/* Of the text of one event: longer ones (lists of keys) are cut. */
#define EVENT_TEXT_MAX 600u

/* UEFI_IMAGE_LOAD_EVENT: a program that firmware loaded. */
struct event_image {
	uint64_t location_in_memory;
	uint64_t length_in_memory;
	struct span device_path;
};
_must_check_ bool event_image_parse(struct span data, struct event_image *ret);

/* UEFI_VARIABLE_DATA: a variable of the firmware. */
struct event_variable {
	struct guid vendor;
	struct span name; /* UTF-16LE without NUL */
	struct span data;
};
_must_check_ bool event_variable_parse(struct span data, struct event_variable *ret);
/* True if the name is this ASCII text. */
bool event_variable_is(const struct event_variable *v, const char *name);

/* TCG_PCClientTaggedEvent: of whom it comes and what about. */
struct event_tag {
	uint32_t id;
	struct span data;
};
_must_check_ bool event_tag_parse(struct span data, struct event_tag *ret);

/* Known tags. */
#define EVENT_TAG_LOAD_OPTIONS 0x8f3b22edu /* kernel: its command line */
#define EVENT_TAG_INITRD 0x8f3b22ecu	   /* kernel: its initrd */
#define EVENT_TAG_LOADER_CONF 0xf5bc582au  /* systemd-boot: loader.conf */
#define EVENT_TAG_PROFILE 0x13aed6dbu	   /* stub: the chosen profile */
#define EVENT_TAG_DTB_ADDON 0x6c46f751u
#define EVENT_TAG_INITRD_ADDON 0x49dffe0fu
#define EVENT_TAG_UCODE_ADDON 0xdac08e1au

/* UEFI_GPT_DATA: the header, the number of entries, the entries. */
struct event_gpt {
	struct span header; /* 92 bytes */
	struct span entries;
	uint64_t n_entries;
};
_must_check_ bool event_gpt_parse(struct span data, struct event_gpt *ret);

/* Appends in which header field or partition two such tables differ first, and both values; false,
 * and nothing is appended, if they do not. */
bool event_gpt_difference(const struct event_gpt *expected, const struct event_gpt *actual,
			  struct buffer *b);

/* Appends the event's data on one line of at most EVENT_TEXT_MAX bytes. */
void event_data_text(const struct eventlog_event *e, struct buffer *b);
