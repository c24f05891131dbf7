/*
 * The service by which somebody far away learns what runs here: TLS 1.3 on one port, and by the protocol that is
 * agreed on in the handshake (ALPN)
 *
 *	tdnode/1			formats/channel.h; then the node's JSON-RPC
 *	flashbots-ratls/1(+http/1.1)	formats/ratls.h; then the node's JSON-RPC
 *	tdnode-rest/1			formats/channel.h; then the REST of its consensus client
 *	tdnode-unlock/1			formats/disk_key.h; the program that has the disk
 *	http/1.1			GET /evidence?nonce=..., for a file
 *
 * A thread for each connection, of which there are so many at most; each step of one has a deadline. Evidence is
 * made for one connection at a time and for it alone: nothing of it is kept.
 *
 * Nothing but this service's user and root reaches what makes quotes, and it asks for none but those that
 * begin with a purpose of its own (formats/binding.h) or are bound to its own TLS key (formats/ratls.h): nobody
 * inside the VM can have evidence made for a key of his.
 */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "crypto/tls_server.h"
#include "formats/evidence.h"

#define ATTEST_DATA_SIZE BINDING_SIZE
/* What attested-tls gives the TPM of an Azure machine of it. */
#define ATTEST_DATA_HALF 32u

/* Where things are; tests have others. */
struct attest_places {
	const char *tpm;	/* device, or socket of a software TPM */
	const char *tsm;	/* folder of configfs in which a TD's quotes are made */
	const char *product;	/* DMI: whose machine it is */
	const char *config;	/* canonical */
	const char *os_release; /* names the image */
	const char *enode, *peer_id;
	const char *disk; /* which disk is open */
	const char *event_log;
	const char *disk_key;	     /* socket of the program that waits for the key of the disk */
	const char *disk_waits;	     /* a file that is there while it does */
	struct sockaddr_in metadata; /* Azure's service */
	unsigned paravisor_milliseconds; /* how long Azure's paravisor takes to notice user data */
};

struct attest_places attest_places_defaults(void);

struct attest_limits {
	unsigned connections;		/* at most, of all */
	unsigned of_one_address;	/* at most; of an IPv6 network /64 */
	unsigned waiting;		/* for evidence, at most */
	unsigned step_milliseconds;	/* handshake, request, answer, way to the node: each */
	unsigned evidence_milliseconds; /* waiting for one's turn */
	unsigned idle_milliseconds;	/* of a connection to the node */
};

struct attest_limits attest_limits_defaults(void);

/* Says one line to whoever watches. */
typedef void (*say_function)(const char *fmt, ...) _printf_(1, 2);

/* tpm.c: a TPM by its device or socket. */
_must_check_ int tpm_connect(const char *path, int *ret_fd, struct error **err);
/* Appends what an index holds. -ENOENT, without an error, if there is no such index. */
_must_check_ int tpm_index_read(int fd, uint32_t index, struct buffer *ret, struct error **err);
/* Makes it if it is not there. */
_must_check_ int tpm_index_write(int fd, uint32_t index, struct span bytes, struct error **err);
/* A quote of all registers by the attestation key at its usual handle, the key and its certificates. */
_must_check_ int tpm_quote(int fd, struct span data, struct evidence *e, struct error **err);
/* Takes the next certificate of DER bytes that zeros may follow; false: there is none. */
_must_check_ bool certificate_next(struct span *rest, struct span *ret);

/* tdx.c: a quote of this TD with the report data. */
_must_check_ int tdx_quote(const char *folder, const uint8_t data[ATTEST_DATA_SIZE],
			   struct buffer *ret, struct error **err);

/* azure.c: the paravisor's report with the data in it, and a quote of its TD. */
_must_check_ int azure_report(const struct attest_places *p, int tpm,
			      const uint8_t data[ATTEST_DATA_SIZE], struct evidence *e,
			      struct error **err);
/* {"quote": "..."} of the metadata service's answer. */
_must_check_ int azure_read_quote(struct span json, struct buffer *ret, struct error **err);
#define AZURE_INDEX_REPORT 0x01400001u
#define AZURE_INDEX_USER_DATA 0x01400002u

