/*
 * Verbs that look at what is there, or change what it does.
 */
#include "cli/deploy_verbs.h"

#include <errno.h>

#include "base/text.h"
#include "cloud/deploy_down.h"
#include "cloud/deploy_images.h"
#include "cloud/deploy_look.h"
#include "formats/printable.h"

/* What boot diagnostics keep. */
#define CONSOLE_MAX (8u << 20)
#define FOLLOW_PAUSE_MS 5000

int deploy_each(struct deploy_session *s, deploy_of_one *one, struct error **err)
{
	const struct deploy_options *o = s->options;
	_cleanup_(deployment_list_release) struct deployment_list fleet = {0};
	int r;

	if (!o->fleet)
		return one(s, o->name, o->group, err);
	r = deploy_list(&s->arm, o->name, &fleet, err);
	if (r >= 0 && fleet.n == 0)
		return error_set(err, -ENOENT, "there is no fleet '%s'", o->name);
	for (size_t i = 0; r >= 0 && i < fleet.n; i++) {
		r = one(s, fleet.items[i].name, fleet.items[i].group, err);
		if (r < 0)
			return error_wrap(err, r, "%s", fleet.items[i].name);
	}
	return r;
}

static void put_line(struct buffer *b, const char *label, const char *value)
{
	if (value)
		buffer_printf(b, "%-9s %s\n", label, value);
}

static int status_one(struct deploy_session *s, const char *name, const char *group,
		      struct error **err)
{
	static const char *const labels[] = {"name",  "group",	      "region",	 "size",
					     "power", "provisioning", "address", "image"};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1u << 20);
	_cleanup_json_ json_t *status = NULL;
	int r = deploy_status(&s->arm, name, group, &status, err);

	if (r < 0)
		return r;
	if (s->options->json)
		return command_print_json(TAKE_PTR(status), err);
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		put_line(&text, string_equal(labels[i], "provisioning") ? "state" : labels[i],
			 arm_text(status, labels[i]));
	if (arm_text(status, "data_disk"))
		buffer_printf(&text, "%-9s %s, %lld GiB\n", "data disk",
			      arm_text(status, "data_disk"),
			      (long long)json_integer_value(arm_member(status, "data_gib")));
	return command_print_buffer(&text, err);
}

int deploy_verb_status(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, status_one, err);
}

static int stop_one(struct deploy_session *s, const char *name, const char *group,
		    struct error **err)
{
	int r = deploy_power(&s->arm, name, group, "deallocate", err);

	if (r >= 0)
		printf("%s is stopped: only its disks and its address are paid for\n", name);
	return r;
}

int deploy_verb_stop(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, stop_one, err);
}

static int start_one(struct deploy_session *s, const char *name, const char *group,
		     struct error **err)
{
	int r = deploy_power(&s->arm, name, group, "start", err);

	if (r >= 0)
		printf("%s is started\n", name);
	return r;
}

int deploy_verb_start(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, start_one, err);
}

static int grow_one(struct deploy_session *s, const char *name, const char *group,
		    struct error **err)
{
	int r = deploy_grow(&s->arm, name, group, s->settings.data_gib, err);

	if (r >= 0)
		printf("the data disk of %s has %llu GiB: the node takes them at its next start\n",
		       name, (unsigned long long)s->settings.data_gib);
	return r;
}

int deploy_verb_grow(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, grow_one, err);
}

static int print_console(struct span text, struct error **err)
{
	_cleanup_(buffer_release) struct buffer lines = BUFFER_INIT(5 * CONSOLE_MAX);

	printable_lines(text, &lines);
	return command_print_buffer(&lines, err);
}

int deploy_verb_logs(struct deploy_session *s, struct error **err)
{
	const struct deploy_options *o = s->options;
	_cleanup_(buffer_release) struct buffer before = BUFFER_INIT(CONSOLE_MAX);

	for (;;) {
		struct buffer now = BUFFER_INIT(CONSOLE_MAX);
		int r = deploy_console(&s->arm, o->name, o->group, &now, err);

		if (r >= 0)
			r = print_console(
				span_skip(buffer_span(&now), console_new_part(buffer_span(&before),
									      buffer_span(&now))),
				err);
		buffer_release(&before);
		before = now;
		/* Ctrl-C is how it ends. */
		if (r < 0 || !o->follow || interrupt_wait(&s->arm.interrupt, FOLLOW_PAUSE_MS))
			return r == -ERROR_STOPPED && o->follow ? 0 : r;
	}
}

