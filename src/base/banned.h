/*
 * Functions that this code base never calls: each has a safe counterpart in src/base.
 * Included by compiler.h, so a use anywhere is a compile error.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The fortified headers make it a macro for clang; poisoning a macro is a warning. */
#undef sprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok mktemp tmpnam tempnam
#pragma GCC poison system popen atoi atol atoll atof sscanf asctime ctime
