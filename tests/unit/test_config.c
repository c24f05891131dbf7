#include "test.h"

#include "formats/config.h"
#include "formats/config_keys.h"

#define NODE                                                                                     \
	"# of the node layer\n"                                                                  \
	"[NETWORK]\nType=choice\nChoice=mainnet\nChoice=hoodi\nDefault=hoodi\nHelp=the chain\n"  \
	"[MODULES]\nType=choices\nChoice=eth\nChoice=net\nChoice=web3\nMax=2\nDefault=eth net\n" \
	"Help=what is served\n"                                                                  \
	"[MAX_PEERS]\nType=number\nMin=1\nMax=200\nDefault=050\nHelp=how many\n"                 \
	"[FEE]\nType=address\nDefault=\nHelp=who gets fees\n"                                    \
	"[URLS]\nType=urls\nMax=2\nDefault=\nHelp=sources\n"                                     \
	"[HOSTS]\nType=hosts\nMin=1\nDefault=a.example b.example\nHelp=servers\n"                \
	"[LABEL]\nType=label\nDefault=node\nHelp=a name\n"                                       \
	"[EXTRA]\nType=words\nDefault=\nHelp=more\n"

#define DEFAULTS                                                                               \
	"EXTRA=\nFEE=\nHOSTS=a.example b.example\nLABEL=node\nMAX_PEERS=50\nMODULES=eth net\n" \
	"NETWORK=hoodi\nURLS=\n"

static void make_keys(struct config_keys *keys)
{
	_cleanup_error_ struct error *err = NULL;

	*keys = (struct config_keys){0};
	assert_done(config_keys_add(keys, "node", SPAN_LITERAL(NODE), &err), &err);
}

static void assert_canonical(const struct config *c, const char *expected)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_CANONICAL_MAX);

	config_canonical(c, &b);
	assert_true(buffer_ok(&b));
	assert_string_equal(buffer_text(&b), expected);
}

/* The canonical form of what `text` sets, and of what that differs in. */
static void assert_reads(const char *text, const char *canonical, const char *difference)
{
	_cleanup_(config_keys_release) struct config_keys keys;
	_cleanup_(config_release) struct config c = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_CANONICAL_MAX);
	_cleanup_error_ struct error *err = NULL;

	make_keys(&keys);
	assert_done(config_init(&keys, &c, &err), &err);
	assert_done(config_read(&c, "text", span_string(text), &err), &err);
	assert_canonical(&c, canonical);
	config_difference(&c, &b);
	assert_string_equal(buffer_text(&b), difference);
	assert_true(config_differs(&c) == (difference[0] != 0));
	/* What it is told to the guest by gives the same. */
	assert_done(config_init(&keys, &again, &err), &err);
	assert_done(config_read(&again, "text", buffer_span(&b), &err), &err);
	assert_canonical(&again, canonical);
}

static void has_one_form(void **state)
{
	(void)state;
	assert_reads("", DEFAULTS, "");
	assert_reads("# nothing\n\n   \n", DEFAULTS, "");
	assert_reads("NETWORK=hoodi\n", DEFAULTS, "");
	assert_reads("MAX_PEERS = 0080\r\n\tNETWORK\t=  mainnet  ",
		     "EXTRA=\nFEE=\nHOSTS=a.example b.example\nLABEL=node\nMAX_PEERS=80\n"
		     "MODULES=eth net\nNETWORK=mainnet\nURLS=\n",
		     "MAX_PEERS=80\nNETWORK=mainnet\n");
	assert_reads("FEE=0xABCDEF0123456789abcdef0123456789ABCDEF01\n"
		     "URLS=https://A.Example:8443/Path?x=1 \t https://b.example\n"
		     "HOSTS=Time.Example\nLABEL=Node-1\nEXTRA=--a=[b,c]  --d|e\nMODULES=web3\n",
		     "EXTRA=--a=[b,c] --d|e\nFEE=0xabcdef0123456789abcdef0123456789abcdef01\n"
		     "HOSTS=time.example\nLABEL=node-1\nMAX_PEERS=50\nMODULES=web3\nNETWORK=hoodi\n"
		     "URLS=https://a.example:8443/Path?x=1 https://b.example\n",
		     "EXTRA=--a=[b,c] --d|e\nFEE=0xabcdef0123456789abcdef0123456789abcdef01\n"
		     "HOSTS=time.example\nLABEL=node-1\nMODULES=web3\n"
		     "URLS=https://a.example:8443/Path?x=1 https://b.example\n");
}

