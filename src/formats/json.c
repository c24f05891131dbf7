#include "formats/json.h"

#include <errno.h>

json_t *json_complete(json_t *object, bool ok)
{
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

bool json_put(json_t *value, size_t flags, struct buffer *b)
{
	_cleanup_free_ char *text = value ? json_dumps(value, flags) : NULL;

	json_decref(value);
	if (text)
		buffer_put_string(b, text);
	return text;
}

static int put(json_t *root, size_t flags, struct buffer *b, struct error **err)
{
	if (!json_put(root, flags, b))
		return error_set(err, -ENOMEM,
				 "cannot make the document: out of memory or text that is not "
				 "UTF-8");
	buffer_put_u8(b, '\n');
	return buffer_ok(b) ? 0 : error_oom(err);
}

int json_text(json_t *root, struct buffer *b, struct error **err)
{
	return put(root, JSON_INDENT(2), b, err);
}

int json_text_sorted(json_t *root, struct buffer *b, struct error **err)
{
	return put(root, JSON_INDENT(2) | JSON_SORT_KEYS, b, err);
}
