#include "fuzz.h"

#include "base/text.h"
#include "guest/status/status.h"

/* What clients answer, to any question; what is kept can be said. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = {"web3_clientVersion", "net_peerCount",
					      "eth_blockNumber", "eth_syncing"};
	static const char *const paths[] = {"/version", "/peer_count", "/syncing",
					    "/finality_checkpoints"};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * STATUS_LINE_MAX);
	struct status_line s = {.n_roles = 2};
	struct clients clients;
	const struct span body = SPAN(data, size);
	char name[STATUS_IDENTITY_MAX];

	if (clients_parse("fuzz", SPAN(data, size), &clients, NULL) >= 0 && clients.n > 4)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		execution_take(methods[i], body, &s.roles[0]);
		consensus_take(paths[i], body, &s.roles[1]);
	}
	if (identity_take(CLIENT_EXECUTION, body, name) ||
	    identity_take(CLIENT_CONSENSUS, body, name))
		(void)!string_ends(name, "/");
	if (status_line_encode(&s, &text, NULL) < 0)
		abort();
	return 0;
}
