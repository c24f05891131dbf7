/* Signed policies: what is parsed and written again is the same. */
#include "fuzz.h"

#include "formats/signed_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SIGNED_POLICY_MAX);
	struct signed_policies list = {0}, again = {0};
	struct error *err = NULL;
	int r = signed_policy_parse("fuzz", SPAN(data, size), &list, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r < 0)
		return 0;
	signed_policy_write(&list, &text);
	if (!buffer_ok(&text) ||
	    signed_policy_parse("again", buffer_span(&text), &again, NULL) < 0 ||
	    memcmp(&list, &again, sizeof list) != 0)
		abort();
	for (size_t i = 0; i < list.n; i++) {
		const struct signed_policy *p = &list.items[i];

		if ((p->kind == SIGNED_POLICY
			     ? signed_policy_find(&list, &p->pcrs)
			     : signed_policy_find_old_disk(&list, &p->pcrs, &p->object)) != p)
			abort();
	}
	return 0;
}
