#include "attest/verdict.h"

#include <stdarg.h>

#include "base/text.h"
#include "formats/json_read.h"
#include "formats/printable.h"

static const char *const question_names[] = {"genuine", "platform", "identity"};
static const char *const state_names[] = {"good", "refused", "open"};
static const char *const answer_names[] = {"yes", "no", "not judged"};

void verdict_release(struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->items[i].name);
		free(v->items[i].text);
		free(v->items[i].seen);
		free(v->items[i].wanted);
	}
	free(v->items);
	free(v->evidence);
	json_decref(v->facts);
	*v = (struct verdict){0};
}

char *verdict_line(const char *text)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(PRINTABLE_GROWTH * strlen(text));
	char *line;

	printable_lines(span_string(text), &b);
	line = buffer_steal_text(&b);
	for (char *p = line; p && *p; p++)
		*p = *p == '\n' || *p == '\t' ? ' ' : *p;
	return line;
}

static void add(struct verdict *v, struct check c, const char *name, const char *fmt,
		va_list arguments) _printf_(4, 0);
static void add(struct verdict *v, struct check c, const char *name, const char *fmt,
		va_list arguments)
{
	_cleanup_free_ char *text = NULL;

	if (array_reserve(&v->items, &v->capacity, v->n + 1, sizeof *v->items) < 0) {
		v->failed = true;
		free(c.seen);
		free(c.wanted);
		return;
	}
	if (vasprintf(&text, fmt, arguments) < 0)
		text = NULL;
	c.name = strdup(name);
	c.text = text ? verdict_line(text) : NULL;
	v->failed |= !c.name || !c.text;
	v->items[v->n++] = c;
}

void verdict_good(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		  ...)
{
	va_list arguments;

	va_start(arguments, fmt);
	add(v, (struct check){.question = q, .state = CHECK_GOOD}, name, fmt, arguments);
	va_end(arguments);
}

void verdict_concede(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		     ...)
{
	va_list arguments;

	va_start(arguments, fmt);
	add(v, (struct check){.question = q, .state = CHECK_GOOD, .conceded = true}, name, fmt,
	    arguments);
	va_end(arguments);
}

void verdict_open(struct verdict *v, enum verdict_question q, const char *name, const char *fmt,
		  ...)
{
	va_list arguments;

	va_start(arguments, fmt);
	add(v, (struct check){.question = q, .state = CHECK_OPEN}, name, fmt, arguments);
	va_end(arguments);
}

int verdict_refuse(struct verdict *v, enum verdict_question q, const char *name, const char *seen,
		   const char *wanted, const char *fmt, ...)
{
	struct check c = {.question = q, .state = CHECK_REFUSED};
	va_list arguments;

	c.seen = seen ? verdict_line(seen) : NULL;
	c.wanted = wanted ? verdict_line(wanted) : NULL;
	v->failed |= (seen && !c.seen) || (wanted && !c.wanted);
	va_start(arguments, fmt);
	add(v, c, name, fmt, arguments);
	va_end(arguments);
	return -ERROR_REFUSED;
}

int verdict_check_dates(struct verdict *v, const char *what, int64_t from, int64_t until,
			struct error **err)
{
	char at[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE];

	time_format(v->at, at);
	if (v->at < from) {
		time_format(from, text);
		return error_set(err, -ERROR_REFUSED, "%s is not valid yet: at %s, from %s", what,
				 at, text);
	}
	if (v->at > until) {
		time_format(until, text);
		return error_set(err, -ERROR_REFUSED, "%s has expired: at %s, until %s", what, at,
				 text);
	}
	if (!v->until || until < v->until)
		v->until = until;
	return 0;
}

enum verdict_answer verdict_answer(const struct verdict *v, enum verdict_question q)
{
	enum verdict_answer answer = ANSWER_NOT_JUDGED;

	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i].question != q)
			continue;
		if (v->items[i].state == CHECK_REFUSED)
			return ANSWER_NO;
		if (v->items[i].state == CHECK_GOOD)
			answer = ANSWER_YES;
	}
	return answer;
}

bool verdict_is_confidential(const struct verdict *v)
{
	bool confidential = false;

	for (size_t i = 0; i < v->n; i++) {
		if (!string_equal(v->items[i].name, "debug"))
			continue;
		if (v->items[i].state != CHECK_GOOD)
			return false;
		confidential = true;
	}
	return confidential;
}

