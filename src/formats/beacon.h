/*
 * Answers of a consensus client's API (Ethereum Beacon APIs): JSON of anybody.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define BEACON_ROOT_SIZE 32u

/* A block by which an epoch begins. */
struct beacon_checkpoint {
	uint64_t epoch;
	uint8_t root[BEACON_ROOT_SIZE];
};

/* "0x" and 64 hexadecimal digits. */
_must_check_ bool beacon_root_parse(struct span text, uint8_t ret[BEACON_ROOT_SIZE]);

/* GET /eth/v1/beacon/genesis: genesis_validators_root, which no two networks share. */
_must_check_ int beacon_genesis_parse(struct span json, uint8_t ret[BEACON_ROOT_SIZE],
				      struct error **err);

/* GET /eth/v1/beacon/states/{state}/finality_checkpoints: the finalised one. */
_must_check_ int beacon_finalized_parse(struct span json, struct beacon_checkpoint *ret,
					struct error **err);
