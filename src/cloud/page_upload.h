/*
 * A fixed VHD into a page blob of Azure: that of a managed disk that waits for its upload, or one of a storage account.
 *
 * Only pages that are not zero are sent, each write with its MD5; the page with the footer is the last, so that a blob
 * that has it has everything. What was accepted is remembered in a journal: a later call goes on from there, also after
 * the process was killed. What is refused is judged by cloud/page_retry.h.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "crypto/digest.h"
#include "net/http.h"

#define PAGE_UPLOAD_CONNECTIONS 16u

/*
 * An address that the blob may be written by, with its query: a SAS. Called once at the start and again when the one
 * before is refused. *ret is malloc()ed; it is in no error text, progress or file of this module.
 */
typedef int page_grant(void *context, char **ret, struct error **err);

struct page_upload {
	const char *path;	     /* of the VHD */
	const struct digest *digest; /* SHA-256 of it: what a journal is of */
	/* What errors and progress call the blob, and what a journal is of: another blob has another name. No secret. */
	const char *blob;
	const char *journal; /* its file; NULL: none is kept */
	/*
	 * The blob is made first, unless it is there: with this footer it is complete, and nothing is sent; if it is
	 * what the journal is of, it is gone on with; else it is replaced. Without this it exists and is zero, or is
	 * what the journal says.
	 */
	bool create;
	page_grant *grant;
	void *context;		     /* of grant() and stop() */
	bool (*stop)(void *context); /* asked often: true ends the upload; NULL: nobody asks */
	unsigned int connections;    /* 0: PAGE_UPLOAD_CONNECTIONS */
	bool direct;		     /* as of http_request */
	struct progress *progress;   /* may be NULL */
};

struct page_upload_result {
	uint64_t data;	 /* of the VHD: bytes of pages that are not zero */
	uint64_t sent;	 /* of them, accepted in this call */
	uint64_t before; /* of them, accepted in earlier calls: sent + before == data */
	uint64_t
		again; /* sent more than once, because the first time did not arrive, or nobody said so */
	uint64_t writes; /* requests that were accepted */
	unsigned grants; /* addresses that were asked for */
	bool complete;	 /* the blob was there, nothing was to be done */
};

/*
 * *ret is filled in on failure, too. Fails with -ERROR_STOPPED if stop() says so; -ENOENT if there is no such blob (any
 * more), -EBUSY if it is in use by somebody (409), -EACCES if addresses that were just granted are refused;
 * -ERROR_MALFORMED if the file is no fixed VHD; -ESTALE if the file changed meanwhile. A journal stays until the upload
 * is complete, and is removed then.
 */
_must_check_ int page_upload(struct http_client *c, const struct page_upload *u,
			     struct page_upload_result *ret, struct error **err);
