/*
 * A fuzz target is one function over bytes. tests/fuzz/replay.c gives it a plain main() that replays
 * files and folders; clang's -fsanitize=fuzzer drives the same function (scripts/fuzz).
 * Corpus: tests/fuzz/corpus/TARGET/, replayed by `make test`.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
