#include "cloud/deploy_look.h"

#include <errno.h>

#include "cloud/arm_answer.h"
#include "formats/azure_error.h"

#define CONSOLE_TRIES 5u
#define CONSOLE_PAUSE_MS 20000
/* What follows the end of a console's text that was seen is new. */
#define CONSOLE_MARK 256u

void deployment_list_release(struct deployment_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct deployment *d = &l->items[i];

		free(d->name);
		free(d->group);
		free(d->region);
		free(d->image);
		free(d->fleet);
		string_list_release(&d->roles);
	}
	free(l->items);
	*l = (struct deployment_list){0};
}

/* The group in "/subscriptions/S/resourceGroups/G/...". */
static char *group_of(const char *id)
{
	static const char mark[] = "/resourceGroups/";
	const char *at = id ? strcasestr(id, mark) : NULL;

	return at ? string_printf("%.*s", (int)strcspn(at + strlen(mark), "/"), at + strlen(mark))
		  : strdup("");
}

static struct deployment *find(struct deployment_list *l, const char *name, const char *group)
{
	for (size_t i = 0; i < l->n; i++)
		if (azure_same(l->items[i].name, name) && azure_same(l->items[i].group, group))
			return &l->items[i];
	return NULL;
}

static struct deployment *add(struct deployment_list *l, const char *name, const char *group,
			      const json_t *resource)
{
	const char *fleet = deploy_tag(resource, "tdnode-fleet");
	const char *region = arm_text(resource, "location");
	struct deployment *d = find(l, name, group);

	if (d)
		return d;
	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof *l->items) < 0)
		return NULL;
	d = &l->items[l->n++];
	*d = (struct deployment){.name = strdup(name),
				 .group = strdup(group),
				 .region = strdup(region ? region : ""),
				 .image = strdup(""),
				 .fleet = fleet ? strdup(fleet) : NULL};
	return d->name && d->group && d->region && d->image && (d->fleet || !fleet) ? d : NULL;
}

static int take(struct deployment_list *l, const json_t *resource, struct error **err)
{
	const char *name = deploy_tag(resource, "tdnode-name"),
		   *role = deploy_tag(resource, "tdnode-role"),
		   *image = deploy_tag(resource, "tdnode-image");
	_cleanup_free_ char *group = group_of(arm_text(resource, "id"));
	struct deployment *d;

	if (!name || !role)
		return 0;
	d = group ? add(l, name, group, resource) : NULL;
	if (!d || string_list_add(&d->roles, role) < 0)
		return error_oom(err);
	if (azure_same(role, "vm") && image) {
		free(d->image);
		d->image = strdup(image);
		if (!d->image)
			return error_oom(err);
	}
	return 0;
}

int deploy_list(struct arm *a, const char *fleet, struct deployment_list *ret, struct error **err)
{
	_cleanup_(deployment_list_release) struct deployment_list l = {0};
	_cleanup_free_ char *path = NULL;
	_cleanup_json_ json_t *resources = NULL;
	const json_t *resource;
	size_t i;
	int r;

	path = fleet ? arm_path(a,
				"/resources?api-version=2021-04-01&$filter=tagName%%20eq%%20'"
				"tdnode-fleet'%%20and%%20tagValue%%20eq%%20'%s'",
				fleet)
		     : arm_path(a, "/resources?api-version=2021-04-01&$filter=tagName%%20eq%%20'"
				   "tdnode-deployment'");
	r = path ? arm_list(a, path, &resources, err) : error_oom(err);
	json_array_foreach(resources, i, resource)
	{
		r = r < 0 ? r : take(&l, resource, err);
	}

	if (r < 0)
		return r;
	*ret = l;
	l = (struct deployment_list){0};
	return 0;
}

/* The VM, which has to be there and ours. */
static int get_vm(struct arm *a, const char *name, const char *group, struct deploy_names *names,
		  json_t **ret, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	int r = deploy_names_make(a, name, group, "", names, err);

	if (r < 0)
		return r;
	path = string_printf("%s?$expand=instanceView&api-version=%s", names->ids[DEPLOY_VM],
			     deploy_kind(DEPLOY_VM)->version);
	r = path ? arm_find(a, path, ret, err) : error_oom(err);
	if (r >= 0 && (!*ret || !deploy_is_ours(names, *ret)))
		r = error_set(err, -ENOENT,
			      "there is no virtual machine '%s' of ours in group '%s'", name,
			      names->group);
	return r;
}

