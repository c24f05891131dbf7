#include "cloud/azure_price.h"

#include <time.h>

#include "formats/json_read.h"
#include "net/http_request.h"

#define ANSWER_MAX (4u << 20)
#define SECONDS 10u

/* Other kinds of the same size. */
static bool is_other(const json_t *item)
{
	static const char *const words[] = {"Windows", "Spot", "Low Priority"};
	static const char *const members[] = {"productName", "skuName", "meterName"};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
			const char *text = arm_text(item, members[i]);

			if (text && strcasestr(text, words[k]))
				return true;
		}
	return false;
}

double azure_price_pick(const json_t *answer, char ret_date[11])
{
	const json_t *item;
	double found = -1;
	size_t i;

	json_array_foreach(json_object_get(answer, "Items"), i, item)
	{
		const char *unit = arm_text(item, "unitOfMeasure"),
			   *date = arm_text(item, "effectiveStartDate");
		double price = json_number_value(json_object_get(item, "retailPrice"));

		if (is_other(item) || !azure_same(unit, "1 Hour") || price <= 0 ||
		    (found >= 0 && price >= found))
			continue;
		found = price;
		snprintf(ret_date, 11, "%.10s", date ? date : "?");
	}
	return found;
}

static int ask(struct arm *a, const char *url, json_t **ret)
{
	struct http_request q = {
		.method = "GET", .url = url, .seconds = SECONDS, .direct = azure_url_is_local(url)};
	struct http_answer answer = {.body = BUFFER_INIT(ANSWER_MAX)};
	int r = http_exchange(a->http, &q, &answer, NULL);

	if (r >= 0 && answer.status == 200)
		r = json_read_document(buffer_span(&answer.body), false, ret, NULL);
	else if (r >= 0)
		r = -ERROR_MALFORMED;
	buffer_release(&answer.body);
	http_answer_release(&answer);
	return r;
}

void azure_price_text(struct arm *a, const struct deploy_settings *s, const char *size, char **ret)
{
	_cleanup_free_ char *region = azure_region_word(s->region), *url = NULL;
	_cleanup_json_ json_t *answer = NULL;
	char date[11] = "?", now[TIME_TEXT_SIZE];
	double price;

	url = string_printf("%s/api/retail/prices?api-version=2023-01-01-preview&$filter="
			    "serviceName%%20eq%%20'Virtual%%20Machines'%%20and%%20armRegionName"
			    "%%20eq%%20'%s'%%20and%%20armSkuName%%20eq%%20'%s'%%20and%%20priceType"
			    "%%20eq%%20'Consumption'",
			    s->prices, region ? region : "", size);
	if (!url || ask(a, url, &answer) < 0)
		return;
	price = azure_price_pick(answer, date);
	if (price < 0)
		return;
	time_format(time(NULL), now);
	*ret = string_printf("%.4g USD an hour, %.0f USD a month, without disks, address and "
			     "traffic (asked %.10s, valid since %s)",
			     price, price * DEPLOY_MONTH_HOURS, now, date);
}
