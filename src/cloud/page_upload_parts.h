/*
 * What the files of the upload share. Within src/cloud only.
 */
#pragma once

#include <sys/stat.h>

#include "base/secret.h"
#include "cloud/page_journal.h"
#include "cloud/page_ranges.h"
#include "cloud/page_retry.h"
#include "cloud/page_upload.h"
#include "net/http_request.h"

/* The oldest that knows all that is asked for. */
#define BLOB_VERSION "x-ms-version: 2020-10-02"
/* Of an answer: texts of errors. */
#define BLOB_ANSWER_MAX (64u << 10)

struct upload {
	struct http_client *client;
	const struct page_upload *of;
	struct page_upload_result *result;
	int fd;
	uint64_t size;
	struct stat opened;	   /* when it was opened */
	struct page_ranges ranges; /* the last is the page with the footer */
	struct page_journal journal;
	char *url;
	unsigned grants_in_vain; /* since something was accepted */
};

/* Who has the address may write; NULL is fine. */
static inline void address_free(char *url)
{
	secret_free(url, url ? strlen(url) : 0);
}

/* Another address, after a pause if the one before was of no use. */
_must_check_ int upload_grant(struct upload *up, struct error **err);
/* -ERROR_STOPPED if somebody asked to stop. */
_must_check_ int upload_check(const struct upload *up, struct error **err);
/* -ESTALE if the file is another one than when it was opened. */
_must_check_ int upload_check_file(const struct upload *up, struct error **err);
/* Its code, NULL if it has none; owned by the answer. */
const char *upload_code(const struct http_answer *a);
/* Sets the error of an answer that is no success; `what` was asked. */
int upload_refused(const struct upload *up, const char *what, const struct http_answer *a,
		   struct error **err);

/* Sends the ranges that the journal lacks. */
_must_check_ int upload_send(struct upload *up, struct error **err);
