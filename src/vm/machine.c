#include "vm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/shortage.h"
#include "formats/recovery_medium.h"
#include "vm/port.h"
#include "vm/qemu.h"
#include "vm/qmp.h"
#include "vm/status.h"
#include "vm/swtpm.h"
#include "vm/swtpm_state.h"

/* How often the console is looked at, in milliseconds. */
#define STEP_MILLISECONDS 50
/* An unanswered question is given up after this long, and asked again. */
#define RPC_PATIENCE_MILLISECONDS 3000
#define RPC_PAUSE_MILLISECONDS 200
#define TAIL_LINES 12u
/* How long a press of the power button is given. */
#define PRESS_SECONDS 2u
/* How long QEMU may take to end once it was told to, or has closed its control socket. */
#define CLOSED_MILLISECONDS 5000
/* How long the rest of a boot without a disk may still be told. */
#define FAILED_MILLISECONDS 5000
#define LOG_MAX (64u << 20)
/* Of QEMU's temporary files: its environment names no other. */
#define OVERLAY_FOLDER "/var/tmp"

static int64_t milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)(now.tv_sec - start->tv_sec) * 1000 +
	       (now.tv_nsec - start->tv_nsec) / 1000000;
}

static char *socket_path(const struct machine *m, const char *name)
{
	return path_join(m->sockets, name);
}

/* Names of sockets are short: sun_path has 108 bytes, wherever the instance lies. */
static int make_socket_folder(struct machine *m, struct error **err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	bool usable = runtime && runtime[0] == '/' && strlen(runtime) < 60 && !strchr(runtime, ',');
	char *path = string_printf("%s/tdnode-XXXXXX", usable ? runtime : "/tmp");

	if (!path)
		return error_oom(err);
	if (!mkdtemp(path)) {
		int r = error_errno(err, errno, "cannot make a folder for sockets in '%s'",
				    usable ? runtime : "/tmp");

		free(path);
		return r;
	}
	m->sockets = path;
	return 0;
}

static int take_signals(struct machine *m, struct error **err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &m->old_signals);
	m->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (m->signal_fd < 0) {
		sigprocmask(SIG_SETMASK, &m->old_signals, NULL);
		return error_errno(err, errno, "signalfd");
	}
	return 0;
}

static int check_file(const char *path, const char *what, struct error **err)
{
	return path_exists(path) ? 0 : error_set(err, -ENOENT, "%s is missing: '%s'", what, path);
}

/* The firmware's variables are the instance's own: what firmware writes there stays. */
static int prepare_firmware(struct machine *m, char **ret_code, char **ret_vars, struct error **err)
{
	_cleanup_free_ char *code = path_join(m->options->folder, "firmware/OVMF_CODE.fd");
	_cleanup_free_ char *template = path_join(m->options->folder, "firmware/OVMF_VARS.fd");
	_cleanup_free_ char *vars = instance_file(m->options->instance, "OVMF_VARS.fd");
	_cleanup_(file_map_release) struct file_map map = {0};
	int r = code && template && vars ? check_file(code, "the firmware", err) : error_oom(err);

	if (r >= 0)
		r = check_file(template, "the firmware", err);
	if (r >= 0 && !path_exists(vars)) {
		r = file_map(template, &map, err);
		if (r >= 0)
			r = file_write_private(vars, map.data, err);
	}
	if (r < 0)
		return r;
	*ret_code = TAKE_PTR(code);
	*ret_vars = TAKE_PTR(vars);
	return 0;
}

