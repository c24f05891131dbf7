/*
 * Signing in to Azure: a token for its management API, from whoever this machine is for Azure. The names in the
 * environment are those that all of Azure's tools use.
 *
 *	az		the signed-in user of the Azure CLI, asked by running it
 *	secret		AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID
 *	certificate	AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH (key and certificate as PEM), AZURE_TENANT_ID
 *	workload	AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID
 *	managed		the identity of this VM; AZURE_CLIENT_ID if it has several
 *
 * AZURE_AUTHORITY_HOST is where the middle three are asked. A token is in memory alone; it is in no error.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "cloud/interrupt.h"
#include "net/http.h"

enum azure_auth {
	AZURE_AUTH_AUTO, /* the first for which the environment has what it needs, else az */
	AZURE_AUTH_AZ,
	AZURE_AUTH_SECRET,
	AZURE_AUTH_CERTIFICATE,
	AZURE_AUTH_WORKLOAD,
	AZURE_AUTH_MANAGED,
	AZURE_AUTHS_,
};

/* "auto", "az", ... */
const char *azure_auth_name(unsigned auth);

struct azure_sign_in {
	enum azure_auth auth;
	const char *tenant;    /* NULL: AZURE_TENANT_ID, or az's own */
	const char *client;    /* NULL: AZURE_CLIENT_ID */
	const char *authority; /* NULL: AZURE_AUTHORITY_HOST, or Azure's public one */
	/* Where a managed identity is asked, NULL: the metadata service (AZURE_POD_IDENTITY_AUTHORITY_HOST). */
	const char *metadata;
	unsigned seconds; /* of one call */
};

/* What the environment says fills in what is NULL. */
void azure_sign_in_complete(struct azure_sign_in *s);

/* "the Azure CLI", for messages. */
const char *azure_sign_in_text(const struct azure_sign_in *s);

struct azure_token {
	struct buffer text; /* secret_buffer_release() */
	int64_t renew;	    /* from when on another is asked for; seconds since 1970, as the next */
	int64_t expires;
	char *subscription; /* that of az; NULL: it has none */
};

void azure_token_release(struct azure_token *t);

/* Tokens have some KiB. */
#define AZURE_TOKEN_MAX (64u << 10)

/* Sets when it ends, and when it is renewed: five minutes before, or half-way for one that lives less than ten. */
void azure_token_set_life(struct azure_token *t, int64_t now, int64_t expires);
/* A token that need not be renewed yet. */
bool azure_token_is_fresh(const struct azure_token *t);

/* Gets a new one. -EACCES if it is refused, -ENOENT if there is nothing to sign in with. */
_must_check_ int azure_token_get(struct http_client *http, const struct azure_sign_in *s,
				 struct interrupt *interrupt, struct azure_token *ret,
				 struct error **err);

/*
 * An address that a secret may go to: https, or http to this machine alone (127.0.0.1, [::1], localhost).
 */
bool azure_url_is_safe(const char *url);
bool azure_url_is_local(const char *url);
/* Whether what stands behind the name of a host in an address is none of a user ("host:1@other"): at most a port, then the
 * end, a path or a query. */
bool azure_url_host_ends(const char *rest);
