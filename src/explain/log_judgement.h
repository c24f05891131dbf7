/*
 * All that can be said about the log of a boot against a prediction, and how it is told.
 *
 *	_cleanup_(log_judgement_release) struct log_judgement j = {0};
 *	r = log_judge("devnet.raw", &options, &measurement, &context, &j, err);
 *	log_judgement_text(&j, &text);
 *	r = log_judgement_verdict(&j, err);		-ERROR_REFUSED if the boot differs
 */
#pragma once

#include "explain/log_alternatives.h"

/* Of a text or JSON document: registers in four banks, two events, LOG_FINDINGS_MAX causes. */
#define LOG_REPORT_MAX (4u << 20)

struct log_given {
	const struct firmware_log *log;
	const struct firmware_log
		*good; /* of a good boot on the same machine; NULL: there is none */
	const char *claimed_command_line; /* see struct log_context; may be NULL */
};

struct log_judgement {
	const struct measurement *measurement;
	const struct firmware_log *log;
	bool has_good;	     /* the platform's registers were compared, too, */
	bool other_platform; /* and are not those of the good boot */
	struct log_comparison comparison;
	bool has_alternative; /* other options come closer to the log */
	bool explained;	      /* and leave no difference */
	uint32_t left_out;    /* REGISTER_BIT() of those that are not predicted under them */
	struct log_alternative alternative;
	struct log_findings findings; /* if something differs, or foreign code ran */
};

void log_judgement_release(struct log_judgement *j);

/*
 * `path`: the file that was measured with `options`, to try others; NULL: they are not tried. `m` and
 * what `given` points to must outlive *ret.
 */
_must_check_ int log_judge(const char *path, const struct measure_options *options,
			   const struct measurement *m, const struct log_given *given,
			   struct log_judgement *ret, struct error **err);

/* Appends the registers, the first event that differs with both sides, and the causes. */
void log_judgement_text(const struct log_judgement *j, struct buffer *b);

/* Appends the same as a JSON document: docs/measure.md has its keys. */
_must_check_ int log_judgement_json(const struct log_judgement *j, struct buffer *b,
				    struct error **err);

/* 0 if all predicted registers are those of the log, and it tells of no code besides firmware and image,
 * nor of another platform than the good boot's; else -ERROR_REFUSED with them and the first cause. */
_must_check_ int log_judgement_verdict(const struct log_judgement *j, struct error **err);
