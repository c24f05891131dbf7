#include "test.h"

#include <errno.h>
#include <time.h>

#include "cloud/arm_answer.h"
#include "cloud/azure_gallery.h"
#include "cloud/azure_price.h"
#include "cloud/azure_sizes.h"
#include "cloud/azure_template.h"
#include "cloud/deploy_look.h"
#include "crypto/hmac.h"

#define SUBSCRIPTION "11111111-2222-3333-4444-555555555555"

static void authenticates(void **state)
{
	(void)state;
	/* RFC 4231, test cases 1, 2 and 6. */
	static const struct {
		const char *key, *message, *mac;
		size_t key_n;
	} cases[] = {
		{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
		 "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		 20},
		{"Jefe", "what do ya want for nothing?",
		 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 4},
	};
	char hex[2 * HMAC_SHA256_SIZE + 1];
	uint8_t mac[HMAC_SHA256_SIZE], long_key[131];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		hmac_sha256(SPAN(cases[i].key, cases[i].key_n), span_string(cases[i].message), mac);
		hex_encode(SPAN(mac, sizeof mac), hex);
		assert_string_equal(hex, cases[i].mac);
	}
	memset(long_key, 0xaa, sizeof long_key);
	hmac_sha256(SPAN(long_key, sizeof long_key),
		    SPAN_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	hex_encode(SPAN(mac, sizeof mac), hex);
	assert_string_equal(hex,
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void knows_where_secrets_may_go(void **state)
{
	(void)state;
	static const char *const safe[] = {"https://management.azure.com", "http://127.0.0.1:80/x",
					   "http://localhost", "http://[::1]:8/"};
	static const char *const unsafe[] = {"http://management.azure.com",
					     "http://127.0.0.1.x.org",
					     "http://localhost@x.org",
					     "ftp://localhost",
					     "",
					     "http://127.0.0.10",
					     "HTTP://127.0.0.1",
					     "http://127.0.0.1:80@x.org",
					     "http://localhost:80:@x.org/",
					     "http://[::1]:x@x.org"};
	static const struct {
		const char *endpoint, *url;
		bool ours;
	} follows[] = {
		{"https://management.azure.com", "https://management.azure.com/x", true},
		{"https://management.azure.com", "https://MANAGEMENT.azure.com/x", true},
		{"https://management.azure.com", "https://westus3.management.azure.com/x", true},
		{"https://management.azure.com", "https://management.azure.com.x.org/", false},
		{"https://management.azure.com", "https://evilmanagement.azure.com/", false},
		{"https://management.azure.com", "https://x@y.management.azure.com/", false},
		{"https://management.azure.com", "https://x.management.azure.com:443/", true},
		{"https://management.azure.com", "https://x.management.azure.com:y@x.org/", false},
		{"https://management.azure.com", "https://x.management.azure.com:1@x.org/", false},
		{"https://management.azure.com", "https://x.org/?.management.azure.com", false},
		{"https://management.azure.com", "http://management.azure.com/x", false},
		{"http://127.0.0.1:80", "http://127.0.0.1:80/poll", true},
		{"http://127.0.0.1:80", "http://127.0.0.1:8080/poll", false},
		{"http://127.0.0.1:80", "http://127.0.0.1:80@x.org/", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(safe); i++)
		assert_true(azure_url_is_safe(safe[i]));
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		assert_false(azure_url_is_safe(unsafe[i]));
	for (size_t i = 0; i < ARRAY_SIZE(follows); i++)
		assert_int_equal(arm_answer_url_is_ours(follows[i].endpoint, follows[i].url),
				 follows[i].ours);
}

static void names_requests(void **state)
{
	(void)state;
	static const struct {
		const char *path, *name;
	} cases[] = {
		{"/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/disks/"
		 "D?api-version=1",
		 "G/Microsoft.Compute/disks/D"},
		{"/subscriptions/S/resourceGroups/G?api-version=1", "G"},
		{"/subscriptions/S/resourcegroups/G/resources?x", "G/resources"},
		{"/subscriptions/S/providers/Microsoft.Compute/skus?x", "Microsoft.Compute/skus"},
		{"/subscriptions/S?x", "the subscription"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *name = arm_request_name(cases[i].path);

		assert_string_equal(name, cases[i].name);
	}
}

static int64_t retry_after(const char *value)
{
	_cleanup_(http_answer_release) struct http_answer a = {0};
	_cleanup_free_ char *header = string_printf("retry-after: %s", value);

	assert_int_equal(string_list_add(&a.headers, header), 0);
	return arm_answer_retry_after(&a);
}

static void waits_as_asked(void **state)
{
	(void)state;
	_cleanup_(http_answer_release) struct http_answer none = {0};
	time_t soon = time(NULL) + 60;
	char date[64];
	struct tm tm;
	int64_t wait;

	assert_int_equal(arm_answer_retry_after(&none), -1);
	assert_int_equal(retry_after("0"), 0);
	assert_int_equal(retry_after("15"), 15000);
	assert_int_equal(retry_after("100000"), 120000);
	assert_int_equal(retry_after("-1"), -1);
	assert_int_equal(retry_after("soon"), -1);
	assert_int_equal(retry_after("Thu, 01 Jan 2026 00:00:00 GMT"), 0);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&soon, &tm));
	wait = retry_after(date);
	assert_in_range(wait, 50000, 60000);
}

static void knows_how_an_operation_ends(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		int state;
	} cases[] = {
		{"{\"status\":\"Succeeded\"}", 1},
		{"{\"status\":\"succeeded\"}", 1},
		{"{\"status\":\"InProgress\"}", 0},
		{"{\"status\":\"Running\"}", 0},
		{"{\"status\":\"Failed\"}", -1},
		{"{\"status\":\"Canceled\"}", -1},
		{"{\"properties\":{\"provisioningState\":\"Updating\"}}", 0},
		{"{\"properties\":{\"provisioningState\":\"Failed\"}}", -1},
		{"{}", 1},
	};
	struct http_answer running = {.status = 202}, done = {.status = 204};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_t *body = json_loads(cases[i].body, 0, NULL);

		assert_int_equal(arm_answer_state(&done, body, false), cases[i].state);
	}
	/* One that says nothing yet. */
	assert_int_equal(arm_answer_state(&running, NULL, false), 0);
	assert_int_equal(arm_answer_state(&running, NULL, true), 0);
	assert_int_equal(arm_answer_state(&done, NULL, true), 1);
}

static void allows_actions(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *action;
		bool fits;
	} cases[] = {
		{"*", "Microsoft.Compute/disks/write", true},
		{"*/read", "Microsoft.Compute/disks/write", false},
		{"Microsoft.Compute/*", "microsoft.compute/disks/write", true},
		{"Microsoft.Compute/*/write", "Microsoft.Compute/disks/write", true},
		{"Microsoft.Compute/disks/write", "Microsoft.Compute/disks/write", true},
		{"Microsoft.Compute/disks/writ", "Microsoft.Compute/disks/write", false},
		{"Microsoft.Compute/disks/write2", "Microsoft.Compute/disks/write", false},
		{"", "", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(azure_action_fits(cases[i].pattern, cases[i].action),
				 cases[i].fits);
}

static void picks_a_price(void **state)
{
	(void)state;
	_cleanup_json_ json_t *answer = json_loads(
		"{\"Items\":[{\"retailPrice\":9,\"unitOfMeasure\":\"1 Hour\",\"productName\":\"VM "
		"Windows\"},{\"retailPrice\":0.5,\"unitOfMeasure\":\"1 Hour\",\"skuName\":\"x\","
		"\"effectiveStartDate\":\"2026-05-01T00:00:00Z\"},{\"retailPrice\":0.1,"
		"\"unitOfMeasure\":\"1 Hour\",\"skuName\":\"x Spot\"},{\"retailPrice\":0.2,"
		"\"unitOfMeasure\":\"1 Month\"},{\"retailPrice\":\"x\"},7]}",
		0, NULL);
	char date[11];

	assert_true(azure_price_pick(answer, date) == 0.5);
	assert_string_equal(date, "2026-05-01");
	assert_true(azure_price_pick(NULL, date) < 0);
}

static void shows_what_is_new_of_a_console(void **state)
{
	(void)state;
	static const struct {
		const char *before, *now;
		size_t from;
	} cases[] = {
		{"", "abc", 0},	      {"abc", "abc", 3},    {"abc", "abcdef", 3},
		{"xyzabc", "abc", 0}, {"abc", "xyabcd", 5}, {"abc", "new", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			console_new_part(span_string(cases[i].before), span_string(cases[i].now)),
			cases[i].from);
}

static void names_are_the_same_everywhere(void **state)
{
	(void)state;
	_cleanup_(deploy_names_release) struct deploy_names a = {0}, b = {0}, c = {0};
	char subscription[] = SUBSCRIPTION;
	const struct arm arm = {.subscription = subscription};
	_cleanup_error_ struct error *err = NULL;
	static const char sha256[] = "0123456789abcdef0123456789abcdef"
				     "0123456789abcdef0123456789abcdef";

	assert_done(deploy_names_make(&arm, "Node1", NULL, sha256, &a, &err), &err);
	assert_done(deploy_names_make(&arm, "node1", "NODE1", sha256, &b, &err), &err);
	assert_done(deploy_names_make(&arm, "node1", "other", sha256, &c, &err), &err);
	assert_string_equal(a.deployment, b.deployment);
	assert_string_not_equal(a.deployment, c.deployment);
	assert_string_equal(c.names[DEPLOY_OS_DISK], "node1-os-01234567");
	assert_string_equal(c.ids[DEPLOY_VM], "/subscriptions/" SUBSCRIPTION
					      "/resourceGroups/other/providers/Microsoft.Compute/"
					      "virtualMachines/node1");
	for (const char *const *bad =
		     (const char *const[]){"", "-a", "a-", "a_b", "a b", "a/b", NULL};
	     *bad; bad++) {
		_cleanup_(deploy_names_release) struct deploy_names n = {0};

		assert_int_equal(deploy_names_make(&arm, *bad, NULL, "", &n, NULL), -ERROR_USAGE);
	}
	assert_true(azure_same_region("West US 3", "westus3"));
	assert_false(azure_same_region("westus", "westus3"));
}

static struct deploy_settings settings(void)
{
	struct deploy_settings s = {.name = "n",
				    .region = "r",
				    .size = "z",
				    .data_gib = 1,
				    .data_sku = "Premium_LRS",
				    .allowed_ip = "192.0.2.1",
				    .ports = {.peers = true, .attest = true}};

	snprintf(s.image.sha256, sizeof s.image.sha256, "%064d", 7);
	return s;
}

static void opens_ports(void **state)
{
	(void)state;
	static const struct {
		struct deploy_ports ports;
		const char *text;
	} cases[] = {
		{{0}, ""},
		{{.peers = true}, "30303 9000 9001 "},
		{{.peers = true, .attest = true, .ssh = true}, "22 30303 9000 9001 8745 "},
		{{.rpc = true, .metrics = true}, "8545 9100 "},
	};
	char subscription[] = SUBSCRIPTION;
	const struct arm arm = {.subscription = subscription};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(deploy_names_release) struct deploy_names n = {0};
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1000);
		struct deploy_settings s = settings();
		_cleanup_json_ json_t *body = NULL;
		const json_t *rule, *port;
		size_t k, m;

		s.ports = cases[i].ports;
		assert_int_equal(deploy_names_make(&arm, "n", NULL, "", &n, NULL), 0);
		body = template_body(&s, &n, &(struct template_source){0}, DEPLOY_FIREWALL);
		json_array_foreach(arm_member(body, "properties.securityRules"), k, rule)
		{
			bool is_ssh = azure_same(arm_text(rule, "name"), "ssh");

			assert_string_equal(arm_text(rule, "properties.sourceAddressPrefix"),
					    is_ssh ? "192.0.2.1" : "*");
			json_array_foreach(arm_member(rule, "properties.destinationPortRanges"), m,
					   port)
			{
				buffer_printf(&text, "%s ", json_string_value(port));
			}
		}
		assert_string_equal(buffer_text(&text), cases[i].text);
	}
}

static void a_spec_is_of_what_is_asked(void **state)
{
	(void)state;
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	char subscription[] = SUBSCRIPTION, specs[4][33];
	const struct arm arm = {.subscription = subscription};
	struct deploy_settings s = settings();
	const struct template_source made = {.version_id = "v"}, attached = {0},
				     data = {.has_data_disk = true};
	json_t *vms[4];

	assert_int_equal(deploy_names_make(&arm, "n", NULL, s.image.sha256, &n, NULL), 0);
	vms[0] = template_body(&s, &n, &made, DEPLOY_VM);
	vms[1] = template_body(&s, &n, &attached, DEPLOY_VM);
	vms[2] = template_body(&s, &n, &data, DEPLOY_VM);
	s.user_data = "eA==";
	vms[3] = template_body(&s, &n, &made, DEPLOY_VM);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(template_spec(vms[i], specs[i], NULL), 0);
	/* How the system disk came to be is no difference. */
	assert_string_equal(specs[0], specs[1]);
	assert_string_not_equal(specs[0], specs[2]);
	assert_string_not_equal(specs[0], specs[3]);
	for (size_t i = 0; i < 4; i++)
		json_decref(vms[i]);
}

static void an_image_has_one_version(void **state)
{
	(void)state;
	char subscription[] = SUBSCRIPTION, name[] = "node";
	const struct arm arm = {.subscription = subscription};
	struct deploy_settings s = settings();
	_cleanup_(gallery_release) struct gallery g = {0};
	_cleanup_json_ json_t *version = NULL;
	_cleanup_error_ struct error *err = NULL;
	enum gallery_state found;

	s.image.name = name;
	s.image_group = "i";
	s.gallery = "g";
	memcpy(s.image.sha256, "ffffffff80000002", 16);
	assert_done(gallery_make(&arm, &s, &g, &err), &err);
	assert_string_equal(g.number, "1.2147483647.1073741825");
	assert_int_equal(strlen(g.account), 24);
	version = gallery_version_body(&s, &g, "https://x/y", NULL);
	assert_done(gallery_version_state(&s, &g, NULL, &found, &err), &err);
	assert_int_equal(found, GALLERY_ABSENT);
	assert_done(gallery_version_state(&s, &g, version, &found, &err), &err);
	assert_int_equal(found, GALLERY_PENDING);
	s.image.sha256[0] = '0';
	assert_int_equal(gallery_version_state(&s, &g, version, &found, &err), -ERROR_REFUSED);
}

/* Five minutes before its end, and one that lives for less, not at each call. */
static void renews_tokens_in_time(void **state)
{
	(void)state;
	static const struct {
		int64_t life, renew;
	} cases[] = {{3600, 3300}, {601, 301}, {600, 300}, {240, 120}, {2, 1}, {0, 0}};
	struct azure_token t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		azure_token_set_life(&t, 1000, 1000 + cases[i].life);
		assert_int_equal(t.renew, 1000 + cases[i].renew);
		assert_int_equal(t.expires, 1000 + cases[i].life);
	}
	/* One that has ended, by this machine's clock. */
	azure_token_set_life(&t, 1000, 900);
	assert_true(t.renew <= 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authenticates),
		cmocka_unit_test(knows_where_secrets_may_go),
		cmocka_unit_test(renews_tokens_in_time),
		cmocka_unit_test(names_requests),
		cmocka_unit_test(waits_as_asked),
		cmocka_unit_test(knows_how_an_operation_ends),
		cmocka_unit_test(allows_actions),
		cmocka_unit_test(picks_a_price),
		cmocka_unit_test(shows_what_is_new_of_a_console),
		cmocka_unit_test(names_are_the_same_everywhere),
		cmocka_unit_test(opens_ports),
		cmocka_unit_test(a_spec_is_of_what_is_asked),
		cmocka_unit_test(an_image_has_one_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
