#include "cli/run_config.h"

#include <errno.h>

#include "base/file.h"

#define FILE_NAME "config"

void run_config_release(struct run_config *c)
{
	free(c->path);
	measurement_release(&c->measurement);
}

/* A port that nobody will ever answer on is a mistake. */
static int check_metrics(const struct run_options *o, const struct config *config,
			 struct error **err)
{
	const char *value = config_get(config, "METRICS");

	return o->metrics_port && (!value || !string_equal(value, "public"))
		       ? error_set(err, -EINVAL,
				   "--metrics-port: the VM answers there with METRICS=public alone")
		       : 0;
}

int run_config_take(const struct run_options *o, const char *os_disk,
		    const struct instance *instance, struct run_config *ret, struct error **err)
{
	const struct measure_options options = {
		.inputs = {.config = o->config, .config_set = &o->config_set},
		.banks = 1u << EVENT_SHA256 | 1u << EVENT_SHA384,
		.registers_only = true,
	};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_CANONICAL_MAX);
	_cleanup_free_ char *path = NULL;
	int r;

	if (!o->config && o->config_set.n == 0 && !o->metrics_port)
		return 0;
	path = instance_file(instance, FILE_NAME);
	r = path ? measure_file(os_disk, &options, &ret->measurement, err) : error_oom(err);
	if (r < 0)
		return r;
	r = check_metrics(o, &ret->measurement.configuration->config, err);
	if (r < 0)
		return r;
	config_difference(&ret->measurement.configuration->config, &text);
	if (!buffer_ok(&text))
		return error_oom(err);
	if (text.n == 0)
		return 0;
	/* It is what the guest would refuse. */
	if (text.n > CONFIG_MAX)
		return error_set(err, -EFBIG,
				 "the configuration has %zu bytes, more than the %u allowed",
				 text.n, CONFIG_MAX);
	r = file_write_private(path, buffer_span(&text), err);
	if (r >= 0)
		ret->path = TAKE_PTR(path);
	return r;
}

void run_config_predict(const struct run_config *c, struct measurement *prediction)
{
	if (!c->measurement.configuration)
		return;
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (c->measurement.banks_predicted & 1u << i)
			bank_set(&prediction->banks[i], PCR_CONFIGURATION,
				 &c->measurement.banks[i].registers[PCR_CONFIGURATION]);
	}
}
