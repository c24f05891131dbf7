/*
 * What the files of log_explain share.
 */
#pragma once

#include "explain/explanation.h"

/* Parts of log_explain(): which stub it was (log_explain_stub.c); command lines from outside, and
 * what the image and the kernel consist of (log_explain_content.c). */
void log_explain_stub(struct explanation *x);
void log_explain_passed(struct explanation *x);
void log_explain_content(struct explanation *x);
