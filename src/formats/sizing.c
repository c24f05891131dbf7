#include "formats/sizing.h"

#include "base/text.h"
#include "formats/config_text.h"

#define GIB (1ull << 30)
#define MIB (1ull << 20)

/* A machine of "16 GB" has somewhat less for its programs, and more than 15 GiB. */
#define MEMORY_SMALL (7 * GIB)
/* eth-docker's bound for a large budget. */
#define MEMORY_LARGE (30 * GIB)

#define PEERS_SMALL 25
#define PEERS_MEDIUM 50
#define PEERS_LARGE 100

/* Lighthouse's own default, and what flashbots' images give it. */
#define STATES_DEFAULT 128
#define STATES_SMALL 32

/* Nethermind's default, and eth-docker's for a large machine. */
#define PRUNING_MEMORY_DEFAULT 4000
#define PRUNING_MEMORY_LARGE 16384
/* eth-docker's thresholds of free space. */
#define PRUNING_SPACE_MAINNET 375810
#define PRUNING_SPACE_OTHER 51200
#define PRUNING_THREADS_MIN 2
#define PROCESSORS_PER_THREAD 4

static uint64_t number_of(struct span configuration, const char *key)
{
	struct span value;
	uint64_t number = 0;

	return config_text_find(configuration, span_string(key), &value) &&
			       parse_u64(value, UINT32_MAX, &number)
		       ? number
		       : 0;
}

static bool is_mainnet(struct span configuration)
{
	struct span network;

	return config_text_find(configuration, SPAN_LITERAL("NETWORK"), &network) &&
	       span_equal(network, SPAN_LITERAL("mainnet"));
}

static uint64_t peers_of(const struct sizing_machine *m, struct span configuration)
{
	uint64_t wanted = number_of(configuration, "MAX_PEERS");

	if (wanted)
		return wanted;
	return m->memory < MEMORY_SMALL	  ? PEERS_SMALL
	       : m->memory < MEMORY_LARGE ? PEERS_MEDIUM
					  : PEERS_LARGE;
}

void sizing_put(const struct sizing_machine *m, struct span configuration, struct buffer *ret)
{
	unsigned space = is_mainnet(configuration) ? PRUNING_SPACE_MAINNET : PRUNING_SPACE_OTHER;
	/* On a disk of less than twice the threshold it would be pruned again and again. */
	bool pruning = m->disk / MIB >= 2ull * space;

	buffer_printf(ret, "PEERS=%llu\n", (unsigned long long)peers_of(m, configuration));
	buffer_printf(ret, "STATE_CACHE=%u\n",
		      m->memory < MEMORY_SMALL ? STATES_SMALL : STATES_DEFAULT);
	buffer_printf(ret, "PRUNING=%s\nPRUNING_SPACE_MB=%u\n", pruning ? "on" : "off", space);
	buffer_printf(ret, "PRUNING_MEMORY_MB=%u\n",
		      m->memory < MEMORY_LARGE ? PRUNING_MEMORY_DEFAULT : PRUNING_MEMORY_LARGE);
	buffer_printf(ret, "PRUNING_THREADS=%u\n",
		      MAX(m->processors / PROCESSORS_PER_THREAD, (unsigned)PRUNING_THREADS_MIN));
}
