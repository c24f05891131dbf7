/*
 * tdnode deploy azure VERB: from an image to a running confidential VM, and back.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "cli/deploy_verbs.h"

struct verb {
	const char *name;
	deploy_verb *run;
	bool name_needed, image_needed, region_needed;
};

static const struct verb verbs[] = {
	{"plan", deploy_verb_plan, true, true, true},
	{"up", deploy_verb_up, true, true, true},
	{"status", deploy_verb_status, true, false, false},
	{"logs", deploy_verb_logs, true, false, false},
	{"stop", deploy_verb_stop, true, false, false},
	{"start", deploy_verb_start, true, false, false},
	{"replace", deploy_verb_replace, true, false, false},
	{"grow", deploy_verb_grow, true, false, false},
	{"down", deploy_verb_down, true, false, false},
	{"list", deploy_verb_list, false, false, false},
	{"publish", deploy_verb_publish, false, true, true},
	{"images", deploy_verb_images, false, false, false},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (string_equal(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *name, struct error **err)
{
	_cleanup_(buffer_release) struct buffer all = BUFFER_INIT(1024);

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		buffer_printf(&all, "%s%s", i ? ", " : "", verbs[i].name);
	return error_set(err, -ERROR_USAGE, "what is '%s'? One of %s", name, buffer_text(&all));
}

static int check(const struct deploy_options *o, const struct verb *v, struct error **err)
{
	bool images_rm = string_equal(v->name, "images") && o->name;

	if (v->name_needed && !o->name)
		return error_set(err, -ERROR_USAGE, "%s: which VM? Give its name", v->name);
	if (!v->name_needed && o->name && !images_rm)
		return error_set(err, -ERROR_USAGE, "%s: takes no name", v->name);
	if (images_rm && (!string_equal(o->name, "rm") || !o->version_operand))
		return error_set(err, -ERROR_USAGE,
				 "images: 'images' lists them, 'images rm VERSION' deletes one");
	if (!images_rm && o->version_operand)
		return error_set(err, -ERROR_USAGE, "%s: '%s' is too much", v->name,
				 o->version_operand);
	if (v->image_needed && !o->image)
		return error_set(err, -ERROR_USAGE, "%s: which image? Give --image FILE", v->name);
	if (v->region_needed && !o->region)
		return error_set(err, -ERROR_USAGE, "%s: where? Give --region REGION", v->name);
	if (string_equal(v->name, "replace") && !o->back == !o->image)
		return error_set(err, -ERROR_USAGE,
				 "replace: by which image? Give --image FILE, or --back");
	if (string_equal(v->name, "replace") && !o->back && !o->region)
		return error_set(err, -ERROR_USAGE, "replace: where? Give --region REGION");
	if (string_equal(v->name, "grow") && !o->data_size)
		return error_set(err, -ERROR_USAGE, "grow: how large? Give --data-size SIZE");
	if (o->fleet && o->delete_data)
		return error_set(err, -ERROR_USAGE,
				 "--fleet and --delete-data: data disks are deleted one by one");
	if (o->recovery_key && !o->policies.n)
		return error_set(err, -ERROR_USAGE,
				 "--recovery-key: no key is sent to a node that nobody has judged: "
				 "give --policy FILE");
	if (o->disk.given && (!o->recovery_key || o->fleet))
		return error_set(err, -ERROR_USAGE,
				 "--disk: names the one disk that --recovery-key recovers");
	if (o->count && o->group)
		return error_set(err, -ERROR_USAGE,
				 "--group and --count: each VM of a fleet has a group of its own");
	return 0;
}

static int journal_folder(const struct deploy_options *o, char **ret, struct error **err)
{
	const char *state = o->state, *home = getenv("HOME"), *xdg = getenv("XDG_STATE_HOME");

	if (state)
		*ret = string_printf("%s/.azure", state);
	else if (xdg && xdg[0])
		*ret = string_printf("%s/tdnode/.azure", xdg);
	else if (home && home[0])
		*ret = string_printf("%s/.local/state/tdnode/.azure", home);
	else
		return 0;
	return *ret ? 0 : error_oom(err);
}

static int run_verb(const struct verb *v, struct deploy_options *o, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, o->quiet);
	_cleanup_(deploy_image_parts_release) struct deploy_image_parts parts = {0};
	_cleanup_free_ char *journal = NULL;
	_cleanup_free_ char *region = o->region ? azure_region_word(o->region) : NULL;
	struct deploy_session s = {
		.options = o,
		.progress = progress,
		.image = &parts,
		.arm = {.sign_in = {.auth = o->auth, .tenant = o->tenant, .client = o->client},
			.seconds = o->call_seconds,
			.trace = o->trace},
	};
	int r = deploy_options_settings(o, &s.settings, err);

	if (r >= 0)
		r = journal_folder(o, &journal, err);
	s.settings.journal = journal;
	s.settings.region = region;
	if (r >= 0 && o->region && !region)
		r = error_oom(err);
	if (r >= 0 && o->image)
		r = deploy_image_read(o, progress, &s.settings, &parts, err);
	if (r < 0)
		return r;
	interrupt_block();
	r = arm_open(&s.arm, o->endpoint, o->subscription, err);
	if (r >= 0)
		r = v->run(&s, err);
	arm_release(&s.arm);
	return r;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(deploy_options_release) struct deploy_options o = {0};
	int r = command_parse(&command_deploy, argc, argv, &o, err);
	const struct verb *v;

	if (r < 0)
		return r;
	v = find_verb(o.what);
	if (!v)
		return unknown_verb(o.what, err);
	r = check(&o, v, err);
	return r < 0 ? r : run_verb(v, &o, err);
}

#define A struct deploy_options

const struct command command_deploy = {
	.name = "deploy",
	.summary = "run an image as a confidential VM in Azure",
	.forms = {{.verb = "azure",
		   .operands = {OPERAND("VERB", A, what), OPERAND_OPTIONAL("NAME", A, name),
				OPERAND_OPTIONAL("VERSION", A, version_operand)}}},
	.about =
		"Brings an image to Azure and runs it there as a confidential VM in Intel TDX, "
		"with "
		"its network, its address and its data disk. Each call may be cut off and made "
		"again: it goes on from what is there. What is ours is known by its tags, from any "
		"machine; what is not is neither changed nor deleted.\n"
		"\n"
		"  plan NAME          say what up would create, change and keep\n"
		"  up NAME            do it\n"
		"  status NAME        what there is, its address, whether it runs\n"
		"  logs NAME          what its serial console says; -f goes on\n"
		"  stop, start NAME   without and with what is paid by the hour\n"
		"  replace NAME       the same node from another image, or --back\n"
		"  grow NAME          a larger data disk\n"
		"  down NAME          delete it; the data disk stays\n"
		"  list               all deployments of the subscription\n"
		"  publish            the image into the gallery, for VMs to come\n"
		"  images             images of the gallery, and who uses them\n"
		"  images rm VERSION  delete one, or 'all' that nobody uses",
	.options = deploy_option_table,
	.notes = "Exit status: 0 done, 3 refused before anything was made, 1 failed.",
	.example = "tdnode deploy azure plan node1 --image artifacts/nethermind/nethermind.vhd "
		   "--region westus3 --data-size 2048G\n"
		   "tdnode deploy azure up node1 --image artifacts/nethermind/nethermind.vhd "
		   "--region westus3 --data-size 2048G",
	.run = run,
};
