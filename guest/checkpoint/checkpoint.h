/*
 * Where a consensus client starts: whoever gives it its first state decides which chain it takes for the right one. So
 * two sources of different operators must name the same finalised block, and be of the network that the node is
 * configured for, before the client starts.
 *
 *	plan.c		which sources, of the configuration or of the image
 *	ask.c		what one of them answers
 *	judge.c		whether they agree
 *	decide.c	asks until they do, or time is up
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "formats/beacon.h"

#define CHECKPOINT_SOURCES_MAX 8u
/* Of an answer: some hundred bytes. */
#define CHECKPOINT_ANSWER_MAX (16u << 10)
/* Of the image's list, and of the configuration. */
#define CHECKPOINT_FILE_MAX (1u << 20)
/* Sources that must agree, unless the operator names one alone. */
#define CHECKPOINT_AGREE 2u

/* Says one line to whoever watches the boot. */
typedef void (*say_function)(const char *fmt, ...) _printf_(1, 2);

struct checkpoint_plan {
	uint8_t network[BEACON_ROOT_SIZE]; /* genesis_validators_root */
	struct string_list urls;
	size_t needed;
};

void checkpoint_plan_release(struct checkpoint_plan *p);
/*
 * From the image's list, sections of formats/conf.h named after networks with Genesis= and Url=, and the
 * canonical configuration (NETWORK, CHECKPOINT_URLS). A configuration that names one source means it; else
 * there must be two.
 */
_must_check_ int checkpoint_plan_make(struct span list, struct span configuration,
				      struct checkpoint_plan *ret, struct error **err);

/* What one source says. */
struct checkpoint_answer {
	const char *url;
	char *problem; /* why there is no answer; NULL: there is one */
	uint8_t network[BEACON_ROOT_SIZE];
	struct beacon_checkpoint finalized;
};

enum checkpoint_verdict {
	CHECKPOINT_AGREED,
	CHECKPOINT_WAIT,    /* too few have answered for the same epoch */
	CHECKPOINT_REFUSED, /* another network, or two blocks for one epoch */
};
/* CHECKPOINT_AGREED: *ret is the first of those that name the newest block on which enough agree. */
enum checkpoint_verdict checkpoint_judge(const struct checkpoint_plan *p,
					 const struct checkpoint_answer *answers, size_t n,
					 const struct checkpoint_answer **ret);

/* How it is asked. */
struct checkpoint_options {
	const char *ca_file;
	unsigned attempt_milliseconds; /* for one answer */
	unsigned pause_milliseconds;   /* between two rounds */
	unsigned total_milliseconds;
};

/* Fills in all but the URL; a source that does not answer is a problem, only lack of memory an error. */
_must_check_ int checkpoint_ask(const struct checkpoint_options *o, struct checkpoint_answer *a,
				struct error **err);

/* Where a client may start. */
struct checkpoint_start {
	const char *
		url; /* of the plan: a source that has just named the block, so that it can be had there */
	struct beacon_checkpoint checkpoint;
};

/* Asks until enough agree. -ERROR_REFUSED otherwise; what each answered is said. */
_must_check_ int checkpoint_decide(const struct checkpoint_plan *p,
				   const struct checkpoint_options *o, say_function say,
				   struct checkpoint_start *ret, struct error **err);