static const char *status_of(const json_t *vm, const char *prefix)
{
	const json_t *item;
	size_t i;

	json_array_foreach(arm_member(vm, "properties.instanceView.statuses"), i, item)
	{
		const char *code = arm_text(item, "code");

		if (code && strncasecmp(code, prefix, strlen(prefix)) == 0)
			return code + strlen(prefix);
	}
	return "unknown";
}

static int find_of(struct arm *a, const struct deploy_names *n, enum deploy_resource k,
		   json_t **ret, struct error **err)
{
	_cleanup_free_ char *path = deploy_path(n, k);

	return path ? arm_find(a, path, ret, err) : error_oom(err);
}

int deploy_status(struct arm *a, const char *name, const char *group, json_t **ret,
		  struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	_cleanup_json_ json_t *vm = NULL, *address = NULL, *data = NULL;
	int r = get_vm(a, name, group, &n, &vm, err);

	if (r >= 0)
		r = find_of(a, &n, DEPLOY_ADDRESS, &address, err);
	if (r >= 0)
		r = find_of(a, &n, DEPLOY_DATA_DISK, &data, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s, s:s*, s:s*, s:s*, s:s*, s:O*}", "name",
			 name, "group", n.group, "region", arm_text(vm, "location"), "size",
			 arm_text(vm, "properties.hardwareProfile.vmSize"), "image",
			 deploy_tag(vm, "tdnode-image"), "power", status_of(vm, "PowerState/"),
			 "provisioning", arm_text(vm, "properties.provisioningState"), "fleet",
			 deploy_tag(vm, "tdnode-fleet"), "address",
			 arm_text(address, "properties.ipAddress"), "data_disk",
			 arm_text(data, "name"), "data_gib",
			 arm_member(data, "properties.diskSizeGB"));
	return *ret ? 0 : error_oom(err);
}

int deploy_power(struct arm *a, const char *name, const char *group, const char *verb,
		 struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	_cleanup_json_ json_t *vm = NULL;
	_cleanup_free_ char *path = NULL;
	int r = get_vm(a, name, group, &n, &vm, err);

	if (r < 0)
		return r;
	path = string_printf("%s/%s?api-version=%s", n.ids[DEPLOY_VM], verb,
			     deploy_kind(DEPLOY_VM)->version);
	return path ? arm_post(a, path, NULL, NULL, err) : error_oom(err);
}

int deploy_grow(struct arm *a, const char *name, const char *group, uint64_t gib,
		struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	_cleanup_json_ json_t *disk = NULL, *body = NULL;
	_cleanup_free_ char *path = NULL;
	json_int_t now;
	int r = deploy_names_make(a, name, group, "", &n, err);

	if (r >= 0)
		r = find_of(a, &n, DEPLOY_DATA_DISK, &disk, err);
	if (r < 0)
		return r;
	if (!disk || !deploy_is_ours(&n, disk))
		return error_set(err, -ENOENT, "'%s' has no data disk of ours", name);
	now = json_integer_value(arm_member(disk, "properties.diskSizeGB"));
	if ((json_int_t)gib < now)
		return error_set(err, -ERROR_USAGE,
				 "the data disk has %lld GiB: it does not get smaller",
				 (long long)now);
	if ((json_int_t)gib == now)
		return 0;
	path = deploy_path(&n, DEPLOY_DATA_DISK);
	body = json_pack("{s:{s:I}}", "properties", "diskSizeGB", (json_int_t)gib);
	return path && body ? arm_patch(a, path, body, err) : error_oom(err);
}