/*
 * machine.c: evidence of whatever this machine has. A TD proves the most and a TPM alone the least, so the first
 * that is there is taken. What looks like one without being one makes evidence that no verifier takes.
 */
_must_check_ int machine_kind(const struct attest_places *p, enum evidence_kind *ret,
			      struct error **err);
/* A TPM gets the first `tpm_data_size` bytes of the data. */
_must_check_ int machine_evidence(const struct attest_places *p,
				  const uint8_t data[ATTEST_DATA_SIZE], size_t tpm_data_size,
				  struct evidence *ret, struct error **err);
/* What attested-tls calls such machines. */
const char *machine_ratls_kind(const struct attest_places *p, enum evidence_kind kind);

/* claims.c: what the machine says of itself; claims of which nothing is known are left out. */
_must_check_ int claims_collect(const struct attest_places *p, struct buffer *ret,
				struct error **err);

struct attest_service {
	const struct attest_places *places;
	const struct attest_limits *limits;
	say_function say;
	struct tls_server *tls;
	struct buffer config;
	in_port_t rpc, rest; /* of loopback, in the host's byte order; rest: 0, there is none */
	pthread_mutex_t turn;
	atomic_uint waiting; /* for their turn, or having it */
};

/* service.c */
_must_check_ int attest_service_init(struct attest_service *s, const struct attest_places *places,
				     const struct attest_limits *limits, in_port_t rpc,
				     in_port_t rest, say_function say, struct error **err);
void attest_service_release(struct attest_service *s);

/* queue.c: as machine_kind() and machine_evidence(), in turn. -EBUSY: too many wait, or it takes too long. */
_must_check_ int queue_kind(struct attest_service *s, enum evidence_kind *ret, struct error **err);
_must_check_ int queue_evidence(struct attest_service *s, const uint8_t data[ATTEST_DATA_SIZE],
				size_t tpm_data_size, struct evidence *ret, struct error **err);

/* speak.c: all of one connection. The socket, which does not block, stays the caller's. */
void speak(struct attest_service *s, int fd);

/* web.c: the answer to one request for evidence. */
void web_answer(struct attest_service *s, struct tls_connection *c);

/* document.c: tdnode's document of evidence, for one purpose; `exporter` is NULL if it is none of a channel. */
_must_check_ int document_make(struct attest_service *s, const uint8_t nonce[BINDING_NONCE_SIZE],
			       const uint8_t *exporter, struct buffer *ret, struct error **err);

/* proxy.c: passes on what both sides say until one has ended or nobody speaks for too long. `node`, the other side's
 * socket, stays the caller's; a negative one has ended before it began. */
void proxy(struct tls_connection *c, int fd, int node, unsigned idle_milliseconds);
/* A socket to a port of loopback, or -1: also where nobody takes the connection for so long. */
int node_connect(in_port_t port, unsigned milliseconds);
/* disk_key.c: a socket to the program that waits for the key of the disk. -ENOENT, with the reason, if none waits;
 * -EBUSY if too many others do. */
_must_check_ int disk_key_connect(const struct attest_places *p, int *ret_fd, struct error **err);

/* listen.c: a socket on all addresses; and connections from it, for good. */
_must_check_ int listen_on(in_port_t port, int *ret_fd, struct error **err);
_must_check_ int serve(struct attest_service *s, int listener, struct error **err);

/*
 * prepare.c: what needs root, before the service starts as the owner of `folder`: the TPM's device is given to its
 * group, a folder of configfs for quotes to it, and the firmware's log is copied to where it can read it. What
 * the machine does not have is passed over.
 */
struct prepare_places {
	const char *folder;
	const char *tpm;
	const char *configfs, *tsm; /* tsm: the folder in which that of the service is made */
	const char *event_logs[3];  /* the first that is there; NULL at the end */
};

struct prepare_places prepare_places_defaults(void);
_must_check_ int prepare(const struct prepare_places *p, struct error **err);
