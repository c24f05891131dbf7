/*
 * What a machine's memory, processors and disk mean for its clients: values that descriptions of clients (formats/role.h)
 * use as they use keys of the configuration. The rules are those of eth-docker where it has one (docs/node.md).
 *
 *	PEERS               of each client: MAX_PEERS, or if that is 0, by memory
 *	STATE_CACHE         states that the consensus client keeps in memory
 *	PRUNING             "on" where the disk is large enough to prune when its space runs short, else "off"
 *	PRUNING_SPACE_MB    prune when less is free
 *	PRUNING_MEMORY_MB   that pruning may use
 *	PRUNING_THREADS
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

/* Of what sizing_put() appends: six short lines. */
#define SIZING_TEXT_MAX 512u

struct sizing_machine {
	uint64_t memory; /* bytes */
	uint64_t disk;	 /* bytes of the persistent disk's file system; 0: not known */
	unsigned processors;
};

/* Appends the lines "KEY=value". `configuration` is canonical; keys that it lacks count as not set. */
void sizing_put(const struct sizing_machine *m, struct span configuration, struct buffer *ret);
