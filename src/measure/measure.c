#include "measure/measure.h"

#include <errno.h>

#include "formats/authenticode.h"
#include "measure/disk.h"
#include "measure/image_file.h"

/* Registers that a boot without additions from outside leaves untouched. */
static const unsigned zero_registers[] = {8, 12, 13, 15};

void measurement_release(struct measurement *m)
{
	free(m->file);
	free(m->stub_version);
	free(m->kernel_version);
	free(m->command_line);
	event_list_release(&m->events);
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
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(3 * UKI_COMMAND_LINE_MAX);

	for (size_t i = 0; i + 1 < b->command_line.n; i += 2)
		append_utf8(&text, get_le16(b->command_line.p + i));
	return strdup(buffer_text(&text));
}

static bool is_debug(const struct uki *u)
{
	const struct pe_section *s = uki_section(u, ".osrel", 0);
	struct reader r = reader_init(s ? pe_section_data(&u->pe, s) : (struct span){0});
	struct span line;

	while (reader_line(&r, &line)) {
		if (span_equal(line, SPAN_LITERAL("VARIANT_ID=debug")) ||
		    span_equal(line, SPAN_LITERAL("VARIANT_ID=\"debug\"")))
			return true;
	}
	return false;
}

static int describe_image(const struct boot *b, struct measurement *m, struct error **err)
{
	const struct uki *u = b->uki;

	m->uki_size = u->pe.file.n;
	m->uki_digest = digest_bytes(DIGEST_SHA256, u->pe.file);
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		int r = authenticode_digest(&u->pe, event_banks[i], &m->uki_authentihashes[i], err);

		if (r < 0)
			return r;
	}
	m->stub_version = span_to_string(u->version_text);
	m->kernel_version = span_to_string(boot_kernel_version(b));
	m->command_line = command_line_text(b);
	m->debug = is_debug(u);
	return m->stub_version && m->kernel_version && m->command_line ? 0 : error_oom(err);
}

static int predict(const struct boot *b, struct measurement *m, struct error **err)
{
	int r = pcr_04_events(b, &m->events, err);

	pcr_05_events(b, &m->events);
	if (r >= 0)
		r = pcr_09_events(b, &m->events, err);
	if (r < 0)
		return r;
	pcr_11_events(b, &m->events);
	pcr_12_events(b, &m->events);
	if (!event_list_ok(&m->events))
		return error_oom(err);

	for (size_t i = 0; i < EVENT_BANKS; i++) {
		bank_init(&m->banks[i], event_banks[i]);
		for (size_t k = 0; k < ARRAY_SIZE(zero_registers); k++)
			bank_know_zero(&m->banks[i], zero_registers[k]);
	}
	/* An image without command line and initrd leaves PCR 9 as it is. */
	for (size_t i = 0; i < EVENT_BANKS; i++)
		bank_know_zero(&m->banks[i], 9);
	event_list_replay(&m->events, m->banks);
	return 0;
}

static int measure_image(struct span image, struct span gpt, const struct boot_options *options,
			 struct measurement *m, struct error **err)
{
	_cleanup_(boot_release) struct boot boot = {0};
	struct uki uki;
	int r = uki_parse(image, &uki, err);

	if (r >= 0)
		r = boot_describe(&uki, options, gpt, &boot, err);
	if (r >= 0)
		r = describe_image(&boot, m, err);
	if (r >= 0)
		r = predict(&boot, m, err);
	return r;
}

static int measure_disk(struct span raw, const struct boot_options *options, struct measurement *m,
			struct error **err)
{
	_cleanup_(disk_release) struct disk disk = {0};

	if (options->path != BOOT_DISK)
		return error_set(err, -EINVAL, "a disk image is only booted from disk");

	int r = disk_open(raw, &disk, err);

	if (r < 0)
		return r;
	r = measure_image(disk.boot_file, buffer_span(&disk.gpt_event), options, m, err);
	return r < 0 ? error_wrap(err, r, "%s", DISK_BOOT_FILE) : 0;
}

static int measure_content(const struct image_file *f, const struct boot_options *options,
			   struct measurement *m, struct error **err)
{
	m->path = options->path;
	m->secure_boot = options->secure_boot;
	m->format = f->format;
	m->size = f->file.n;
	m->digest = digest_bytes(DIGEST_SHA256, f->file);
	if (f->format == MEASURED_UKI)
		return measure_image(f->content, (struct span){0}, options, m, err);
	return measure_disk(f->content, options, m, err);
}

int measure_file_as(const char *path, const struct boot_options *options, struct measurement *ret,
		    struct error **err)
{
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(image_file_release) struct image_file file = {0};
	int r = image_file_open(path, &file, err);

	if (r < 0)
		return r;
	m.file = strdup(path_basename(path));
	if (!m.file)
		return error_oom(err);
	r = measure_content(&file, options, &m, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret = m;
	m = (struct measurement){0};
	return 0;
}

int measure_file(const char *path, struct measurement *ret, struct error **err)
{
	const struct boot_options options = {.path = BOOT_DISK};

	return measure_file_as(path, &options, ret, err);
}
