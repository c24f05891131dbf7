/*
 * Bytes from outside as text for people: valid UTF-8 on one line, without control characters, so
 * that a terminal and a JSON document can take it.
 */
#pragma once

#include "base/buffer.h"

/* Appends what may go to a terminal of text with lines: printable ASCII, line feeds, tabs, and whole
 * characters of UTF-8 beyond ASCII. Any other byte, such as the start of an escape sequence, becomes
 * "\x1b"; a carriage return before a line feed goes. */
void printable_lines(struct span text, struct buffer *b);
/* How many times longer that makes a text at most: "\\x1b" in place of each byte. */
#define PRINTABLE_GROWTH 4u

/* Appends UTF-16LE text up to its first NUL. What is not printable becomes "?". */
void printable_utf16(struct span text, struct buffer *b);

/* Appends ASCII text up to its first NUL. What is not printable becomes "?". */
void printable_ascii(struct span text, struct buffer *b);

/* Appends text that is UTF-16LE, if every second byte of its start is zero, or else ASCII. */
void printable_text(struct span text, struct buffer *b);

/* Appends at most `max` bytes in hexadecimal, then "..." if there are more. */
void printable_hex(struct span bytes, size_t max, struct buffer *b);

/* Appends the text of a GUID as it is stored. */
void printable_guid(const uint8_t p[16], struct buffer *b);
