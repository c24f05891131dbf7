#include "formats/azure_error.h"

#include <ctype.h>

#include "base/text.h"
#include "formats/json.h"
#include "formats/printable.h"

/* Texts in texts, details of details: real answers have three. */
#define DEPTH_MAX 8u
#define MESSAGE_MAX 2000u

/* Codes that only say that something below failed. */
static const char *const wrappers[] = {
	"DeploymentFailed", "ResourceDeploymentFailure",      "ResourceGroupDeletionBlocked",
	"Failed",	    "InvalidTemplateDeployment",      "MultipleErrorsOccurred",
	"Conflict",	    "PreflightValidationCheckFailed", "BadRequest",
};

static const struct {
	const char *code; /* the code begins with it */
	const char *word; /* and the message has it; NULL: any */
	const char *advice;
} advices[] = {
	{NULL, "active shared access signature",
	 "an upload is open: 'tdnode deploy azure down' and 'up' close it"},
	{NULL, "with '<NULL>' security type",
	 "the size is for confidential VMs and the request was for another kind"},
	{NULL, "ConfidentialVM security type is not supported in this region",
	 "choose a region of those that 'plan' names"},
	{NULL, "not compatible with the security type of attached OS Disk",
	 "disk and VM were made with different --vtpm"},
	{NULL, "is not supported for CreateOption",
	 "a disk of this security type cannot be uploaded: only --vtpm ephemeral can"},
	{NULL, "must match the", "the image definition is of another kind: use another --gallery"},
	{"SkuNotAvailable", NULL, "this size is not to be had there: another size, zone or region"},
	{"NotAvailableForSubscription", NULL, "ask Azure for access, or take another region"},
	{"AllocationFailed", NULL,
	 "no capacity now: try later, or another size or region; what was made so far is kept"},
	{"ZonalAllocationFailed", NULL,
	 "no capacity in this zone now: try later, or another zone; what was made so far is kept"},
	{"OverconstrainedAllocationRequest", NULL, "no capacity now: another size or zone"},
	{"OperationNotAllowed", "uota", "the quota is too small: ask for more in Azure's portal"},
	{"QuotaExceeded", NULL, "the quota is too small: ask for more in Azure's portal"},
	{"PublicIPCountLimitReached", NULL, "no more addresses: ask for more quota"},
	{"StorageAccountLimit", NULL, "no more storage accounts: name one by --storage-account"},
	{"StorageAccountAlreadyTaken", NULL,
	 "somebody else has this name: choose one by --storage-account"},
	{"AuthorizationFailed", NULL, "a role is missing (docs/azure.md has one that suffices)"},
	{"LinkedAuthorizationFailed", NULL,
	 "a role is missing (docs/azure.md has one that suffices)"},
	{"AuthorizationPermissionMismatch", NULL, "the role does not reach to data in storage"},
	{"MissingSubscriptionRegistration", NULL,
	 "the subscription does not have this service yet: somebody with rights on it runs 'az "
	 "provider register'"},
	{"NoRegisteredProviderFound", NULL, "the service is not offered there"},
	{"RequestDisallowedByPolicy", NULL, "a policy of the subscription forbids it"},
	{"PropertyChangeNotAllowed", NULL,
	 "it exists with other settings: delete it, or choose another name"},
	{"SubscriptionNotFound", NULL, "check --subscription and --tenant"},
	{"InvalidSubscriptionId", NULL, "check --subscription"},
	{"InvalidAuthenticationTokenTenant", NULL,
	 "the sign-in is of another tenant: check --tenant"},
	{"ExpiredAuthenticationToken", NULL, "sign in again"},
	{"InvalidAuthenticationToken", NULL, "sign in again"},
	{"InUseSubnetCannotBeDeleted", NULL, "something of others uses it"},
	{"NicInUse", NULL, "something of others uses it"},
	{"PublicIPAddressCannotBeDeleted", NULL, "something of others uses it"},
	{"ResourceGroupBeingDeleted", NULL, "wait until it is gone, then try again"},
	{"OSProvisioningTimedOut", NULL, "the VM runs, but has not reported ready: see 'logs'"},
	{"invalid_client", NULL, "client and secret or certificate do not belong together"},
	{"unauthorized_client", NULL, "check --tenant and --client"},
};

void azure_error_release(struct azure_error *e)
{
	free(e->code);
	free(e->message);
	free(e->target);
	*e = (struct azure_error){0};
}

static bool ends_value(char c)
{
	return c == '&' || c == '"' || c == '\'' || c == '<' || c == '>' ||
	       isspace((unsigned char)c);
}

/* Overwrites what follows each `mark`, up to the end of the value. */
static void strike_after(char *text, const char *mark)
{
	for (char *p = text; (p = strcasestr(p, mark));) {
		p += strlen(mark);
		for (; *p && !ends_value(*p); p++)
			*p = 'x';
	}
}

