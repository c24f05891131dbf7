/*
 * What a VM costs, from Azure's list of retail prices, which nobody has to sign in for. Only said: without an answer
 * nothing is said.
 */
#pragma once

#include "cloud/deploy.h"

/* "0.222 USD an hour, 162 a month (of 2026-11-29, without disks)"; *ret stays NULL if it is not known. */
void azure_price_text(struct arm *a, const struct deploy_settings *s, const char *size, char **ret);

/* The cheapest price an hour of Linux in an answer; negative if there is none. *ret_date is of the answer's list. */
double azure_price_pick(const json_t *answer, char ret_date[11]);
