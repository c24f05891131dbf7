#include "image/guest_programs.h"

#include <errno.h>

#include "base/file.h"

/* Files below src/ and guest/ are source text; none comes near this. */
#define SOURCE_FILE_MAX (4u << 20)
#define ARGUMENTS_MAX 200

/* The folders that guest programs may use besides their own (ARCHITECTURE.md, layers). */
static const char *const shared_folders[] = {"src/base", "src/crypto", "src/formats", "guest/tpm"};

static const char *const compiler[] = {
	"gcc",
	"-std=gnu17",
	"-O2",
	"-D_GNU_SOURCE",
	"-D_FORTIFY_SOURCE=2",
	"-Isrc",
	"-I.",
	"-fPIE",
	"-fstack-protector-strong",
	"-fstack-clash-protection",
	"-fcf-protection",
	"-ftrivial-auto-var-init=zero",
	"-fno-common",
	"-ffunction-sections",
	"-fdata-sections",
	"-Wall",
	"-Wextra",
	"-Werror=implicit-function-declaration",
	"-s",
	"-Wl,--build-id=none",
	"-Wl,-z,relro,-z,now",
	"-Wl,--gc-sections",
	"-Wl,--as-needed",
};

/* guest/NAME/sources. */
struct sources {
	struct string_list files;
	struct string_list link;
};

static void sources_release(struct sources *s)
{
	string_list_release(&s->files);
	string_list_release(&s->link);
}

static int parse_line(struct sources *s, struct span line, const char *path, unsigned number,
		      struct error **err)
{
	_cleanup_free_ char *text = span_to_string(span_trim(line));

	if (!text)
		return error_set(err, -ERROR_MALFORMED, "%s:%u: NUL byte", path, number);
	if (text[0] == 0 || text[0] == '#')
		return 0;
	if (string_starts(text, "source ") && path_is_confined(text + 7))
		return string_list_add(&s->files, text + 7) < 0 ? error_oom(err) : 0;
	if (string_starts(text, "link -"))
		return string_list_add(&s->link, text + 5) < 0 ? error_oom(err) : 0;
	return error_set(err, -ERROR_MALFORMED,
			 "%s:%u: neither 'source PATH' nor 'link -FLAG': '%s'", path, number, text);
}

static int sources_read(const char *path, struct sources *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(GUEST_SOURCES_MAX);
	_cleanup_(sources_release) struct sources s = {0};
	struct span line;
	int r = file_read(path, GUEST_SOURCES_MAX, &text, err);

	if (r < 0)
		return r;

	struct reader reader = reader_init(buffer_span(&text));

	for (unsigned number = 1; reader_line(&reader, &line); number++) {
		r = parse_line(&s, line, path, number, err);
		if (r < 0)
			return r;
	}
	if (s.files.n == 0)
		return error_set(err, -ERROR_MALFORMED, "%s: no 'source' line", path);
	*ret = s;
	s = (struct sources){0};
	return 0;
}

/* Adds name and content of every .c and .h file of a folder. */
static int digest_folder(struct digest_stream *d, const char *source, const char *folder,
			 struct error **err)
{
	_cleanup_free_ char *path = path_join(source, folder);
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = path ? directory_list(path, &names, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		const char *name = names.items[i];

		if (!string_ends(name, ".c") && !string_ends(name, ".h") &&
		    !string_equal(name, "sources"))
			continue;

		_cleanup_free_ char *file = path_join(path, name);
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SOURCE_FILE_MAX);

		r = file ? file_read(file, SOURCE_FILE_MAX, &text, err) : error_oom(err);
		if (r < 0)
			break;
		digest_stream_add_text(d, name);

		struct digest content = digest_bytes(DIGEST_SHA256, buffer_span(&text));

		/* A digest has one length, so names and contents cannot run into each other. */
		digest_stream_add(d, digest_span(&content));
	}
	return r;
}

int guest_sources_read(const struct build_root *b, const char *source, struct guest_sources *ret,
		       struct error **err)
{
	_cleanup_(guest_sources_release) struct guest_sources g = {
		.build_root = b,
		.source = source,
		.shared = digest_stream_new(DIGEST_SHA256),
	};

	if (!g.shared)
		return error_oom(err);
	digest_stream_add(g.shared, digest_span(&b->key));
	for (size_t i = 0; i < ARRAY_SIZE(compiler); i++)
		digest_stream_add(g.shared, SPAN(compiler[i], strlen(compiler[i]) + 1));
	for (size_t i = 0; i < ARRAY_SIZE(shared_folders); i++) {
		int r = digest_folder(g.shared, source, shared_folders[i], err);

		if (r < 0)
			return error_wrap(err, r, "guest programs");
	}
	*ret = g;
	g = (struct guest_sources){0};
	return 0;
}

