#include "sbom/sbom_parts.h"

#include "formats/derived_uuid.h"

char *sbom_tool_name(const char *tool, const char **ret_version)
{
	const char *blank = strchr(tool, ' ');

	*ret_version = blank ? blank + 1 : "";
	return blank ? strndup(tool, (size_t)(blank - tool)) : strdup(tool);
}

int sbom_derive_uuid(json_t *document, const char *label, char ret[GUID_TEXT_SIZE],
		     struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SBOM_MAX);
	uint8_t uuid[16];
	int r = json_text(json_incref(document), &text, err);

	if (r < 0)
		return r;
	derived_uuid(label, buffer_span(&text), uuid);
	uuid_format(uuid, ret);
	return 0;
}

const struct sbom_item *sbom_whole(const struct sbom *s, const struct sbom_item *part)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].role == SBOM_COMPONENT &&
		    string_equal(s->items[i].package->name, part->package->component))
			return &s->items[i];
	}
	return NULL;
}
