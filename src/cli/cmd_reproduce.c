/*
 * tdnode reproduce MANIFEST: is somebody else's image what its lock gives?
 */
#include "cli/command.h"

#include "base/file.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "cli/signing_key.h"
#include "cli/version.h"
#include "diff/diff.h"
#include "formats/dsse.h"
#include "image/reproduce.h"

struct arguments {
	struct reproduce_options options;
	struct string_list mirrors;
	struct string_list components;
	const char *images, *source;
	const char *statement;
	const char *key;
	const char *builder;
	bool quiet;
	bool json;
};

static void arguments_release(struct arguments *a)
{
	string_list_release(&a->mirrors);
	string_list_release(&a->components);
}

static const struct option_spec options[] = {
	OPTION_TEXT("lock", "FILE", struct arguments, options.lock,
		    "the image's lock (images/IMAGE/image.lock)"),
	OPTION_TEXT("output", "DIR", struct arguments, options.output,
		    "where the image is built, as DIR/IMAGE", .preset = "reproduced"),
	OPTION_TEXT("statement", "FILE", struct arguments, statement,
		    "write a statement about the outcome (in-toto, SLSA provenance)"),
	OPTION_TEXT("key", "KEY", struct arguments, key,
		    "sign the statement with this Ed25519 key of ssh-keygen (a DSSE envelope)"),
	OPTION_TEXT("builder", "URI", struct arguments, builder, "who says so, in the statement",
		    .preset = "urn:tdnode:rebuilder"),
	OPTION_IMAGES(struct arguments, images),
	OPTION_TEXT("source", "DIR", struct arguments, source, "folder with guest/ and src/"),
	OPTION_STORE(struct arguments, options.store),
	OPTION_MIRROR(struct arguments, mirrors),
	OPTION_COMPONENT(struct arguments, components),
	OPTION_FLAG("offline", struct arguments, options.offline, "use no network"),
	OPTION_QUIET(struct arguments, quiet),
	OPTION_FLAG("json", struct arguments, json, "print the result as JSON"),
	OPTIONS_END,
};

static const char *const states[] = {
	[EXPECTED_EQUAL] = "equal",
	[EXPECTED_OTHER] = "differs",
	[EXPECTED_ABSENT] = "absent",
};

static int print_json(const struct reproduction *p, struct error **err)
{
	json_t *items = json_array();
	bool ok = items;

	for (size_t i = 0; ok && i < p->compared.n; i++) {
		const struct expected_item *item = &p->compared.items[i];
		char hex[DIGEST_HEX_MAX] = "";

		if (item->state != EXPECTED_ABSENT)
			digest_hex(&item->found, hex);
		ok = json_array_append_new(items,
					   json_pack("{s:s, s:s, s:s}", "name", item->name, "state",
						     states[item->state], "sha256", hex)) == 0;
	}
	return command_print_json(
		json_complete(json_pack("{s:s, s:b, s:s, s:b, s:o}", "image", p->published.image,
					"debug", p->published.debug, "directory", p->directory,
					"equal", p->compared.equal, "artefacts", items),
			      ok),
		err);
}

static void print_text(const struct reproduction *p)
{
	printf("%s\n", p->directory);
	for (size_t i = 0; i < p->compared.n; i++) {
		const struct expected_item *item = &p->compared.items[i];
		char hex[DIGEST_HEX_MAX] = "";

		if (item->state != EXPECTED_ABSENT)
			digest_hex(&item->found, hex);
		printf("  %-7s  %s  %s\n", states[item->state], item->name, hex);
	}
}

/* Where the first artefact that differs does, if the published one lies beside its manifest. */
static int print_difference(const char *manifest, const struct reproduction *p, struct error **err)
{
	int folder = (int)(path_basename(manifest) - manifest);

	for (size_t i = 0; i < p->published.n_artefacts; i++) {
		const struct expected_item *item = &p->compared.items[i];
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DIFF_REPORT_MAX);
		_cleanup_(diff_release) struct diff d = {0};
		_cleanup_free_ char *theirs = string_printf("%.*s%s", folder, manifest, item->name);
		_cleanup_free_ char *ours = path_join(p->directory, item->name);
		int r;

		if (!theirs || !ours)
			return error_oom(err);
		if (item->state != EXPECTED_OTHER || string_ends(item->name, ".policy") ||
		    !path_exists(theirs))
			continue;
		r = diff_files(theirs, ours, NULL, &d, err);
		if (r < 0)
			return r;
		putchar('\n');
		fflush(stdout);
		diff_text(&d, &text);
		return command_print_buffer(&text, err);
	}
	printf("  where: 'tdnode diff' tells it of two files; put the published ones beside '%s'\n",
	       manifest);
	return 0;
}

static int write_statement(const struct arguments *a, const struct ed25519_private *key,
			   const struct reproduction *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DSSE_MAX),
						envelope = BUFFER_INIT(DSSE_MAX);
	const char *version = strchr(program_version, ' ') + 1;
	int r = reproduction_statement(p, a->builder, version, &text, err);

	if (r >= 0 && a->key)
		r = dsse_sign(key, STATEMENT_PAYLOAD_TYPE, buffer_span(&text), &envelope, err);
	return r < 0 ? r : file_write(a->statement, buffer_span(a->key ? &envelope : &text), err);
}

static int build_and_compare(struct arguments *a, struct reproduction *p, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	_cleanup_(progress_freep) struct progress *notes = progress_new(stderr, false);

	_cleanup_(places_release) struct places places = {0};
	int r = places_find(a->images, a->source, &places, err);

	if (r < 0)
		return r;
	a->options.recipes = places.recipes;
	a->options.source = places.source;
	a->options.mirrors = &a->mirrors;
	a->options.given = &a->components;
	a->options.progress = progress;
	a->options.notes = progress ? progress : notes;
	return reproduce(&a->options, p, err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(ed25519_erase) struct ed25519_private key = {0};
	_cleanup_(reproduction_release) struct reproduction p = {0};
	int r = command_parse(&command_reproduce, argc, argv, &a, err);

	if (r >= 0 && a.key && !a.statement)
		r = error_set(err, -ERROR_USAGE, "--key signs a statement: give --statement FILE");
	if (r >= 0 && a.key)
		r = signing_key_read(a.key, &key, err);
	if (r >= 0)
		r = build_and_compare(&a, &p, err);
	if (r >= 0 && a.statement)
		r = write_statement(&a, &key, &p, err);
	if (r < 0)
		return r;
	if (a.json)
		r = print_json(&p, err);
	else
		print_text(&p);
	if (r >= 0 && !p.compared.equal && !a.json)
		r = print_difference(a.options.published, &p, err);
	return r < 0 ? r
		     : expected_require(&p.published, &p.compared, p.directory, a.options.published,
					err);
}

const struct command command_reproduce = {
	.name = "reproduce",
	.summary = "build a published image again and compare",
	.forms = {{.operands = {OPERAND("MANIFEST", struct arguments, options.published)}}},
	.about = "Confirms somebody else's image: takes its manifest.json (or its "
		 "measurements.json), builds the image from its lock, with nothing of an earlier "
		 "build, and compares every artefact that the manifest names. Where one differs "
		 "and the published file lies beside the manifest, it shows the first byte and "
		 "why.",
	.notes = "Exit status: 0 if all artefacts are the same, 3 if one differs, or if the lock "
		 "is not the image's.",
	.options = options,
	.example = "tdnode reproduce theirs/manifest.json --statement devnet.intoto.json --key "
		   "~/.ssh/rebuilder",
	.run = run,
};
