/*
 * tdnode config IMAGE: the keys of an image's configuration, and what a configuration measures as.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "cli/shared_options.h"
#include "measure/report_json.h"

/* Every key with its help and its value. */
#define CONFIG_PRINT_MAX (4u << 20)

struct arguments {
	const char *image;
	const char *artifacts;
	const char *config;
	struct string_list set;
	bool debug;
	bool json;
};

#define A struct arguments

static const struct option_spec options[] = {
	OPTION_CONFIG(A, config),
	OPTION_CONFIG_SET(A, set),
	OPTION_DEBUG(A, debug),
	OPTION_ARTIFACTS(A, artifacts),
	OPTION_FLAG("json", A, json, "print keys, canonical form and registers as JSON"),
	OPTIONS_END,
};

static void arguments_release(struct arguments *a)
{
	string_list_release(&a->set);
}

/* A path of a disk, or the name of an image that was built. */
static int find_disk(const struct arguments *a, char **ret, struct error **err)
{
	const char *suffix = a->debug ? "-debug" : "";
	_cleanup_free_ char *path = NULL;

	if (strpbrk(a->image, "/."))
		path = strdup(a->image);
	else
		path = string_printf("%s/%s%s/%s.raw", a->artifacts, a->image, suffix, a->image);
	if (!path)
		return error_oom(err);
	if (!path_exists(path))
		return error_set(err, -ENOENT, "no image '%s': run 'tdnode build %s%s' first", path,
				 a->image, a->debug ? " --debug" : "");
	*ret = TAKE_PTR(path);
	return 0;
}

static int measure_disk(const struct arguments *a, const char *path, struct measurement *ret,
			struct error **err)
{
	const struct measure_options wanted = {
		.inputs = {.config = a->config, .config_set = a->set.n ? &a->set : NULL},
		.banks = 1u << EVENT_SHA256 | 1u << EVENT_SHA384,
		.registers_only = true,
	};
	int r = measure_file(path, &wanted, ret, err);
	const char *reason = ret->reasons.items[PCR_CONFIGURATION].text;

	if (r < 0 || ret->configuration)
		return r;
	return error_set(err, -EINVAL, "%s: %s", path,
			 reason ? reason : "the image takes no configuration");
}

static void print_registers(const struct measurement *m, struct buffer *b)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		char hex[DIGEST_HEX_MAX];

		if (!(m->banks_predicted & 1u << i))
			continue;
		digest_hex(&m->banks[i].registers[PCR_CONFIGURATION], hex);
		buffer_printf(b, "# PCR 8   %s  %s\n", digest_name(event_banks[i]), hex);
	}
}

static void print_keys(const struct config_keys *keys, struct buffer *b)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct config_key *k = &keys->items[i];

		buffer_printf(b, "# %s: ", k->help);
		config_key_range(k, b);
		buffer_printf(b, "\n%s=%s\n\n", k->name, k->default_value);
	}
}

static json_t *json_choices(const struct string_list *l)
{
	json_t *list = json_array();
	bool ok = list;

	if (l->n == 0) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; ok && i < l->n; i++)
		ok = json_array_append_new(list, json_string(l->items[i])) >= 0;
	return json_complete(list, ok);
}

static json_t *json_keys(const struct config_keys *keys)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < keys->n; i++) {
		const struct config_key *k = &keys->items[i];

		ok = json_array_append_new(
			     list, json_pack("{s:s, s:s, s:o*, s:I, s:I, s:s, s:s}", "name",
					     k->name, "type", config_type_name(k->type), "choices",
					     json_choices(&k->choices), "min", (json_int_t)k->min,
					     "max", (json_int_t)k->max, "default", k->default_value,
					     "help", k->help)) >= 0;
	}
	return json_complete(list, ok);
}

static json_t *json_registers(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < EVENT_BANKS; i++) {
		if (m->banks_predicted & 1u << i)
			ok = json_object_set_new(
				     object, digest_name(event_banks[i]),
				     json_digest(&m->banks[i].registers[PCR_CONFIGURATION])) >= 0;
	}
	return json_complete(object, ok);
}

static int print(const struct arguments *a, const struct measurement *m, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_PRINT_MAX);
	const struct configuration *c = m->configuration;

	if (a->json)
		return command_print_json(json_pack("{s:o, s:s, s:o}", "keys", json_keys(&c->keys),
						    "configuration", buffer_text(&c->text), "pcr8",
						    json_registers(m)),
					  err);
	if (a->config || a->set.n)
		buffer_put(&text, buffer_span(&c->text));
	else
		print_keys(&c->keys, &text);
	print_registers(m, &text);
	return buffer_ok(&text) ? command_print(buffer_span(&text), err) : error_oom(err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_free_ char *path = NULL;
	int r = command_parse(&command_config, argc, argv, &a, err);

	if (r >= 0)
		r = find_disk(&a, &path, err);
	if (r >= 0)
		r = measure_disk(&a, path, &m, err);
	return r < 0 ? r : print(&a, &m, err);
}

const struct command command_config = {
	.name = "config",
	.summary = "the keys by which a node is configured, and what they measure as",
	.forms = {{.operands = {OPERAND("IMAGE", A, image)}}},
	.about = "Prints the keys by which a node of IMAGE is configured (the name of a built "
		 "image, or a "
		 "disk), each with what it is for, what it may be and its default: a text to be "
		 "edited and given to 'tdnode run --config'.\n"
		 "With --config or --set a configuration is checked, and its canonical form "
		 "printed, "
		 "with the value that it gives PCR 8.",
	.options = options,
	.example = "tdnode config devnet --set HOSTNAME=node-1",
	.run = run,
};
