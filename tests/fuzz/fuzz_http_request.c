/* Requests of HTTP: any bytes are a request, the beginning of one, or refused. */
#include "fuzz.h"

#include "formats/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	struct http_request request;
	int r = http_request_parse(SPAN(data, size), &request, &err);

	if ((r < 0) != (err != NULL) || (r == 0 && size >= HTTP_REQUEST_MAX))
		abort();
	if (r > 0 && (request.method.n == 0 || request.path.n == 0 || request.path.p[0] != '/' ||
		      request.path.p + request.path.n > data + size))
		abort();
	return 0;
}
