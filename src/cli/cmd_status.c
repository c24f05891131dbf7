/*
 * tdnode status [NAME]: how an instance and its clients are.
 */
#include "cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "cli/instance_argument.h"
#include "cli/shared_options.h"
#include "vm/status.h"

#define TEXT_MAX (64u << 10)

struct arguments {
	const char *name;
	const char *state;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_FLAG("json", struct arguments, json, "print the status as JSON"),
	OPTION_STATE(struct arguments, state),
	OPTIONS_END,
};

struct view {
	const struct instance *instance;
	struct instance_record record;
	struct instance_status status;
	bool reported; /* the guest has said something */
	int64_t now;
};

static void put_duration(uint64_t seconds, struct buffer *ret)
{
	if (seconds >= 86400)
		buffer_printf(ret, "%" PRIu64 " d ", seconds / 86400);
	if (seconds >= 3600)
		buffer_printf(ret, "%" PRIu64 " h ", seconds / 3600 % 24);
	if (seconds >= 60)
		buffer_printf(ret, "%" PRIu64 " min ", seconds / 60 % 60);
	buffer_printf(ret, "%" PRIu64 " s", seconds % 60);
}

static uint64_t since(int64_t now, int64_t then)
{
	return now > then ? (uint64_t)(now - then) : 0;
}

static void put_time(uint64_t seconds, struct buffer *ret)
{
	char text[32];
	time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		buffer_put_string(ret, text);
	else
		buffer_printf(ret, "%" PRIu64, seconds);
}

/* When the line was written, both clocks showed this: a slow line of the console counts as difference. */
static int64_t clock_difference(const struct view *v)
{
	return (int64_t)v->status.line.clock - v->status.seen;
}

static void put_clock(const struct view *v, struct buffer *ret)
{
	int64_t difference = clock_difference(v);

	buffer_put_string(ret, "clock       ");
	put_time(v->status.line.clock, ret);
	buffer_put_string(ret,
			  v->status.line.synchronised ? ", synchronised" : ", not synchronised");
	if (difference > 2 || difference < -2)
		buffer_printf(ret, ", %" PRId64 " s %s of this host's",
			      difference < 0 ? -difference : difference,
			      difference < 0 ? "behind" : "ahead");
	buffer_put_u8(ret, '\n');
}

static void put_disk(const struct status_line *s, struct buffer *ret)
{
	const double gib = 1 << 30;

	if (s->has_disk)
		buffer_printf(ret, "disk        %.2f of %.2f GiB used, %.2f GiB free\n",
			      (double)(s->disk_size - s->disk_free) / gib,
			      (double)s->disk_size / gib, (double)s->disk_free / gib);
	else
		buffer_put_string(ret, "disk        not open\n");
}

static void put_machine(const struct status_line *s, struct buffer *ret)
{
	if (!s->processors)
		return;
	buffer_printf(ret, "machine     %" PRIu64 " processor%s, %.2f GiB of memory\n",
		      s->processors, s->processors == 1 ? "" : "s", (double)s->memory / (1 << 30));
	if (s->sizing[0])
		buffer_printf(ret, "sizing      %s\n", s->sizing);
}

static void put_config(const struct status_line *s, struct buffer *ret)
{
	char hex[2 * sizeof s->config_sha256 + 1];

	hex_encode(SPAN(s->config_sha256, sizeof s->config_sha256), hex);
	buffer_printf(ret, "config      %s%s\n", s->has_config ? "sha256 " : "none",
		      s->has_config ? hex : "");
}

static void put_role(const struct status_role *r, struct buffer *ret)
{
	buffer_put_u8(ret, '\n');
	status_role_text(r, ret);
	buffer_printf(ret, "\n  client    %s\n", r->version[0] ? r->version : "does not answer");
	buffer_printf(ret, "  unit      %s, %s", r->unit, r->active ? "active" : "inactive");
	if (r->starts > 1)
		buffer_printf(ret, ", %" PRIu64 " restart%s", r->starts - 1,
			      r->starts == 2 ? "" : "s");
	if (r->since.known) {
		buffer_put_string(ret, ", last start ");
		put_time(r->since.value, ret);
	}
	buffer_put_u8(ret, '\n');
}

static void put_text(const struct view *v, struct buffer *ret)
{
	const struct status_line *s = &v->status.line;

	buffer_printf(ret, "instance    %s\n", v->instance->name);
	buffer_printf(ret, "image       %s\n", v->record.image);
	if (v->record.sha256)
		buffer_printf(ret, "sha256      %s\n", v->record.sha256);
	buffer_printf(ret, "registers   %s\n",
		      v->record.registers ? v->record.registers : "not checked");
	buffer_put_string(ret, "started     ");
	put_duration(since(v->now, v->record.started), ret);
	buffer_put_string(ret, " ago\n");
	if (!v->reported) {
		buffer_put_string(ret, "reported    nothing yet\n");
		return;
	}
	buffer_put_string(ret, "reported    ");
	put_duration(since(v->now, v->status.seen), ret);
	buffer_put_string(ret, " ago\nuptime      ");
	put_duration(s->uptime, ret);
	buffer_put_u8(ret, '\n');
	put_clock(v, ret);
	put_disk(s, ret);
	put_config(s, ret);
	put_machine(s, ret);
	for (size_t i = 0; i < s->n_roles; i++)
		put_role(&s->roles[i], ret);
}

static int print_text(const struct view *v, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

	put_text(v, &text);
	return buffer_ok(&text) ? command_print(buffer_span(&text), err) : error_oom(err);
}

static int print_json(const struct view *v, struct error **err)
{
	json_t *guest = v->reported ? status_line_json(&v->status.line) : json_null();

	return command_print_json(
		json_pack("{s:s, s:s, s:s?, s:s?, s:I, s:i, s:s, s:o, s:o}", "instance",
			  v->instance->name, "image", v->record.image, "sha256", v->record.sha256,
			  "registers", v->record.registers, "started",
			  (json_int_t)v->record.started, "rpc_port", v->record.rpc_port,
			  "accelerator", v->record.accelerator, "reported",
			  v->reported ? json_integer((json_int_t)v->status.seen) : json_null(),
			  "guest", guest),
		err);
}

static int run_status(int argc, char **argv, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	struct arguments a = {0};
	struct view v = {.instance = &i, .now = time(NULL)};
	int r = command_parse(&command_status, argc, argv, &a, err);

	if (r >= 0)
		r = instance_find(a.state, a.name, &i, err);
	if (r < 0)
		return r;
	if (!instance_is_running(&i))
		return error_set(err, -ENOENT, "instance '%s' does not run", i.name);
	r = instance_read_record(&i, &v.record, err);
	if (r >= 0) {
		r = instance_status_read(&i, &v.status, err);
		v.reported = r >= 0;
		/* A guest that has come that far says something within seconds. */
		if (r == -ENOENT)
			r = 0;
	}
	if (r >= 0)
		r = a.json ? print_json(&v, err) : print_text(&v, err);
	instance_record_release(&v.record);
	return r;
}

const struct command command_status = {
	.name = "status",
	.summary = "how an instance and its clients are doing",
	.forms = {{.operands = {OPERAND_OPTIONAL("NAME", struct arguments, name)}}},
	.about =
		"How an instance is doing: image, registers, and what the guest last said of its "
		"uptime, "
		"clock, disk, configuration and clients. Without a name: the only instance that "
		"runs.\n"
		"\n"
		"The guest says it on its console and listens to nobody, so it can be some seconds "
		"old: 'reported' says how many.",
	.options = options,
	.example = "tdnode status devnet",
	.run = run_status,
};