/* The address gives access: it is named in no error. */
static int get_console(struct arm *a, const char *url, struct buffer *ret, struct error **err)
{
	struct http_request q = {.method = "GET",
				 .url = url,
				 .name = "the console's log",
				 .seconds = a->seconds,
				 .direct = azure_url_is_local(url)};
	struct http_answer answer = {.body = BUFFER_INIT(ret->max)};
	int r = http_exchange(a->http, &q, &answer, err);

	a->calls++;
	if (r >= 0 && answer.status == 404)
		r = -ENOENT;
	else if (r >= 0 && answer.status != 200)
		r = error_set(err, -EIO, "the console's log: the service answers %u",
			      answer.status);
	if (r >= 0)
		buffer_put(ret, buffer_span(&answer.body));
	buffer_release(&answer.body);
	http_answer_release(&answer);
	return r;
}

int deploy_console(struct arm *a, const char *name, const char *group, struct buffer *ret,
		   struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	_cleanup_json_ json_t *vm = NULL;
	_cleanup_free_ char *path = NULL;
	int r = get_vm(a, name, group, &n, &vm, err);

	if (r < 0)
		return r;
	path = string_printf("%s/retrieveBootDiagnosticsData?sasUriExpirationTimeInMinutes=60&"
			     "api-version=%s",
			     n.ids[DEPLOY_VM], deploy_kind(DEPLOY_VM)->version);
	if (!path)
		return error_oom(err);
	for (unsigned i = 1;; i++) {
		_cleanup_json_ json_t *answer = NULL;
		const char *url;

		r = arm_post(a, path, NULL, &answer, err);
		if (r < 0)
			return r;
		url = arm_text(answer, "serialConsoleLogBlobUri");
		if (!url || !azure_url_is_safe(url))
			return error_set(err, -ERROR_MALFORMED, "'%s' has no console's log", name);
		r = get_console(a, url, ret, err);
		/* A new VM has none for a minute or two. */
		if (r != -ENOENT)
			return r;
		if (i >= CONSOLE_TRIES)
			return error_set(err, -ENOENT, "'%s' has said nothing yet", name);
		if (interrupt_wait(&a->interrupt, CONSOLE_PAUSE_MS))
			return interrupt_check(&a->interrupt, err);
	}
}

int deploy_former_image(struct arm *a, const char *name, const char *group, char ret[65],
			struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	_cleanup_json_ json_t *vm = NULL, *disks = NULL;
	_cleanup_free_ char *path = NULL;
	const char *now, *found = NULL;
	bool has_left = false;
	const json_t *disk;
	size_t i;
	int r = deploy_names_make(a, name, group, "", &n, err);

	if (r >= 0)
		r = find_of(a, &n, DEPLOY_VM, &vm, err);
	if (r < 0)
		return r;
	path = string_printf("%s/providers/Microsoft.Compute/disks?api-version=%s", n.group_path,
			     deploy_kind(DEPLOY_OS_DISK)->version);
	r = path ? arm_list(a, path, &disks, err) : error_oom(err);
	if (r < 0)
		return r;
	now = arm_text(vm, "properties.storageProfile.osDisk.managedDisk.id");
	json_array_foreach(disks, i, disk)
	{
		const char *role = deploy_tag(disk, "tdnode-role"),
			   *image = deploy_tag(disk, "tdnode-image");

		if (!image || !deploy_is_ours(&n, disk) || azure_same(arm_text(disk, "id"), now))
			continue;
		if (azure_same(role, "former") || (azure_same(role, "os") && !found))
			found = image;
		has_left = has_left || azure_same(role, "left");
	}
	/* One was gone back from, and only that: it is done already. */
	if (!found && has_left)
		found = deploy_tag(vm, "tdnode-image");
	if (!found || strlen(found) != 64)
		return error_set(err, -ENOENT,
				 "'%s' has no former system disk to go back to: its image, while "
				 "the gallery has it, can be put in its place by 'replace "
				 "--image'",
				 name);
	memcpy(ret, found, 65);
	return 0;
}

size_t console_new_part(struct span before, struct span now)
{
	size_t mark = MIN(before.n, CONSOLE_MARK), from = 0, at, end = 0;
	struct span tail = span_skip(before, before.n - mark);
	bool found = false;

	if (before.n <= now.n && span_equal(before, SPAN(now.p, before.n)))
		return before.n;
	while (mark && span_find(span_skip(now, from), tail, &at)) {
		found = true;
		end = from + at + mark;
		from += at + 1;
	}
	return found ? end : 0;
}
