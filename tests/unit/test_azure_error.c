#include "test.h"

#include "base/file.h"
#include "base/text.h"
#include "formats/azure_error.h"

#define CORPUS "tests/fuzz/corpus/fuzz_azure_error/"

static void check(const char *name, const char *code, const char *message, const char *target)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(1 << 16);
	_cleanup_free_ char *path = string_printf(CORPUS "%s", name);
	_cleanup_error_ struct error *err = NULL;

	assert_done(file_read(path, 1 << 16, &bytes, &err), &err);
	assert_done(azure_error_parse(buffer_span(&bytes), &e, &err), &err);
	assert_string_equal(e.code, code);
	assert_string_equal(e.message, message);
	assert_string_equal(e.target, target);
}

static void says_the_cause(void **state)
{
	(void)state;
	check("blocked", "OperationNotAllowed",
	      "There is an active shared access signature outstanding for disk d. Call "
	      "EndGetAccess "
	      "before attaching or deleting the disk.",
	      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d");
	check("deployment", "ZonalAllocationFailed",
	      "Allocation failed. We do not have sufficient capacity.", "");
	check("sign-in", "invalid_client",
	      "AADSTS7000215: Invalid client secret provided. Trace ID: x", "");
	check("storage", "AuthorizationFailure", "This request is not authorized. RequestId:x", "");
	check("null", "", "", "");
	check("html", "", "", "");
	check("half", "", "", "");
	check("empty", "", "", "");
}

static void keeps_what_gives_access(void **state)
{
	(void)state;
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"https://a/b?sv=1&sig=abc%2Fd&se=2", "https://a/b?sv=1&sig=xxxxxxx&se=2"},
		{"SIG=abc\" sig=d", "SIG=xxx\" sig=x"},
		{"x%26sig%3Dabc&y", "x%26sig%3Dxxx&y"},
		{"Authorization: Bearer eyJ0.e.s!", "Authorization: Bearer xxxxxxxxx"},
		{"token eyJhbG.x.y end", "token eyJxxxxxxx end"},
		{"client_secret=p4ss&grant_type=z", "client_secret=xxxx&grant_type=z"},
		{"SharedKey acct:mac= ", "SharedKey xxxxxxxxx "},
		{"designed for signatures", "designed for signatures"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[128];

		snprintf(text, sizeof text, "%s", cases[i].text);
		azure_redact(text);
		assert_string_equal(text, cases[i].wanted);
	}
	check("address", "X",
	      "https://a.blob.core.windows.net/c/b?sv=1&sig=xxxxxxx&se=2 Bearer xxxxxxxxxx", "");
}

static void says_what_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *code, *message, *begins;
	} cases[] = {
		{"OperationNotAllowed", "There is an active shared access signature",
		 "an upload is open"},
		{"OperationNotAllowed", "exceeding approved Total Regional Cores quota",
		 "the quota is too small"},
		{"AllocationFailed", "x", "no capacity now"},
		{"BadRequest",
		 "Security type of VM is not compatible with the security type of attached OS "
		 "Disk.",
		 "disk and VM were made"},
		{"AuthorizationFailed", "x", "a role is missing"},
		{"OperationNotAllowed", "other", NULL},
		{"", "", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char code[64], message[128];
		const struct azure_error e = {.code = code, .message = message};
		const char *advice;

		snprintf(code, sizeof code, "%s", cases[i].code);
		snprintf(message, sizeof message, "%s", cases[i].message);
		advice = azure_error_advice(&e);
		if (!cases[i].begins)
			assert_null(advice);
		else
			assert_true(advice && string_starts(advice, cases[i].begins));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_the_cause),
		cmocka_unit_test(keeps_what_gives_access),
		cmocka_unit_test(says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
