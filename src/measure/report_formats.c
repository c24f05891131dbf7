#include "measure/report_formats.h"

#include <errno.h>

#include "base/text.h"
#include "measure/report_json.h"

/* The registers that a policy is about. PCR 5 and 7 belong to the machine as well. */
static const unsigned policy_pcrs[] = {2, 3, 4, 9, 11, 12, 13};
static const unsigned policy_tdx[] = {REGISTER_MRTD, REGISTER_RTMR0, REGISTER_RTMR1, REGISTER_RTMR2,
				      REGISTER_RTMR3};

/* What Google Cloud's machines state besides registers: no debugging, and the processor's extended
 * state that they offer. */
#define GCP_TD_ATTRIBUTES "0000001000000000"
#define GCP_XFAM "e700060000000000"

const char *report_format_name(enum report_format format)
{
	static const char *const names[] = {
		[REPORT_TEXT] = "text",
		[REPORT_JSON] = "json",
		[REPORT_MEASURED_BOOT] = "measured-boot",
		[REPORT_ATTESTED_TLS] = "attested-tls",
		[REPORT_DSTACK_MR] = "dstack-mr",
	};

	return names[format];
}

static int require(const struct measurement *m, unsigned reg, struct error **err)
{
	const char *reason = m->reasons.items[reg].text;
	char name[REGISTER_NAME_SIZE];

	if (measurement_knows(m, reg))
		return 0;
	register_name(reg, name);
	return error_set(err, -ERROR_UNPREDICTABLE,
			 "%s: %s is not predicted, which this format is about: %s", m->file, name,
			 reason ? reason : "its bank was not asked for");
}

/* The events of one register in measured-boot's shape. */
static bool append_events(json_t *array, const struct event_list *l, unsigned pcr)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct event *e = &l->items[i];

		if (e->pcr == pcr &&
		    json_array_append_new(array, json_pack("{s:i, s:o, s:s}", "PCRIndex", (int)pcr,
							   "Digest",
							   json_digest(&e->digests[EVENT_SHA256]),
							   "Description", e->description)) < 0)
			return false;
	}
	return true;
}

static int measured_boot(const struct measurement *m, struct buffer *b, struct error **err)
{
	json_t *events = json_array();
	bool ok = events;

	for (size_t i = 0; i < ARRAY_SIZE(policy_pcrs); i++) {
		if (!policy_may_have(m, policy_pcrs[i]))
			continue;

		int r = require(m, policy_pcrs[i], err);

		if (r < 0) {
			json_decref(events);
			return r;
		}
		ok = ok && append_events(events, &m->events, policy_pcrs[i]);
	}
	return json_text(json_pack("{s:o, s:{s:o}}", "measurements", measurement_json_expected(m),
				   "EventLog", "Events", json_complete(events, ok)),
			 b, err);
}

static const struct digest *value(const struct measurement *m, unsigned reg)
{
	return reg < REGISTER_MRTD ? &m->banks[EVENT_SHA256].registers[reg]
				   : &m->tdx.registers[reg - REGISTER_MRTD];
}

/* A list with the one value that is known, or with none; of MRTD with one for each order of pages if
 * it is not known which the host takes. */
static json_t *known_values(const struct measurement *m, unsigned reg)
{
	if (reg == REGISTER_MRTD && !measurement_knows(m, reg) && m->firmware_size > 0)
		return json_pack("[o, o]", json_digest(&m->mrtd[PAGE_ORDER_ONE_PASS]),
				 json_digest(&m->mrtd[PAGE_ORDER_TWO_PASS]));
	return measurement_knows(m, reg) ? json_pack("[o]", json_digest(value(m, reg)))
					 : json_array();
}

