/*
 * tdnode run IMAGE: boots an image with a TPM.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/run_attest.h"
#include "cli/run_config.h"
#include "cli/run_explain.h"
#include "cli/run_options.h"
#include "cli/run_platform.h"
#include "cli/run_record.h"
#include "formats/recovery_medium.h"
#include "image/manifest.h"
#include "measure/compare.h"
#include "measure/measurement_report.h"
#include "measure/report_json.h"
#include "measure/report_parse.h"
#include "vm/data_disk.h"
#include "vm/machine.h"
#include "vm/swtpm.h"

#define TEXT_MAX (64u << 10)

/* No message begins with it. */
#define READY 0

/* A comparison for each bank that the guest reports: the first of event_banks. */
#define BANKS CONSOLE_BANKS

/* Everything of one run. */
struct run {
	const struct run_options *options;
	struct instance instance;
	struct accelerator accelerator;
	int64_t started; /* seconds since 1970 */
	char *folder;	 /* artifacts/devnet */
	char *os_disk;
	struct data_disk disk;
	struct run_config config;
	uint8_t recovery_secret[RECOVERY_SECRET_SIZE];
	struct progress *progress;
	struct measurement prediction;
	struct comparison comparisons[BANKS];
	bool compared;
	char *platform_log; /* of this machine's first checked boot, which may be to come */
	struct run_explanation explanation; /* if the guest sent the log */
	struct run_attestation attestation; /* of a checked run whose node is up */
};

static void run_release(struct run *r)
{
	data_disk_release(&r->disk);
	run_config_release(&r->config);
	explicit_bzero(r->recovery_secret, sizeof r->recovery_secret);
	instance_release(&r->instance);
	free(r->folder);
	free(r->os_disk);
	progress_free(r->progress);
	measurement_release(&r->prediction);
	free(r->platform_log);
	run_explanation_release(&r->explanation);
	run_attestation_release(&r->attestation);
}

/* The TPM that the user named: whoever holds it can open the disk, so none is taken unnamed. */
static int check_named_tpm(const struct run *r, struct error **err)
{
	const char *path = r->options->tpm_socket;
	int result = path ? swtpm_check(path, err) : 0;

	if (path && result >= 0)
		progress_note(r->progress, "TPM: the one at %s", path);
	return result;
}

/* The text that `tdnode recovery open` prints. */
static int read_recovery_secret(struct run *r, const char *path, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	int result = file_read(path, TEXT_MAX, &text, err);
	struct reader reader = reader_init(buffer_span(&text));
	struct span line = {0};

	if (result < 0)
		return result;
	if (!reader_line(&reader, &line) || reader.rest.n ||
	    !hex_decode(line, r->recovery_secret, sizeof r->recovery_secret))
		return error_set(err, -ERROR_MALFORMED,
				 "%s: not a recovery secret: one line of 64 hexadecimal digits, as "
				 "'tdnode recovery open' prints it",
				 path);
	return 0;
}

static int open_disk(struct run *r, struct error **err)
{
	const struct run_options *o = r->options;
	const struct data_disk_options options = {
		.instance = &r->instance,
		.state = o->state,
		.path = o->disk,
		.size = o->disk_size,
		.own_tpm = !o->tpm_socket,
		.recovery = o->recovery_file,
	};
	int result = o->recovery_file ? read_recovery_secret(r, o->recovery_file, err) : 0;

	return result < 0 ? result : data_disk_open(&options, &r->disk, err);
}

static int prepare(const struct run_options *o, struct run *r, struct error **err)
{
	const char *suffix = o->debug ? "-debug" : "";
	_cleanup_free_ char *name =
		o->instance ? strdup(o->instance) : string_printf("%s%s", o->image, suffix);
	int result;

	r->folder = string_printf("%s/%s%s", o->artifacts, o->image, suffix);
	r->os_disk = r->folder ? string_printf("%s/%s.raw", r->folder, o->image) : NULL;
	if (!name || !r->os_disk)
		return error_oom(err);
	if (!path_exists(r->os_disk))
		return error_set(err, -ENOENT, "no image '%s': run 'tdnode build %s%s' first",
				 r->os_disk, o->image, o->debug ? " --debug" : "");
	result = accelerator_choose(o->accelerator, &r->accelerator, err);
	if (result >= 0)
		result = instance_open(o->state, name, &r->instance, err);
	if (result >= 0)
		result = instance_lock(&r->instance, err);
	if (result >= 0)
		result = check_named_tpm(r, err);
	if (result >= 0)
		result = run_config_take(o, r->os_disk, &r->instance, &r->config, err);
	if (result >= 0)
		result = open_disk(r, err);
	if (result >= 0)
		progress_note(r->progress, "accelerator: %s (%s)",
			      r->accelerator.kvm ? "KVM" : "TCG", r->accelerator.reason);
	return result;
}

