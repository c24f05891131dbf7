#include "formats/pck.h"

#include "crypto/certificate.h"

enum {
	TAG_BOOLEAN = 0x01,
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
};

/* 1.2.840.113741.1.13.1, of which all members' identifiers are continuations. */
static const uint8_t oid_prefix[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

/* Members by the number behind the prefix. */
enum {
	MEMBER_PPID = 1,
	MEMBER_TCB = 2,
	MEMBER_PCE_ID = 3,
	MEMBER_FMSPC = 4,
	MEMBER_SGX_TYPE = 5,
	MEMBER_CONFIGURATION = 7,
};

enum {
	TCB_PCE_SVN = 17,
	TCB_CPU_SVN = 18,
};

static int bad(struct error **err, const char *what)
{
	return error_set(err, -ERROR_MALFORMED, "SGX extension: %s", what);
}

/* Takes one element in DER, of less than 64 KiB. */
static bool take(struct reader *r, uint8_t tag, struct span *ret)
{
	uint8_t found = reader_u8(r);
	size_t n = reader_u8(r);

	if (n == 0x81) {
		n = reader_u8(r);
		r->failed |= n < 0x80;
	} else if (n == 0x82) {
		n = (size_t)reader_u8(r) << 8;
		n |= reader_u8(r);
		r->failed |= n < 0x100;
	} else if (n >= 0x80) {
		r->failed = true;
	}
	*ret = reader_bytes(r, n);
	return reader_ok(r) && found == tag;
}

/* Takes SEQUENCE { identifier below `prefix`, value }: its number, and the value not yet taken apart. */
static bool take_member(struct reader *r, struct span prefix, unsigned *ret,
			struct reader *ret_value)
{
	struct span member, oid;

	if (!take(r, TAG_SEQUENCE, &member))
		return false;
	*ret_value = reader_init(member);
	if (!take(ret_value, TAG_OID, &oid) || oid.n != prefix.n + 1 ||
	    memcmp(oid.p, prefix.p, prefix.n) != 0)
		return false;
	*ret = oid.p[oid.n - 1];
	return *ret < 32;
}

static bool take_octets(struct reader *r, uint8_t *ret, size_t n)
{
	struct span s;

	if (!take(r, TAG_OCTETS, &s) || s.n != n || r->rest.n)
		return false;
	memcpy(ret, s.p, n);
	return true;
}

static bool take_number(struct reader *r, unsigned max, unsigned *ret)
{
	struct span s;
	unsigned v = 0;

	if (!take(r, TAG_INTEGER, &s) || r->rest.n || s.n < 1 || s.n > 3 || s.p[0] & 0x80)
		return false;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	*ret = v;
	return v <= max;
}

static bool take_boolean(struct reader *r, enum pck_flag *ret)
{
	struct span s;

	if (!take(r, TAG_BOOLEAN, &s) || s.n != 1 || r->rest.n)
		return false;
	*ret = s.p[0] ? PCK_FLAG_YES : PCK_FLAG_NO;
	return true;
}

static bool parse_tcb(struct span list, struct pck_extension *e)
{
	uint8_t prefix[sizeof oid_prefix + 1];
	struct reader r = reader_init(list), value;
	unsigned member, number;
	uint32_t seen = 0;

	memcpy(prefix, oid_prefix, sizeof oid_prefix);
	prefix[sizeof oid_prefix] = MEMBER_TCB;
	while (r.rest.n) {
		if (!take_member(&r, SPAN(prefix, sizeof prefix), &member, &value) ||
		    seen & 1u << member)
			return false;
		seen |= 1u << member;
		if (member >= 1 && member <= PCK_SVNS) {
			if (!take_number(&value, UINT8_MAX, &number))
				return false;
			e->svn[member - 1] = (uint8_t)number;
		} else if (member == TCB_PCE_SVN) {
			if (!take_number(&value, UINT16_MAX, &number))
				return false;
			e->pce_svn = (uint16_t)number;
		} else if (member != TCB_CPU_SVN ||
			   !take_octets(&value, e->cpu_svn, sizeof e->cpu_svn)) {
			return false;
		}
	}
	return seen == 0x7fffe; /* 1 to 18 */
}

static bool parse_configuration(struct span list, struct pck_extension *e)
{
	enum pck_flag *flags[] = {&e->dynamic_platform, &e->cached_keys, &e->smt_enabled};
	uint8_t prefix[sizeof oid_prefix + 1];
	struct reader r = reader_init(list), value;
	unsigned member;

	memcpy(prefix, oid_prefix, sizeof oid_prefix);
	prefix[sizeof oid_prefix] = MEMBER_CONFIGURATION;
	while (r.rest.n) {
		if (!take_member(&r, SPAN(prefix, sizeof prefix), &member, &value))
			return false;
		if (member < 1 || member > ARRAY_SIZE(flags))
			continue;
		if (*flags[member - 1] != PCK_FLAG_UNKNOWN ||
		    !take_boolean(&value, flags[member - 1]))
			return false;
	}
	return true;
}

static bool parse_list(struct reader *value, bool (*parse)(struct span, struct pck_extension *),
		       struct pck_extension *e)
{
	struct span list;

	return take(value, TAG_SEQUENCE, &list) && !value->rest.n && parse(list, e);
}

static bool parse_member(unsigned member, struct reader *value, struct pck_extension *e)
{
	switch (member) {
	case MEMBER_PPID:
		return take_octets(value, e->ppid, sizeof e->ppid);
	case MEMBER_TCB:
		return parse_list(value, parse_tcb, e);
	case MEMBER_PCE_ID:
		return take_octets(value, e->pce_id, sizeof e->pce_id);
	case MEMBER_FMSPC:
		return take_octets(value, e->fmspc, sizeof e->fmspc);
	case MEMBER_CONFIGURATION:
		return parse_list(value, parse_configuration, e);
	default:
		return true;
	}
}

int pck_extension_parse(struct span der, struct pck_extension *ret, struct error **err)
{
	const uint32_t needed = 1u << MEMBER_PPID | 1u << MEMBER_TCB | 1u << MEMBER_PCE_ID |
				1u << MEMBER_FMSPC | 1u << MEMBER_SGX_TYPE;
	struct reader r = reader_init(der), value;
	struct pck_extension e = {0};
	struct span list;
	unsigned member;
	uint32_t seen = 0;

	if (!take(&r, TAG_SEQUENCE, &list) || r.rest.n)
		return bad(err, "not a list");
	r = reader_init(list);
	while (r.rest.n) {
		if (!take_member(&r, SPAN(oid_prefix, sizeof oid_prefix), &member, &value))
			return bad(err, "a member that cannot be read");
		if (seen & 1u << member)
			return error_set(err, -ERROR_MALFORMED,
					 "SGX extension: member %u is there twice", member);
		seen |= 1u << member;
		if (!parse_member(member, &value, &e))
			return error_set(err, -ERROR_MALFORMED,
					 "SGX extension: member %u cannot be read", member);
	}
	if ((seen & needed) != needed)
		return bad(err, "PPID, TCB, PCEID, FMSPC or type is missing");
	*ret = e;
	return 0;
}

int pck_platform_read(struct span chain, struct pck_platform *ret, struct error **err)
{
	_cleanup_(certificates_release) struct certificates l = {0};
	struct pck_extension pck;
	struct span extension;
	int r = certificates_parse(chain, false, NULL, &l, err);

	if (r < 0)
		return r;
	certificates_sort(&l);
	if (l.n < 2 || !certificate_extension(l.items[0], PCK_EXTENSION_OID, &extension))
		return bad(err, "the chain has no PCK certificate with its issuer");
	r = pck_extension_parse(extension, &pck, err);
	if (r < 0)
		return r;
	memcpy(ret->fmspc, pck.fmspc, sizeof ret->fmspc);
	ret->ca = certificate_name_has(l.items[1], "Processor") ? "processor" : "platform";
	return 0;
}
