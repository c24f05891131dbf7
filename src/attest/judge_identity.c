#include "attest/azure_verify.h"
#include "attest/judge.h"
#include "formats/config.h"

static const enum verdict_question here = VERDICT_IDENTITY;

bool subject_register(const struct subject *s, unsigned reg, struct digest *ret)
{
	*ret = (struct digest){.algorithm = DIGEST_SHA384};
	if (reg >= REGISTER_MRTD) {
		const struct td_report *td;

		if (s->kind != POLICY_TDX)
			return false;
		td = &verified_quote_facts(s->quote)->quote.td;
		memcpy(ret->bytes,
		       reg == REGISTER_MRTD ? td->mr_td : td->rtmr[reg - REGISTER_RTMR0],
		       TD_REGISTER_SIZE);
		return true;
	}
	if (!s->tpm || !(verified_tpm_facts(s->tpm)->registers & REGISTER_BIT(reg)))
		return false;
	*ret = verified_tpm_facts(s->tpm)->pcrs[reg];
	return true;
}

/* Of this evidence's registers. */
static enum digest_algorithm bank_of(const struct subject *s)
{
	return s->tpm ? verified_tpm_facts(s->tpm)->bank : DIGEST_SHA384;
}

/* Which registers this kind of evidence is about. */
static bool register_is_of(const struct subject *s, unsigned reg)
{
	return (reg >= REGISTER_MRTD) == (s->kind == POLICY_TDX);
}

static bool has_value(const struct policy_values *l, const struct digest *d)
{
	for (size_t i = 0; i < l->n; i++)
		if (digest_equal(&l->items[i], d))
			return true;
	return false;
}

/* The first register that is another one, and how many are; REGISTERS if none is. One that has values of
 * another bank alone is another one. */
static unsigned first_difference(const struct subject *s, const struct policy *p,
				 const struct policy_alternative *a, size_t *ret_count)
{
	unsigned first = REGISTERS;

	*ret_count = 0;
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		struct digest d;

		if (!a->registers[reg].n || !register_is_of(s, reg))
			continue;
		if (reg == PCR_CONFIGURATION && p->config.n && a != &p->own)
			continue; /* a build has that of its defaults */
		if (subject_register(s, reg, &d) && has_value(&a->registers[reg], &d))
			continue;
		if (first == REGISTERS)
			first = reg;
		(*ret_count)++;
	}
	return first;
}

static bool more_of_bank(const struct policy_values *l, enum digest_algorithm bank)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->items[i].algorithm == bank;
	return n > 1;
}

static void refuse_register(const struct subject *s, const struct policy_alternative *a,
			    unsigned reg, size_t n_alternatives, struct verdict *v)
{
	const struct policy_values *l = &a->registers[reg];
	char name[REGISTER_NAME_SIZE], seen[DIGEST_HEX_MAX] = "not in the evidence",
				       wanted[DIGEST_HEX_MAX];
	struct digest d;
	size_t shown = 0;

	for (size_t i = l->n; i-- > 0;)
		if (l->items[i].algorithm == bank_of(s))
			shown = i;

	register_name(reg, name);
	if (subject_register(s, reg, &d))
		digest_hex(&d, seen);
	digest_hex(&l->items[shown], wanted);
	if (n_alternatives > 1)
		verdict_refuse(v, here, "registers", seen, wanted,
			       "none of %zu builds fits; of the closest, '%s', %s (%s)",
			       n_alternatives, a->name, name, register_purpose(reg));
	else
		verdict_refuse(v, here, "registers", seen, wanted, "%s (%s) of '%s'%s", name,
			       register_purpose(reg), a->name ? a->name : "the policy",
			       more_of_bank(l, l->items[shown].algorithm)
				       ? ", or another value that it accepts"
				       : "");
}

/* In the bank that the evidence has. */
static bool is_pinned(const struct subject *s, const struct policy *p,
		      const struct policy_alternative *a, unsigned reg)
{
	return policy_has_bank(&p->own.registers[reg], bank_of(s)) ||
	       (a && policy_has_bank(&a->registers[reg], bank_of(s)));
}

