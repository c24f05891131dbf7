/* Programs for firmware: what they are, and what a unified kernel image says about itself. */
#include "inspect/inspection_parts.h"

#include "measure/boot.h"

const enum digest_algorithm inspect_authentihashes[3] = {DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384};

/* Words that give the root hash of a verity tree. */
static const struct span root_hash_words[] = {
	SPAN_LITERAL("roothash="),
	SPAN_LITERAL("usrhash="),
};

bool inspect_section(const struct inspect_program *p, const char *name, struct span *ret)
{
	const struct pe_section *s = p->is_uki ? uki_section(&p->uki, name, 0) : NULL;

	for (size_t i = 0; !p->is_uki && !s && i < p->pe.number_of_sections; i++) {
		if (string_equal(p->pe.sections[i].name, name))
			s = &p->pe.sections[i];
	}
	if (!s)
		return false;
	*ret = pe_section_data(p->is_uki ? &p->uki.pe : &p->pe, s);
	return true;
}

/* The bytes up to a NUL, what is no printable ASCII as "?": for people. */
static char *clean_text(struct span s)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(INSPECT_TEXT_MAX);

	for (size_t i = 0; i < MIN(s.n, (size_t)INSPECT_TEXT_MAX) && s.p[i] != '\0'; i++)
		buffer_put_u8(&b, s.p[i] >= ' ' && s.p[i] < 0x7f ? s.p[i] : '?');
	return strdup(buffer_text(&b));
}

/* NAME= of an os-release, without quotes; NULL if it is not there. */
static char *os_release_value(struct span text, struct span name)
{
	struct reader r = reader_init(text);
	struct span line, key;

	while (reader_line(&r, &line)) {
		if (!span_slice(line, 0, name.n, &key) || !span_equal(key, name))
			continue;
		line = span_skip(line, name.n);
		if (line.n >= 2 && (line.p[0] == '"' || line.p[0] == '\'') &&
		    line.p[line.n - 1] == line.p[0])
			line = SPAN(line.p + 1, line.n - 2);
		return clean_text(line);
	}
	return NULL;
}

static void read_os_release(struct inspect_program *p)
{
	struct span text;

	if (!inspect_section(p, ".osrel", &text))
		return;
	p->os_name = os_release_value(text, SPAN_LITERAL("PRETTY_NAME="));
	p->os_variant = os_release_value(text, SPAN_LITERAL("VARIANT_ID="));
	if (!p->os_variant)
		p->os_variant = os_release_value(text, SPAN_LITERAL("VARIANT="));
}

static bool is_hex(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("0123456789abcdefABCDEF", s.p[i]) || s.p[i] == '\0')
			return false;
	}
	return s.n > 0;
}

static void find_root_hash(struct inspect_program *p)
{
	for (const char *word = p->command_line; word && *word && !p->root_hash;) {
		size_t n = strcspn(word, " ");

		for (size_t i = 0; i < ARRAY_SIZE(root_hash_words); i++) {
			struct span name = root_hash_words[i], value;

			if (n <= name.n || memcmp(word, name.p, name.n) != 0)
				continue;
			value = SPAN(word + name.n, n - name.n);
			if (is_hex(value))
				p->root_hash = span_to_string(value);
		}
		word += n;
		word += *word == ' ';
	}
}

/* The kernel's own statement, or else the section that was made from it. */
static void read_kernel_version(struct inspect_program *p)
{
	const struct boot boot = {.uki = &p->uki};
	struct span text = boot_kernel_version(&boot);

	if (text.n > 0 || inspect_section(p, ".uname", &text))
		p->kernel_version = clean_text(text);
}

static void read_uki(struct inspect_program *p)
{
	struct span text;

	read_kernel_version(p);
	read_os_release(p);
	if (inspect_section(p, ".cmdline", &text))
		p->command_line = clean_text(text);
	find_root_hash(p);
}

static char *describe_kind(const struct pe *pe, const struct uki *uki)
{
	static const char *const programs[] = {"systemd-boot", "systemd-addon", "systemd-stub"};

	if (uki)
		return string_printf("systemd-stub %.*s", (int)uki->version_text.n,
				     (const char *)uki->version_text.p);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_error_ struct error *e = NULL;
		struct span text;
		unsigned version;

		if (uki_program_version(pe, programs[i], &version, &text, &e) >= 0)
			return string_printf("%s %.*s", programs[i], (int)text.n,
					     (const char *)text.p);
	}
	return strdup("PE image");
}

int inspect_add_program(struct inspection *in, const char *path, unsigned partition,
			struct span file, struct error **err)
{
	_cleanup_error_ struct error *e = NULL, *e2 = NULL;
	struct inspect_program p = {.path = path, .partition = partition, .file = file};

	if (pe_parse(file, &p.pe, &e) < 0)
		return 0;
	if (array_reserve(&in->programs, &in->programs_capacity, in->n_programs + 1,
			  sizeof(*in->programs)) < 0)
		return error_oom(err);
	p.is_uki = uki_parse(file, &p.uki, &e2) >= 0;
	p.is_signed = pe_directory_size(&p.pe, PE_DIRECTORY_SECURITY) > 0;
	p.kind = describe_kind(&p.pe, p.is_uki ? &p.uki : NULL);
	if (p.is_uki)
		read_uki(&p);
	in->programs[in->n_programs++] = p;
	return p.kind ? 0 : error_oom(err);
}
