/*
 * libtdnode-verify: judges evidence of a confidential VM (Intel TDX, Azure, TPM) as `tdnode verify` does.
 *
 * Pure: no file, no network, no clock, no global state. Bytes go in, a verdict comes out. Calls of different
 * threads do not disturb each other; a policy and a collateral that are complete may be used by several at once.
 *
 * Three answers, never one: whether the evidence is genuine, whether the platform is in a state that the policy
 * accepts, whether what runs there is what the policy names. tdnode's docs/verify.md has the shapes of
 * evidence, collateral and policy; docs/libtdnode-verify.md has an example.
 *
 * Functions that can fail return an enum tdnode_status. If it is not TDNODE_OK and `message` is not NULL,
 * *message is one line of why, which the caller releases by tdnode_free(); NULL only if memory is out.
 */
#ifndef TDNODE_VERIFY_H
#define TDNODE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What the exit status of `tdnode verify` is, too. */
enum tdnode_status {
	TDNODE_OK = 0,	    /* done; of a judgement: all three answers are yes */
	TDNODE_FAILED = 1,  /* cannot be judged: malformed input, no collateral, out of memory */
	TDNODE_USAGE = 2,   /* arguments that contradict each other */
	TDNODE_REFUSED = 3, /* judged, and a check refused */
};

/* What the caller accepts. */
struct tdnode_policy;

/* NULL: out of memory. An empty policy accepts no evidence. */
struct tdnode_policy *tdnode_policy_new(void);
void tdnode_policy_free(struct tdnode_policy *p);

/*
 * Adds a document: measurements.json of a build, records of attested-tls, or a policy of tdnode's own. Builds and
 * records are alternatives. `name` stands before messages, and in the verdict if the document has no name.
 */
int tdnode_policy_add(struct tdnode_policy *p, const char *name, const void *data, size_t size,
		      char **message);

#define TDNODE_REPORT_DATA_SIZE 64
/* What the evidence has to be bound to. TDNODE_USAGE if the policy has it already. */
int tdnode_policy_set_report_data(struct tdnode_policy *p,
				  const uint8_t data[TDNODE_REPORT_DATA_SIZE], char **message);

/*
 * What Intel says of a platform. It is taken apart once, when it is complete, and its documents' signatures are
 * checked then; all else, every date and issuer, with each judgement. Many are fastest by one collateral.
 */
struct tdnode_collateral;

struct tdnode_collateral *tdnode_collateral_new(void);
void tdnode_collateral_free(struct tdnode_collateral *c);

/* One document that has all of it: JSON or YAML with the members of dcap-qvl's QuoteCollateralV3. */
int tdnode_collateral_add(struct tdnode_collateral *c, const void *data, size_t size,
			  char **message);
/* One file of a folder by its name: "tcb.json", "pckcrl.der", ... A name that is not known is passed over. */
int tdnode_collateral_add_file(struct tdnode_collateral *c, const char *name, const void *data,
			       size_t size, char **message);
/* 1 if files of this name are read. */
int tdnode_collateral_knows(const char *name);
/* Names what is missing. */
int tdnode_collateral_check(const struct tdnode_collateral *c, char **message);

enum tdnode_question {
	TDNODE_GENUINE,	 /* signatures, chains, every date, revocation */
	TDNODE_PLATFORM, /* security versions, advisories, debugging, service TDs, paravisor */
	TDNODE_IDENTITY, /* registers, configuration, what it is bound to */
};

enum tdnode_check_state {
	TDNODE_CHECK_GOOD,
	TDNODE_CHECK_REFUSED,
	TDNODE_CHECK_OPEN, /* not checked; the text says what that leaves open */
};

enum tdnode_answer {
	TDNODE_YES,
	TDNODE_NO,
	TDNODE_NOT_JUDGED, /* something before it refused */
};

struct tdnode_check {
	enum tdnode_question question;
	enum tdnode_check_state state;
	int conceded;	  /* good only because the policy accepts less than the best */
	const char *name; /* for programs: "pck_crl" */
	const char *text;
	const char *seen, *wanted; /* of a refused comparison; else NULL */
};

/* Belongs to the library, like all that it points to. Later versions may add members at the end. */
struct tdnode_verdict {
	int accepted;	      /* all three answers are yes */
	const char *evidence; /* what was judged: "TDX quote, version 4, TD 1.5" */
	int64_t at;	      /* seconds since 1970, as given to tdnode_verify() */
	int64_t until; /* when the first of what was checked expires; 0: nothing was judged */
	enum tdnode_answer answers[3]; /* by enum tdnode_question */
	const struct tdnode_check *checks;
	size_t n_checks;
};

/*
 * Judges the evidence for the time `at` (seconds since 1970). `collateral` may be NULL for evidence of a TPM alone.
 * With TDNODE_OK and TDNODE_REFUSED *verdict is set, to be released by tdnode_verdict_free(); the message
 * of a refusal is the first check that refused, with the value seen and the value wanted.
 */
int tdnode_verify(const void *evidence, size_t size, const struct tdnode_collateral *collateral,
		  const struct tdnode_policy *policy, int64_t at, struct tdnode_verdict **verdict,
		  char **message);
void tdnode_verdict_free(struct tdnode_verdict *v);

/* For people; for programs. Ends with a newline; NULL: out of memory. Released by tdnode_free(). */
char *tdnode_verdict_text(const struct tdnode_verdict *v);
char *tdnode_verdict_json(const struct tdnode_verdict *v);

/* A key that signs attestation results: of the curve P-256, PKCS #8 as PEM. */
struct tdnode_key;

int tdnode_key_new(const void *pem, size_t size, struct tdnode_key **ret, char **message);
void tdnode_key_free(struct tdnode_key *k);

/*
 * The verdict as an EAT attestation result (EAR): a JSON claims set if `key` is NULL, else a JWT signed by it
 * (ES256). `build` names the program and its version. *ret ends with a newline and is released by
 * tdnode_free().
 */
int tdnode_verdict_ear(const struct tdnode_verdict *v, const char *build,
		       const struct tdnode_key *key, char **ret, char **message);

/* Texts and messages; NULL is fine. */
void tdnode_free(void *p);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
