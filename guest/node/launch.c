#include "guest/node/node.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/config_text.h"
#include "formats/sizing.h"

/* What the machine has; the disk may be another one at each boot. */
static void look_at_machine(struct sizing_machine *ret)
{
	struct sysinfo memory = {0};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct statvfs disk;

	*ret = (struct sizing_machine){.processors = processors > 0 ? (unsigned)processors : 1};
	if (sysinfo(&memory) == 0)
		ret->memory = (uint64_t)memory.totalram * memory.mem_unit;
	if (statvfs(NODE_DISK, &disk) == 0)
		ret->disk = (uint64_t)disk.f_blocks * disk.f_frsize;
}

/* Behind the configuration, which goes before where both have a key. */
static int add_sizing(struct buffer *configuration, struct error **err)
{
	_cleanup_(buffer_release) struct buffer lines = BUFFER_INIT(SIZING_TEXT_MAX);
	struct sizing_machine machine;

	look_at_machine(&machine);
	sizing_put(&machine, buffer_span(configuration), &lines);
	buffer_put(configuration, buffer_span(&lines));
	return buffer_ok(&lines) && buffer_ok(configuration) ? 0 : error_oom(err);
}

int node_role_read(const char *role, struct role *ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf(NODE_ROLES "/%s.conf", role);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ROLE_TEXT_MAX);
	_cleanup_(buffer_release) struct buffer configuration = BUFFER_INIT(3 * CONFIG_TEXT_MAX);
	int r = path ? file_read(path, ROLE_TEXT_MAX, &text, err) : error_oom(err);

	/* One that is there and cannot be read is not the same as none. */
	if (r >= 0 && !path_is_absent(NODE_CONFIGURATION))
		r = file_read(NODE_CONFIGURATION, CONFIG_TEXT_MAX, &configuration, err);
	if (r >= 0 && !path_is_absent(NODE_CHECKPOINT))
		r = file_read(NODE_CHECKPOINT, CONFIG_TEXT_MAX, &configuration, err);
	if (r >= 0)
		r = add_sizing(&configuration, err);
	if (r < 0)
		return r;
	return role_parse(path, buffer_span(&text), buffer_span(&configuration), ret, err);
}

/* NULL-terminated; the strings stay the lists'. */
static char **vector(char *first, const struct string_list *rest)
{
	char **v = calloc(rest->n + 2, sizeof *v);

	if (!v)
		return NULL;
	v[0] = first;
	memcpy(v + 1, rest->items, rest->n * sizeof *v);
	return v;
}

/* Nothing of the environment of this program is the client's business. */
int node_launch(const char *role, struct error **err)
{
	_cleanup_(role_release) struct role client = {0};
	_cleanup_free_ char *home = string_printf("HOME=/run/%s", role);
	_cleanup_free_ char **arguments = NULL, **environment = NULL;
	int r = home ? node_role_read(role, &client, err) : error_oom(err);

	if (r < 0)
		return r;
	arguments = vector(client.program, &client.arguments);
	environment = vector(home, &client.environment);
	if (!arguments || !environment)
		return error_oom(err);
	execve(client.program, arguments, environment);
	return error_errno(err, errno, "cannot start '%s'", client.program);
}