/* The registers as the guest reported them, as a bank. */
static void fill_bank(const struct console_bank *from, enum digest_algorithm algorithm,
		      struct bank *ret)
{
	bank_init(ret, algorithm);
	for (unsigned pcr = 0; pcr < CONSOLE_REGISTERS; pcr++) {
		struct digest d = {.algorithm = algorithm};

		if (!from->known[pcr])
			continue;
		memcpy(d.bytes, from->value[pcr], digest_size(algorithm));
		bank_set(ret, pcr, &d);
	}
}

/* What the build predicted of its finished disk: a disk that was changed since differs from it. */
static int read_prediction(const struct run *r, struct measurement *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(r->folder, "measurements.json");
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	int result = path ? file_read(path, REPORT_MAX, &text, err) : error_oom(err);

	if (result < 0)
		return result;
	result = measurement_parse(buffer_span(&text), ret, err);
	return result < 0 ? error_wrap(err, result, "%s", path) : 0;
}

static int check(struct run *r, const struct console *console, struct error **err)
{
	int result = read_prediction(r, &r->prediction, err);

	if (result < 0)
		return result;
	run_config_predict(&r->config, &r->prediction);
	if (console->no_tpm)
		return error_set(err, -ERROR_REFUSED, "the guest reports that it has no TPM");
	for (size_t i = 0; i < BANKS; i++) {
		struct bank actual;

		fill_bank(&console->banks[i], event_banks[i], &actual);
		result = measurement_compare(&r->prediction, &actual, &r->comparisons[i], err);
		if (result < 0)
			return result;
		/* No register predicted would be every register equal. */
		if (r->comparisons[i].n == 0)
			return error_set(err, -ERROR_MALFORMED, "no %s registers are predicted",
					 digest_name(event_banks[i]));
	}
	r->compared = true;
	return 0;
}

/* Registers first; then what ran besides firmware and image, and where the machine differs; then the evidence. */
static int judge(const struct run *r, struct error **err)
{
	const struct log_findings *f = &r->explanation.judgement.findings;

	for (size_t i = 0; r->compared && i < BANKS; i++) {
		_cleanup_error_ struct error *e = NULL;
		int result = comparison_judge(&r->comparisons[i], &e);

		if (result < 0)
			return error_set(err, result, "%s: %s%s%s",
					 digest_name(r->comparisons[i].algorithm), error_message(e),
					 f->n ? ": " : "", f->n ? f->items[0].text : "");
	}
	if (f->n)
		return error_set(err, -ERROR_REFUSED, "all predicted registers are equal, but: %s",
				 f->items[0].text);
	return run_attestation_require(&r->attestation, err);
}

static const char *verdict_of(const struct run *r)
{
	return !r->compared ? NULL : judge(r, NULL) >= 0 ? "equal" : "different";
}

/* What the build says of its disk; NULL if it says nothing that can be read. */
static char *built_sha256(const struct run *r)
{
	_cleanup_free_ char *path = path_join(r->folder, "manifest.json");
	struct digest sha256;
	char hex[DIGEST_HEX_MAX];

	if (!path || manifest_read_digest(path, path_basename(r->os_disk), &sha256, NULL) < 0)
		return NULL;
	digest_hex(&sha256, hex);
	return strdup(hex);
}

static int write_record(const struct run *r, struct error **err)
{
	_cleanup_free_ char *sha256 = built_sha256(r);
	const struct instance_record record = {
		.image = (char *)(uintptr_t)path_basename(r->folder),
		.pid = getpid(),
		.started = r->started,
		.sha256 = sha256,
		.registers = (char *)(uintptr_t)verdict_of(r),
		.rpc_port = r->options->rpc_port,
		.attest_port = r->options->attest_port,
		.ssh_port = r->options->debug ? r->options->ssh_port : 0,
		.accelerator = (char *)(uintptr_t)(r->accelerator.kvm ? "KVM" : "TCG"),
	};

	return instance_write_record(&r->instance, &record, err);
}