void guest_sources_release(struct guest_sources *g)
{
	digest_stream_free(g->shared);
	*g = (struct guest_sources){0};
}

static int program_key(const struct guest_sources *g, const char *folder, struct digest *ret,
		       struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_copy(g->shared);
	int r = d ? digest_folder(d, g->source, folder, err) : error_oom(err);

	if (r < 0)
		return r;
	*ret = digest_stream_end(d);
	return 0;
}

struct compile_context {
	const struct guest_sources *shared;
	const struct sources *sources;
	const char *name;
	const char *folder;
};

/* A path of the project, outside and in the sandbox. */
static int add_paths(struct string_list *paths, const char *source, const char *folder)
{
	_cleanup_free_ char *outside = path_join(source, folder);
	_cleanup_free_ char *inside = path_join("/work", folder);

	if (!outside || !inside || string_list_add(paths, outside) < 0)
		return -ENOMEM;
	return string_list_add(paths, inside);
}

/* Only the folders of the key are visible: a source from elsewhere does not compile. */
static int compile_with(const struct compile_context *c, const char *const *argv,
			const char *directory, struct error **err)
{
	struct sandbox_folder folders[ARRAY_SIZE(shared_folders) + 3] = {0};
	_cleanup_(string_list_release) struct string_list paths = {0};
	size_t n = 0;
	int r = add_paths(&paths, c->shared->source, c->folder);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(shared_folders); i++)
		r = add_paths(&paths, c->shared->source, shared_folders[i]);
	if (r < 0)
		return error_oom(err);
	for (size_t i = 0; i < paths.n; i += 2)
		folders[n++] = (struct sandbox_folder){paths.items[i], paths.items[i + 1], false};
	folders[n] = (struct sandbox_folder){directory, "/work/out", true};

	const struct sandbox_command command = {
		.argv = argv,
		.folders = folders,
		.directory = "/work",
		.stdin_fd = -1,
	};

	return build_root_run(c->shared->build_root, &command, NULL, err);
}

static int compile(void *context, const char *directory, struct error **err)
{
	struct compile_context *c = context;
	const char *argv[ARGUMENTS_MAX + 1];
	size_t n = 0;
	_cleanup_free_ char *output = path_join("/work/out", c->name);

	if (!output)
		return error_oom(err);
	if (ARRAY_SIZE(compiler) + 2 + c->sources->files.n + c->sources->link.n > ARGUMENTS_MAX)
		return error_set(err, -E2BIG, "too many sources");
	for (size_t i = 0; i < ARRAY_SIZE(compiler); i++)
		argv[n++] = compiler[i];
	argv[n++] = "-o";
	argv[n++] = output;
	for (size_t i = 0; i < c->sources->files.n; i++)
		argv[n++] = c->sources->files.items[i];
	for (size_t i = 0; i < c->sources->link.n; i++)
		argv[n++] = c->sources->link.items[i];
	argv[n] = NULL;
	return compile_with(c, argv, directory, err);
}

int guest_program_compile(const struct store *s, const struct guest_sources *g, const char *name,
			  char **ret_path, struct error **err)
{
	_cleanup_(sources_release) struct sources sources = {0};
	_cleanup_free_ char *folder = string_printf("guest/%s", name);
	_cleanup_free_ char *list =
		folder ? string_printf("%s/%s/sources", g->source, folder) : NULL;
	_cleanup_free_ char *directory = NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest key;
	int r = list ? sources_read(list, &sources, err) : error_oom(err);

	if (r < 0)
		return error_wrap(err, r, "guest program '%s'", name);
	r = program_key(g, folder, &key, err);
	if (r < 0)
		return error_wrap(err, r, "guest program '%s'", name);
	digest_hex(&key, hex);

	struct compile_context context = {g, &sources, name, folder};
	_cleanup_free_ char *step = string_printf("guest-%s-%s", name, hex);

	r = step ? store_folder(s, STORE_STEPS, step, compile, &context, &directory, err)
		 : error_oom(err);
	if (r < 0)
		return error_wrap(err, r, "guest program '%s'", name);
	*ret_path = path_join(directory, name);
	return *ret_path ? 0 : error_oom(err);
}
