#include "cli/run_platform.h"

#include "base/file.h"
#include "crypto/digest.h"

/* Enough to tell the machines of one instance apart. */
#define KEY_BYTES 8u

int run_platform_path(const struct machine_options *o, char **ret, struct error **err)
{
	_cleanup_free_ char *code = path_join(o->folder, "firmware/OVMF_CODE.fd");
	_cleanup_(buffer_release) struct buffer machine = BUFFER_INIT(4096);
	_cleanup_free_ char *key = NULL, *name = NULL;
	struct digest d;
	int r = code ? digest_file(code, DIGEST_SHA256, &d, NULL, err) : error_oom(err);

	if (r < 0)
		return r;
	buffer_put(&machine, digest_span(&d));
	buffer_printf(&machine, "memory %llu cpus %u kvm %d disk %d", (unsigned long long)o->memory,
		      o->cpus, o->accelerator.kvm, o->data_disk != NULL);
	if (!buffer_ok(&machine))
		return error_oom(err);
	d = digest_bytes(DIGEST_SHA256, buffer_span(&machine));
	key = hex_string(SPAN(d.bytes, KEY_BYTES));
	name = key ? string_printf("platform-%s.eventlog", key) : NULL;
	*ret = name ? instance_file(o->instance, name) : NULL;
	return *ret ? 0 : error_oom(err);
}