/* Asks the firmware's log; without one, the registers stand alone. */
static void explain(struct run *r, struct machine *m)
{
	_cleanup_(buffer_release) struct buffer good = BUFFER_INIT(FIRMWARE_LOG_MAX);
	_cleanup_error_ struct error *error = NULL;
	int result;

	if (!machine_wait_eventlog(m, MACHINE_EVENTLOG_NEEDED_SECONDS)) {
		progress_note(r->progress, "the guest did not send the firmware's log");
		return;
	}
	result = path_exists(r->platform_log)
			 ? file_read(r->platform_log, FIRMWARE_LOG_MAX, &good, &error)
			 : 0;
	if (result >= 0)
		result = run_explain(&m->console, &r->prediction, r->os_disk, buffer_span(&good),
				     &r->explanation, &error);
	if (result < 0)
		progress_note(r->progress, "no explanation: %s", error_message(error));
	else if (r->explanation.judgement.other_platform)
		progress_note(r->progress,
			      "if the machine was changed on purpose (QEMU was upgraded, say), "
			      "remove '%s'",
			      r->platform_log);
}

/* The first checked boot of a machine is what later ones are compared with. */
static int keep_platform_log(const struct run *r, const struct machine *m, struct error **err)
{
	if (!m->console.eventlog.complete || path_exists(r->platform_log))
		return 0;
	return file_write_private(r->platform_log, buffer_span(&m->console.eventlog.bytes), err);
}

static json_t *causes_json(const struct run *r)
{
	const struct log_findings *f = &r->explanation.judgement.findings;
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < f->n; i++)
		ok = json_array_append_new(list, json_pack("{s:s, s:s}", "code",
							   log_cause_name(f->items[i].cause),
							   "text", f->items[i].text)) >= 0;
	if (ok && r->explanation.disk_changed)
		ok = json_array_append_new(
			     list, json_pack("{s:s, s:s}", "code", "disk-changed", "text",
					     "the disk was changed after it was predicted")) >= 0;
	return json_complete(list, ok);
}

static json_t *registers_json(const struct run *r)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; r->compared && i < BANKS; i++) {
		const struct comparison *c = &r->comparisons[i];

		for (size_t k = 0; ok && k < c->n; k++) {
			char predicted[DIGEST_HEX_MAX], read[DIGEST_HEX_MAX];

			digest_hex(&c->registers[k].predicted, predicted);
			digest_hex(&c->registers[k].actual, read);
			ok = json_array_append_new(
				     list, json_pack("{s:i, s:s, s:s, s:s, s:b}", "pcr",
						     (int)c->registers[k].pcr, "bank",
						     digest_name(c->algorithm), "predicted",
						     predicted, "read", read, "equal",
						     c->registers[k].verdict == REGISTER_EQUAL)) ==
			     0;
		}
	}
	return json_complete(list, ok);
}

static int print_json(const struct run *r, const struct machine *m, bool equal, struct error **err)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:f, s:s, s:o, s:o, s:o, s:o, s:s}", "image",
				 path_basename(r->folder), "instance", r->instance.name,
				 "accelerator", r->accelerator.kvm ? "KVM" : "TCG", "boot_seconds",
				 m->ready_seconds, "rpc_answer", m->answer ? m->answer : "",
				 "registers", registers_json(r), "causes", causes_json(r),
				 "attestation", run_attestation_json(&r->attestation), "timeline",
				 boot_timeline_json(&m->console.timeline), "verdict",
				 !r->compared ? "not checked"
				 : equal      ? "equal"
					      : "different");

	return command_print_json(json, err);
}

static int print_text(const struct run *r, const struct machine *m, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

	if (m->answer) {
		buffer_printf(
			&text,
			"boot          %.1f s from power-on to the first JSON-RPC answer (%s)\n",
			m->ready_seconds, r->accelerator.kvm ? "KVM" : "TCG");
		buffer_printf(&text, "eth_syncing   %s\n", m->answer);
	}
	for (size_t i = 0; r->compared && i < BANKS; i++) {
		buffer_put_u8(&text, '\n');
		comparison_text(&r->comparisons[i], &text);
	}
	run_explanation_text(&r->explanation, &text);
	/* Nobody asked for evidence otherwise. */
	if (r->options->check)
		run_attestation_text(&r->attestation, &text);
	if (!buffer_ok(&text))
		return error_oom(err);
	fputs(buffer_text(&text), stdout);
	fflush(stdout);
	return 0;
}