/* The medium of the recovery secret, in memory: no file of it can stay behind. */
static int make_recovery_medium(const struct machine *m, int *ret, struct error **err)
{
	_cleanup_close_ int fd = memfd_create("recovery medium", MFD_CLOEXEC);
	uint8_t sector[RECOVERY_MEDIUM_SECTOR];
	int r;

	if (fd < 0)
		return error_errno(err, errno, "cannot make the recovery medium");
	recovery_medium_encode(m->options->recovery_secret, sector);
	r = write_full(fd, SPAN(sector, sizeof sector));
	explicit_bzero(sector, sizeof sector);
	if (r >= 0 && ftruncate(fd, RECOVERY_MEDIUM_SIZE) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(err, -r, "cannot make the recovery medium");
	*ret = TAKE_FD(fd);
	return 0;
}

static int start_tpm(struct machine *m, char **ret_socket, struct error **err)
{
	const struct machine_options *o = m->options;
	_cleanup_free_ char *folder = instance_file(o->instance, "tpm"),
			    *authority = instance_authority(o->instance);
	_cleanup_free_ char *socket = o->tpm_socket ? strdup(o->tpm_socket) : socket_path(m, "tpm");
	int r = folder && authority && socket ? 0 : error_oom(err);

	if (r >= 0 && !o->tpm_socket)
		r = swtpm_prepare(folder, authority, err);
	if (r >= 0 && !o->tpm_socket)
		r = swtpm_start(folder, socket, &m->swtpm, err);
	if (r >= 0)
		*ret_socket = TAKE_PTR(socket);
	return r;
}

/* A new file for each run; QEMU appends to the console log. */
static int open_logs(struct machine *m, int *ret_error_fd, struct error **err)
{
	m->console_log = instance_file(m->options->instance, "console.log");
	m->error_log = instance_file(m->options->instance, "qemu.log");
	if (!m->console_log || !m->error_log)
		return error_oom(err);
	m->console_fd = open(m->console_log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (m->console_fd < 0)
		return error_errno(err, errno, "%s", m->console_log);
	/* That of an earlier run says nothing about this one. */
	_cleanup_free_ char *eventlog = instance_file(m->options->instance, INSTANCE_EVENTLOG);

	if (!eventlog)
		return error_oom(err);
	if (unlink(eventlog) < 0 && errno != ENOENT)
		return error_errno(err, errno, "%s", eventlog);
	*ret_error_fd = open(m->error_log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return *ret_error_fd < 0 ? error_errno(err, errno, "%s", m->error_log) : 0;
}

static int start_qemu(struct machine *m, const char *tpm_socket, struct error **err)
{
	const struct machine_options *o = m->options;
	_cleanup_free_ char *code = NULL, *vars = NULL;
	_cleanup_free_ char *console = socket_path(m, "console"), *qmp = socket_path(m, "qmp");
	_cleanup_close_ int error_fd = -1, medium = -1;
	int r = console && qmp ? prepare_firmware(m, &code, &vars, err) : error_oom(err);

	if (r >= 0 && o->recovery_secret)
		r = make_recovery_medium(m, &medium, err);
	if (r >= 0)
		r = open_logs(m, &error_fd, err);
	if (r < 0)
		return r;

	const struct qemu_machine machine = {
		.kvm = o->accelerator.kvm,
		.cpus = o->cpus,
		.memory = o->memory,
		.firmware_code = code,
		.firmware_vars = vars,
		.os_disk = o->os_disk,
		.data_disk = o->data_disk,
		.recovery_fd = medium,
		.tpm_socket = tpm_socket,
		.config = o->config,
		.console_log = m->console_log,
		.console_socket = console,
		.qmp_socket = qmp,
		.rpc_port = o->rpc_port,
		.attest_port = o->attest_port,
		.ssh_port = o->ssh_port,
		.metrics_port = o->metrics_port,
		.internet = o->internet,
	};

	clock_gettime(CLOCK_MONOTONIC, &m->started);
	r = qemu_start(&machine, error_fd, &m->qemu, err);
	return r < 0 ? r : qmp_connect(qmp, &m->qmp_fd, err);
}

/* QEMU's own words for a TPM that does not start say nothing of what to do. */
static int explain_tpm(const struct machine *m, struct span said, struct error **err)
{
	_cleanup_free_ char *folder = instance_file(m->options->instance, "tpm");

	if (!folder)
		return error_oom(err);
	return swtpm_state_explain(said, m->options->tpm_socket ? NULL : folder, err);
}

/* "…: last lines of the console and of QEMU" for a VM that did not come up. */
static int explain(struct machine *m, int r, struct error **err)
{
	_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(LOG_MAX);
	_cleanup_(buffer_release) struct buffer said = BUFFER_INIT(LOG_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64u << 10);
	const char *message = err && *err ? error_message(*err) : "failed";

	buffer_printf(&text, "%s", message);
	if (m->error_log && file_read(m->error_log, LOG_MAX, &said, NULL) >= 0 && said.n) {
		int tpm = explain_tpm(m, buffer_span(&said), err);

		if (tpm < 0)
			return tpm;
		buffer_put_string(&text, "\nQEMU says:\n");
		console_tail(buffer_span(&said), TAIL_LINES, &text);
	}
	if (m->console_log && file_read(m->console_log, LOG_MAX, &log, NULL) >= 0 && log.n) {
		buffer_put_string(&text, "\nlast lines of the console:\n");
		console_tail(buffer_span(&log), TAIL_LINES, &text);
	}
	error_set(err, r, "%s", buffer_text(&text));
	/* QEMU stops a VM whose disk cannot grow, and says nothing. The image's overlay is in the other folder. */
	r = shortage_explain(m->options->instance->path, r, err);
	return shortage_explain(OVERLAY_FOLDER, r, err);
}

/* True, with why in one line, if the kernel of the VM stopped itself: the trace is in the log. */
static bool panicked(const struct machine *m, struct error **err)
{
	_cleanup_(buffer_release) struct buffer why = BUFFER_INIT(4096);

	if (!console_explain_panic(&m->console, &why))
		return false;
	error_set(err, -ECHILD, "the VM ended: %s; its console is in '%s'", buffer_text(&why),
		  m->console_log ? m->console_log : "");
	return true;
}

int machine_start(const struct machine_options *options, struct machine *ret, struct error **err)
{
	struct machine m = {
		.options = options,
		.signal_fd = -1,
		.console_fd = -1,
		.qmp_fd = -1,
		.rpc = JSON_RPC_INIT,
	};
	_cleanup_free_ char *tpm_socket = NULL;
	int r = check_file(options->os_disk, "the image", err);

	if (r >= 0)
		r = port_check_free(options->rpc_port, "JSON-RPC", "--rpc-port", err);
	if (r >= 0)
		r = port_check_free(options->attest_port, "attestation", "--attest-port", err);
	if (r >= 0 && options->ssh_port)
		r = port_check_free(options->ssh_port, "SSH", "--ssh-port", err);
	if (r >= 0 && options->metrics_port)
		r = port_check_free(options->metrics_port, "metrics", "--metrics-port", err);
	if (r >= 0)
		r = take_signals(&m, err);
	if (r < 0)
		return r;
	r = make_socket_folder(&m, err);
	if (r >= 0)
		r = start_tpm(&m, &tpm_socket, err);
	if (r >= 0) {
		r = start_qemu(&m, tpm_socket, err);
		if (r < 0 && m.qemu > 0)
			r = explain(&m, r, err);
	}
	if (r < 0) {
		machine_release(&m);
		return r;
	}
	*ret = m;
	return 0;
}

/* The log is for later questions: that it cannot be written does not end the run. */
static void keep_eventlog(struct machine *m)
{
	_cleanup_free_ char *path = instance_file(m->options->instance, INSTANCE_EVENTLOG);
	_cleanup_error_ struct error *error = NULL;
	int r = path ? file_write_private(path, buffer_span(&m->console.eventlog.bytes), &error)
		     : error_oom(&error);

	m->eventlog_written = true;
	if (r < 0)
		progress_note(m->options->progress, "the firmware's log is lost: %s",
			      error_message(error));
}

static void read_console(struct machine *m)
{
	uint8_t chunk[16384];
	ssize_t got;

	m->console.now = (uint64_t)milliseconds_since(&m->started);
	while ((got = read(m->console_fd, chunk, sizeof chunk)) > 0)
		console_take(&m->console, SPAN(chunk, (size_t)got));
	if (m->console.eventlog.complete && !m->eventlog_written)
		keep_eventlog(m);
}

static void read_signals(struct machine *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof info) == sizeof info)
		m->stop_asked = true;
}

/* True once QEMU has ended; it is reaped then. */
static bool qemu_has_ended(struct machine *m)
{
	if (m->qemu > 0 && waitpid(m->qemu, NULL, WNOHANG) != 0)
		m->qemu = 0;
	return m->qemu == 0;
}

static void ask_rpc(struct machine *m)
{
	int64_t now = milliseconds_since(&m->started);
	int r;

	if (m->answered || now < m->rpc_next)
		return;
	r = json_rpc_start(&m->rpc, m->options->rpc_port, "eth_syncing");
	/* Asked again when this question is answered, fails, or takes too long. */
	m->rpc_next = now + (r < 0 ? RPC_PAUSE_MILLISECONDS : RPC_PATIENCE_MILLISECONDS);
}

static void continue_rpc(struct machine *m)
{
	int r = json_rpc_continue(&m->rpc);

	if (r == 0)
		return;
	if (r < 0) {
		m->rpc_next = milliseconds_since(&m->started) + RPC_PAUSE_MILLISECONDS;
		return;
	}
	m->answered = true;
	m->ready_seconds = (double)milliseconds_since(&m->started) / 1000;
	boot_timeline_answer(&m->console.timeline, (uint64_t)milliseconds_since(&m->started));
	m->answer = buffer_steal_text(&m->rpc.answer);
}

/* Waits a moment for whatever happens, and takes it in. */
static void step(struct machine *m)
{
	struct pollfd fds[2] = {
		{.fd = m->signal_fd, .events = POLLIN},
		{.fd = m->rpc.fd, .events = m->rpc.events},
	};

	poll(fds, 2, STEP_MILLISECONDS);
	if (fds[0].revents)
		read_signals(m);
	if (m->rpc.fd >= 0 && fds[1].revents)
		continue_rpc(m);
	read_console(m);
}

static void show_stage(struct machine *m, enum boot_stage *shown)
{
	if (m->console.stage == *shown)
		return;
	*shown = m->console.stage;
	progress_note(m->options->progress, "%6.1f s  %s",
		      (double)milliseconds_since(&m->started) / 1000, boot_stage_name(*shown));
}

int machine_wait_ready(struct machine *m, struct error **err)
{
	const struct machine_options *o = m->options;
	enum boot_stage shown = STAGE_POWER_ON;
	bool told = false;
	int64_t failed = -1;

	progress_note(o->progress, "%6.1f s  %s", 0.0, boot_stage_name(shown));
	while (!m->answered || (o->wait_for_report && !m->console.report_complete)) {
		/* Firmware and kernel have no network: a question would only wait. */
		if (m->console.stage >= STAGE_KERNEL)
			ask_rpc(m);
		step(m);
		show_stage(m, &shown);
		if (m->answered && !told) {
			told = true;
			progress_note(o->progress, "%6.1f s  JSON-RPC answers on port %u",
				      m->ready_seconds, o->rpc_port);
		}
		if (m->stop_asked)
			return error_set(err, -ERROR_STOPPED, "stopped before the VM was ready");
		if ((m->console.config_failed || m->console.disk_failed) && failed < 0)
			failed = milliseconds_since(&m->started);
		if (failed >= 0 && (!o->wait_for_report || m->console.report_complete) &&
		    milliseconds_since(&m->started) > failed + FAILED_MILLISECONDS)
			return error_set(err, -ERROR_LOCKED, "the VM has no %s, so no node: %s",
					 m->console.config_failed ? "configuration"
								  : "persistent disk",
					 m->console.guest_said);
		if (qemu_has_ended(m)) {
			read_console(m);
			if (panicked(m, err))
				return -ECHILD;
			error_set(err, -ECHILD, "the VM ended while it booted");
			return explain(m, -ECHILD, err);
		}
		if (milliseconds_since(&m->started) > (int64_t)o->timeout * 1000) {
			error_set(err, -ETIMEDOUT, "not ready after %u seconds%s", o->timeout,
				  m->answered ? ": no registers were reported" : "");
			return explain(m, -ETIMEDOUT, err);
		}
	}
	return 0;
}

bool machine_wait_eventlog(struct machine *m, unsigned seconds)
{
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!m->console.eventlog.complete) {
		if (m->stop_asked || qemu_has_ended(m) ||
		    milliseconds_since(&start) > (int64_t)seconds * 1000)
			return false;
		step(m);
	}
	return true;
}