static void assert_refuses(const char *text, size_t n, const char *message)
{
	_cleanup_(config_keys_release) struct config_keys keys;
	_cleanup_(config_release) struct config c = {0};
	_cleanup_error_ struct error *err = NULL;

	make_keys(&keys);
	assert_done(config_init(&keys, &c, &err), &err);
	assert_true(config_read(&c, "text", SPAN(text, n), &err) < 0);
	assert_string_equal(error_message(err), message);
}

#define REFUSES(text, message) assert_refuses(text, sizeof(text) - 1, "text:" message)

static void refuses_texts(void **state)
{
	(void)state;
	REFUSES("\nNETWROK=hoodi", "2: unknown key 'NETWROK'");
	REFUSES("network=hoodi", "1: unknown key 'network'");
	REFUSES("=hoodi", "1: unknown key ''");
	REFUSES("NETWORK", "1: no '=' in 'NETWORK'");
	REFUSES("[Node]", "1: no '=' in '[Node]'");
	REFUSES("NETWORK=hoodi\n#\nNETWORK=hoodi", "3: 'NETWORK' was set before, in line 1");
	REFUSES("NETWORK=hoodi\0", "1: control character or no UTF-8");
	REFUSES("LABEL=a\x1b[31m", "1: control character or no UTF-8");
	REFUSES("EXTRA=\xff", "1: control character or no UTF-8");
	REFUSES("NETWORK=", "1: NETWORK: '' is not mainnet or hoodi");
	REFUSES("NETWORK=Hoodi", "1: NETWORK: 'Hoodi' is not mainnet or hoodi");
	REFUSES("NETWORK=hoodi hoodi", "1: NETWORK: 'hoodi hoodi' is not mainnet or hoodi");
	REFUSES("MODULES=eth eth", "1: MODULES: 'eth' is there twice");
	REFUSES("MODULES=eth net web3",
		"1: MODULES: 'eth net web3' is not 0 to 2 of eth, net or web3");
	REFUSES("MAX_PEERS=0", "1: MAX_PEERS: '0' is not a number from 1 to 200");
	REFUSES("MAX_PEERS=201", "1: MAX_PEERS: '201' is not a number from 1 to 200");
	REFUSES("MAX_PEERS=-5", "1: MAX_PEERS: '-5' is not a number from 1 to 200");
	REFUSES("MAX_PEERS=", "1: MAX_PEERS: '' is not a number from 1 to 200");
	REFUSES("FEE=0x12",
		"1: FEE: '0x12' is not an address: 0x and 40 hexadecimal digits, or empty");
	REFUSES("URLS=http://a.example",
		"1: URLS: 'http://a.example' is not 0 to 2 https addresses");
	REFUSES("URLS=https://u@a.example",
		"1: URLS: 'https://u@a.example' is not 0 to 2 https addresses");
	REFUSES("URLS=https://a/u@b", "1: URLS: 'https://a/u@b' is not 0 to 2 https addresses");
	REFUSES("URLS=https://", "1: URLS: 'https://' is not 0 to 2 https addresses");
	REFUSES("URLS=https://a:0", "1: URLS: 'https://a:0' is not 0 to 2 https addresses");
	REFUSES("URLS=https://a?b", "1: URLS: 'https://a?b' is not 0 to 2 https addresses");
	REFUSES("URLS=https://a https://A", "1: URLS: 'https://A' is there twice");
	REFUSES("URLS=https://a https://b https://c",
		"1: URLS: 'https://a https://b https://c' is not 0 to 2 https addresses");
	REFUSES("HOSTS=", "1: HOSTS: '' is not 1 to 64 names of hosts");
	REFUSES("HOSTS=-a", "1: HOSTS: '-a' is not 1 to 64 names of hosts");
	REFUSES("HOSTS=a..b", "1: HOSTS: 'a..b' is not 1 to 64 names of hosts");
	REFUSES("HOSTS=a.", "1: HOSTS: 'a.' is not 1 to 64 names of hosts");
	REFUSES("LABEL=a.b", "1: LABEL: 'a.b' is not a name of letters, digits and '-'");
	REFUSES("LABEL=", "1: LABEL: '' is not a name of letters, digits and '-'");
	REFUSES("EXTRA=a\"b", "1: EXTRA: 'a\"b' is not 0 to 64 words without quotes, '$' and '\\'");
	REFUSES("EXTRA=$(x)", "1: EXTRA: '$(x)' is not 0 to 64 words without quotes, '$' and '\\'");
	REFUSES("EXTRA=\xc3\xa4",
		"1: EXTRA: '\xc3\xa4' is not 0 to 64 words without quotes, '$' and '\\'");
}