/*
 * Compares the registers of a VM that is ready, or whose disk stays locked (`result`, *err), or that cannot be
 * attested: that is what another image or machine brings, so if there is one, it is the answer.
 */
static int check_boot(struct run *r, struct machine *m, int result, struct error **err)
{
	int checked;

	if (result < 0 && result != -ERROR_LOCKED)
		return result;
	checked = check(r, &m->console, result < 0 ? NULL : err);
	if (checked < 0)
		return result < 0 ? result : checked;
	explain(r, m);
	if (result >= 0)
		result = run_attest(m, r->options->state, r->folder, &r->prediction,
				    &r->attestation, err);
	if (result >= 0 || judge(r, NULL) >= 0)
		return result;
	progress_note(r->progress, "%s", error_message(*err));
	error_free(TAKE_PTR(*err));
	return 0;
}

/* How the boot went, for `tdnode report` and --timeline. */
static int keep(const struct run *r, const struct machine *m, int result, const struct error *why,
		struct error **err)
{
	_cleanup_free_ char *sha256 = built_sha256(r);
	const struct run_record record = {
		.instance = &r->instance,
		.image = path_basename(r->folder),
		.started = r->started,
		.accelerator = r->accelerator.kvm ? "KVM" : "TCG",
		.sha256 = sha256,
		.registers = verdict_of(r),
		.result = result,
		.message = result < 0 ? error_message(why) : NULL,
		.timeline = &m->console.timeline,
	};

	return run_record_keep(&record, r->options->timeline, r->progress, err);
}

/* From a running machine to its end. */
static int watch(struct run *r, struct machine *m, struct error **err)
{
	const struct run_options *o = r->options;
	_cleanup_error_ struct error *refusal = NULL;
	int verdict = 0;
	int result = machine_wait_ready(m, err), kept;

	if (o->check)
		result = check_boot(r, m, result, err);
	if (result >= 0)
		verdict = judge(r, &refusal);
	kept = keep(r, m, result < 0 ? result : verdict, result < 0 ? (err ? *err : NULL) : refusal,
		    result < 0 ? NULL : err);
	if (result < 0 || kept < 0)
		return result < 0 ? result : kept;
	if (o->check)
		result = write_record(r, err);
	if (result >= 0 && o->check && verdict >= 0)
		result = keep_platform_log(r, m, err);
	if (result >= 0)
		result = o->json ? print_json(r, m, verdict >= 0, err) : print_text(r, m, err);
	if (result >= 0 && verdict >= 0 && !o->until_rpc) {
		progress_note(r->progress, "running; Ctrl-C or 'tdnode stop %s' ends it",
			      r->instance.name);
		result = machine_wait_end(m, err);
	}
	if (result < 0)
		return result;
	/* The answer is there already: a log that comes late is still kept. */
	if (verdict >= 0 && o->until_rpc && !o->check &&
	    !machine_wait_eventlog(m, MACHINE_EVENTLOG_KEPT_SECONDS))
		progress_note(r->progress, "the guest did not send the firmware's log");
	return verdict >= 0 ? 0 : error_move(err, verdict, &refusal);
}

/* Where QEMU translates code, several processors are no gain on few cores, and one of them may run into
 * code that another is changing: Linux then stops. */
static unsigned default_cpus(const struct accelerator *a)
{
	return a->kvm ? 2 : 1;
}

/* `ready_fd` (-1: none) gets READY once the machine is started: --detach waits for it. */
static int run_machine(struct run *r, int ready_fd, struct error **err)
{
	const struct run_options *o = r->options;
	const struct machine_options options = {
		.instance = &r->instance,
		.folder = r->folder,
		.os_disk = r->os_disk,
		.data_disk = r->disk.path,
		.recovery_secret = o->recovery_file ? r->recovery_secret : NULL,
		.accelerator = r->accelerator,
		.cpus = o->cpus ? o->cpus : default_cpus(&r->accelerator),
		.memory = o->memory,
		.rpc_port = o->rpc_port,
		.attest_port = o->attest_port,
		.ssh_port = o->debug ? o->ssh_port : 0,
		.metrics_port = o->metrics_port,
		.internet = o->internet,
		.config = r->config.path,
		.tpm_socket = r->options->tpm_socket,
		.timeout = o->timeout,
		.wait_for_report = o->check,
		.progress = r->progress,
	};
	struct error *stop_error = NULL;
	struct machine m;
	int result = o->check ? run_platform_path(&options, &r->platform_log, err) : 0;

	if (result >= 0)
		result = machine_start(&options, &m, err);
	if (result < 0)
		return result;
	r->started = time(NULL);
	result = write_record(r, err);
	if (result >= 0 && ready_fd >= 0)
		result = write_full(ready_fd, SPAN(&(uint8_t){READY}, 1));
	if (result >= 0)
		result = watch(r, &m, err);
	/* Asked to stop before it was ready: that is a clean end, too. */
	if (result == -ERROR_STOPPED) {
		result = 0;
		error_free(*err);
		*err = NULL;
	}
	progress_note(r->progress, "powering off");

	int stopped = machine_stop(&m, &stop_error);

	if (result >= 0 && stopped < 0)
		result = error_move(err, stopped, &stop_error);
	error_free(TAKE_PTR(stop_error));
	machine_release(&m);
	stopped = data_disk_note(&r->disk, &r->instance, &stop_error);
	if (result >= 0 && stopped < 0)
		result = error_move(err, stopped, &stop_error);
	error_free(stop_error);
	instance_remove_record(&r->instance);
	return result;
}

