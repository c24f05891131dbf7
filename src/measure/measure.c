#include "measure/measure.h"

#include <errno.h>

#include "formats/authenticode.h"

/* Registers that a boot without additions from outside leaves untouched. */
#define ZERO_REGISTERS                                                       \
	(REGISTER_BIT(PCR_CONFIGURATION) | REGISTER_BIT(PCR_KERNEL_INITRD) | \
	 REGISTER_BIT(PCR_KERNEL_BOOT) | REGISTER_BIT(PCR_KERNEL_CONFIG) |   \
	 REGISTER_BIT(PCR_SYSEXTS) | REGISTER_BIT(PCR_SYSTEM_IDENTITY))

/* Of jobs besides the events: two digests of files, and an authentihash in each bank. */
#define MORE_JOBS (2 + EVENT_BANKS)

/* What the registers of firmware and machine hold. */
static const struct {
	unsigned reg;
	const char *text;
} machine_reasons[] = {
	{0, "firmware code and version"},
	{1, "firmware settings and the machine: ACPI tables, boot order"},
	{6, "the machine's manufacturer"},
	{10, "the kernel's integrity measurement architecture, if used"},
	{14, "boot loaders such as shim, if used"},
};

void measurement_release(struct measurement *m)
{
	free(m->file);
	free(m->image_path);
	free(m->stub_version);
	free(m->kernel_version);
	free(m->command_line);
	free(m->phases);
	configuration_free(m->configuration);
	buffer_release(&m->partition_table);
	event_list_release(&m->events);
	reasons_release(&m->reasons);
	reasons_release(&m->conditions);
	*m = (struct measurement){0};
}

static void append_utf8(struct buffer *b, uint16_t c)
{
	if (c < 0x80) {
		buffer_put_u8(b, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		buffer_put_u8(b, (uint8_t)(0xc0 | c >> 6));
	} else {
		buffer_put_u8(b, (uint8_t)(0xe0 | c >> 12));
		buffer_put_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	buffer_put_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
}

static char *command_line_text(const struct boot *b)
{
	const struct buffer *whole = &b->command_line.whole;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(3 * whole->n);

	for (size_t i = 0; i + 1 < whole->n; i += 2)
		append_utf8(&text, get_le16(whole->p + i));
	return strdup(text.n > 0 ? buffer_text(&text) : "");
}

static bool is_debug(const struct uki *u)
{
	const struct pe_section *s = u->stub ? uki_section(u, ".osrel", 0) : NULL;
	struct reader r = reader_init(s ? pe_section_data(&u->pe, s) : (struct span){0});
	struct span line;

	while (reader_line(&r, &line)) {
		if (span_equal(line, SPAN_LITERAL("VARIANT_ID=debug")) ||
		    span_equal(line, SPAN_LITERAL("VARIANT_ID=\"debug\"")))
			return true;
	}
	return false;
}

static int describe(const char *path, const struct inputs *in, const struct boot *b,
		    struct measurement *m, struct error **err)
{
	m->file = strdup(path_basename(path));
	m->format = in->file.format;
	m->size = in->file.file.n;
	m->image_path = in->image_path ? strdup(in->image_path) : NULL;
	m->uki_size = b->uki->pe.file.n;
	m->stub_version = span_to_string(b->uki->version_text);
	m->kernel_version = span_to_string(boot_kernel_version(b));
	m->command_line = command_line_text(b);
	m->debug = is_debug(b->uki);
	m->partition_table = (struct buffer)BUFFER_INIT(b->files.gpt.n + 1);
	buffer_put(&m->partition_table, b->files.gpt);
	m->boot_kind = b->options.kind;
	m->secure_boot = b->options.secure_boot;
	m->vtpm = b->options.vtpm;
	m->loader = b->files.loader.n > 0;
	m->phases = b->options.phases ? strdup(b->options.phases) : NULL;
	return m->file && (m->phases || !b->options.phases) && (m->image_path || !in->image_path) &&
			       m->stub_version && m->kernel_version && m->command_line &&
			       buffer_ok(&m->partition_table)
		       ? 0
		       : error_oom(err);
}

/* Hashes everything in one go, so that nothing is hashed twice. */
static int digest_all(const struct inputs *in, const struct boot *b,
		      const struct measure_options *o, struct measurement *m, struct error **err)
{
	const struct digest_piece file = {.bytes = in->file.file},
				  image = {.bytes = b->uki->pe.file};
	struct digest_piece pieces[AUTHENTICODE_PIECES_MAX];
	struct digest_job jobs[MORE_JOBS] = {{&image, 1, DIGEST_SHA256, &m->uki_digest}};
	struct authenticode a;
	size_t n = 1;
	int r;

	if (o->registers_only)
		return event_list_digest(&m->events, m->banks_predicted, NULL, 0, err);
	r = authenticode_pieces(&b->uki->pe, &a, err);
	if (r < 0)
		return r;
	if (o->file_sha256)
		m->digest = *o->file_sha256;
	else
		jobs[n++] = (struct digest_job){&file, 1, DIGEST_SHA256, &m->digest};
	for (size_t i = 0; i < a.n; i++)
		pieces[i] = (struct digest_piece){.bytes = a.pieces[i]};
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (m->banks_predicted & 1u << i)
			jobs[n++] = (struct digest_job){pieces, a.n, event_banks[i],
							&m->uki_authentihashes[i]};
	}
	return event_list_digest(&m->events, m->banks_predicted, jobs, n, err);
}

static void replay_tpm(struct measurement *m)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		bank_init(&m->banks[i], event_banks[i]);
		for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
			if (ZERO_REGISTERS & REGISTER_BIT(pcr) && m->banks_predicted & 1u << i &&
			    !reasons_has(&m->reasons, pcr))
				bank_know_zero(&m->banks[i], pcr);
		}
	}
	event_list_replay(&m->events, m->banks);
}

