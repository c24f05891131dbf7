#include "measure/compare.h"

#include <errno.h>

static const struct bank *predicted_bank(const struct measurement *m, enum digest_algorithm a)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (event_banks[i] == a && m->banks_predicted & 1u << i)
			return &m->banks[i];
	}
	return NULL;
}

int measurement_compare(const struct measurement *m, const struct bank *actual,
			struct comparison *ret, struct error **err)
{
	const struct bank *predicted = predicted_bank(m, actual->algorithm);
	struct comparison c = {.algorithm = actual->algorithm};

	if (!predicted)
		return error_set(err, -EINVAL, "no registers of bank %s are predicted",
				 digest_name(actual->algorithm));
	for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
		if (!predicted->known[pcr])
			continue;

		struct compared_register *row = &c.registers[c.n++];

		*row = (struct compared_register){
			.pcr = pcr,
			.verdict = REGISTER_NOT_READ,
			.predicted = predicted->registers[pcr],
			.actual = actual->registers[pcr],
		};
		if (actual->known[pcr])
			row->verdict = digest_equal(&row->predicted, &row->actual)
					       ? REGISTER_EQUAL
					       : REGISTER_DIFFERENT;
	}
	*ret = c;
	return 0;
}

int comparison_judge(const struct comparison *c, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64 * 1024);

	for (size_t i = 0; i < c->n; i++) {
		const struct compared_register *row = &c->registers[i];
		char predicted[DIGEST_HEX_MAX], actual[DIGEST_HEX_MAX];
		const char *separator = text.n ? "; " : "";

		digest_hex(&row->predicted, predicted);
		digest_hex(&row->actual, actual);
		if (row->verdict == REGISTER_DIFFERENT)
			buffer_printf(&text, "%sPCR %u is %s, not %s", separator, row->pcr, actual,
				      predicted);
		else if (row->verdict == REGISTER_NOT_READ)
			buffer_printf(&text, "%sPCR %u was not read", separator, row->pcr);
	}
	if (!buffer_ok(&text))
		return error_oom(err);
	return text.n == 0 ? 0 : error_set(err, -ERROR_REFUSED, "%s", buffer_text(&text));
}

static const char *verdict_name(enum register_verdict v)
{
	switch (v) {
	case REGISTER_EQUAL:
		return "equal";
	case REGISTER_DIFFERENT:
		return "DIFFERENT";
	case REGISTER_NOT_READ:
		break;
	}
	return "NOT READ";
}

void comparison_text(const struct comparison *c, struct buffer *b)
{
	int width = (int)(2 * digest_size(c->algorithm));

	buffer_printf(b, "PCR  %-*s  %-*s  verdict\n", width, "predicted", width, "read");
	for (size_t i = 0; i < c->n; i++) {
		const struct compared_register *row = &c->registers[i];
		char predicted[DIGEST_HEX_MAX], actual[DIGEST_HEX_MAX];

		digest_hex(&row->predicted, predicted);
		digest_hex(&row->actual, actual);
		buffer_printf(b, "%3u  %s  %-*s  %s\n", row->pcr, predicted, width,
			      row->verdict == REGISTER_NOT_READ ? "-" : actual,
			      verdict_name(row->verdict));
	}
}