int machine_wait_attests(struct machine *m, struct error **err)
{
	unsigned seconds = MIN(m->options->timeout, MACHINE_ATTEST_SECONDS);
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!m->console.attests) {
		if (m->stop_asked)
			return error_set(err, -ERROR_STOPPED, "stopped before the VM was attested");
		if (qemu_has_ended(m))
			return error_set(err, -ECHILD, "the VM ended before it was attested");
		if (milliseconds_since(&start) > (int64_t)seconds * 1000)
			return error_set(err, -ETIMEDOUT,
					 "the image has the attestation service, but it does not "
					 "listen %u seconds after the node",
					 seconds);
		step(m);
	}
	return 0;
}

/* How far the clients are, in one line of a terminal. */
static void show_status(struct machine *m, unsigned *shown)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);

	if (m->console.statuses == *shown)
		return;
	*shown = m->console.statuses;
	status_summary(&m->console.status, &text);
	if (buffer_ok(&text) && text.n)
		progress_show(m->options->progress, buffer_text(&text));
}

int machine_wait_end(struct machine *m, struct error **err)
{
	unsigned shown = 0;

	while (!m->stop_asked && !qemu_has_ended(m)) {
		show_status(m, &shown);
		step(m);
	}
	read_console(m);
	return panicked(m, err) ? -ECHILD : 0;
}

