#include "cli/signing_key.h"

#include "base/file.h"
#include "base/secret.h"
#include "formats/ssh_key.h"

int signing_key_read(const char *path, struct ed25519_private *ret, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer text = BUFFER_INIT(SSH_KEY_MAX);
	int r = file_read(path, SSH_KEY_MAX, &text, err);

	if (r < 0)
		return r;
	r = ssh_private_parse(buffer_span(&text), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}
