#include "formats/published.h"

#include <errno.h>

#include "formats/json_read.h"

/* Of an artefact: what a disk can have. */
#define SIZE_MAX_ (1ull << 50)

void published_release(struct published *p)
{
	free(p->artefacts);
	free(p->packages);
	json_decref(p->storage);
	*p = (struct published){0};
}

const struct published_artefact *published_find(const struct published *p, const char *name)
{
	for (size_t i = 0; i < p->n_artefacts; i++) {
		if (string_equal(p->artefacts[i].name, name))
			return &p->artefacts[i];
	}
	return NULL;
}

static int read_digest(const json_t *object, const char *name, struct digest *ret,
		       struct error **err)
{
	ret->algorithm = DIGEST_SHA256;
	return json_read_hex(object, name, ret->bytes, digest_size(DIGEST_SHA256), err);
}

static int read_artefact(const json_t *item, struct published *p, struct error **err)
{
	struct published_artefact a = {0};
	int r = json_read_string(item, "name", &a.name, err);

	if (r >= 0)
		r = json_read_number(item, "size", SIZE_MAX_, &a.size, err);
	if (r >= 0)
		r = read_digest(item, "sha256", &a.sha256, err);
	if (r < 0)
		return r;
	if (!path_is_confined(a.name) || strchr(a.name, '/'))
		return error_set(err, -ERROR_MALFORMED, "'name' is not the name of a file");
	if (published_find(p, a.name))
		return error_set(err, -ERROR_MALFORMED, "'%s' is there twice", a.name);
	p->artefacts[p->n_artefacts++] = a;
	return 0;
}

static int read_artefacts(const json_t *root, struct published *p, struct error **err)
{
	const json_t *array, *item;
	size_t i;
	int r = json_read_array(root, "artefacts", PUBLISHED_ARTEFACTS_MAX, &array, err);

	if (r < 0)
		return r;
	p->artefacts = calloc(json_array_size(array) + 1, sizeof *p->artefacts);
	if (!p->artefacts)
		return error_oom(err);
	json_array_foreach(array, i, item)
	{
		r = read_artefact(item, p, err);
		if (r < 0)
			return error_wrap(err, r, "artefacts[%zu]", i);
	}
	return p->n_artefacts ? 0 : error_set(err, -ERROR_MALFORMED, "no artefact is named");
}

static int read_package(const json_t *item, bool component, struct published *p, struct error **err)
{
	struct published_package *new = &p->packages[p->n_packages];
	int r = json_read_string(item, "name", &new->name, err);

	if (r >= 0)
		r = json_read_string(item, "version", &new->version, err);
	if (r >= 0 && !component)
		r = json_read_string(item, "architecture", &new->architecture, err);
	if (r >= 0)
		r = read_digest(item, "sha256", &new->sha256, err);
	if (r >= 0)
		p->n_packages++;
	return r;
}

static int read_packages(const json_t *root, struct published *p, struct error **err)
{
	static const char *const names[] = {"packages", "components"};
	const json_t *arrays[ARRAY_SIZE(names)] = {NULL}, *item;
	size_t n = 0, i;
	int r = 0;

	for (size_t k = 0; r >= 0 && k < ARRAY_SIZE(names); k++) {
		r = json_read_array(root, names[k], PUBLISHED_PACKAGES_MAX, &arrays[k], err);
		n += r < 0 ? 0 : json_array_size(arrays[k]);
	}
	if (r < 0)
		return r;
	p->packages = calloc(n + 1, sizeof *p->packages);
	if (!p->packages)
		return error_oom(err);
	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		json_array_foreach(arrays[k], i, item)
		{
			r = read_package(item, k == 1, p, err);
			if (r < 0)
				return error_wrap(err, r, "%s[%zu]", names[k], i);
		}
	}
	return 0;
}

static int read_manifest(const json_t *root, struct published *p, struct error **err)
{
	int r = json_read_string(root, "image", &p->image, err);

	if (r >= 0)
		r = json_read_bool(root, "debug", &p->debug, err);
	if (r >= 0)
		r = read_artefacts(root, p, err);
	if (r >= 0)
		r = read_packages(root, p, err);
	p->has_lock = json_object_get(root, "lock_sha256");
	if (r >= 0 && p->has_lock)
		r = read_digest(root, "lock_sha256", &p->lock_sha256, err);
	return r;
}

/* "devnet" of "devnet.raw", which becomes the storage's. */
static int take_image_name(json_t *root, const char *file, struct published *p, struct error **err)
{
	size_t n = strlen(file);

	if (n <= 4 || !string_equal(file + n - 4, ".raw") || strchr(file, '/') ||
	    !path_is_confined(file))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "the measurements are not those of a raw disk, IMAGE.raw");
	if (json_object_set_new(root, "image_name", json_stringn(file, n - 4)) < 0)
		return error_oom(err);
	p->image = json_string_value(json_object_get(root, "image_name"));
	return 0;
}

static int read_measurements(json_t *root, struct published *p, struct error **err)
{
	const json_t *file, *image;
	struct published_artefact a = {0};
	int r = json_read_object(root, "file", &file, err);

	if (r >= 0)
		r = json_read_object(root, "image", &image, err);
	if (r >= 0)
		r = json_read_bool(image, "debug", &p->debug, err);
	if (r >= 0)
		r = json_read_string(file, "name", &a.name, err);
	if (r >= 0)
		r = json_read_number(file, "size", SIZE_MAX_, &a.size, err);
	if (r >= 0)
		r = read_digest(file, "sha256", &a.sha256, err);
	if (r >= 0)
		r = take_image_name(root, a.name, p, err);
	if (r < 0)
		return r;
	p->artefacts = calloc(1, sizeof *p->artefacts);
	if (!p->artefacts)
		return error_oom(err);
	p->artefacts[p->n_artefacts++] = a;
	return 0;
}

int published_parse(struct span json, struct published *ret, struct error **err)
{
	_cleanup_(published_release) struct published p = {0};
	json_t *root = NULL;
	int r = json.n > PUBLISHED_MAX
			? error_set(err, -EFBIG, "%zu bytes, more than %u", json.n, PUBLISHED_MAX)
			: json_read_document(json, false, &root, err);

	if (r < 0)
		return r;
	p.storage = root;
	p.is_manifest = json_object_get(root, "artefacts");
	if (p.is_manifest)
		r = read_manifest(root, &p, err);
	else if (json_object_get(root, "banks"))
		r = read_measurements(root, &p, err);
	else
		r = error_set(err, -ERROR_MALFORMED,
			      "neither a manifest.json nor a measurements.json");
	if (r < 0)
		return r;
	if (!path_is_confined(p.image) || strchr(p.image, '/'))
		return error_set(err, -ERROR_MALFORMED, "'image' is not the name of an image");
	*ret = p;
	p = (struct published){0};
	return 0;
}

int published_check_pair(const struct published *manifest, const struct published *measurements,
			 struct error **err)
{
	const struct published_artefact *disk = &measurements->artefacts[0];
	const struct published_artefact *same;

	if (!manifest->is_manifest || measurements->is_manifest)
		return error_set(err, -ERROR_REFUSED,
				 "'manifest.json' or 'measurements.json' is something else");
	same = published_find(manifest, disk->name);
	if (!string_equal(manifest->image, measurements->image) ||
	    manifest->debug != measurements->debug || !same ||
	    !digest_equal(&same->sha256, &disk->sha256))
		return error_set(err, -ERROR_REFUSED,
				 "the measurements are not those of the manifest's disk");
	return 0;
}