/* The longest text is read, and one byte more is not; so is the longest value. */
static void has_limits(void **state)
{
	(void)state;
	_cleanup_free_ char *text = malloc(CONFIG_MAX + 1);
	char value[CONFIG_VALUE_MAX + 8] = "EXTRA=";

	assert_non_null(text);
	memset(text, '#', CONFIG_MAX + 1);
	memcpy(text, "LABEL=x\n", 8);
	assert_refuses(text, CONFIG_MAX + 1, "text: more than the 65536 bytes allowed");
	text[CONFIG_MAX] = 0;
	assert_reads(text,
		     "EXTRA=\nFEE=\nHOSTS=a.example b.example\nLABEL=x\nMAX_PEERS=50\n"
		     "MODULES=eth net\nNETWORK=hoodi\nURLS=\n",
		     "LABEL=x\n");
	memset(value + 6, 'x', CONFIG_VALUE_MAX + 1);
	assert_refuses(value, 6 + CONFIG_VALUE_MAX + 1,
		       "text:1: EXTRA: a value of 4097 bytes, more than the 4096 allowed");
}

static void sets_one(void **state)
{
	(void)state;
	_cleanup_(config_keys_release) struct config_keys keys;
	_cleanup_(config_release) struct config c = {0};
	_cleanup_error_ struct error *err = NULL;

	make_keys(&keys);
	assert_done(config_init(&keys, &c, &err), &err);
	assert_done(config_read(&c, "text", SPAN_LITERAL("MAX_PEERS=7\n"), &err), &err);
	assert_done(config_set(&c, "MAX_PEERS=8", &err), &err);
	assert_done(config_set(&c, "NETWORK=mainnet", &err), &err);
	assert_string_equal(config_get(&c, "MAX_PEERS"), "8");
	assert_string_equal(config_get(&c, "LABEL"), "node");
	assert_null(config_get(&c, "NONE"));
	assert_true(config_set(&c, "NONE=1", &err) < 0);
	assert_string_equal(error_message(err), "unknown key 'NONE'");
	error_free(TAKE_PTR(err));
	assert_true(config_set(&c, "LABEL=a\nNETWORK=hoodi", &err) < 0);
	assert_string_equal(error_message(err), "control character or no UTF-8");
	assert_string_equal(config_get(&c, "NETWORK"), "mainnet");
}

