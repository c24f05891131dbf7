#include "vm/last_run.h"

#include <inttypes.h>

#include "base/file.h"
#include "formats/json_read.h"

#define FORMAT_VERSION 1

static const char *const outcomes[RUN_OUTCOMES] = {
	[RUN_READY] = "ready", [RUN_STOPPED] = "stopped", [RUN_FAILED] = "failed"};

void last_run_release(struct last_run *r)
{
	free(r->instance);
	free(r->image);
	free(r->accelerator);
	free(r->sha256);
	free(r->registers);
	free(r->message);
	boot_timeline_release(&r->timeline);
	*r = (struct last_run){0};
}

int last_run_format(const struct last_run *r, struct buffer *ret, struct error **err)
{
	/* The message ends with the console's last lines, which console_tail() has made ASCII. */
	return json_text(json_pack("{s:i, s:s, s:I, s:s, s:s?, s:s?, s:s, s:s?, s:o}", "version",
				   FORMAT_VERSION, "image", r->image, "started",
				   (json_int_t)r->started, "accelerator", r->accelerator, "sha256",
				   r->sha256, "registers", r->registers, "outcome",
				   outcomes[r->outcome], "message", r->message, "timeline",
				   boot_timeline_json(&r->timeline)),
			 ret, err);
}

/* A copy; NULL stays NULL. */
static int read_text(const json_t *json, const char *name, bool optional, char **ret,
		     struct error **err)
{
	const char *text;
	int r;

	if (optional && json_is_null(json_object_get(json, name)))
		return 0;
	r = json_read_string(json, name, &text, err);
	if (r < 0)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : error_oom(err);
}

static int read_outcome(const json_t *json, enum run_outcome *ret, struct error **err)
{
	const char *text;
	int r = json_read_string(json, "outcome", &text, err);

	for (size_t i = 0; r >= 0 && i < RUN_OUTCOMES; i++) {
		if (!string_equal(text, outcomes[i]))
			continue;
		*ret = (enum run_outcome)i;
		return 0;
	}
	return r < 0 ? r : error_set(err, -ERROR_MALFORMED, "'outcome': '%s' is not known", text);
}

static int parse(const json_t *json, struct last_run *run, struct error **err)
{
	const json_t *timeline;
	uint64_t version, started;
	int r = json_read_number(json, "version", UINT32_MAX, &version, err);

	if (r >= 0 && version != FORMAT_VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "version %" PRIu64 ", not %d", version,
				 FORMAT_VERSION);
	if (r >= 0)
		r = json_read_number(json, "started", UINT32_MAX, &started, err);
	if (r >= 0)
		r = read_text(json, "image", false, &run->image, err);
	if (r >= 0)
		r = read_text(json, "accelerator", false, &run->accelerator, err);
	if (r >= 0)
		r = read_text(json, "sha256", true, &run->sha256, err);
	if (r >= 0)
		r = read_text(json, "registers", true, &run->registers, err);
	if (r >= 0)
		r = read_text(json, "message", true, &run->message, err);
	if (r >= 0)
		r = read_outcome(json, &run->outcome, err);
	if (r >= 0)
		r = json_read_object(json, "timeline", &timeline, err);
	if (r >= 0)
		r = boot_timeline_parse(timeline, &run->timeline, err);
	if (r >= 0)
		run->started = (int64_t)started;
	return r;
}

int last_run_parse(struct span text, struct last_run *ret, struct error **err)
{
	_cleanup_(last_run_release) struct last_run run = {0};
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_document(text, false, &json, err);

	if (r >= 0)
		r = parse(json, &run, err);
	if (r < 0)
		return r;
	*ret = run;
	run = (struct last_run){0};
	return 0;
}

int last_run_write(const struct instance *i, const struct last_run *run, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LAST_RUN_MAX);
	_cleanup_free_ char *path = instance_file(i, LAST_RUN_FILE);
	int r = path ? last_run_format(run, &text, err) : error_oom(err);

	return r < 0 ? r : file_write_private(path, buffer_span(&text), err);
}

int last_run_read(const struct instance *i, struct last_run *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LAST_RUN_MAX);
	_cleanup_free_ char *path = instance_file(i, LAST_RUN_FILE);
	int r = path ? file_read(path, LAST_RUN_MAX, &text, err) : error_oom(err);

	if (r < 0)
		return r;
	r = last_run_parse(buffer_span(&text), ret, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	ret->instance = strdup(i->name);
	if (ret->instance)
		return 0;
	last_run_release(ret);
	return error_oom(err);
}
