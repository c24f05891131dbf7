/*
 * The life of a VM: start TPM and QEMU, watch console and JSON-RPC, stop in order, leave nothing behind.
 *
 *	machine_start(&options, &m, err)
 *	machine_wait_ready(&m, err)	JSON-RPC answers (and registers are reported)
 *	machine_wait_eventlog(&m)	the firmware's log has come
 *	machine_wait_end(&m, err)	until the VM ends or somebody asks to stop
 *	machine_stop(&m, err)		clean power-off
 *	machine_release(&m)		whatever is still there goes
 *
 * SIGINT and SIGTERM mean "stop" from machine_start() to machine_release().
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/progress.h"
#include "vm/accelerator.h"
#include "vm/console.h"
#include "vm/instance.h"
#include "vm/json_rpc.h"

/* A clean power-off under TCG takes a few seconds; a node may need longer to end. */
#define MACHINE_STOP_SECONDS 60
/* What the guest gives its execution client, the slower one, and a while for its end. */
#define MACHINE_CLIENT_STOP_SECONDS (15 * 60 + MACHINE_STOP_SECONDS)
/* The guest sends the firmware's log when it has nothing else to do, about when the node answers; a
 * busy host makes it late. How long to wait if an explanation needs it, and if it is only to be kept:
 * images of others never send one. */
#define MACHINE_EVENTLOG_NEEDED_SECONDS 30
#define MACHINE_EVENTLOG_KEPT_SECONDS 5

/* At most, or the time that the whole boot may take: the service of attestation starts before the node, and what
 * goes wrong in it is tried again within a minute. */
#define MACHINE_ATTEST_SECONDS 180

struct machine_options {
	const struct instance *instance; /* locked; outlives the machine */
	const char *folder;		 /* the image's artefacts, with firmware/ */
	const char *os_disk;		 /* the raw image in it */
	const char *data_disk;		 /* NULL: none */
	const uint8_t *recovery_secret;	 /* RECOVERY_SECRET_SIZE bytes, on a medium; NULL: none */
	struct accelerator accelerator;
	unsigned cpus;
	uint64_t memory;
	uint16_t rpc_port;
	uint16_t attest_port;
	uint16_t ssh_port;	   /* 0: not forwarded */
	uint16_t metrics_port;	   /* the same */
	bool internet;		   /* the guest may call out */
	const char *config;	   /* file of the node's configuration; NULL: its defaults */
	const char *tpm_socket;	   /* of a TPM that runs already; NULL: an own one */
	unsigned timeout;	   /* seconds until the VM must be ready */
	bool wait_for_report;	   /* ready means: registers are reported, too */
	struct progress *progress; /* may be NULL */
};

struct machine {
	const struct machine_options *options;
	sigset_t old_signals;
	int signal_fd;
	char *sockets; /* private folder of the sockets */
	char *console_log;
	char *error_log; /* what QEMU says */
	int console_fd;
	int qmp_fd;
	pid_t swtpm;
	pid_t qemu;
	struct timespec started;
	struct console console;
	struct json_rpc rpc;
	int64_t rpc_next; /* when to ask again, milliseconds since power-on */
	bool answered;
	double ready_seconds; /* power-on to the first answer */
	char *answer;
	bool stop_asked;
	bool eventlog_written; /* instance_file("eventlog.bin") is that of this run */
};

_must_check_ int machine_start(const struct machine_options *options, struct machine *ret,
			       struct error **err);
/* -ERROR_STOPPED if somebody asked to stop before the VM was ready; -ERROR_LOCKED, with the guest's
 * reason, if it could not open its disk. */
_must_check_ int machine_wait_ready(struct machine *m, struct error **err);
/* Waits until the guest has sent the firmware's log (m->console.eventlog). False if it has not after
 * that many seconds, the VM ended, or somebody asked to stop. */
_must_check_ bool machine_wait_eventlog(struct machine *m, unsigned seconds);
/* Waits until the service of attestation says its port and key (m->console.attest_key). -ETIMEDOUT after
 * MACHINE_ATTEST_SECONDS, or the timeout if that is shorter, -ECHILD if the VM ended, -ERROR_STOPPED if somebody asked to stop. */
_must_check_ int machine_wait_attests(struct machine *m, struct error **err);
_must_check_ int machine_wait_end(struct machine *m, struct error **err);
_must_check_ int machine_stop(struct machine *m, struct error **err);
void machine_release(struct machine *m);