/* The child of --detach: a session of its own, messages to run.log. */
static int supervise(struct run *r, int ready_fd, struct error **err)
{
	_cleanup_free_ char *log = instance_file(&r->instance, "run.log");
	int fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || null_fd < 0 || setsid() < 0 || dup2(null_fd, 0) < 0 || dup2(fd, 1) < 0 ||
	    dup2(fd, 2) < 0)
		return error_errno(err, errno, "cannot detach");
	close(fd);
	close(null_fd);
	return run_machine(r, ready_fd, err);
}

static int detach(struct run *r, struct error **err)
{
	_cleanup_close_ int read_fd = -1;
	uint8_t text[4096];
	bool ready = false;
	size_t n = 0;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot detach");
	read_fd = fds[0];
	pid = fork();
	if (pid < 0) {
		close(fds[1]);
		return error_errno(err, errno, "cannot detach");
	}
	if (pid == 0) {
		int result = supervise(r, fds[1], err);

		/* Before the machine ran, the parent still listens; later this goes to run.log. */
		if (result < 0) {
			const char *message = error_message(*err);
			int ignored = write_full(fds[1], SPAN(message, strlen(message)));

			(void)ignored;
			fprintf(stderr, "tdnode: %s\n", message);
		}
		fflush(NULL);
		_exit(error_exit_status(result));
	}
	close(fds[1]);
	/* READY, or the message of a child that failed first. */
	while (!ready && n < sizeof text && read_full(read_fd, text + n, 1) == 0) {
		ready = n == 0 && text[0] == READY;
		n++;
	}
	if (!ready) {
		waitpid(pid, NULL, 0);
		return n > 0 ? error_set(err, -ECHILD, "%.*s", (int)n, (const char *)text)
			     : error_set(err, -ECHILD,
					 "the process of instance '%s' ended before the VM started",
					 r->instance.name);
	}
	printf("%s is running, JSON-RPC on http://127.0.0.1:%u once it is up; 'tdnode logs %s' "
	       "shows the "
	       "console, 'tdnode stop %s' ends it\n",
	       r->instance.name, r->options->rpc_port, r->instance.name, r->instance.name);
	return 0;
}

static int run_run(int argc, char **argv, struct error **err)
{
	_cleanup_(run_options_release) struct run_options options = {0};
	_cleanup_(run_release) struct run r = {
		.options = &options, .instance = INSTANCE_INIT, .disk = DATA_DISK_INIT};
	int result = run_options_parse(argc, argv, &options, err);

	if (result < 0)
		return result;
	r.progress = progress_new(stderr, options.quiet);
	if (options.timeline)
		result = run_record_check(options.timeline, err);
	if (result >= 0)
		result = prepare(&options, &r, err);
	if (result < 0)
		return result;
	return options.detach ? detach(&r, err) : run_machine(&r, -1, err);
}

const struct command command_run = {
	.name = "run",
	.summary = "boot an image locally with a TPM",
	.forms = {{.operands = {OPERAND("IMAGE", struct run_options, image)}}},
	.about =
		"Boots artifacts/IMAGE/IMAGE.raw in QEMU with a software TPM, forwards JSON-RPC to "
		"a port of this machine (loopback only), and runs until Ctrl-C or 'tdnode stop'. "
		"The image is never changed. KVM is used where the processor has it, else TCG.",
	.options = run_options,
	.example = "tdnode run devnet --check --until-rpc",
	.run = run_run,
};