int verdict_require(const struct verdict *v, struct error **err)
{
	if (v->failed)
		return error_oom(err);
	for (size_t i = 0; i < v->n; i++) {
		const struct check *c = &v->items[i];

		if (c->state != CHECK_REFUSED)
			continue;
		return error_set(err, -ERROR_REFUSED, "%s: %s: %s%s%s%s%s",
				 question_names[c->question], c->name, c->text, c->seen ? ": " : "",
				 c->seen ? c->seen : "", c->wanted ? ", wanted: " : "",
				 c->wanted ? c->wanted : "");
	}
	for (size_t q = 0; q < VERDICT_QUESTIONS_; q++)
		if (verdict_answer(v, (enum verdict_question)q) != ANSWER_YES)
			return error_set(err, -ERROR_REFUSED, "%s: nothing was checked",
					 question_names[q]);
	return 0;
}

static void check_text(const struct check *c, struct buffer *b)
{
	static const char *const marks[] = {"ok      ", "REFUSED ", "open    "};

	buffer_printf(b, "  %s%-20s %s\n", marks[c->state], c->name, c->text);
	if (c->seen)
		buffer_printf(b, "          %-20s seen:   %s\n", "", c->seen);
	if (c->wanted)
		buffer_printf(b, "          %-20s wanted: %s\n", "", c->wanted);
}

void verdict_text(const struct verdict *v, struct buffer *b)
{
	char at[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	time_format(v->at, at);
	time_format(v->until, until);
	buffer_printf(b, "%s\njudged for %s", v->evidence, at);
	if (v->until)
		buffer_printf(b, ", holds until %s", until);
	buffer_put_u8(b, '\n');
	for (size_t q = 0; q < VERDICT_QUESTIONS_; q++) {
		buffer_printf(b, "%s: %s\n", question_names[q],
			      answer_names[verdict_answer(v, (enum verdict_question)q)]);
		for (size_t i = 0; i < v->n; i++)
			if (v->items[i].question == q)
				check_text(&v->items[i], b);
	}
}

static bool set_text(json_t *o, const char *name, const char *text)
{
	return json_object_set_new(o, name, json_string(text)) == 0;
}

static json_t *check_json(const struct check *c)
{
	json_t *o = json_object();
	bool ok = set_text(o, "name", c->name) && set_text(o, "state", state_names[c->state]) &&
		  set_text(o, "text", c->text) &&
		  (!c->conceded || json_object_set_new(o, "conceded", json_true()) == 0) &&
		  (!c->seen || set_text(o, "seen", c->seen)) &&
		  (!c->wanted || set_text(o, "wanted", c->wanted));

	return json_complete(o, ok);
}

static json_t *question_json(const struct verdict *v, enum verdict_question q)
{
	json_t *o = json_object(), *checks = json_array();
	bool ok = set_text(o, "answer", answer_names[verdict_answer(v, q)]);

	for (size_t i = 0; i < v->n; i++)
		if (v->items[i].question == q)
			ok = ok && json_array_append_new(checks, check_json(&v->items[i])) == 0;
	return json_complete(o, json_object_set_new(o, "checks", checks) == 0 && ok);
}

json_t *verdict_object(const struct verdict *v)
{
	char at[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
	json_t *o = json_object();
	bool ok;

	time_format(v->at, at);
	time_format(v->until, until);
	ok = json_object_set_new(o, "version", json_integer(1)) == 0 &&
	     json_object_set_new(o, "accepted", json_boolean(verdict_require(v, NULL) == 0)) == 0 &&
	     set_text(o, "evidence", v->evidence) && set_text(o, "at", at) &&
	     (!v->until || set_text(o, "until", until));
	for (size_t q = 0; q < VERDICT_QUESTIONS_; q++)
		ok = ok && json_object_set_new(o, question_names[q],
					       question_json(v, (enum verdict_question)q)) == 0;
	if (v->facts)
		ok = json_object_set(o, "facts", v->facts) == 0 && ok;
	return json_complete(o, ok && !v->failed);
}

int verdict_json(const struct verdict *v, struct buffer *b, struct error **err)
{
	return json_text(verdict_object(v), b, err);
}
