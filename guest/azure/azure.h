/*
 * What an image and Azure tell each other, over two addresses of the host that only a machine there has:
 *
 *	azure user-data	asks the metadata service (169.254.169.254) for the configuration of the node, and leaves it
 *			for guest/config
 *	azure ready	tells the wire server (168.63.129.16) that the machine is ready, or why it is not
 *
 * Two services of two users: each may call one address. Whatever the host answers is hostile input; nothing else of
 * what it offers there is used (no extension, no certificate, no command). Elsewhere than on Azure neither service
 * starts.
 */
#pragma once

#include <netinet/in.h>

#include "base/buffer.h"
#include "base/error.h"

#define AZURE_METADATA "169.254.169.254"
#define AZURE_WIRE_SERVER "168.63.129.16"

/* Says one line to whoever watches the boot. */
typedef void (*say_function)(const char *fmt, ...) _printf_(1, 2);

/* A service of the host, and for how long it is asked. */
struct azure_service {
	struct sockaddr_in address;
	unsigned attempt_milliseconds; /* for one answer */
	unsigned total_milliseconds;   /* for all attempts, never more */
	unsigned pause_milliseconds;   /* between two */
	unsigned absent_milliseconds;  /* the same while there is no network */
};

/* The service at an address, with times for a network that is just coming up. */
struct azure_service azure_metadata(void);
struct azure_service azure_wire_server(void);

/*
 * exchange.c: one request and its answer, whose status must be 200; *ret_body refers to `bytes`, which is emptied
 * first and holds HTTP_ANSWER_SIZE(max). -EAGAIN with an error: it may be better next time, as after no answer, or
 * one of 404, 410, 429 and 5xx. Redirects are not followed.
 */
_must_check_ int azure_exchange(const struct azure_service *s, struct span request, uint64_t max,
				struct buffer *bytes, struct span *ret_body, struct error **err);
/* Waits until it is time for the next attempt; false if that could end after `end`. `err`: of the last one. */
bool azure_wait(const struct azure_service *s, int64_t end, const struct error *err);

/*
 * user_data.c: appends the user data, which the service gives in base64; none is an empty text. After the last attempt
 * the error says what was wrong with it.
 */
_must_check_ int azure_user_data(const struct azure_service *s, struct buffer *ret,
				 struct error **err);

/*
 * ready.c: reports until the server has taken it. `not_ready` is the reason, NULL for a machine that is ready. What
 * is wrong with an answer is said, once, and asked again, for a server that is updated is back in minutes.
 */
_must_check_ int azure_report(const struct azure_service *s, const char *not_ready,
			      say_function say, struct error **err);
