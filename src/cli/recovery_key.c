#include "cli/recovery_key.h"

#include "base/file.h"
#include "base/secret.h"
#include "crypto/pem.h"

int recovery_key_read(const char *path, struct x25519_private *ret, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	int r = file_read(path, PEM_MAX, &pem, err);

	if (r < 0)
		return r;
	r = x25519_private_parse(buffer_span(&pem), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}