void azure_redact(char *text)
{
	static const char *const marks[] = {
		"sig=", "sig%3d",      "access_token=", "client_secret=", "Bearer ",
		"eyJ",	"AccountKey=", "assertion=",	"SharedKey "};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		strike_after(text, marks[i]);
}

/* A copy on one line, of bounded length, without what gives access. NULL out of memory. */
static char *clean(const char *text)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8 * MESSAGE_MAX);
	char *copy;

	printable_lines(SPAN(text, strnlen(text, MESSAGE_MAX)), &b);
	if (!buffer_ok(&b))
		return NULL;
	copy = strdup(buffer_text(&b));
	if (!copy)
		return NULL;
	for (char *p = copy; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	for (size_t n = strlen(copy); n && copy[n - 1] == ' ';)
		copy[--n] = 0;
	azure_redact(copy);
	return copy;
}

static int set(struct azure_error *e, const char *code, const char *message, const char *target,
	       struct error **err)
{
	struct azure_error made = {
		.code = clean(code ? code : ""),
		.message = clean(message ? message : ""),
		.target = clean(target	    ? target
				: e->target ? e->target
					    : ""),
	};

	if (!made.code || !made.message || !made.target) {
		azure_error_release(&made);
		return error_oom(err);
	}
	azure_error_release(e);
	*e = made;
	return 0;
}

static bool is_wrapper(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (strcasecmp(code, wrappers[i]) == 0)
			return true;
	return false;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* JSON in a text, NULL if it is none. */
static json_t *decode(const char *message)
{
	while (isspace((unsigned char)*message))
		message++;
	return *message == '{' ? json_loads(message, 0, NULL) : NULL;
}

static int take(const json_t *object, unsigned depth, struct azure_error *e, struct error **err);

/* What is below says more than what is above if that is only a wrapper. */
static int take_below(const json_t *object, unsigned depth, struct azure_error *e,
		      struct error **err)
{
	const char *message = text_of(object, "message");
	_cleanup_json_ json_t *inner = message ? decode(message) : NULL;
	const json_t *detail, *details = json_object_get(object, "details");
	size_t i;
	int r = 0;

	if (inner)
		return take(inner, depth + 1, e, err);
	json_array_foreach(details, i, detail)
	{
		r = take(detail, depth + 1, e, err);
		if (r < 0 || (e->code[0] && !is_wrapper(e->code)))
			break;
	}
	return r;
}

static int take(const json_t *object, unsigned depth, struct azure_error *e, struct error **err)
{
	const json_t *error = json_object_get(object, "error");
	const char *code, *message;
	int r;

	if (depth > DEPTH_MAX)
		return 0;
	if (json_is_string(error))
		return set(e, json_string_value(error), text_of(object, "error_description"), NULL,
			   err);
	if (json_is_object(error))
		return take(error, depth + 1, e, err);
	code = text_of(object, "code");
	message = text_of(object, "message");
	if (code || message) {
		r = set(e, code ? code : e->code, message, text_of(object, "target"), err);
		if (r < 0)
			return r;
	}
	/* What is below a code that says it all only repeats it. */
	return code && !is_wrapper(code) && !(message && message[0] == '{')
		       ? 0
		       : take_below(object, depth, e, err);
}

/* The content of an element, NULL if it is not there. */
static char *element(struct span body, const char *start, const char *end)
{
	size_t from, to;

	if (!span_find(body, span_string(start), &from))
		return NULL;
	body = span_skip(body, from + strlen(start));
	return span_find(body, span_string(end), &to) ? span_to_string(SPAN(body.p, to)) : NULL;
}

static int take_xml(struct span body, struct azure_error *e, struct error **err)
{
	_cleanup_free_ char *code = element(body, "<Code>", "</Code>");
	_cleanup_free_ char *message = element(body, "<Message>", "</Message>");

	return set(e, code, message, NULL, err);
}

int azure_error_parse(struct span body, struct azure_error *ret, struct error **err)
{
	struct azure_error e = {0};
	_cleanup_json_ json_t *root = NULL;
	int r = set(&e, NULL, NULL, NULL, err);

	if (body.n > AZURE_ERROR_MAX)
		body.n = AZURE_ERROR_MAX;
	if (r >= 0 && body.n)
		root = json_loadb((const char *)body.p, body.n, 0, NULL);
	if (r >= 0 && json_is_object(root))
		r = take(root, 0, &e, err);
	else if (r >= 0)
		r = take_xml(body, &e, err);
	if (r < 0) {
		azure_error_release(&e);
		return r;
	}
	*ret = e;
	return 0;
}

const char *azure_error_advice(const struct azure_error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++) {
		bool code = !advices[i].code || string_starts(e->code, advices[i].code);

		if (code && (!advices[i].word || strstr(e->message, advices[i].word)))
			return advices[i].advice;
	}
	return NULL;
}
