#include "test.h"

#include "base/text.h"
#include "formats/config_text.h"
#include "formats/sizing.h"

#define GIB (1ull << 30)
#define MIB (1ull << 20)

static const struct sizing_machine usual = {
	.memory = 16 * GIB, .disk = 2048 * GIB, .processors = 4};

static void assert_sizing(struct sizing_machine m, const char *configuration, const char *key,
			  const char *expected)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SIZING_TEXT_MAX);
	struct span value = {0};

	sizing_put(&m, span_string(configuration), &b);
	assert_true(buffer_ok(&b));
	assert_true(config_text_find(buffer_span(&b), span_string(key), &value));
	if (!span_equal(value, span_string(expected)))
		fail_msg("%s is %.*s, not %s", key, (int)value.n, (const char *)value.p, expected);
}

static void says_all(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SIZING_TEXT_MAX);

	(void)state;
	sizing_put(&usual, SPAN("", 0), &b);
	assert_string_equal(buffer_text(&b), "PEERS=50\nSTATE_CACHE=128\nPRUNING=on\n"
					     "PRUNING_SPACE_MB=51200\nPRUNING_MEMORY_MB=4000\n"
					     "PRUNING_THREADS=2\n");
}

static void follows_memory(void **state)
{
	static const struct {
		uint64_t memory;
		const char *peers, *states, *pruning;
	} cases[] = {
		{0, "25", "32", "4000"},	   {7 * GIB - 1, "25", "32", "4000"},
		{7 * GIB, "50", "128", "4000"},	   {30 * GIB - 1, "50", "128", "4000"},
		{30 * GIB, "100", "128", "16384"}, {UINT64_MAX, "100", "128", "16384"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sizing_machine m = usual;

		m.memory = cases[i].memory;
		assert_sizing(m, "", "PEERS", cases[i].peers);
		assert_sizing(m, "MAX_PEERS=0\n", "PEERS", cases[i].peers);
		assert_sizing(m, "MAX_PEERS=7\n", "PEERS", "7");
		assert_sizing(m, "", "STATE_CACHE", cases[i].states);
		assert_sizing(m, "", "PRUNING_MEMORY_MB", cases[i].pruning);
	}
}

static void follows_disk(void **state)
{
	struct sizing_machine m = usual;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const char *network = i ? "NETWORK=mainnet\n" : "NETWORK=hoodi\n";
		uint64_t space = i ? 375810 : 51200;

		assert_sizing(m, network, "PRUNING_SPACE_MB", i ? "375810" : "51200");
		m.disk = 2 * space * MIB;
		assert_sizing(m, network, "PRUNING", "on");
		m.disk--;
		assert_sizing(m, network, "PRUNING", "off");
		m.disk = 0;
		assert_sizing(m, network, "PRUNING", "off");
	}
}

static void follows_processors(void **state)
{
	static const struct {
		unsigned processors;
		const char *threads;
	} cases[] = {{0, "2"}, {11, "2"}, {12, "3"}, {255, "63"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sizing_machine m = usual;

		m.processors = cases[i].processors;
		assert_sizing(m, "", "PRUNING_THREADS", cases[i].threads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_all),
		cmocka_unit_test(follows_memory),
		cmocka_unit_test(follows_disk),
		cmocka_unit_test(follows_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
