/*
 * Which version of systemd's stub a log is of: each generation measures other things.
 */
#include "explain/log_explain_parts.h"

#include "base/text.h"

/* The first stub that measures `.sbat`, which every stub brings along. */
#define MEASURES_SBAT 254u
/* The first stub that always passes os-release to the kernel after the initrd. */
#define PASSES_OSREL 257u
/* The first stub that does not load the kernel through firmware. */
#define JUMPS_INTO_KERNEL 258u
/* The first stub of which anything is known. */
#define OLDEST 252u

struct range {
	unsigned first;
	unsigned last; /* 0: open */
};

static void at_least(struct range *r, unsigned version)
{
	r->first = MAX(r->first, version);
}

static void at_most(struct range *r, unsigned version)
{
	r->last = r->last ? MIN(r->last, version) : version;
}

static unsigned version_of(const struct measurement *m)
{
	const char *text = m->stub_version ? m->stub_version : "";
	uint64_t version;

	return parse_u64(SPAN(text, strspn(text, "0123456789")), 9999, &version) ? (unsigned)version
										 : 0;
}

/* What was handed to the kernel is section ".initrd" alone. */
static bool initrd_is_section(const struct explanation *x)
{
	size_t section = log_facts_section(&x->facts, ".initrd");

	if (section == LOG_NONE || x->facts.initrd == LOG_NONE)
		return false;

	struct digest a = explanation_digest(x, section);
	struct digest b = explanation_digest(x, x->facts.initrd);

	return digest_equal(&a, &b);
}

static struct range range_of(const struct explanation *x)
{
	const struct log_facts *f = &x->facts;
	struct range r = {.first = OLDEST};

	if (f->first_section != LOG_NONE) {
		if (log_facts_section(f, ".sbat") != LOG_NONE)
			at_least(&r, MEASURES_SBAT);
		else
			at_most(&r, MEASURES_SBAT - 1);
	}
	if (log_facts_section(f, ".osrel") != LOG_NONE && initrd_is_section(x))
		at_most(&r, PASSES_OSREL - 1);
	if (f->kernel != LOG_NONE)
		at_most(&r, JUMPS_INTO_KERNEL - 1);
	/* With Secure Boot no stub loads the kernel in a way that measures it. */
	else if (f->secure_boot != LOG_NONE && !f->secure_boot_on && f->load_options != LOG_NONE &&
		 f->misplaced.n == 0)
		at_least(&r, JUMPS_INTO_KERNEL);
	return r;
}

static void find_range(struct explanation *x, const struct range *r)
{
	const char *own = x->context->closest->stub_version;

	if (r->last == 0)
		explanation_add(
			x, LOG_OTHER_STUB, x->facts.image,
			"another version of systemd's stub: the log is that of %u or newer, the "
			"image has %s",
			r->first, own);
	else
		explanation_add(
			x, LOG_OTHER_STUB, x->facts.image,
			"another version of systemd's stub: the log is that of %u to %u, the image "
			"has %s",
			r->first, r->last, own);
}

void log_explain_stub(struct explanation *x)
{
	struct range r = range_of(x);
	unsigned version = version_of(x->context->closest);

	if (x->facts.image == LOG_NONE || version == 0 || !explanation_has_stub(x) ||
	    (r.last && r.first > r.last))
		return;

	/* Of which stub it is only matters if it is another image. */
	struct digest d = explanation_digest(x, x->facts.image);

	if (digest_equal(&d, &x->context->closest->uki_authentihashes[x->bank]))
		return;
	if (version < r.first || (r.last && version > r.last))
		find_range(x, &r);
	else if (explanation_section_differs(x, ".sbat"))
		explanation_add(
			x, LOG_OTHER_STUB, log_facts_section(&x->facts, ".sbat"),
			"another build of systemd's stub: its section '.sbat' is not that of %s "
			"(event %zu)",
			x->context->closest->stub_version,
			log_facts_section(&x->facts, ".sbat") + 1);
}
