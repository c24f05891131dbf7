// A Lodestar beacon node with the validators of a private chain, in one process, as a service: "lodestar dev" with
// what a service needs besides. The genesis and the node's identity are made once and kept; a chain goes on at
// its last block, not at the last finalised one; a signal ends the process once everything is closed.
//
// The image has it as one file with all that it imports, lodestar.mjs (image.conf, [Step lodestar]).
//
//   node lodestar.mjs --dataDir DIR --validators N --genesisState FILE [options of "lodestar dev"]
//   node lodestar.mjs --makeGenesisState ...    makes FILE: the state of the genesis, but for its time

import "./before.mjs";

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { createKeypairFromPeerId, SignableENR } from "@chainsafe/discv5";
import { createSecp256k1PeerId } from "@libp2p/peer-id-factory";
import { BeaconDb, BeaconNode, createNodeJsLibp2p, nodeUtils } from "@lodestar/beacon-node";
import { createIBeaconConfig } from "@lodestar/config";
import { LevelDbController } from "@lodestar/db";
import { computeSyncPeriodAtSlot } from "@lodestar/state-transition";
import { ssz } from "@lodestar/types";
import yargs from "yargs";

import { beaconHandlerInit } from "./node_modules/@chainsafe/lodestar/lib/cmds/beacon/handler.js";
import { initBeaconState } from "./node_modules/@chainsafe/lodestar/lib/cmds/beacon/initBeaconState.js";
import { devOptions } from "./node_modules/@chainsafe/lodestar/lib/cmds/dev/options.js";
import { validatorHandler } from "./node_modules/@chainsafe/lodestar/lib/cmds/validator/handler.js";
import { createFromJSON, exportToJSON } from "./node_modules/@chainsafe/lodestar/lib/config/index.js";
import { globalOptions } from "./node_modules/@chainsafe/lodestar/lib/options/index.js";
import { getCliLogger, mkdir } from "./node_modules/@chainsafe/lodestar/lib/util/index.js";
import { SyncCommitteeDutiesService } from "./node_modules/@lodestar/validator/lib/services/syncCommitteeDuties.js";
import { ValidatorStore } from "./node_modules/@lodestar/validator/lib/services/validatorStore.js";

// Of the time for loading: 0.43 was seen. Who is late is so in the first slot, and still makes its block.
const REST_OF_START = 0.5;

const args = yargs(process.argv.slice(2))
  .parserConfiguration({ "dot-notation": false })
  .options({ ...globalOptions, ...devOptions })
  .options({ validators: { type: "number" }, genesisState: { type: "string" }, makeGenesisState: { type: "boolean" } })
  .parse();
// What is made once: the text of a file, whole or not there.
async function kept(name, make) {
  const file = `${args.dataDir}/${name}`;

  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, await make(), { flush: true });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, "utf8");
}

const peerId = await createFromJSON(
  JSON.parse(await kept("identity.json", async () => JSON.stringify(exportToJSON(await createSecp256k1PeerId())))),
);
const { config, options, beaconPaths } = await beaconHandlerInit(args);

if (args.makeGenesisState) {
  const eth1BlockHash = Buffer.from(args.genesisEth1Hash.slice(2), "hex");
  const { state } = nodeUtils.initDevState(config, args.validators, { genesisTime: 0, eth1BlockHash });

  writeFileSync(args.genesisState, state.serialize());
  process.exit(0);
}

// A new chain's first block is due one slot after the genesis, which therefore may lie in the past: as soon as the rest
// of the start is done, and that takes a part of the time that it took up to here, whatever the machine's speed.
const genesisTime = Number(
  await kept("genesis-time", () =>
    String(Math.ceil(Date.now() / 1000 + process.uptime() * REST_OF_START) - config.SECONDS_PER_SLOT),
  ),
);

args.logFormatGenesisTime = genesisTime;

const { logger } = getCliLogger(args, { defaultLogFilepath: "" }, config);
// The deposits of all validators were signed and checked when the file was made: a tenth of a start.
const state = ssz.capella.BeaconState.deserializeToViewDU(readFileSync(args.genesisState));

if (state.validators.length !== args.validators)
  throw Error(`${args.genesisState}: ${state.validators.length} validators, not ${args.validators}`);
state.genesisTime = genesisTime;

const enr = SignableENR.createV4(createKeypairFromPeerId(peerId));

args.genesisStateFile = "genesis.ssz";
writeFileSync(args.genesisStateFile, state.serialize());
mkdir(beaconPaths.dbDir);
// Nobody is looked for: this node is the whole network.
options.network.discv5 = args.discv5 ? { ...options.network.discv5, enr } : null;

