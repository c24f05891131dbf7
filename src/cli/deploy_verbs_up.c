/*
 * Verbs that make a plan: plan, up, replace, publish.
 */
#include "cli/deploy_verbs.h"

#include <errno.h>

#include "base/file.h"
#include "cli/recovery_key.h"
#include "cloud/azure_price.h"
#include "cloud/deploy_down.h"
#include "cloud/deploy_look.h"
#include "cloud/deploy_up.h"

#define PLAN_MAX (16u << 20)

/* Calls it for the VM, or for NAME-1 to NAME-N. */
static int each_new(struct deploy_session *s, deploy_of_one *one, struct error **err)
{
	const struct deploy_options *o = s->options;
	int r = 0;

	if (!o->count)
		return one(s, o->name, o->group, err);
	s->settings.fleet = o->name;
	for (uint32_t i = 1; r >= 0 && i <= o->count; i++) {
		_cleanup_free_ char *name = string_printf("%s-%u", o->name, i);

		r = name ? one(s, name, NULL, err) : error_oom(err);
		if (r < 0)
			return error_wrap(err, r, "%s", name ? name : o->name);
	}
	return r;
}

static int write_template(const struct deploy_options *o, const struct plan *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PLAN_MAX);
	int r = json_text(json_incref(p->document), &text, err);

	return r < 0 ? r : file_write(o->template, buffer_span(&text), err);
}

/* What Azure says that the template changes: what it says of each resource, and nothing of its noise. */
static void put_what_if(const json_t *answer, struct buffer *b)
{
	const json_t *change;
	size_t i;

	json_array_foreach(arm_member(answer, "properties.changes"), i, change)
	{
		const char *type = arm_text(change, "changeType"),
			   *id = arm_text(change, "resourceId");

		if (type && id && !azure_same(type, "Ignore"))
			buffer_printf(b, "azure   %-18s %s\n", type, path_basename(id));
	}
}

static int print_plan(struct deploy_session *s, const struct plan *p, struct error **err)
{
	const struct deploy_options *o = s->options;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PLAN_MAX);
	_cleanup_json_ json_t *what_if = NULL;
	_cleanup_free_ char *price = NULL;
	int r = 0;

	if (p->size.name && s->settings.prices)
		azure_price_text(&s->arm, &s->settings, p->size.name, &price);
	if (o->json) {
		json_t *root = plan_json(p);

		if (root && price)
			json_object_set_new(root, "price", json_string(price));
		return command_print_json(root, err);
	}
	plan_text(p, &text);
	if (price)
		buffer_printf(&text, "price   %s\n", price);
	r = deploy_what_if(&s->arm, p, &what_if, err);
	if (r < 0)
		return r;
	put_what_if(what_if, &text);
	return command_print_buffer(&text, err);
}

static int plan_one(struct deploy_session *s, const char *name, const char *group,
		    struct error **err)
{
	_cleanup_(plan_release) struct plan p = {0};
	int r;

	s->settings.name = name;
	s->settings.group = group;
	r = plan_make(&s->arm, &s->settings, PLAN_VM, &p, err);
	if (r >= 0 && s->options->template)
		r = write_template(s->options, &p, err);
	return r < 0 ? r : print_plan(s, &p, err);
}

int deploy_verb_plan(struct deploy_session *s, struct error **err)
{
	return each_new(s, plan_one, err);
}

static void say_uploaded(struct deploy_session *s, const struct deploy_progress *progress)
{
	const struct page_upload_result *u = &progress->uploaded;

	if (progress->has_uploaded)
		progress_note(s->progress,
			      "uploaded %llu of %llu bytes: %llu are zero, %llu were there before",
			      (unsigned long long)u->sent,
			      (unsigned long long)s->settings.image.size,
			      (unsigned long long)(s->settings.image.size - u->data),
			      (unsigned long long)u->before);
}

/*
 * System disks of images before the present one, once its node was accepted. The TPM of a machine goes with its system
 * disk: as long as the new machine does not have the data disk open, an old one may be all that does.
 */
static int forget_former(struct deploy_session *s, const char *name, const char *group,
			 bool opens_data, struct error **err)
{
	_cleanup_(deploy_down_release) struct deploy_down d = {.name = name, .group = group};
	struct deploy_progress progress = {.progress = s->progress};
	int r;

	if (!opens_data) {
		progress_note(s->progress,
			      "%s does not have its data disk open yet: system disks of images "
			      "before this one stay, as their TPMs may be what opens it; 'up' or "
			      "'replace' with --policy deletes them once it has",
			      name);
		return 0;
	}
	r = deploy_forget(&s->arm, &d, &progress, err);
	return r < 0 ? error_wrap(err, r, "'%s' is up, and accepted, but", name) : 0;
}

/* What its evidence says of the node that was made. */
static int judge_up(struct deploy_session *s, const struct plan *p, const json_t *status,
		    bool *ret_opens_data, struct error **err)
{
	const char *address = arm_text(status, "address"), *name = p->settings->name;
	bool has_disk = false, opened = false;
	int r = 0;

	if (!address)
		r = error_set(err, -ENOENT, "Azure names no address at which it could be asked");
	else if (s->disk.given)
		r = deploy_recover(s, address, &opened, err);
	if (r >= 0)
		r = deploy_attest(s, address, &has_disk, err);
	*ret_opens_data = has_disk || opened || !arm_text(status, "data_disk");
	if (r < 0 && p->replaces && p->scope == PLAN_VM)
		return error_wrap(
			err, r, "'%s' runs ('replace %s --back' returns to the image before), but",
			name, name);
	return r < 0 ? error_wrap(err, r, "'%s' runs, but", name) : 0;
}

