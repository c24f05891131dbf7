#include "vm/status.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

bool status_find_last(struct span console, struct span *ret)
{
	const struct span prefix = SPAN_LITERAL(STATUS_LINE_PREFIX);
	bool found = false;
	size_t at;

	/* A line that has not come to its end is none yet. */
	while (span_find(console, prefix, &at)) {
		struct span rest = span_skip(console, at + prefix.n);
		const uint8_t *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;

		if (!end)
			break;
		*ret = SPAN(rest.p, (size_t)(end - rest.p));
		found = true;
		console = span_skip(rest, ret->n);
	}
	while (found && ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return found;
}

static void put_sync(const struct status_role *r, struct buffer *ret)
{
	const char *unit = string_equal(r->name, "consensus") ? "slot" : "block";

	switch (r->sync) {
	case STATUS_SYNC_DONE:
		buffer_put_string(ret, " synced");
		break;
	case STATUS_SYNC_RUNNING:
		buffer_put_string(ret, " syncing");
		break;
	case STATUS_SYNC_UNKNOWN:
		buffer_put_string(ret, r->version[0] ? " answers" : " does not answer yet");
	}
	if (r->head.known)
		buffer_printf(ret, ", %s %llu", unit, (unsigned long long)r->head.value);
	if (r->head.known && r->target.known && r->target.value > 0)
		buffer_printf(ret, " of %llu (%.1f %%)", (unsigned long long)r->target.value,
			      100.0 * (double)r->head.value / (double)r->target.value);
	if (r->finalised.known)
		buffer_printf(ret, ", epoch %llu final", (unsigned long long)r->finalised.value);
	if (r->peers.known)
		buffer_printf(ret, ", %llu peer%s", (unsigned long long)r->peers.value,
			      r->peers.value == 1 ? "" : "s");
}

void status_role_text(const struct status_role *r, struct buffer *ret)
{
	buffer_put_string(ret, r->name);
	if (r->active)
		put_sync(r, ret);
	else
		buffer_put_string(ret, r->starts ? " is not running" : " has not started");
}

void status_summary(const struct status_line *s, struct buffer *ret)
{
	for (size_t i = 0; i < s->n_roles; i++) {
		if (i > 0)
			buffer_put_string(ret, "; ");
		status_role_text(&s->roles[i], ret);
	}
}

int instance_status_read(const struct instance *i, struct instance_status *ret, struct error **err)
{
	_cleanup_free_ char *path = instance_file(i, "console.log");
	_cleanup_(file_map_release) struct file_map map = {0};
	struct span json;
	struct stat st;
	int r = path ? file_map(path, &map, err) : error_oom(err);

	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	if (!status_find_last(map.data, &json))
		return -ENOENT;
	ret->seen = st.st_mtim.tv_sec;
	r = status_line_parse(json, &ret->line, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}
