#include "explain/platform_registers.h"

#include "formats/event_data.h"
#include "formats/printable.h"

/* Enough of a digest to compare it by eye. */
#define SHORT_DIGEST 8u

struct digest platform_no_drivers(void)
{
	struct digest separator = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("\0\0\0\0"));
	struct bank b;

	bank_init(&b, DIGEST_SHA256);
	bank_extend(&b, 2, &separator);
	return b.registers[2];
}

static bool is_driver(const struct eventlog_event *e)
{
	return e->type == EV_EFI_BOOT_SERVICES_DRIVER || e->type == EV_EFI_RUNTIME_SERVICES_DRIVER;
}

static bool is_boot_variable(const struct eventlog_event *e)
{
	return e->type == EV_EFI_VARIABLE_BOOT || e->type == EV_EFI_VARIABLE_BOOT2;
}

static bool starts_code(const struct eventlog_event *e)
{
	static const char *const prefixes[] = {"Driver", "SysPrep"};
	struct event_variable v;

	if (!is_boot_variable(e) || !event_variable_parse(e->data, &v))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct event_variable start = v;
		size_t n = 2 * strlen(prefixes[i]);

		if (v.name.n < n)
			continue;
		start.name.n = n;
		if (event_variable_is(&start, prefixes[i]))
			return true;
	}
	return false;
}

enum platform_code platform_event_code(const struct eventlog_event *e)
{
	return is_driver(e)	? PLATFORM_CODE_DRIVER
	       : starts_code(e) ? PLATFORM_CODE_VARIABLE
				: PLATFORM_CODE_NONE;
}

static void put_event(const struct eventlog_event *e, struct buffer *b)
{
	struct digest d = firmware_log_digest(e, EVENT_SHA256);

	buffer_printf(b, "PCR %u  %-32s  ", e->pcr, event_type_name(e->type));
	printable_hex(SPAN(d.bytes, SHORT_DIGEST), SHORT_DIGEST, b);
	buffer_put_string(b, "  ");
	event_data_text(e, b);
	buffer_put_u8(b, '\n');
}

/* Firmware measures the whole event, or the variable's data alone. */
static int check_variable(const char *name, const struct eventlog_event *e, struct error **err)
{
	struct digest logged = firmware_log_digest(e, EVENT_SHA256), whole, data;
	struct event_variable v;

	if (!event_variable_parse(e->data, &v))
		return error_set(err, -ERROR_REFUSED,
				 "%s: event at 0x%zx: a boot variable that cannot be read", name,
				 e->offset);
	whole = digest_bytes(DIGEST_SHA256, e->data);
	data = digest_bytes(DIGEST_SHA256, v.data);
	if (!digest_equal(&logged, &whole) && !digest_equal(&logged, &data))
		return error_set(err, -ERROR_REFUSED,
				 "%s: event at 0x%zx: the boot variable is not what was measured",
				 name, e->offset);
	return 0;
}

static int take_event(const char *name, const struct eventlog_event *e,
		      enum platform_drivers drivers, struct buffer *text, struct error **err)
{
	_cleanup_(buffer_release) struct buffer line = BUFFER_INIT(EVENT_TEXT_MAX + 64);
	enum platform_code code = platform_event_code(e);

	if (e->pcr >= PLATFORM_REGISTERS || e->type == EV_NO_ACTION)
		return 0;
	if (code == PLATFORM_CODE_VARIABLE ||
	    (code == PLATFORM_CODE_DRIVER && drivers == PLATFORM_DRIVERS_REFUSED)) {
		event_data_text(e, &line);
		return error_set(err, -ERROR_REFUSED,
				 "%s: code other than the firmware's own ran before the image, or "
				 "was due to: event at 0x%zx, PCR %u, %s: %s",
				 name, e->offset, e->pcr, event_type_name(e->type),
				 buffer_text(&line));
	}
	put_event(e, text);
	return is_boot_variable(e) ? check_variable(name, e, err) : 0;
}

static int take_registers(const char *name, const struct firmware_log *log,
			  enum platform_drivers drivers, struct platform_registers *ret,
			  struct error **err)
{
	const struct digest none = platform_no_drivers();

	for (unsigned pcr = 0; pcr < PLATFORM_REGISTERS; pcr++) {
		const struct digest *d = firmware_log_value(log, EVENT_SHA256, pcr);

		if (span_is_zero(SPAN(d->bytes, digest_size(DIGEST_SHA256))))
			return error_set(err, -ERROR_REFUSED,
					 "%s: nothing was measured into PCR %u: not the log of a "
					 "measured boot",
					 name, pcr);
		if (pcr >= 2 && drivers == PLATFORM_DRIVERS_REFUSED && !digest_equal(d, &none))
			return error_set(err, -ERROR_REFUSED,
					 "%s: PCR %u holds more than the firmware's separator: a "
					 "driver, or its settings",
					 name, pcr);
		ret->registers[pcr] = *d;
	}
	ret->secure_boot = *firmware_log_value(log, EVENT_SHA256, 7);
	return 0;
}

int platform_registers_read(const char *name, struct span bytes, enum platform_drivers drivers,
			    struct platform_registers *ret, struct buffer *text, struct error **err)
{
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	struct platform_registers found = {0};
	int r = firmware_log_parse(bytes, &log, err);

	if (r < 0)
		return error_wrap(err, r, "%s", name);
	if (log.tdx || !(log.banks_present & 1u << EVENT_SHA256))
		return error_set(err, -ERROR_REFUSED, "%s: not the log of a TPM with SHA-256",
				 name);
	for (size_t i = 0; r >= 0 && i < log.n; i++)
		r = take_event(name, &log.events[i], drivers, text, err);
	if (r >= 0)
		r = take_registers(name, &log, drivers, &found, err);
	if (r >= 0 && !buffer_ok(text))
		r = error_oom(err);
	if (r >= 0)
		*ret = found;
	return r;
}
