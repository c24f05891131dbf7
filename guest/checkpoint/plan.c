#include "formats/conf.h"
#include "formats/config_text.h"
#include "guest/checkpoint/checkpoint.h"

void checkpoint_plan_release(struct checkpoint_plan *p)
{
	string_list_release(&p->urls);
}

struct list_reader {
	struct span network;
	struct checkpoint_plan *plan;
	bool found;
};

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct list_reader *l = context;

	if (!span_equal(e->section, l->network) || e->key.n == 0)
		return 0;
	if (span_equal(e->key, SPAN_LITERAL("Genesis"))) {
		l->found = true;
		return beacon_root_parse(e->value, l->plan->network)
			       ? 0
			       : error_set(err, -ERROR_MALFORMED, "Genesis= is no root");
	}
	if (!span_equal(e->key, SPAN_LITERAL("Url")))
		return error_set(err, -ERROR_MALFORMED, "unknown key");
	return string_list_take(&l->plan->urls, span_to_string(e->value)) < 0 ? error_oom(err) : 0;
}

static int take_configured(struct span urls, struct checkpoint_plan *p, struct error **err)
{
	struct span url;

	if (urls.n == 0)
		return 0;
	string_list_release(&p->urls);
	while ((url = span_next_word(&urls)).n) {
		if (string_list_take(&p->urls, span_to_string(url)) < 0)
			return error_oom(err);
	}
	/* Whoever names one source trusts it alone. */
	p->needed = MIN(p->urls.n, (size_t)CHECKPOINT_AGREE);
	return 0;
}

int checkpoint_plan_make(struct span list, struct span configuration, struct checkpoint_plan *ret,
			 struct error **err)
{
	_cleanup_(checkpoint_plan_release) struct checkpoint_plan p = {.needed = CHECKPOINT_AGREE};
	struct list_reader l = {.plan = &p};
	struct span urls = {0};
	int r;

	if (!config_text_find(configuration, SPAN_LITERAL("NETWORK"), &l.network))
		return error_set(err, -ERROR_MALFORMED, "the configuration has no NETWORK");
	r = conf_parse("checkpoints.conf", list, take_entry, &l, err);
	if (r < 0)
		return r;
	if (!l.found)
		return error_set(err, -ERROR_MALFORMED, "nothing is known of the network '%.*s'",
				 (int)l.network.n, (const char *)l.network.p);
	if (config_text_find(configuration, SPAN_LITERAL("CHECKPOINT_URLS"), &urls))
		r = take_configured(urls, &p, err);
	if (r >= 0 && (p.urls.n < p.needed || p.urls.n > CHECKPOINT_SOURCES_MAX))
		r = error_set(err, -ERROR_MALFORMED, "%zu sources of a checkpoint, not %zu to %u",
			      p.urls.n, p.needed, CHECKPOINT_SOURCES_MAX);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct checkpoint_plan){0};
	return 0;
}
