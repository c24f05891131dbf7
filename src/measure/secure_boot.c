#include "measure/secure_boot.h"

#include <errno.h>

#include "crypto/pkcs7.h"
#include "formats/authenticode.h"
#include "formats/efi_signature.h"

static const struct {
	const char *name;
	const struct guid *vendor;
} variables[SECURE_VARIABLES] = {
	[SECURE_VARIABLE_MODE] = {"SecureBoot", &efi_global_guid},
	[SECURE_VARIABLE_PK] = {"PK", &efi_global_guid},
	[SECURE_VARIABLE_KEK] = {"KEK", &efi_global_guid},
	[SECURE_VARIABLE_DB] = {"db", &efi_image_security_guid},
	[SECURE_VARIABLE_DBX] = {"dbx", &efi_image_security_guid},
	[SECURE_VARIABLE_DBT] = {"dbt", &efi_image_security_guid},
	[SECURE_VARIABLE_DBR] = {"dbr", &efi_image_security_guid},
};

const char *secure_variable_name(enum secure_variable v)
{
	return variables[v].name;
}

const struct guid *secure_variable_vendor(enum secure_variable v)
{
	return variables[v].vendor;
}

bool secure_variable_recognise(const struct efi_variable *v, enum secure_variable *ret)
{
	for (size_t i = 0; i < SECURE_VARIABLES; i++) {
		if (efi_name_is(v->name, variables[i].name) &&
		    guid_equal(&v->vendor, variables[i].vendor)) {
			*ret = (enum secure_variable)i;
			return true;
		}
	}
	return false;
}

/* Firmware with Secure Boot leaves these in its store at its first start; others know nothing of
 * them. */
static bool was_used_for_secure_boot(const struct efi_vars *store)
{
	struct efi_variable v;

	return efi_vars_find(store, &efi_cert_db_guid, "certdb", &v) ||
	       efi_vars_find(store, &efi_custom_mode_guid, "CustomMode", &v) ||
	       efi_vars_find(store, &efi_secure_boot_enable_guid, "SecureBootEnable", &v);
}

void secure_boot_from_store(const struct efi_vars *store, enum secure_source source,
			    struct secure_boot *ret)
{
	static const uint8_t mode[] = {0, 1};
	struct secure_boot s = {.source = source};
	struct efi_variable enable;
	bool keys = false;

	for (size_t i = SECURE_VARIABLE_PK; i < SECURE_VARIABLES; i++) {
		struct efi_variable v;

		if (efi_vars_find(store, variables[i].vendor, variables[i].name, &v))
			s.variables[i] = v.data;
		keys |= s.variables[i].n > 0;
	}
	/* With a platform key it is on unless somebody switched it off. */
	s.on = s.variables[SECURE_VARIABLE_PK].n > 0;
	if (efi_vars_find(store, &efi_secure_boot_enable_guid, "SecureBootEnable", &enable) &&
	    (enable.data.n == 0 || enable.data.p[0] != 1))
		s.on = false;
	if (keys || was_used_for_secure_boot(store))
		s.variables[SECURE_VARIABLE_MODE] = SPAN(mode + s.on, 1);
	*ret = s;
}

static bool hash_type(enum efi_signature_type type, enum digest_algorithm *ret)
{
	switch (type) {
	case EFI_SIGNATURE_SHA1:
		*ret = DIGEST_SHA1;
		return true;
	case EFI_SIGNATURE_SHA256:
		*ret = DIGEST_SHA256;
		return true;
	case EFI_SIGNATURE_SHA384:
		*ret = DIGEST_SHA384;
		return true;
	case EFI_SIGNATURE_SHA512:
		*ret = DIGEST_SHA512;
		return true;
	case EFI_SIGNATURE_X509:
	case EFI_SIGNATURE_X509_SHA256:
	case EFI_SIGNATURE_X509_SHA384:
	case EFI_SIGNATURE_X509_SHA512:
	case EFI_SIGNATURE_OTHER:
		break;
	}
	return false;
}

static bool certificate_hash_type(enum efi_signature_type type, enum digest_algorithm *ret)
{
	if (type == EFI_SIGNATURE_X509_SHA256)
		*ret = DIGEST_SHA256;
	else if (type == EFI_SIGNATURE_X509_SHA384)
		*ret = DIGEST_SHA384;
	else if (type == EFI_SIGNATURE_X509_SHA512)
		*ret = DIGEST_SHA512;
	else
		return false;
	return true;
}

/* Looks for the image's digest in a list of signatures: 1 and its entry, 0, or a negative code. */
static int find_hash(struct span list, const char *name, const struct digest *image,
		     struct span *ret, struct error **err)
{
	struct efi_signatures s = efi_signatures_init(list);
	struct efi_signature e;
	enum digest_algorithm a;
	int r;

	while ((r = efi_signatures_next(&s, &e, err)) > 0) {
		if (hash_type(e.type, &a) && a == image->algorithm &&
		    span_equal(e.data, digest_span(image))) {
			*ret = e.entry;
			return 1;
		}
	}
	return r < 0 ? error_wrap(err, r, "variable '%s'", name) : 0;
}