/* An entry of a policy; registers that depend on the machine alone may be absent. */
static json_t *policy_entry(const struct measurement *m, const char *type, const unsigned *regs,
			    size_t n)
{
	json_t *values = json_object();
	bool ok = values;

	for (size_t i = 0; ok && i < n; i++) {
		if (!policy_may_have(m, regs[i]))
			continue;

		json_t *list = known_values(m, regs[i]);

		ok = list;
		if (ok && json_array_size(list) > 0)
			ok = json_set_register(
				     values, regs[i],
				     json_expectation(m, regs[i], "expected_any", list)) >= 0;
		else
			json_decref(list);
	}
	return json_pack("{s:s, s:s, s:o}", "measurement_id", m->file, "attestation_type", type,
			 "measurements", json_complete(values, ok));
}

static int require_all(const struct measurement *m, const unsigned *regs, size_t n,
		       struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (policy_may_have(m, regs[i]))
			r = require(m, regs[i], err);
	}
	return r;
}

/* MRTD and RTMR0 are of the machine: a policy without them is about the image alone. */
static int require_tdx(const struct measurement *m, struct error **err)
{
	static const unsigned image_registers[] = {REGISTER_RTMR1, REGISTER_RTMR2, REGISTER_RTMR3};

	return require_all(m, image_registers, ARRAY_SIZE(image_registers), err);
}

static int attested_tls(const struct measurement *m, struct buffer *b, struct error **err)
{
	bool tpm = m->platform == PLATFORM_ANY || m->platform == PLATFORM_AZURE_TDX;
	bool tdx = m->platform != PLATFORM_AZURE_TDX && m->platform != PLATFORM_QEMU;
	const char *type = m->platform == PLATFORM_GCP_TDX ? "gcp-tdx" : "dcap-tdx";
	int r = 0;

	if (!tpm && !tdx)
		return error_set(err, -EINVAL, "%s: platform qemu attests nothing", m->file);
	if (tpm)
		r = require_all(m, policy_pcrs, ARRAY_SIZE(policy_pcrs), err);
	if (r >= 0 && tdx)
		r = require_tdx(m, err);
	if (r < 0)
		return r;

	json_t *array = json_array();
	bool ok = array;

	if (ok && tpm)
		ok = json_array_append_new(array, policy_entry(m, "azure-tdx", policy_pcrs,
							       ARRAY_SIZE(policy_pcrs))) >= 0;
	if (ok && tdx)
		ok = json_array_append_new(
			     array, policy_entry(m, type, policy_tdx, ARRAY_SIZE(policy_tdx))) >= 0;
	return json_text(json_complete(array, ok), b, err);
}

static int dstack_mr(const struct measurement *m, struct buffer *b, struct error **err)
{
	static const struct digest none = {.algorithm = DIGEST_SHA384};
	int r = require_tdx(m, err);

	if (r < 0)
		return r;
	return json_text(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o}", "rtmr1",
				   json_digest(value(m, REGISTER_RTMR1)), "rtmr2",
				   json_digest(value(m, REGISTER_RTMR2)), "rtmr3",
				   json_digest(value(m, REGISTER_RTMR3)), "rtmr0",
				   known_values(m, REGISTER_RTMR0), "mrtd",
				   known_values(m, REGISTER_MRTD), "mrconfigid", json_digest(&none),
				   "xfam", GCP_XFAM, "tdattributes", GCP_TD_ATTRIBUTES,
				   "conditions",
				   json_conditions(m, ~(REGISTER_BIT(REGISTER_MRTD) - 1))),
			 b, err);
}

int measurement_format(const struct measurement *m, enum report_format format, struct buffer *b,
		       struct error **err)
{
	switch (format) {
	case REPORT_MEASURED_BOOT:
		return measured_boot(m, b, err);
	case REPORT_ATTESTED_TLS:
		return attested_tls(m, b, err);
	case REPORT_DSTACK_MR:
		return dstack_mr(m, b, err);
	case REPORT_TEXT:
	case REPORT_JSON:
		break;
	}
	return error_set(err, -EINVAL, "not a format of others");
}