static void replay_tdx(struct measurement *m)
{
	if (!(m->banks_predicted & 1u << EVENT_SHA384))
		return;
	for (unsigned i = 0; i < TDX_REGISTERS; i++) {
		unsigned reg = REGISTER_MRTD + i;

		m->tdx.registers[i].algorithm = DIGEST_SHA384;
		if (reg == REGISTER_MRTD || reasons_has(&m->reasons, reg))
			continue;
		/* A paravisor has no RTMRs to extend; nobody extends the last one before user space. */
		m->tdx.known[i] = m->platform == PLATFORM_AZURE_TDX || reg == REGISTER_RTMR3 ||
				  event_list_replay_rtmr(&m->events, (int)(reg - REGISTER_RTMR0),
							 &m->tdx.registers[i]);
	}
}

static void give_machine_reasons(struct measurement *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(machine_reasons); i++)
		reasons_add(&m->reasons, REGISTER_BIT(machine_reasons[i].reg), false, "%s",
			    machine_reasons[i].text);
	if (m->platform == PLATFORM_AZURE_TDX) {
		reasons_add(&m->reasons, REGISTER_BIT(REGISTER_MRTD), false,
			    "Microsoft's paravisor, not the image");
		return;
	}
	if (m->firmware_size == 0)
		reasons_add(&m->reasons, REGISTER_BIT(REGISTER_MRTD), false,
			    "the firmware, which was not given");
	else if (!m->tdx.known[0])
		reasons_add(&m->reasons, REGISTER_BIT(REGISTER_MRTD), false,
			    "in which order the host adds memory: name it or the platform");
}

/* Those that are known by now fill memory in this order. */
static bool find_page_order(const struct measure_options *options, enum page_order *ret)
{
	*ret = options->has_page_order ? options->page_order : PAGE_ORDER_ONE_PASS;
	return options->has_page_order || options->platform == PLATFORM_GCP_TDX ||
	       options->platform == PLATFORM_QEMU_TDX;
}

