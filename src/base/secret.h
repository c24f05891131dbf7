/*
 * Memory that holds a secret: compared in constant time, zeroed before it is given back.
 */
#pragma once

#include "base/buffer.h"

/* Takes the same time wherever the first difference is. */
static inline bool secret_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	volatile uint8_t difference = 0;

	for (size_t i = 0; i < n; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

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
