/* Answers of QEMU and of the node's JSON-RPC port, and the processor's flags. */
#include "fuzz.h"

#include "vm/accelerator.h"
#include "vm/json_rpc.h"
#include "vm/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(1 << 20);
	struct span body = {0}, input = SPAN(data, size);

	/* A body lies inside the answer. */
	buffer_put(&answer, input);
	if (json_rpc_take(&answer, size % 2, &body) > 0 &&
	    (body.p < answer.p || body.n > size || body.p + body.n > answer.p + size))
		abort();
	if (qmp_parse(input) > QMP_MALFORMED)
		abort();
	if (cpuinfo_can_virtualise(input) && size < strlen("flags:"))
		abort();
	return 0;
}
