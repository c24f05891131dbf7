#include "formats/release_answer.h"

#include <errno.h>

#include "formats/json_read.h"

/* Signatures of one version. */
#define SIGNATURES_MAX 16u

/* Versions and tags are printed: words of visible ASCII. */
static int take_word(const json_t *root, const char *name, char ret[RELEASE_VERSION_MAX],
		     struct error **err)
{
	const char *text;
	int r = json_read_string(root, name, &text, err);

	if (r < 0)
		return r;
	if (!text[0] || strlen(text) >= RELEASE_VERSION_MAX)
		return error_set(err, -ERROR_MALFORMED, "'%s' is empty or too long", name);
	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p > '~')
			return error_set(err, -ERROR_MALFORMED, "'%s' is no word", name);
	}
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int read_answer(struct span json, json_t **ret, struct error **err)
{
	if (json.n > RELEASE_ANSWER_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than %u", json.n,
				 RELEASE_ANSWER_MAX);
	return json_read_document(json, false, ret, err);
}

/* A sentence of the maker, or true: for the terminal, so nothing that it would obey. */
static void take_note(const json_t *value, char ret[RELEASE_NOTE_MAX])
{
	const char *text = json_string_value(value);

	if (json_is_true(value))
		text = "no reason is given";
	snprintf(ret, RELEASE_NOTE_MAX, "%s", text ? text : "");
	for (char *p = ret; *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
}

int release_answer_npm(struct span json, struct release_npm *ret, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	const json_t *dist, *signatures;
	struct release_npm n = {0};
	int r = read_answer(json, &root, err);

	if (r >= 0)
		r = take_word(root, "version", n.version, err);
	if (r >= 0)
		r = json_read_object(root, "dist", &dist, err);
	if (r < 0)
		return r;
	n.is_signed = json_object_get(dist, "signatures") &&
		      json_read_array(dist, "signatures", SIGNATURES_MAX, &signatures, NULL) >= 0 &&
		      json_array_size(signatures) > 0;
	take_note(json_object_get(root, "deprecated"), n.deprecated);
	*ret = n;
	return 0;
}

int release_answer_github(struct span json, char ret_tag[RELEASE_VERSION_MAX], struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	int r = read_answer(json, &root, err);

	return r < 0 ? r : take_word(root, "tag_name", ret_tag, err);
}
