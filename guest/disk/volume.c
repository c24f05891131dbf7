#include <errno.h>
#include <libcryptsetup.h>

#include "guest/disk/disk.h"

struct volume {
	struct crypt_device *cd;
};

void volume_free(struct volume *v)
{
	if (!v)
		return;
	crypt_free(v->cd);
	free(v);
}

/* libcryptsetup's own words are worth more than its code: the last one is kept for the message. */
struct words {
	char last[256];
};

static void keep_words(int level, const char *text, void *context)
{
	struct words *w = context;

	if (level == CRYPT_LOG_ERROR)
		snprintf(w->last, sizeof(w->last), "%.*s", (int)strcspn(text, "\n"), text);
}

static int failed(struct words *w, int r, const char *what, struct error **err)
{
	if (w->last[0])
		return error_set(err, r, "%s: %s", what, w->last);
	return error_errno(err, -r, "%s", what);
}

static const struct crypt_pbkdf_type pbkdf = {
	.type = CRYPT_KDF_PBKDF2,
	.hash = LUKS2_HASH,
	.iterations = LUKS2_ITERATIONS,
	.flags = CRYPT_PBKDF_NO_BENCHMARK,
};

static int new_volume(const struct disk *d, struct words *w, struct volume **ret,
		      struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return error_oom(err);
	crypt_token_external_disable();
	r = crypt_init_data_device(&v->cd, DISK_HEADER_FILE, d->path);
	if (r < 0)
		return failed(w, r, "libcryptsetup", err);
	crypt_set_log_callback(v->cd, keep_words, w);
	r = crypt_set_pbkdf_type(v->cd, &pbkdf);
	if (r < 0)
		return failed(w, r, "key derivation", err);
	*ret = TAKE_PTR(v);
	return 0;
}

/* Larger sectors are faster; they must fill the segment. */
static uint32_t sector_size(const struct disk *d)
{
	return (d->size - LUKS2_HEADER_SIZE) % 4096 == 0 ? 4096 : 512;
}

int volume_format(const struct disk *d, const struct secrets *s, struct volume **ret,
		  struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	struct words words = {0};
	struct crypt_params_luks2 parameters = {
		.pbkdf = &pbkdf,
		.data_device = d->path,
		.sector_size = sector_size(d),
		.label = LUKS2_LABEL,
		.subsystem = LUKS2_SUBSYSTEM,
	};
	int r = new_volume(d, &words, &v, err);

	if (r < 0)
		return r;
	r = crypt_set_data_offset(v->cd, LUKS2_HEADER_SIZE / 512);
	if (r >= 0)
		r = crypt_set_metadata_size(v->cd, LUKS2_COPY_SIZE, LUKS2_KEYSLOTS_SIZE);
	if (r >= 0)
		r = crypt_format(v->cd, CRYPT_LUKS2, LUKS2_CIPHER, LUKS2_CIPHER_MODE, NULL,
				 (const char *)s->volume_key, LUKS2_KEY_SIZE, &parameters);
	if (r < 0)
		return failed(&words, r, "making the header", err);
	crypt_set_log_callback(v->cd, NULL, NULL);
	*ret = TAKE_PTR(v);
	return 0;
}

int volume_load(const struct disk *d, struct volume **ret, struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	struct words words = {0};
	int r = new_volume(d, &words, &v, err);

	if (r < 0)
		return r;
	r = crypt_load(v->cd, CRYPT_LUKS2, NULL);
	if (r < 0)
		return failed(&words, r, "reading the header", err);
	crypt_set_log_callback(v->cd, NULL, NULL);
	*ret = TAKE_PTR(v);
	return 0;
}

const char *volume_uuid(const struct volume *v)
{
	return crypt_get_uuid(v->cd);
}

int volume_add_slot(struct volume *v, unsigned slot, const struct secrets *s,
		    const uint8_t secret[DISK_SECRET_SIZE], struct error **err)
{
	struct words words = {0};
	int r;

	crypt_set_log_callback(v->cd, keep_words, &words);
	r = crypt_keyslot_add_by_volume_key(v->cd, (int)slot, (const char *)s->volume_key,
					    LUKS2_KEY_SIZE, (const char *)secret, DISK_SECRET_SIZE);
	crypt_set_log_callback(v->cd, NULL, NULL);
	return r < 0 ? failed(&words, r, "adding a key slot", err) : 0;
}

int volume_remove_slot(struct volume *v, unsigned slot, struct error **err)
{
	int r = crypt_keyslot_destroy(v->cd, (int)slot);

	return r < 0 ? error_errno(err, -r, "removing key slot %u", slot) : 0;
}

int volume_set_token(struct volume *v, unsigned token, const char *json, struct error **err)
{
	struct words words = {0};
	int r;

	crypt_set_log_callback(v->cd, keep_words, &words);
	r = crypt_token_json_set(v->cd, (int)token, json);
	crypt_set_log_callback(v->cd, NULL, NULL);
	return r < 0 ? failed(&words, r, "adding a token", err) : 0;
}

int volume_unlock(struct volume *v, unsigned slot, const uint8_t secret[DISK_SECRET_SIZE],
		  struct secrets *s, struct error **err)
{
	struct words words = {0};
	size_t n = LUKS2_KEY_SIZE;
	int r;

	crypt_set_log_callback(v->cd, keep_words, &words);
	r = crypt_volume_key_get(v->cd, (int)slot, (char *)s->volume_key, &n, (const char *)secret,
				 DISK_SECRET_SIZE);
	crypt_set_log_callback(v->cd, NULL, NULL);
	if (r < 0)
		return failed(&words, r, "opening the key slot", err);
	if (n != LUKS2_KEY_SIZE)
		return error_set(err, -EINVAL, "the volume key has %zu bytes", n);
	return 0;
}

int volume_activate(struct volume *v, const struct secrets *s, struct error **err)
{
	struct words words = {0};
	int r;

	crypt_set_log_callback(v->cd, keep_words, &words);
	r = crypt_activate_by_volume_key(v->cd, DISK_NAME, (const char *)s->volume_key,
					 LUKS2_KEY_SIZE, 0);
	crypt_set_log_callback(v->cd, NULL, NULL);
	return r < 0 ? failed(&words, r, "starting the encryption", err) : 0;
}

int volume_deactivate(struct error **err)
{
	int r;

	if (!path_exists(DISK_MAPPER))
		return 0;
	r = crypt_deactivate(NULL, DISK_NAME);
	return r < 0 && r != -ENODEV ? error_errno(err, -r, "cannot stop the encryption") : 0;
}