static int take_firmware(const struct tdvf *firmware, const struct measure_options *options,
			 struct measurement *m, struct error **err)
{
	enum page_order order;
	int r = mrtd_compute(firmware, m->mrtd, err);

	if (r < 0)
		return r;
	m->firmware_size = firmware->file.n;
	m->firmware_digest = digest_bytes(DIGEST_SHA384, firmware->file);
	if (!find_page_order(options, &order))
		return 0;
	m->tdx.registers[0] = m->mrtd[order];
	m->tdx.known[0] = true;
	reasons_add(
		&m->conditions, REGISTER_BIT(REGISTER_MRTD), false,
		order == PAGE_ORDER_ONE_PASS
			? "the host adds and measures memory page by page (one-pass)"
			: "the host adds all pages of a section, then measures them (two-pass)");
	return 0;
}

/* On Azure no event reaches the TDX module, so no reason of a boot concerns it. */
static void move_reasons(struct boot *b, struct measurement *m)
{
	m->reasons = b->reasons;
	b->reasons = (struct reasons){0};
	m->conditions = b->conditions;
	b->conditions = (struct reasons){0};
	if (m->platform == PLATFORM_AZURE_TDX)
		reasons_drop(&m->reasons, REGISTER_BIT(REGISTER_RTMR0) |
						  REGISTER_BIT(REGISTER_RTMR1) |
						  REGISTER_BIT(REGISTER_RTMR2));
}

/* What user space of the image extends PCR 8 by. Keys that cannot be read are no error: the other registers can
 * be predicted. */
static int read_configuration(const struct inputs *in, struct boot *b, struct measurement *m,
			      struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r;

	if (!configuration_is_taken(span_string(m->command_line)))
		return 0;
	if (!in->image_path) {
		reasons_add(
			&b->reasons, REGISTER_BIT(PCR_CONFIGURATION), false,
			"the keys of its configuration are in the root file system: measure the "
			"disk");
		return 0;
	}
	r = configuration_read(in->file.content, span_string(m->command_line), &m->configuration,
			       &e);
	if (r == -ENOMEM)
		return error_move(err, r, &e);
	if (r < 0)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_CONFIGURATION), true,
			    "the keys of its configuration: %s", error_message(e));
	else
		b->files.configuration = &m->configuration->text;
	return 0;
}

static int take_configuration(const struct inputs *in, const struct input_options *o,
			      struct boot *b, struct measurement *m, struct error **err)
{
	int r = read_configuration(in, b, m, err);
	const char *reason = b->reasons.items[PCR_CONFIGURATION].text;

	if (r < 0 || (!o->config && !o->config_set))
		return r;
	if (!m->configuration)
		return error_set(err, -ERROR_CONFIGURATION, "%s: %s", m->file,
				 reason ? reason : "the image takes no configuration");
	r = configuration_set(m->configuration, o->config, o->config_set, err);
	return r < 0 ? -ERROR_CONFIGURATION : 0;
}

/* A text entry of systemd-boot may start a kernel that is no unified kernel image. */
static bool is_kernel(struct span file)
{
	_cleanup_error_ struct error *e = NULL;
	struct uki uki;

	return uki_parse(file, &uki, &e) < 0 && uki_from_kernel(file, &uki, &e) >= 0;
}

static int predict(const char *path, const struct inputs *in, const struct measure_options *options,
		   struct measurement *m, struct error **err)
{
	struct boot_options boot_options = options->boot;
	_cleanup_(boot_release) struct boot boot = {0};
	struct uki uki;
	int r = in->files.start.is_text && is_kernel(in->files.image)
			? uki_from_kernel(in->files.image, &uki, err)
			: uki_parse(in->files.image, &uki, err);

