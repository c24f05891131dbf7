#include "image/guest_programs.h"

#include <errno.h>

#include "base/file.h"

/* Files below src/ and guest/ are source text; none comes near this. */
#define SOURCE_FILE_MAX (4u << 20)
/* In the folder of its step. */
#define OBJECT_NAME "object.o"

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
};

static const char *const linker[] = {
	"-s", "-Wl,--build-id=none", "-Wl,-z,relro,-z,now", "-Wl,--gc-sections", "-Wl,--as-needed",
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
		digest_stream_add_text(g.shared, compiler[i]);
	for (size_t i = 0; i < ARRAY_SIZE(linker); i++)
		digest_stream_add_text(g.shared, linker[i]);
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

/* One run of gcc in the sandbox, which sees these folders, in /work, and writes into /work/out. */
struct gcc {
	struct string_list arguments;
	struct string_list outside;
	struct string_list inside;
};

static void gcc_release(struct gcc *g)
{
	string_list_release(&g->arguments);
	string_list_release(&g->outside);
	string_list_release(&g->inside);
}

static int gcc_add_arguments(struct gcc *g, const char *const *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (string_list_add(&g->arguments, arguments[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int gcc_add_folder(struct gcc *g, char *outside, char *inside)
{
	if (string_list_take(&g->outside, outside) < 0) {
		free(inside);
		return -ENOMEM;
	}
	return string_list_take(&g->inside, inside);
}

/* The compiler's flags, and the folders that all programs' keys begin with. */
static int gcc_begin(struct gcc *g, const char *source)
{
	int r = gcc_add_arguments(g, compiler, ARRAY_SIZE(compiler));

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(shared_folders); i++)
		r = gcc_add_folder(g, path_join(source, shared_folders[i]),
				   path_join("/work", shared_folders[i]));
	return r;
}

/* Only the folders of the key are visible: a source from elsewhere does not compile. */
static int gcc_run(const struct gcc *g, const struct build_root *b, const char *directory,
		   struct error **err)
{
	size_t n = g->outside.n;
	_cleanup_free_ struct sandbox_folder *folders = calloc(n + 2, sizeof *folders);
	_cleanup_free_ const char **argv = calloc(g->arguments.n + 1, sizeof *argv);

	if (!folders || !argv)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		folders[i] =
			(struct sandbox_folder){g->outside.items[i], g->inside.items[i], false};
	folders[n] = (struct sandbox_folder){directory, "/work/out", true};
	for (size_t i = 0; i < g->arguments.n; i++)
		argv[i] = g->arguments.items[i];

	const struct sandbox_command command = {argv, folders, "/work", -1};

	return build_root_run(b, &command, NULL, err);
}

struct object_context {
	const struct guest_sources *shared;
	const char *file;
};

static int compile_object(void *context, const char *directory, struct error **err)
{
	const struct object_context *c = context;
	const char *const rest[] = {"-c", c->file, "-o", "/work/out/" OBJECT_NAME};
	_cleanup_(gcc_release) struct gcc g = {0};

	if (gcc_begin(&g, c->shared->source) < 0 ||
	    gcc_add_arguments(&g, rest, ARRAY_SIZE(rest)) < 0)
		return error_oom(err);
	return gcc_run(&g, c->shared->build_root, directory, err);
}

/* A source of the shared folders, compiled once for all programs. *ret_path is the folder of the object. */
static int shared_object(const struct store *s, const struct guest_sources *g, const char *file,
			 char **ret_path, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_copy(g->shared);
	struct object_context context = {g, file};
	char hex[DIGEST_HEX_MAX];

	if (!d)
		return error_oom(err);
	digest_stream_add_text(d, file);

	struct digest key = digest_stream_end(d);

	digest_hex(&key, hex);

	_cleanup_free_ char *step = string_printf("object-%s", hex);
	int r = step ? store_folder(s, STORE_STEPS, step, compile_object, &context, ret_path, err)
		     : error_oom(err);

	return r < 0 ? error_wrap(err, r, "%s", file) : 0;
}

struct program_context {
	const struct store *store;
	const struct guest_sources *shared;
	const struct sources *sources;
	const char *name;
	const char *folder;
};

static bool is_own(const struct program_context *c, const char *file)
{
	return string_starts(file, c->folder) && file[strlen(c->folder)] == '/';
}

/* The program's own sources as they are, shared ones as objects, in the order of the list. */
static int add_sources(const struct program_context *c, struct gcc *g, struct error **err)
{
	for (size_t i = 0; i < c->sources->files.n; i++) {
		const char *file = c->sources->files.items[i];

		if (is_own(c, file)) {
			if (string_list_add(&g->arguments, file) < 0)
				return error_oom(err);
			continue;
		}

		_cleanup_free_ char *folder = NULL;
		_cleanup_free_ char *inside = string_printf("/work/objects/%zu", i);
		_cleanup_free_ char *object = inside ? path_join(inside, OBJECT_NAME) : NULL;
		int r = shared_object(c->store, c->shared, file, &folder, err);

		if (r < 0)
			return r;
		if (!object || string_list_take(&g->arguments, TAKE_PTR(object)) < 0 ||
		    gcc_add_folder(g, TAKE_PTR(folder), TAKE_PTR(inside)) < 0)
			return error_oom(err);
	}
	return 0;
}

static int compile_program(void *context, const char *directory, struct error **err)
{
	const struct program_context *c = context;
	_cleanup_(gcc_release) struct gcc g = {0};
	_cleanup_free_ char *output = path_join("/work/out", c->name);
	const char *const rest[] = {"-o", output};

	if (!output || gcc_begin(&g, c->shared->source) < 0 ||
	    gcc_add_folder(&g, path_join(c->shared->source, c->folder),
			   path_join("/work", c->folder)) < 0 ||
	    gcc_add_arguments(&g, linker, ARRAY_SIZE(linker)) < 0 ||
	    gcc_add_arguments(&g, rest, ARRAY_SIZE(rest)) < 0)
		return error_oom(err);

	int r = add_sources(c, &g, err);

	if (r < 0)
		return r;
	if (gcc_add_arguments(&g, (const char *const *)c->sources->link.items, c->sources->link.n) <
	    0)
		return error_oom(err);
	return gcc_run(&g, c->shared->build_root, directory, err);
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

	struct program_context context = {s, g, &sources, name, folder};
	_cleanup_free_ char *step = string_printf("guest-%s-%s", name, hex);

	r = step ? store_folder(s, STORE_STEPS, step, compile_program, &context, &directory, err)
		 : error_oom(err);
	if (r < 0)
		return error_wrap(err, r, "guest program '%s'", name);
	*ret_path = path_join(directory, name);
	return *ret_path ? 0 : error_oom(err);
}
