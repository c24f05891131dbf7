/*
 * The identifiers of the SPDX License List (https://spdx.org/licenses), without those that are deprecated.
 */
#pragma once

/* The name as the list writes it, whose case does not matter; NULL if it is none of the list's. */
const char *spdx_licence_id(const char *name);
const char *spdx_exception_id(const char *name);
