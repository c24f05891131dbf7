#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "guest/config/node_config.h"

/* Not over one that is there: a configuration is taken once in a boot. */
static int publish(const char *path, struct span text, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	int r;

	if (fd < 0)
		return error_errno(err, errno, "cannot make '%s'", path);
	r = write_full(fd, text);
	if (r >= 0 && fchmod(fd, 0444) < 0)
		r = -errno;
	if (r >= 0)
		return 0;
	unlink(path);
	return error_errno(err, -r, "cannot write '%s'", path);
}

/* The one key that the system itself obeys: the journal and the console name the node by it. */
static int set_hostname(const char *path, const char *name, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : write_full(fd, span_string(name));

	return r < 0 ? error_errno(err, -r, "cannot set the host's name") : 0;
}

static int check_provable(const struct node_config *c, bool has_register,
			  enum confidential confidential, struct error **err)
{
	if ((has_register && confidential != CONFIDENTIAL_HOST_TPM) || !config_differs(&c->config))
		return 0;
	return error_set(err, -ERROR_REFUSED,
			 "only the defaults are taken: %s, so nobody could prove another "
			 "configuration",
			 has_register ? "in this confidential VM the TPM is the host's"
				      : "there is no TPM");
}

static int measure(struct config_register *reg, struct span text, struct error **err)
{
	int r = reg->check_unused(reg->context, err);

	if (r >= 0)
		r = reg->extend(reg->context, text, err);
	if (r >= 0)
		r = reg->extend(reg->context, CONFIG_SEPARATOR, err);
	return r < 0 ? r : reg->check_extended(reg->context, err);
}

/* So that nothing that runs later can give the register a value that it would have had. */
static int close_register(struct config_register *reg, int why, struct error **err)
{
	int r = reg->extend(reg->context, CONFIG_SEPARATOR_REFUSED, NULL);

	return r < 0 ? error_wrap(err, why, "the register cannot be closed either") : why;
}

int node_config_take(const struct config_places *places, struct config_register *reg,
		     enum confidential confidential, say_function say, struct error **err)
{
	_cleanup_(node_config_release) struct node_config c = {0};
	const char *hostname;
	int r = node_config_prepare(places, &c, err);

	if (r >= 0)
		r = check_provable(&c, reg, confidential, err);
	if (r >= 0 && reg)
		r = measure(reg, buffer_span(&c.text), err);
	if (r < 0)
		return reg ? close_register(reg, r, err) : r;
	r = publish(places->file, buffer_span(&c.text), err);
	hostname = config_get(&c.config, "HOSTNAME");
	if (r >= 0 && hostname)
		r = set_hostname(places->hostname, hostname, err);
	if (r < 0)
		return r;
	say("%s%s, %zu bytes", config_differs(&c.config) ? "a configuration" : "the defaults",
	    reg ? " in register 8" : "; no TPM measures them", c.text.n);
	return 0;
}