/* Registers without which a policy says nothing of what runs, and what the lack of others leaves open. */
static const struct {
	unsigned reg;
	unsigned kinds;
	bool needed;
	const char *why;
} pins[] = {
	{PCR_BOOT_LOADER_CODE, POLICY_AZURE | POLICY_TPM, true,
	 "registers 8 to 15 can be extended to anything by another image"},
	{REGISTER_MRTD, POLICY_TDX, true,
	 "other firmware can put anything into all other registers"},
	{REGISTER_RTMR1, POLICY_TDX, true, "another image can put anything into RTMR2 and RTMR3"},
	{REGISTER_RTMR2, POLICY_TDX, true,
	 "another command line and initrd for the same kernel do not show in RTMR1"},
	{REGISTER_RTMR0, POLICY_TDX, false,
	 "ACPI tables, boot variables and Secure Boot are the host's: code in its ACPI tables "
	 "reads and "
	 "changes the VM's memory"},
	{PCR_KERNEL_INITRD, POLICY_AZURE | POLICY_TPM, false,
	 "without Secure Boot the host can hand the kernel another command line"},
	{PCR_KERNEL_CONFIG, POLICY_AZURE | POLICY_TPM, false,
	 "credentials and addons on the ESP are the host's"},
	{PCR_PLATFORM_CODE, POLICY_AZURE | POLICY_TPM, false, "any firmware may have run"},
	{PCR_PLATFORM_CONFIG, POLICY_AZURE | POLICY_TPM, false,
	 "any ACPI tables and boot variables may be there"},
	{PCR_EXTERNAL_CODE, POLICY_AZURE | POLICY_TPM, false,
	 "any driver or option ROM may have run before the image"},
	{PCR_EXTERNAL_CONFIG, POLICY_AZURE | POLICY_TPM, false, "settings of drivers may be any"},
	{PCR_SECURE_BOOT_POLICY, POLICY_AZURE | POLICY_TPM, false,
	 "Secure Boot may be off or have other keys"},
};

/* How many registers without which nothing is said the policy has no value for. */
static size_t missing_pins(const struct subject *s, const struct policy *p,
			   const struct policy_alternative *a)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pins); i++)
		n += pins[i].needed && pins[i].kinds & s->kind && !is_pinned(s, p, a, pins[i].reg);
	return n;
}

/* The alternative that fits, or the closest; NULL if none is for this kind of evidence. */
static const struct policy_alternative *closest(const struct subject *s, const struct policy *p,
						size_t *ret_differences, size_t *ret_count)
{
	const struct policy_alternative *best = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < p->n; i++) {
		size_t differences;

		if (!(p->alternatives[i].kinds & s->kind))
			continue;
		(*ret_count)++;
		first_difference(s, p, &p->alternatives[i], &differences);
		differences += missing_pins(s, p, &p->alternatives[i]);
		if (!best || differences < *ret_differences) {
			best = &p->alternatives[i];
			*ret_differences = differences;
		}
	}
	return best;
}

static bool judge_pins(const struct subject *s, const struct policy *p,
		       const struct policy_alternative *a, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		char name[REGISTER_NAME_SIZE], key[REGISTER_NAME_SIZE + 8];

		if (!(pins[i].kinds & s->kind) || is_pinned(s, p, a, pins[i].reg))
			continue;
		register_name(pins[i].reg, name);
		if (pins[i].needed) {
			verdict_refuse(v, here, "policy", NULL, NULL,
				       "the policy has no value for %s: %s", name, pins[i].why);
			return false;
		}
		register_key(pins[i].reg, name);
		snprintf(key, sizeof key, "%s%s", pins[i].reg < REGISTER_MRTD ? "pcr" : "", name);
		verdict_open(v, here, key, "not in the policy: %s", pins[i].why);
	}
	return true;
}

