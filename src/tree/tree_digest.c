#include "tree/tree_digest.h"

int tree_digest_add(const struct tree *t, size_t file_max, struct digest_stream *d,
		    struct error **err)
{
	digest_stream_add_number(d, tree_count(t));
	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(file_max);

		digest_stream_add_text(d, e->path);
		digest_stream_add_number(d, (uint64_t)e->type << 32 | e->mode);
		digest_stream_add_text(d, e->target ? e->target : "");
		if (e->type != TREE_FILE)
			continue;

		int r = content_read(&e->content, file_max, &bytes, err);

		if (r < 0)
			return error_wrap(err, r, "%s", e->path);
		digest_stream_add_number(d, bytes.n);
		digest_stream_add(d, buffer_span(&bytes));
	}
	return 0;
}