static int down_one(struct deploy_session *s, const char *name, const char *group,
		    struct error **err)
{
	_cleanup_(deploy_down_release) struct deploy_down d = {.name = name, .group = group};
	_cleanup_free_ char *data =
		string_printf("%s%s", name, deploy_kind(DEPLOY_DATA_DISK)->suffix);
	struct deploy_progress progress = {.progress = s->progress};
	int r;

	if (!data)
		return error_oom(err);
	if (s->options->delete_data && !string_equal(s->options->delete_data, data))
		return error_set(
			err, -ERROR_USAGE,
			"--delete-data: the data disk of '%s' is '%s'; nothing was deleted", name,
			data);
	d.delete_data = s->options->delete_data;
	r = deploy_down(&s->arm, &d, &progress, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < d.deleted.n; i++)
		printf("deleted %s\n", d.deleted.items[i]);
	if (d.kept_data)
		printf("kept    data disk %s: 'up' attaches it again, to a machine with another "
		       "TPM, so it opens by its recovery key alone; 'down --delete-data %s' "
		       "deletes it\n",
		       d.kept_data, d.kept_data);
	if (d.others)
		printf("kept    %zu resources in the group that are not ours\n", d.others);
	if (d.deleted.n == 0 && !d.kept_data)
		printf("there is nothing of '%s'\n", name);
	return 0;
}

int deploy_verb_down(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, down_one, err);
}

static json_t *list_json(const struct deployment_list *l)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < l->n; i++) {
		const struct deployment *d = &l->items[i];
		json_t *roles = json_array();

		for (size_t k = 0; ok && k < d->roles.n; k++)
			ok = json_array_append_new(roles, json_string(d->roles.items[k])) >= 0;
		ok = json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s*, s:o}",
							   "name", d->name, "group", d->group,
							   "region", d->region, "image", d->image,
							   "fleet", d->fleet, "roles", roles)) >= 0;
	}
	return json_complete(list, ok);
}

int deploy_verb_list(struct deploy_session *s, struct error **err)
{
	_cleanup_(deployment_list_release) struct deployment_list l = {0};
	int r = deploy_list(&s->arm, NULL, &l, err);

	if (r < 0)
		return r;
	if (s->options->json)
		return command_print_json(list_json(&l), err);
	printf("%-20s %-20s %-12s %s\n", "NAME", "GROUP", "REGION", "IMAGE");
	for (size_t i = 0; i < l.n; i++)
		printf("%-20s %-20s %-12s %.12s\n", l.items[i].name, l.items[i].group,
		       l.items[i].region, l.items[i].image[0] ? l.items[i].image : "(no VM)");
	return 0;
}

static void put_words(struct buffer *b, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		buffer_printf(b, "%s%s", i ? "," : "", json_string_value(item));
	}

	if (json_array_size(list) == 0)
		buffer_put_string(b, "-");
}

int deploy_verb_images(struct deploy_session *s, struct error **err)
{
	const struct deploy_options *o = s->options;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1u << 20);
	_cleanup_json_ json_t *images = NULL;
	const json_t *image;
	size_t i;
	int r;

	if (o->version_operand)
		return deploy_image_remove(&s->arm, &s->settings, o->version_operand, err);
	r = deploy_images(&s->arm, &s->settings, &images, err);
	if (r < 0)
		return r;
	if (o->json)
		return command_print_json(TAKE_PTR(images), err);
	buffer_printf(&text, "%-16s %-26s %-12s %-10s REGIONS USED BY\n", "IMAGE", "VERSION",
		      "SHA-256", "STATE");
	json_array_foreach(images, i, image)
	{
		const char *sha256 = arm_text(image, "image"), *state = arm_text(image, "state");

		buffer_printf(&text, "%-16s %-26s %-12.12s %-10s ", arm_text(image, "definition"),
			      arm_text(image, "version"), sha256 ? sha256 : "?",
			      state ? state : "?");
		put_words(&text, json_object_get(image, "regions"));
		buffer_put_string(&text, " ");
		put_words(&text, json_object_get(image, "used_by"));
		buffer_put_string(&text, "\n");
	}
	return command_print_buffer(&text, err);
}
