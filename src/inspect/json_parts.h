/*
 * What both reports in JSON need.
 */
#pragma once

#include "measure/report_json.h"

/* A string, or null for NULL. Text of an image need not be UTF-8, which JSON must be: if it is not,
 * every byte beyond ASCII becomes U+FFFD. */
json_t *inspect_json_text(const char *s);
