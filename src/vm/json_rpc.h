/*
 * Asking the node's JSON-RPC port over loopback: one bounded HTTP/1.1 exchange that does not block.
 *
 *	json_rpc_start(&q, port, "eth_syncing");
 *	while ((r = json_rpc_continue(&q)) == 0)
 *		poll q.fd for q.events;
 *	r > 0: q.answer holds the body; r < 0: nobody answered, try again later
 */
#pragma once

#include "base/buffer.h"
#include "formats/http_answer.h"

/* An eth_syncing answer has a few hundred bytes. */
#define JSON_RPC_ANSWER_MAX (64u << 10)

struct json_rpc {
	int fd; /* -1: idle */
	short events;
	size_t sent;
	struct buffer request;
	struct buffer answer; /* headers and body, then the body alone */
};

#define JSON_RPC_INIT                                                         \
	{                                                                     \
		.fd = -1, .request = BUFFER_INIT(4096),                       \
		.answer = BUFFER_INIT(HTTP_ANSWER_SIZE(JSON_RPC_ANSWER_MAX)), \
	}

void json_rpc_release(struct json_rpc *q);
/* Starts a request without parameters. 0 or -errno. */
_must_check_ int json_rpc_start(struct json_rpc *q, uint16_t port, const char *method);
/* 1: answered; 0: go on when the descriptor is ready; negative: failed, the request is over. */
_must_check_ int json_rpc_continue(struct json_rpc *q);

/*
 * The body of an HTTP answer with status 200: 1 and *ret, in `answer`, if it is whole, 0 if more bytes must come,
 * negative if it is no such answer or no JSON object with a "result". `ended`: no more bytes come.
 */
_must_check_ int json_rpc_take(struct buffer *answer, bool ended, struct span *ret);