static bool wait_for_qemu(struct machine *m, int64_t milliseconds)
{
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!qemu_has_ended(m)) {
		if (milliseconds_since(&start) > milliseconds)
			return false;
		step(m);
	}
	return true;
}

/* How long the guest is waited for, counted from the last client that it began to end, or ended. */
static unsigned stop_seconds(const struct machine *m)
{
	return m->console.stopping ? MACHINE_CLIENT_STOP_SECONDS : MACHINE_STOP_SECONDS;
}

static void show_stopping(const struct machine *m)
{
	if (m->console.stopping)
		progress_note(m->options->progress,
			      "the %s is ending: waiting for it, for up to %u minutes",
			      m->console.stopping, MACHINE_CLIENT_STOP_SECONDS / 60);
}

/* True if the VM has ended; false if it did not within its time, or cannot be asked. */
static bool power_off(struct machine *m, struct error **err)
{
	const char *shown = NULL;
	struct timespec since;

	clock_gettime(CLOCK_MONOTONIC, &since);
	do {
		/* More than once: it is not heard until the guest has come up. A QEMU that is ending closes its
		 * socket before the process is gone. */
		if (!m->console.stopping && qmp_send(m->qmp_fd, "system_powerdown", err) < 0)
			return wait_for_qemu(m, CLOSED_MILLISECONDS);
		if (wait_for_qemu(m, PRESS_SECONDS * 1000))
			return true;
		if (m->console.stopping != shown) {
			shown = m->console.stopping;
			show_stopping(m);
			clock_gettime(CLOCK_MONOTONIC, &since);
		}
	} while (milliseconds_since(&since) < (int64_t)stop_seconds(m) * 1000);
	progress_note(m->options->progress,
		      "the VM did not power off within %u seconds: its power is cut",
		      stop_seconds(m));
	return false;
}

