/*
 * Metrics of the machine and of its clients for Prometheus, on METRICS_PORT, as METRICS of the configuration says:
 *
 *	off      nothing listens
 *	local    on loopback
 *	public   on all addresses; the firewall lets in what comes for the port
 *
 *	GET /metrics             the machine, by the names of Prometheus's node_exporter
 *	GET /metrics/execution   what the execution client says on METRICS_EXECUTION_PORT of loopback
 *	GET /metrics/consensus   what the consensus client says on METRICS_CONSENSUS_PORT
 *
 * The clients' own servers listen on loopback alone: of what the network may ask for, this program is all. It answers
 * one connection after the other; who is slow is cut off.
 */
#pragma once

#include <netinet/in.h>

#include "base/buffer.h"
#include "base/error.h"

#define METRICS_CONFIGURATION "/run/tdnode/config"
#define METRICS_PORT 9100
/* Where the clients of images/node say theirs, whoever they are (docs/node.md). */
#define METRICS_EXECUTION_PORT 6060
#define METRICS_CONSENSUS_PORT 5054
/* Of a client: some hundred kilobytes. */
#define METRICS_CLIENT_MAX (8u << 20)
/* Of the machine: lines for each processor, disk and network card. */
#define METRICS_MACHINE_MAX (1u << 20)

/* Where things are; tests have others. */
struct metrics_places {
	const char *proc;   /* folder: /proc */
	const char *disk;   /* where the persistent disk is mounted */
	const char *ready;  /* folder of the roles' ready files: /run */
	uint16_t execution; /* ports on loopback */
	uint16_t consensus;
	int milliseconds; /* for one connection, whatever is asked */
};

/* proc.c: files of the kernel to metrics. Lines of another form are passed over. */
void metrics_processors(struct span stat, struct buffer *ret);
void metrics_memory(struct span meminfo, struct buffer *ret);
void metrics_load(struct span loadavg, struct buffer *ret);
void metrics_network(struct span dev, struct buffer *ret);
void metrics_disks(struct span diskstats, struct buffer *ret);

/* machine.c: all that there is to say of the machine. What cannot be read is left out. */
void metrics_machine(const struct metrics_places *places, struct buffer *ret);

/* client.c: appends what a client says on a port of loopback, until `deadline` (clock_milliseconds()). */
_must_check_ int metrics_client(uint16_t port, int64_t deadline, struct buffer *ret,
				struct error **err);

/*
 * serve.c: answers the connection, with a page or with what is wrong. An error: nobody got an answer.
 */
_must_check_ int metrics_answer(const struct metrics_places *places, int fd, struct error **err);

/* wait.c: until the descriptor is ready for `events` of poll(2), -ETIMEDOUT at the deadline. */
_must_check_ int metrics_wait(int fd, short events, int64_t deadline);
_must_check_ int metrics_send(int fd, struct span bytes, int64_t deadline);
