#include <errno.h>

#include "base/file.h"
#include "formats/printable.h"
#include "guest/config/node_config.h"

void node_config_release(struct node_config *c)
{
	config_release(&c->config);
	config_keys_release(&c->keys);
	buffer_release(&c->text);
}

static int read_keys(const char *folder, struct config_keys *keys, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = path_is_absent(folder) ? 0 : directory_list(folder, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_KEYS_FILE_MAX);

		r = path ? config_keys_check_name(names.items[i], err) : error_oom(err);
		if (r < 0)
			return error_wrap(err, r, "%s", names.items[i]);
		r = file_read(path, CONFIG_KEYS_FILE_MAX, &text, err);
		if (r >= 0)
			r = config_keys_add(keys, path, buffer_span(&text), err);
	}
	return r;
}

/* All machines of Azure's, and no others, have this one. */
#define AZURE_ASSET_TAG "7783-7084-3265-9085-8269-3286-77"
#define PROBLEM_MAX 512u

bool config_on_azure(const char *asset_tag, const char *folder)
{
	_cleanup_free_ char *tag = file_read_attribute(asset_tag);

	return !path_is_absent(folder) || (tag && string_equal(tag, AZURE_ASSET_TAG));
}

/* Where there should have been a text, not even the defaults are taken: nobody said so. */
static int no_source(const char *problem, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(PROBLEM_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PROBLEM_MAX);

	if (path_is_absent(problem) || file_read(problem, PROBLEM_MAX, &b, NULL) < 0)
		return error_set(err, -ENODATA, "user data: nobody asked for it");
	printable_ascii(buffer_span(&b), &text);
	return error_set(err, -ENODATA, "%s", buffer_text(&text));
}

/* No text is an empty one: the defaults. */
static int read_source(const struct config_places *p, struct buffer *ret, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	bool absent = path_is_absent(p->source);
	int r;

	if (absent && p->problem)
		return no_source(p->problem, err);
	r = absent ? 0 : file_read(p->source, CONFIG_MAX, ret, &e);
	if (r == -EFBIG)
		return error_set(err, r, "configuration: more than the %u bytes allowed",
				 CONFIG_MAX);
	return r < 0 ? error_move(err, r, &e) : 0;
}

int node_config_prepare(const struct config_places *places, struct node_config *ret,
			struct error **err)
{
	_cleanup_(buffer_release) struct buffer given = BUFFER_INIT(CONFIG_MAX);
	int r = read_keys(places->keys, &ret->keys, err);

	if (r >= 0)
		r = read_source(places, &given, err);
	if (r >= 0)
		r = config_init(&ret->keys, &ret->config, err);
	if (r >= 0)
		r = config_read(&ret->config, "configuration", buffer_span(&given), err);
	if (r < 0)
		return r;
	ret->text = (struct buffer)BUFFER_INIT(CONFIG_CANONICAL_MAX);
	config_canonical(&ret->config, &ret->text);
	return buffer_ok(&ret->text) ? 0 : error_oom(err);
}