	boot_options.confidential = platform_is_confidential(options->platform);
	if (r >= 0)
		r = boot_describe(&uki, &in->files, &boot_options, &boot, err);
	if (r >= 0)
		r = describe(path, in, &boot, m, err);
	if (r >= 0)
		r = take_configuration(in, &options->inputs, &boot, m, err);
	if (r >= 0)
		r = boot_events(&boot, &m->events, err);
	if (r >= 0)
		r = digest_all(in, &boot, options, m, err);
	if (r < 0)
		return r;
	event_list_place(&m->events, in->file.content);
	move_reasons(&boot, m);
	if (in->files.machine->firmware)
		r = take_firmware(in->files.machine->firmware, options, m, err);
	if (r < 0)
		return r;
	give_machine_reasons(m);
	replay_tpm(m);
	replay_tdx(m);
	return m->reasons.failed || m->conditions.failed ? error_oom(err) : 0;
}

static int measure(const char *path, const struct measure_options *options, struct measurement *m,
		   struct error **err)
{
	_cleanup_(inputs_release) struct inputs in = {0};
	int r = inputs_open(path, &options->inputs, &in, err);

	if (r < 0)
		return r;
	if (in.image_path && options->boot.kind != BOOT_DISK)
		return error_set(err, -EINVAL, "%s: a disk image is only booted from disk", path);

	const struct machine_facts facts = machine_inputs_facts(&in.machine, options->platform);

	in.files.machine = &facts;
	m->platform = options->platform;
	m->banks_predicted = options->banks ? options->banks : EVENT_BANKS_ALL;
	r = predict(path, &in, options, m, err);
	/* That is of no file here. */
	if (r == -ERROR_CONFIGURATION)
		return r;
	if (r < 0 && in.image_path)
		r = error_wrap(err, r, "%s", in.image_path);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

int measure_file(const char *path, const struct measure_options *options, struct measurement *ret,
		 struct error **err)
{
	static const struct measure_options defaults = {.boot = {.kind = BOOT_DISK}};
	_cleanup_(measurement_release) struct measurement m = {0};
	int r = measure(path, options ? options : &defaults, &m, err);

	if (r < 0)
		return r;
	*ret = m;
	m = (struct measurement){0};
	return 0;
}

int measure_firmware(const struct measure_options *options, struct measurement *ret,
		     struct error **err)
{
	_cleanup_(machine_inputs_release) struct machine_inputs in = {0};
	_cleanup_(measurement_release) struct measurement m = {.platform = options->platform};
	int r = machine_inputs_open(&options->inputs.machine, &in, err);

	if (r >= 0)
		r = take_firmware(&in.firmware, options, &m, err);
	if (r < 0)
		return r;
	give_machine_reasons(&m);
	if (m.reasons.failed || m.conditions.failed)
		return error_oom(err);
	*ret = m;
	m = (struct measurement){0};
	return 0;
}

bool measurement_knows(const struct measurement *m, unsigned reg)
{
	if (reg >= REGISTER_MRTD)
		return m->tdx.known[reg - REGISTER_MRTD];
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (m->banks_predicted & 1u << i && !m->banks[i].known[reg])
			return false;
	}
	return true;
}

int measurement_require(const struct measurement *m, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64 * 1024);

	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const struct reason *reason = &m->reasons.items[reg];
		char name[REGISTER_NAME_SIZE];

		if (!reason->text || !reason->unpredictable ||
		    !(platform_registers(m->platform, m->vtpm) & REGISTER_BIT(reg)))
			continue;
		register_name(reg, name);
		buffer_printf(&text, "%s%s cannot be predicted: %s", text.n > 0 ? "; " : "", name,
			      reason->text);
	}
	if (!buffer_ok(&text))
		return error_oom(err);
	return text.n == 0 ? 0
			   : error_set(err, -ERROR_UNPREDICTABLE, "%s: %s", m->file,
				       buffer_text(&text));
}