int machine_stop(struct machine *m, struct error **err)
{
	_cleanup_error_ struct error *unreachable = NULL;
	/* Before systemd nobody listens to the power button. */
	bool listens = m->console.stage == STAGE_SYSTEMD || m->console.stage == STAGE_REPORT;

	m->answered = true; /* no more questions */
	if (qemu_has_ended(m) || (listens && power_off(m, &unreachable)))
		return 0;
	/* What cannot be reached is killed by machine_release(). */
	int ignored = qmp_send(m->qmp_fd, "quit", NULL);

	(void)ignored;
	wait_for_qemu(m, CLOSED_MILLISECONDS);
	return unreachable ? error_move(err, unreachable->code, &unreachable) : 0;
}

static void end_child(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

void machine_release(struct machine *m)
{
	end_child(&m->qemu);
	end_child(&m->swtpm);
	json_rpc_release(&m->rpc);
	console_release(&m->console);
	closep(&m->console_fd);
	closep(&m->qmp_fd);
	if (m->sockets) {
		int ignored = directory_remove(m->sockets, NULL);

		(void)ignored;
	}
	free(m->sockets);
	free(m->console_log);
	free(m->error_log);
	free(m->answer);
	if (m->signal_fd >= 0) {
		close(m->signal_fd);
		sigprocmask(SIG_SETMASK, &m->old_signals, NULL);
	}
}
