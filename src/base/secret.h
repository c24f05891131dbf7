/*
 * Memory that held a secret: zeroed before it is given back.
 */
#pragma once

#include "base/buffer.h"

/* Zeroes and frees; NULL is fine. */
static inline void secret_free(void *p, size_t n)
{
	if (p)
		explicit_bzero(p, n);
	free(p);
}

/* As buffer_release(), zeroing first. What a buffer leaves behind when it grows is not zeroed: give it
 * room first (buffer_extend(), then b.n = 0). */
static inline void secret_buffer_release(struct buffer *b)
{
	if (b->p)
		explicit_bzero(b->p, b->capacity);
	buffer_release(b);
}
