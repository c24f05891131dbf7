#include "measure/configuration.h"

#include <errno.h>

#include "base/file.h"
#include "formats/erofs.h"
#include "measure/disk_root.h"

#define RECOVERY_KEY "usr/lib/tdnode/recovery.pem"

void configuration_free(struct configuration *c)
{
	if (!c)
		return;
	config_release(&c->config);
	config_keys_release(&c->keys);
	buffer_release(&c->text);
	free(c);
}
DEFINE_FREEP(struct configuration *, configuration_free)

bool configuration_is_taken(struct span command_line)
{
	struct span word;

	while ((word = span_next_word(&command_line)).n) {
		if (span_equal(word, SPAN_LITERAL(CONFIG_MARK)))
			return true;
	}
	return false;
}

static int add_name(void *context, struct span name, uint64_t nid, struct error **err)
{
	struct string_list *names = context;

	(void)nid;
	if (names->n == CONFIG_KEYS_FILES_MAX)
		return error_set(err, -EFBIG, "more than %u files", CONFIG_KEYS_FILES_MAX);
	return string_list_take(names, span_to_string(name)) < 0 ? error_oom(err) : 0;
}

static int read_file(const struct erofs *fs, const char *name, struct config_keys *keys,
		     struct error **err)
{
	_cleanup_free_ char *path = path_join(CONFIG_KEYS_FOLDER, name);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_KEYS_FILE_MAX);
	struct erofs_inode inode;
	int r = path ? config_keys_check_name(name, err) : error_oom(err);

	if (r >= 0)
		r = erofs_find(fs, path, &inode, err);
	if (r >= 0 && (inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FILE)
		r = error_set(err, -ERROR_MALFORMED, "not a file");
	if (r >= 0)
		r = erofs_read(fs, &inode, &text, err);
	if (r < 0)
		return error_wrap(err, r, "'%s'", path ? path : name);
	return config_keys_add(keys, path, buffer_span(&text), err);
}

/* An image that declares no keys has a configuration, too: an empty one. */
static int read_keys(const struct erofs *fs, struct config_keys *keys, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct erofs_inode folder;
	int r = erofs_find(fs, CONFIG_KEYS_FOLDER, &folder, NULL);

	if (r == -ENOENT)
		return 0;
	r = erofs_find(fs, CONFIG_KEYS_FOLDER, &folder, err);
	if (r >= 0)
		r = erofs_list(fs, &folder, add_name, &names, err);
	if (r < 0)
		return error_wrap(err, r, "'" CONFIG_KEYS_FOLDER "'");
	string_list_sort(&names);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = read_file(fs, names.items[i], keys, err);
	return r;
}

static int put_text(struct configuration *c, struct error **err)
{
	buffer_release(&c->text);
	c->text = (struct buffer)BUFFER_INIT(CONFIG_CANONICAL_MAX);
	config_canonical(&c->config, &c->text);
	return buffer_ok(&c->text) ? 0 : error_oom(err);
}

int configuration_read(struct span raw, struct span command_line, struct configuration **ret,
		       struct error **err)
{
	_cleanup_(configuration_freep) struct configuration *c = calloc(1, sizeof *c);
	struct erofs_inode key;
	struct erofs fs;
	struct span root;
	int r = c ? disk_root_find(raw, command_line, &root, err) : error_oom(err);

	if (r >= 0)
		r = erofs_open(root, &fs, err);
	if (r >= 0)
		r = read_keys(&fs, &c->keys, err);
	if (r >= 0)
		c->recovers = erofs_find(&fs, RECOVERY_KEY, &key, NULL) >= 0;
	if (r >= 0)
		r = config_init(&c->keys, &c->config, err);
	if (r >= 0)
		r = put_text(c, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

int configuration_set(struct configuration *c, const char *path,
		      const struct string_list *assignments, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_MAX);
	int r = path ? file_read(path, CONFIG_MAX, &text, err) : 0;

	if (r >= 0)
		r = config_read(&c->config, path ? path : "", buffer_span(&text), err);
	for (size_t i = 0; r >= 0 && assignments && i < assignments->n; i++) {
		r = config_set(&c->config, assignments->items[i], err);
		if (r < 0)
			r = error_wrap(err, r, "--set");
	}
	return r < 0 ? r : put_text(c, err);
}