const stop = new AbortController();
const db = new BeaconDb({ config, controller: new LevelDbController(options.db, { metrics: null }) });

await db.start();

const { anchorState } = await initBeaconState(options, args, config, db, logger, stop.signal);
const node = await BeaconNode.init({
  opts: options,
  config: createIBeaconConfig(config, anchorState.genesisValidatorsRoot),
  db,
  logger,
  processShutdownCallback: (error) => end(1, error.message),
  libp2p: await createNodeJsLibp2p(peerId, options.network, { peerStoreDir: beaconPaths.peerStoreDir }),
  anchorState,
  metricsRegistries: [],
});

// This node is the whole network. However long it was off, nobody knows a later block; and there is one chain,
// each block of which may be the head, whether its epoch was justified in time or not.
Object.defineProperty(node.sync, "state", { get: () => "Synced" });
node.chain.forkChoice.protoArray.nodeIsViableForHead = ({ executionStatus }) => executionStatus !== "Invalid";

// Of so small a sync committee each member may aggregate what all have signed, in each of its parts: some thirty times the
// same, for which an emulated processor takes longer than a slot. One member does for each part, and nobody signs for the
// genesis, while the first block is due.
SyncCommitteeDutiesService.prototype.getDutiesAtSlot = async function (slot) {
  if (node.chain.forkChoice.getHead().slot === 0) return [];

  const members = this.dutiesByIndexByPeriod.get(computeSyncPeriodAtSlot(slot + 1)) ?? new Map();
  const aggregated = new Set();
  const duties = [];

  for (const { duty } of members.values()) {
    const subnets = duty.subnets.filter((subnet) => !aggregated.has(subnet));

    subnets.forEach((subnet) => aggregated.add(subnet));
    duties.push({ duty, selectionProofs: await this.getSelectionProofs(slot, { ...duty, subnets }) });
  }
  return duties;
};

// Who may aggregate votes is signed for each validator of two epochs at once, and again after the first block. Once is
// enough, and the first block goes first, until the execution client has it or most of its slot is over.
const proofs = new Map();
const engine = node.chain.executionEngine;
const { notifyForkchoiceUpdate } = engine;
const firstBlock = Promise.race([
  new Promise((resolve) => {
    engine.notifyForkchoiceUpdate = async function (fork, head, ...rest) {
      const answer = await notifyForkchoiceUpdate.call(this, fork, head, ...rest);

      if (head !== args.genesisEth1Hash) resolve();
      return answer;
    };
  }),
  sleep(Math.max(0, (genesisTime + (1 + 2 / 3) * config.SECONDS_PER_SLOT) * 1000 - Date.now())),
]);
const { signAttestationSelectionProof } = ValidatorStore.prototype;

ValidatorStore.prototype.signAttestationSelectionProof = async function (pubkey, slot) {
  const name = `${slot} ${pubkey}`;

  await firstBlock;
  if (!proofs.has(name)) proofs.set(name, signAttestationSelectionProof.call(this, pubkey, slot));
  // Those of two epochs, and of as many that are no more.
  if (proofs.size > 4 * args.validators) proofs.delete(proofs.keys().next().value);
  return proofs.get(name);
};

async function end(code, why) {
  if (stop.signal.aborted) return;
  stop.abort();
  logger.info(`Stopping: ${why}`);
  await node.close();
  logger.info("Stopped");
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(0, signal));

// The state to start from is a finalised one; the blocks above it are there, too, and their payloads are news to
// an execution client that lost its last ones. It is not led back to each of them: ethereumjs forgets what is above.
const after = { gt: anchorState.slot };
const blocks = [...(await db.blockArchive.values(after)), ...(await db.block.values())]
  .filter(({ message }) => message.slot > anchorState.slot)
  .sort((a, b) => a.message.slot - b.message.slot);

node.chain.opts.disableImportExecutionFcU = true;
for (const block of blocks) {
  await node.chain
    .processBlock({ type: "preDeneb", block }, { ignoreIfKnown: true, validSignatures: true, validProposerSignature: true })
    .catch((error) => logger.warn("Block is left out", { slot: block.message.slot }, error));
}
node.chain.opts.disableImportExecutionFcU = false;
logger.info("Chain goes on", { slot: node.chain.forkChoice.getHead().slot, replayed: blocks.length });

// The node tells the metrics of the process; the validators would on the same port.
args.metrics = false;
args.interopIndexes = `0..${args.validators - 1}`;
await validatorHandler(args);