/* A build has registers of several kinds of machines; who names one beside it means it. */
static void say_unused(const struct subject *s, const struct policy *p, struct verdict *v)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		char name[REGISTER_NAME_SIZE];

		if (!p->own.registers[reg].n || register_is_of(s, reg))
			continue;
		register_name(reg, name);
		verdict_open(
			v, here, "policy",
			"the policy has a value for %s, which this kind of evidence does not have",
			name);
	}
}

struct digest judge_register_of_config(const struct digest *config)
{
	struct digest value = {.algorithm = config->algorithm}, parts[2];

	parts[0] = *config;
	parts[1] = digest_bytes(config->algorithm, CONFIG_SEPARATOR);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint8_t both[2 * DIGEST_MAX];
		size_t n = digest_size(config->algorithm);

		memcpy(both, value.bytes, n);
		memcpy(both + n, parts[i].bytes, n);
		value = digest_bytes(config->algorithm, SPAN(both, 2 * n));
	}
	return value;
}

static void judge_register_of_configuration(const struct subject *s, const struct policy *p,
					    struct verdict *v)
{
	char seen[DIGEST_HEX_MAX] = "not in the evidence", wanted[DIGEST_HEX_MAX] = "";
	struct digest d;
	bool has = subject_register(s, PCR_CONFIGURATION, &d);

	if (has)
		digest_hex(&d, seen);
	for (size_t i = 0; i < p->config.n; i++) {
		struct digest value = judge_register_of_config(&p->config.items[i]);

		if (value.algorithm != bank_of(s))
			continue;
		digest_hex(&value, wanted);
		if (!has || !digest_equal(&value, &d))
			continue;
		digest_hex(&p->config.items[i], wanted);
		verdict_good(v, here, "configuration", "the one with the digest %s", wanted);
		return;
	}
	verdict_refuse(v, here, "configuration", seen, wanted[0] ? wanted : NULL,
		       wanted[0] ? "PCR 8: the node has another configuration"
				 : "the policy has no digest for the bank of the quote");
}

/* Without a TPM the service says it, which is part of what was measured. */
static void judge_bound_configuration(const struct subject *s, const struct policy *p,
				      struct verdict *v)
{
	char seen[DIGEST_HEX_MAX], wanted[DIGEST_HEX_MAX];
	struct digest d;

	for (size_t i = p->config.n; i-- > 0;) {
		d = digest_bytes(p->config.items[i].algorithm, buffer_span(&s->binding->config));
		digest_hex(&d, seen);
		digest_hex(&p->config.items[i], wanted);
		if (!digest_equal(&d, &p->config.items[i]))
			continue;
		verdict_good(v, here, "configuration",
			     "the service says the one with the digest %s", seen);
		return;
	}
	verdict_refuse(v, here, "configuration", seen, wanted,
		       "the service says another configuration");
}

/* What the node was told, which a TPM has in PCR 8. */
static void judge_configuration(const struct subject *s, const struct policy *p,
				const struct policy_alternative *a, struct verdict *v)
{
	if (p->config.n && s->tpm)
		judge_register_of_configuration(s, p, v);
	else if (p->config.n && subject_is_bound(s))
		judge_bound_configuration(s, p, v);
	else if (p->config.n)
		verdict_refuse(v, here, "configuration", NULL, NULL,
			       "the evidence does not say how the node is configured");
	else if (s->tpm && is_pinned(s, p, a, PCR_CONFIGURATION))
		verdict_good(v, here, "configuration", "PCR 8 is that of the policy");
	else
		verdict_open(v, here, "configuration",
			     "not in the policy: the node may be configured in any way");
}