static void replaces_and_removes(void **state)
{
	(void)state;
	_cleanup_(config_keys_release) struct config_keys keys;
	_cleanup_(config_release) struct config c = {0};
	_cleanup_error_ struct error *err = NULL;

	make_keys(&keys);
	assert_done(config_keys_add(&keys, "devpair",
				    SPAN_LITERAL("[FEE]\nRemove=yes\n"
						 "[NETWORK]\nReplace=yes\nType=choice\nChoice=dev\n"
						 "Default=dev\nHelp=the chain\n"),
				    &err),
		    &err);
	assert_done(config_init(&keys, &c, &err), &err);
	assert_canonical(&c, "EXTRA=\nHOSTS=a.example b.example\nLABEL=node\nMAX_PEERS=50\n"
			     "MODULES=eth net\nNETWORK=dev\nURLS=\n");
}

static void assert_keys_refused(const char *text, const char *message)
{
	_cleanup_(config_keys_release) struct config_keys keys;
	_cleanup_error_ struct error *err = NULL;

	make_keys(&keys);
	assert_true(config_keys_add(&keys, "x.keys", span_string(text), &err) < 0);
	assert_string_equal(error_message(err), message);
}

#define NUMBER "[N]\nType=number\nMin=1\nMax=2\nHelp=h\n"

static void refuses_declarations(void **state)
{
	(void)state;
	assert_keys_refused(
		"[low]\n", "x.keys:1: not the name of a key: capitals, digits and '_', at most 32");
	assert_keys_refused(
		"[A b]\n", "x.keys:1: not the name of a key: capitals, digits and '_', at most 32");
	assert_keys_refused("[N]\nType=string\n", "x.keys:2: Type=string: no such type");
	assert_keys_refused("[N]\nTpye=words\n", "x.keys:2: Tpye=words: unknown");
	assert_keys_refused(NUMBER "Min=2\n", "x.keys:6: Min=2: said twice");
	assert_keys_refused(NUMBER, "x.keys:1: [N]: no Default=");
	assert_keys_refused("\n[N]\nType=words\nDefault=\n", "x.keys:2: [N]: no Help=");
	assert_keys_refused(NUMBER "Default=3\n",
			    "x.keys:1: [N]: Default=: '3' is not a number from 1 to 2");
	assert_keys_refused("[N]\nType=number\nMin=1\nDefault=1\nHelp=h\n",
			    "x.keys:1: [N]: a number needs Min= and Max=");
	assert_keys_refused("[N]\nType=words\nMin=3\nMax=2\nDefault=\nHelp=h\n",
			    "x.keys:1: [N]: Min= is more than Max=");
	assert_keys_refused("[N]\nType=words\nMax=65\nDefault=\nHelp=h\n",
			    "x.keys:1: [N]: Max= is more than 64");
	assert_keys_refused("[N]\nType=choice\nDefault=a\nHelp=h\n", "x.keys:1: [N]: no Choice=");
	assert_keys_refused("[N]\nType=words\nChoice=a\nDefault=a\nHelp=h\n",
			    "x.keys:1: [N]: Choice= is for choice and choices");
	assert_keys_refused("[N]\nType=choice\nChoice=a b\n",
			    "x.keys:3: Choice=a b: not one plain word");
	assert_keys_refused("[FEE]\nType=address\nDefault=\nHelp=h\n",
			    "x.keys:1: [FEE]: declared before: Replace=yes takes its place");
	assert_keys_refused("[N]\nRemove=yes\n", "x.keys:1: [N]: no file before declares it");
	assert_keys_refused("[FEE]\nRemove=yes\nHelp=h\n", "x.keys:1: [FEE]: Remove= stands alone");
	assert_keys_refused("[FEE]\nRemove=no\n", "x.keys:2: Remove=no: may only be 'yes'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_one_form),		cmocka_unit_test(refuses_texts),
		cmocka_unit_test(has_limits),		cmocka_unit_test(sets_one),
		cmocka_unit_test(replaces_and_removes), cmocka_unit_test(refuses_declarations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
