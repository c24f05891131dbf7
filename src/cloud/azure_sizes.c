#include "cloud/azure_sizes.h"

#include <ctype.h>
#include <errno.h>

#include "cloud/deploy.h"

/* How many others a refusal names. */
#define OTHERS_MAX 16u
#define REGISTER_POLLS 60
#define REGISTER_PAUSE_MS 2000

void azure_size_release(struct azure_size *s)
{
	free(s->name);
	free(s->family);
	*s = (struct azure_size){0};
}

static const char *capability(const json_t *sku, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sku, "capabilities"), i, item)
	{
		if (azure_same(arm_text(item, "name"), name))
			return arm_text(item, "value");
	}

	return NULL;
}

static bool is_vm(const json_t *sku)
{
	return azure_same(arm_text(sku, "resourceType"), "virtualMachines");
}

static bool is_tdx(const json_t *sku)
{
	return is_vm(sku) && azure_same(capability(sku, "ConfidentialComputingType"), "TDX");
}

static bool has_text(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (azure_same(json_string_value(item), text))
			return true;
	}

	return false;
}

/* Listed, but refused in all of the region, or in this zone: the reason. */
static const char *restriction(const json_t *sku, const char *zone)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sku, "restrictions"), i, item)
	{
		const char *reason = arm_text(item, "reasonCode");
		bool applies = azure_same(arm_text(item, "type"), "Location") ||
			       (zone && has_text(arm_member(item, "restrictionInfo.zones"), zone));

		if (applies)
			return reason ? reason : "restricted";
	}
	return NULL;
}

static bool is_in_zone(const json_t *sku, const char *zone)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sku, "locationInfo"), i, item)
	{
		if (has_text(json_object_get(item, "zones"), zone))
			return true;
	}

	return false;
}

static void put_others(const json_t *skus, const char *zone, struct buffer *b)
{
	const json_t *sku;
	size_t i, n = 0;

	json_array_foreach(skus, i, sku)
	{
		const char *name = arm_text(sku, "name");

		if (!name || !is_tdx(sku) || restriction(sku, zone) ||
		    (zone && !is_in_zone(sku, zone)))
			continue;
		if (n++ < OTHERS_MAX)
			buffer_printf(b, "%s%s", n == 1 ? "" : ", ", name);
	}
	if (n > OTHERS_MAX)
		buffer_printf(b, " and %zu more", n - OTHERS_MAX);
	if (n == 0)
		buffer_put_string(b, "none: another region has some");
}

static int refuse(const json_t *skus, const char *region, const char *zone, const char *what,
		  struct error **err)
{
	_cleanup_(buffer_release) struct buffer others = BUFFER_INIT(4096);

	put_others(skus, zone, &others);
	return error_set(err, -ERROR_REFUSED, "%s; sizes in TDX that can be had in %s%s%s: %s",
			 what, region, zone ? ", zone " : "", zone ? zone : "",
			 buffer_text(&others));
}

static int take(const json_t *sku, struct azure_size *ret, struct error **err)
{
	const char *family = arm_text(sku, "family"), *cpus = capability(sku, "vCPUs"),
		   *memory = capability(sku, "MemoryGB"),
		   *iops = capability(sku, "UncachedDiskIOPS"),
		   *controllers = capability(sku, "DiskControllerTypes");
	struct azure_size s = {.name = strdup(arm_text(sku, "name")),
			       .family = strdup(family ? family : "")};

	if (!s.name || !s.family) {
		azure_size_release(&s);
		return error_oom(err);
	}
	if (!cpus || !parse_u64(span_string(cpus), 4096, &s.cpus))
		s.cpus = 0;
	if (!iops || !parse_u64(span_string(iops), UINT32_MAX, &s.iops))
		s.iops = 0;
	snprintf(s.memory, sizeof s.memory, "%s", memory ? memory : "?");
	snprintf(s.controllers, sizeof s.controllers, "%s", controllers ? controllers : "");
	*ret = s;
	return 0;
}

static int judge(const json_t *skus, const json_t *sku, const char *region, const char *name,
		 const char *zone, struct error **err)
{
	_cleanup_free_ char *what = NULL;
	const char *reason = sku ? restriction(sku, zone) : NULL;

	if (!sku)
		what = string_printf("'%s' is not offered in %s", name, region);
	else if (!is_tdx(sku))
		what = string_printf("'%s' is no size in Intel TDX", name);
	else if (reason)
		what = string_printf("'%s' is not to be had by this subscription there (%s)", name,
				     reason);
	else if (zone && !is_in_zone(sku, zone))
		what = string_printf("'%s' is not offered in zone %s of %s", name, zone, region);
	else
		return 0;
	return what ? refuse(skus, region, zone, what, err) : error_oom(err);
}

static char *region_path(const struct arm *a, const char *region)
{
	_cleanup_free_ char *word = azure_region_word(region);

	return word ? arm_path(a,
			       "/providers/Microsoft.Compute/skus?api-version=2021-07-01"
			       "&$filter=location%%20eq%%20'%s'",
			       word)
		    : NULL;
}