static void judge_registers(const struct subject *s, const struct policy *p, struct verdict *v)
{
	size_t differences = 0, n = 0;
	const struct policy_alternative *a = closest(s, p, &differences, &n);
	unsigned reg;

	if (p->n && !a) {
		verdict_refuse(v, here, "registers", NULL, NULL,
			       "none of %zu builds of the policy is for this kind of evidence",
			       p->n);
		return;
	}
	if (!judge_pins(s, p, a, v))
		return;
	reg = a ? first_difference(s, p, a, &differences) : REGISTERS;
	if (reg < REGISTERS) {
		refuse_register(s, a, reg, n, v);
		return;
	}
	reg = first_difference(s, p, &p->own, &differences);
	if (reg < REGISTERS) {
		refuse_register(s, &p->own, reg, 1, v);
		return;
	}
	verdict_good(v, here, "registers", "those of '%s'", a ? a->name : "the policy");
	judge_configuration(s, p, a, v);
}

static void judge_value(const char *name, const uint8_t *seen, const struct policy_values *l,
			struct verdict *v)
{
	char have[2 * TD_REGISTER_SIZE + 1], wanted[2 * TD_REGISTER_SIZE + 1];
	struct digest d = {.algorithm = DIGEST_SHA384};

	if (!l->n)
		return;
	memcpy(d.bytes, seen, TD_REGISTER_SIZE);
	hex_encode(SPAN(seen, TD_REGISTER_SIZE), have);
	hex_encode(digest_span(&l->items[0]), wanted);
	if (has_value(l, &d))
		verdict_good(v, here, name, "%s", have);
	else
		verdict_refuse(v, here, name, have, wanted, "none of the %zu that are accepted",
			       l->n);
}

static void compare_data(const char *name, struct span seen, struct span wanted, struct verdict *v)
{
	char a[2 * 64 + 1], b[2 * 64 + 1];

	hex_encode(seen, a);
	hex_encode(wanted, b);
	if (span_equal(seen, wanted))
		verdict_good(v, here, name, "the evidence is bound to the data that was asked for");
	else
		verdict_refuse(v, here, name, a, b, "the evidence is bound to other data");
}

static void judge_freshness(const struct subject *s, const struct policy *p, struct verdict *v)
{
	struct span wanted = SPAN(p->report_data.bytes, sizeof p->report_data.bytes);
	struct span extra;

	if (!p->report_data.given) {
		verdict_open(
			v, here, "freshness",
			"no report data was asked for: the evidence may be old, and of another "
			"connection");
		return;
	}
	if (s->kind == POLICY_TDX)
		compare_data("report_data",
			     SPAN(verified_quote_facts(s->quote)->quote.td.report_data, 64), wanted,
			     v);
	if (s->kind == POLICY_AZURE && !s->azure->claims.has_user_data)
		verdict_refuse(v, here, "report_data", NULL, NULL,
			       "the paravisor's claims have no user data");
	else if (s->kind == POLICY_AZURE)
		compare_data("report_data", SPAN(s->azure->claims.user_data, HCL_USER_DATA_SIZE),
			     wanted, v);
	if (!s->tpm)
		return;
	extra = SPAN(verified_tpm_facts(s->tpm)->extra_data,
		     verified_tpm_facts(s->tpm)->extra_data_size);
	/* Machines that follow attested-tls give the TPM the first half alone. */
	if (s->kind == POLICY_AZURE && extra.n == 32) {
		wanted.n = 32;
		verdict_open(v, here, "tpm_nonce_half",
			     "the TPM's quote is bound to the first 32 bytes of the data: if only "
			     "the others change, its registers may be old");
	}
	compare_data("tpm_nonce", extra, wanted, v);
}

int judge_identity(const struct subject *s, const struct policy *p, struct verdict *v,
		   struct error **err)
{
	judge_registers(s, p, v);
	say_unused(s, p, v);
	if (s->quote) {
		const struct td_report *td = &verified_quote_facts(s->quote)->quote.td;

		judge_value("mr_config_id", td->mr_config_id, &p->mr_config_id, v);
		judge_value("mr_owner", td->mr_owner, &p->mr_owner, v);
		judge_value("mr_owner_config", td->mr_owner_config, &p->mr_owner_config, v);
	}
	judge_binding(s, p, v);
	judge_freshness(s, p, v);
	return v->failed ? error_oom(err) : 0;
}
