/* Answers of HTTP: any bytes are an answer, the beginning of one, or refused. */
#include "fuzz.h"

#include "formats/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(1 << 20);
	_cleanup_error_ struct error *err = NULL;
	struct http_answer answer;
	int open, r;

	buffer_put(&bytes, SPAN(data, size));
	open = http_answer_parse(buffer_span(&bytes), false, 4096, &answer, NULL);
	r = http_answer_parse(buffer_span(&bytes), true, 4096, &answer, &err);
	/* What is whole or wrong already stays so at the end; and there nothing more can come. */
	if ((r < 0) != (err != NULL) || r == 0 || (open != 0 && open != r))
		abort();
	if (r < 0)
		return 0;
	http_answer_join(&bytes, &answer);
	if (answer.status < 200 || answer.body.n > 4096 || answer.body.p < bytes.p ||
	    answer.body.p + answer.body.n > bytes.p + size)
		abort();
	return 0;
}
