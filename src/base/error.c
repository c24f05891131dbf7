#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

/* Long enough for a path, a key and a reason; what is beyond is cut. */
#define MESSAGE_MAX 4096

/* strerror() text without its static buffer; covers the project's own codes. */
static const char *code_text(int code, char *space, size_t size)
{
	switch (-code) {
	case ERROR_REFUSED:
		return "verification refused";
	case ERROR_USAGE:
		return "wrong usage";
	case ERROR_MALFORMED:
		return "malformed";
	case ERROR_UNSUPPORTED:
		return "not supported";
	case ERROR_UNPREDICTABLE:
		return "not predictable";
	case ERROR_LOCKED:
		return "the disk stays locked";
	case ERROR_STOPPED:
		return "stopped";
	default:
		return strerror_r(-code, space, size);
	}
}

static _printf_(1, 0) char *format(const char *fmt, va_list ap)
{
	char text[MESSAGE_MAX];

	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		return NULL;
	return strdup(text);
}

static int store(struct error **err, int code, char *message)
{
	if (!err) {
		free(message);
		return code;
	}
	error_free(*err);
	*err = malloc(sizeof **err);
	if (!*err) {
		free(message);
		return code;
	}
	**err = (struct error){.code = code, .message = message};
	return code;
}

void error_free(struct error *e)
{
	if (!e)
		return;
	free(e->message);
	free(e);
}

int error_set(struct error **err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *message = format(fmt, ap);
	va_end(ap);
	return store(err, code, message);
}

int error_errno(struct error **err, int errno_value, const char *fmt, ...)
{
	char space[128];
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	_cleanup_free_ char *what = format(fmt, ap);
	va_end(ap);
	snprintf(text, sizeof text, "%s: %s", what ? what : "",
		 code_text(-errno_value, space, sizeof space));
	return store(err, -errno_value, strdup(text));
}

int error_wrap(struct error **err, int code, const char *fmt, ...)
{
	char space[128];
	char text[MESSAGE_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	_cleanup_free_ char *context = format(fmt, ap);
	va_end(ap);

	const char *inner =
		*err && (*err)->message ? (*err)->message : code_text(code, space, sizeof space);

	if (snprintf(text, sizeof text, "%s: %s", context ? context : "", inner) < 0)
		return code;
	return store(err, code, strdup(text));
}

int error_move(struct error **err, int code, struct error **from)
{
	if (err) {
		error_free(*err);
		*err = *from;
	} else {
		error_free(*from);
	}
	*from = NULL;
	return code;
}

int error_oom(struct error **err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

int error_exit_status(int code)
{
	if (code >= 0)
		return 0;
	if (code == -ERROR_USAGE)
		return 2;
	if (code == -ERROR_REFUSED)
		return 3;
	return 1;
}

const char *error_message(const struct error *e)
{
	return e && e->message ? e->message : "unknown error (out of memory)";
}