static int say_up(struct deploy_session *s, const struct plan *p, struct error **err)
{
	const char *name = p->settings->name, *group = p->settings->group, *address;
	_cleanup_json_ json_t *status = NULL;
	bool opens_data = false;
	int r = deploy_status(&s->arm, name, group, &status, err);

	if (r >= 0 && s->options->policies.n)
		r = judge_up(s, p, status, &opens_data, err);
	/* Whoever goes back may want to go forth again. */
	if (r >= 0 && s->options->policies.n && p->scope == PLAN_VM)
		r = forget_former(s, name, group, opens_data, err);
	if (r < 0)
		return r;
	address = arm_text(status, "address");
	if (s->options->json)
		return command_print_json(TAKE_PTR(status), err);
	printf("%s is up at %s%s\n", name, address ? address : "(no address yet)",
	       s->options->policies.n ? ", and accepted" : "");
	if (s->settings.ports.attest && address && !s->options->policies.n)
		printf("whether it is your image: tdnode attest %s:8745 --policy "
		       "measurements.json\n",
		       address);
	return 0;
}

/* Before the machine that has it is stopped. */
static int ask_disk(struct deploy_session *s, const char *name, const char *group,
		    struct error **err)
{
	_cleanup_json_ json_t *status = NULL;
	int r = deploy_status(&s->arm, name, group, &status, err);

	return r < 0 ? r : deploy_ask_disk(s, arm_text(status, "address"), err);
}

static int carry_out(struct deploy_session *s, const char *name, const char *group,
		     enum plan_scope scope, bool replace, struct error **err)
{
	_cleanup_(plan_release) struct plan p = {0};
	struct deploy_progress progress = {.progress = s->progress};
	int r;

	s->settings.name = name;
	s->settings.group = group;
	r = plan_make(&s->arm, &s->settings, scope, &p, err);
	if (r < 0)
		return r;
	if (p.replaces && !replace)
		return error_set(err, -ERROR_REFUSED,
				 "'%s' runs another image (%.12s): 'tdnode deploy azure replace' "
				 "puts this one in its place",
				 name, deploy_tag(p.vm, "tdnode-image"));
	if (plan_locks_out(&p) && !s->options->leave_data_locked)
		return error_set(err, -ERROR_REFUSED,
				 "nothing was changed: the new machine of '%s' has a new TPM, and "
				 "its image no RecoveryKey=, so it could not open the data disk "
				 "'%s'; --leave-data-locked replaces it even so, and 'replace "
				 "--back' returns to the machine that opens it",
				 name, p.names.names[DEPLOY_DATA_DISK]);
	/* What was interrupted before may have no machine any more that could be asked. */
	s->disk = s->options->disk;
	if (p.replaces && s->options->recovery_key && !s->disk.given)
		r = ask_disk(s, name, group, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p.remarks.n; i++)
		progress_note(s->progress, "%s", p.remarks.items[i]);
	r = deploy_up(&s->arm, &p, &progress, err);
	say_uploaded(s, &progress);
	if (r < 0)
		return r;
	if (p.replaces && !s->disk.given)
		progress_note(s->progress,
			      "its data disk waits for the recovery key: tdnode unlock ADDRESS "
			      "--key recovery.key --disk DIGEST --policy measurements.json");
	return say_up(s, &p, err);
}

static int up_one(struct deploy_session *s, const char *name, const char *group, struct error **err)
{
	return carry_out(s, name, group, PLAN_VM, false, err);
}

int deploy_verb_up(struct deploy_session *s, struct error **err)
{
	return each_new(s, up_one, err);
}

static int replace_one(struct deploy_session *s, const char *name, const char *group,
		       struct error **err)
{
	const struct deploy_options *o = s->options;
	struct deploy_settings *settings = &s->settings;
	_cleanup_json_ json_t *status = NULL;
	_cleanup_error_ struct error *why = NULL;
	_cleanup_(x25519_erase) struct x25519_private key = {0};
	char former[65];
	int r = o->recovery_key ? recovery_key_read(o->recovery_key, &key, err) : 0;

	/* A key that is none is said before anything is stopped. */
	if (r < 0)
		return r;
	r = deploy_status(&s->arm, name, group, &status, &why);
	if (r < 0 && r != -ENOENT)
		return error_move(err, r, &why);
	/* One of a fleet stays one of it, whichever way it was named. */
	settings->fleet = o->fleet ? o->name : arm_text(status, "fleet");
	if (o->back) {
		r = deploy_former_image(&s->arm, name, group, former, err);
		if (r < 0)
			return r;
		memcpy(settings->image.sha256, former, sizeof former);
	}
	return carry_out(s, name, group, o->back ? PLAN_BACK : PLAN_VM, true, err);
}

int deploy_verb_replace(struct deploy_session *s, struct error **err)
{
	return deploy_each(s, replace_one, err);
}

int deploy_verb_publish(struct deploy_session *s, struct error **err)
{
	_cleanup_(plan_release) struct plan p = {0};
	struct deploy_progress progress = {.progress = s->progress};
	int r = plan_make(&s->arm, &s->settings, PLAN_PUBLISH, &p, err);

	if (r >= 0)
		r = deploy_up(&s->arm, &p, &progress, err);
	say_uploaded(s, &progress);
	if (r >= 0)
		printf("%s is version %s in the gallery %s\n", s->settings.image.name,
		       p.gallery.number, s->settings.gallery);
	return r;
}
