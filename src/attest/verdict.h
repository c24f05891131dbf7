/*
 * What was checked of a piece of evidence, and with which result: three answers, never one.
 *
 *   genuine    the evidence is what it says it is: signatures, chains, dates, revocation
 *   platform   the machine it is about is in a state that the policy accepts
 *   identity   what runs on it is what the policy names, and the evidence is of now
 *
 * What was not checked stands in the verdict like what was.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "formats/json.h"

/* Of a verdict as text or JSON: a hundred checks of a few lines. */
#define VERDICT_TEXT_MAX (1u << 20)

enum verdict_question {
	VERDICT_GENUINE,
	VERDICT_PLATFORM,
	VERDICT_IDENTITY,
	VERDICT_QUESTIONS_,
};

enum check_state {
	CHECK_GOOD,
	CHECK_REFUSED,
	CHECK_OPEN, /* not checked, and what that leaves open */
};

/* Texts are printable, on one line each, whatever the evidence holds. */
struct check {
	enum verdict_question question;
	enum check_state state;
	char *name; /* for programs: "pck_crl" */
	char *text;
	char *seen, *wanted; /* of a refused comparison; else NULL */
	bool conceded;	     /* good only because the policy accepts less than the best */
};

struct verdict {
	struct check *items;
	size_t n, capacity;
	char *evidence; /* what was judged: "TDX quote, version 4"; NULL before anything is judged */
	int64_t at;	/* the time for which it holds */
	int64_t until;	/* the first date at which something of it expires; 0: nothing was judged */
	json_t *facts;	/* what the evidence says, for programs; NULL if it is not genuine */
	bool failed;	/* out of memory */
};

enum verdict_answer {
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_NOT_JUDGED, /* nothing was checked: something before it refused */
};

void verdict_release(struct verdict *v);

/* The text as a verdict has it: printable, on one line, whoever wrote what is in it. NULL: out of memory. */
char *verdict_line(const char *text);

void verdict_good(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		  ...) _printf_(4, 5);
/* Good, and `conceded`: the policy accepts less than the best. */
void verdict_concede(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		     ...) _printf_(4, 5);
void verdict_open(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		  ...) _printf_(4, 5);
/* Both values may be NULL. Returns -ERROR_REFUSED. */
int verdict_refuse(struct verdict *v, enum verdict_question q, const char *name, const char *seen,
		   const char *wanted, const char *fmt, ...) _printf_(6, 7);

/* -ERROR_REFUSED unless the verdict's time lies between both dates. Notes the first end of all. */
_must_check_ int verdict_check_dates(struct verdict *v, const char *what, int64_t from,
				     int64_t until, struct error **err);

enum verdict_answer verdict_answer(const struct verdict *v, enum verdict_question q);

/* Whether the evidence is of a TD whose memory its host cannot read, whatever the policy accepts: one that cannot be
 * debugged, and no TPM alone. Says nothing of the rest of the verdict. */
bool verdict_is_confidential(const struct verdict *v);

/* 0 if all three answers are yes, else -ERROR_REFUSED with the first check that refused. */
_must_check_ int verdict_require(const struct verdict *v, struct error **err);

void verdict_text(const struct verdict *v, struct buffer *b);
/* All of it, for programs (docs/verify.md); NULL when out of memory. */
json_t *verdict_object(const struct verdict *v);
_must_check_ int verdict_json(const struct verdict *v, struct buffer *b, struct error **err);
