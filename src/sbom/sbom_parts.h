/* What both formats need. */
#pragma once

#include "formats/json.h"
#include "sbom/sbom.h"

/* Name and version of the tool: "tdnode", "0.1.0". malloc()ed, NULL without memory; *ret_version is within `tool`. */
char *sbom_tool_name(const char *tool, const char **ret_version) _must_check_;

/* A UUID's text that is derived from the whole document without it. Takes no reference. */
_must_check_ int sbom_derive_uuid(json_t *document, const char *label, char ret[GUID_TEXT_SIZE],
				  struct error **err);

/* The items of a part's component; NULL if the bill has none of that name. */
const struct sbom_item *sbom_whole(const struct sbom *s, const struct sbom_item *part);