/* Looks for the first certificate of db that the signature's chain leads to. */
static int find_certificate(struct span db, const struct pkcs7 *signature, struct span *ret,
			    struct span *ret_certificate, struct error **err)
{
	struct efi_signatures s = efi_signatures_init(db);
	struct efi_signature e;
	int r;

	while ((r = efi_signatures_next(&s, &e, err)) > 0) {
		if (e.type != EFI_SIGNATURE_X509 || !pkcs7_signed_under(signature, e.data))
			continue;
		*ret = e.entry;
		*ret_certificate = e.data;
		return 1;
	}
	return r < 0 ? error_wrap(err, r, "variable 'db'") : 0;
}

/* Refuses a signature whose chain leads to a certificate in dbx. */
static int check_revoked(struct span dbx, const struct pkcs7 *signature, struct span certificate,
			 struct error **err)
{
	struct efi_signatures s = efi_signatures_init(dbx);
	struct efi_signature e;
	int r;

	while ((r = efi_signatures_next(&s, &e, err)) > 0) {
		struct digest tbs;

		if (e.type == EFI_SIGNATURE_X509 && pkcs7_signed_under(signature, e.data))
			return error_set(
				err, -EINVAL,
				"Secure Boot refuses it: a certificate of its signature is "
				"in dbx");
		if (!certificate_hash_type(e.type, &tbs.algorithm) ||
		    e.data.n < digest_size(tbs.algorithm))
			continue;
		memcpy(tbs.bytes, e.data.p, digest_size(tbs.algorithm));
		if (pkcs7_has_certificate(signature, certificate, &tbs))
			return error_set(
				err, -ERROR_UNPREDICTABLE,
				"a certificate of its signature is revoked in dbx: whether "
				"it starts depends on its time stamp");
	}
	return r < 0 ? error_wrap(err, r, "variable 'dbx'") : 0;
}

static int check_not_forbidden(const struct secure_boot *s, const struct digest *image,
			       struct error **err)
{
	struct span entry;
	int r = find_hash(s->variables[SECURE_VARIABLE_DBX], "dbx", image, &entry, err);

	return r > 0 ? error_set(err, -EINVAL, "Secure Boot refuses it: its digest is in dbx") : r;
}

/* Judges one signature: 1 and the entry that allows it, 0 if none does, or a negative code. */
static int judge_signature(const struct secure_boot *s, const struct pe *pe, struct span der,
			   struct span *ret, struct error **err)
{
	_cleanup_(pkcs7_freep) struct pkcs7 *signature = NULL;
	struct span certificate = {0};
	struct digest image, signed_digest;
	int r = pkcs7_parse(der, &signature, err), allowed = 0;

	if (r < 0)
		return r;
	signed_digest = pkcs7_program_digest(signature);
	r = authenticode_digest(pe, signed_digest.algorithm, &image, err);
	/* A signature of something else says nothing about this image. */
	if (r >= 0 && digest_equal(&image, &signed_digest))
		r = allowed = find_certificate(s->variables[SECURE_VARIABLE_DB], signature, ret,
					       &certificate, err);
	if (r >= 0 && digest_equal(&image, &signed_digest))
		r = check_revoked(s->variables[SECURE_VARIABLE_DBX], signature, certificate, err);
	if (r >= 0)
		r = check_not_forbidden(s, &image, err);
	if (r >= 0 && !allowed)
		r = allowed = find_hash(s->variables[SECURE_VARIABLE_DB], "db", &image, ret, err);
	return r < 0 ? r : allowed;
}

static int judge_unsigned(const struct secure_boot *s, const struct pe *pe, struct span *ret,
			  struct error **err)
{
	struct digest image;
	int r = authenticode_digest(pe, DIGEST_SHA256, &image, err);

	if (r >= 0)
		r = check_not_forbidden(s, &image, err);
	if (r >= 0)
		r = find_hash(s->variables[SECURE_VARIABLE_DB], "db", &image, ret, err);
	if (r == 0)
		return error_set(err, -EINVAL,
				 "Secure Boot refuses it: it is not signed, and its digest is not "
				 "in db");
	return r;
}

int secure_boot_authority(const struct secure_boot *s, const struct pe *pe, struct span *ret,
			  struct error **err)
{
	struct span der, authority = {0};
	uint32_t offset = 0;
	size_t n = 0;
	int r;

	/* The first that allows counts; any may forbid. */
	while ((r = authenticode_next_signature(pe, &offset, &der, err)) > 0) {
		struct span entry;

		n++;
		r = judge_signature(s, pe, der, &entry, err);
		if (r < 0)
			return r;
		if (r > 0 && authority.n == 0)
			authority = entry;
	}
	if (r >= 0 && n == 0)
		r = judge_unsigned(s, pe, &authority, err);
	if (r < 0)
		return r;
	if (authority.n == 0)
		return error_set(err, -EINVAL,
				 "Secure Boot refuses it: no certificate in db is in the chain of "
				 "its signature");
	*ret = authority;
	return 0;
}