int azure_size_find(struct arm *a, const char *region, const char *name, const char *zone,
		    struct azure_size *ret, struct error **err)
{
	_cleanup_free_ char *path = region_path(a, region);
	_cleanup_json_ json_t *skus = NULL;
	const json_t *sku, *found = NULL;
	size_t i;
	int r;

	if (!path)
		return error_oom(err);
	r = arm_list(a, path, &skus, err);
	if (r < 0)
		return r;
	json_array_foreach(skus, i, sku)
	{
		if (is_vm(sku) && azure_same(arm_text(sku, "name"), name))
			found = sku;
	}

	r = judge(skus, found, region, name, zone, err);
	return r < 0 ? r : take(found, ret, err);
}

static const json_t *usage_of(const json_t *usages, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(usages, i, item)
	{
		if (azure_same(arm_text(item, "name.value"), name))
			return item;
	}

	return NULL;
}

int azure_quota_check(struct arm *a, const char *region, const struct azure_size *size, uint64_t n,
		      char **ret_text, struct error **err)
{
	const char *const names[] = {size->family, "cores"};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1024);
	_cleanup_free_ char *path = arm_path(
		a, "/providers/Microsoft.Compute/locations/%s/usages?api-version=2024-11-01",
		region);
	_cleanup_json_ json_t *usages = NULL;
	int r = path ? arm_list(a, path, &usages, err) : error_oom(err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const json_t *usage = usage_of(usages, names[i]);
		const char *words = arm_text(usage, "name.localizedValue");
		json_int_t used = json_integer_value(arm_member(usage, "currentValue")),
			   limit = json_integer_value(arm_member(usage, "limit"));

		if (!usage)
			continue;
		words = words ? words : names[i];
		if (used + (json_int_t)(n * size->cpus) > limit)
			return error_set(err, -ERROR_REFUSED,
					 "the quota '%s' in %s is %lld, of which %lld are used: "
					 "%llu more do not fit; ask for more in Azure's portal",
					 words, region, (long long)limit, (long long)used,
					 (unsigned long long)(n * size->cpus));
		buffer_printf(&text, "%s%s %lld of %lld used", text.n ? ", " : "", words,
			      (long long)used, (long long)limit);
	}
	*ret_text = strdup(buffer_text(&text));
	return *ret_text ? 0 : error_oom(err);
}

int azure_provider_is_ready(struct arm *a, const char *name, bool *ret, struct error **err)
{
	_cleanup_free_ char *path = arm_path(a, "/providers/%s?api-version=2021-04-01", name);
	_cleanup_json_ json_t *provider = NULL;
	int r = path ? arm_get(a, path, &provider, err) : error_oom(err);

	if (r >= 0)
		*ret = azure_same(arm_text(provider, "registrationState"), "Registered");
	return r;
}

int azure_provider_register(struct arm *a, const char *name, struct error **err)
{
	_cleanup_free_ char *path =
		arm_path(a, "/providers/%s/register?api-version=2021-04-01", name);
	bool ready = false;
	int r = path ? arm_post(a, path, NULL, NULL, err) : error_oom(err);

	for (int i = 0; r >= 0 && i < REGISTER_POLLS; i++) {
		r = azure_provider_is_ready(a, name, &ready, err);
		if (r < 0 || ready)
			return r;
		if (interrupt_wait(&a->interrupt, REGISTER_PAUSE_MS))
			return interrupt_check(&a->interrupt, err);
	}
	return r < 0 ? r
		     : error_set(err, -ETIMEDOUT, "%s is still being registered: try again later",
				 name);
}

bool azure_action_fits(const char *pattern, const char *action)
{
	for (; *pattern; pattern++, action++) {
		if (*pattern == '*') {
			for (;; action++) {
				if (azure_action_fits(pattern + 1, action))
					return true;
				if (!*action)
					return false;
			}
		}
		if (tolower((unsigned char)*pattern) != tolower((unsigned char)*action))
			return false;
	}
	return !*action;
}

static bool list_fits(const json_t *list, const char *action)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && azure_action_fits(json_string_value(item), action))
			return true;
	}

	return false;
}

static bool is_allowed(const json_t *permissions, const char *action)
{
	const json_t *item;
	size_t i;

	json_array_foreach(permissions, i, item)
	{
		if (list_fits(json_object_get(item, "actions"), action) &&
		    !list_fits(json_object_get(item, "notActions"), action))
			return true;
	}

	return false;
}

int azure_action_missing(struct arm *a, const char *scope, const char *const *actions,
			 const char **ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf(
		"%s/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", scope);
	_cleanup_json_ json_t *permissions = NULL;
	_cleanup_error_ struct error *why = NULL;
	int r = path ? arm_list(a, path, &permissions, &why) : error_oom(&why);

	*ret = NULL;
	/* Who may not ask may still do all that is needed. */
	if (r == -EACCES || r == -ENOENT)
		return 0;
	if (r < 0)
		return error_move(err, r, &why);
	for (; *actions && !*ret; actions++)
		if (!is_allowed(permissions, *actions))
			*ret = *actions;
	return 0;
}
