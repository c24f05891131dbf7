// A Lodestar beacon node with the validators of a private chain, in one process, as a service: "lodestar dev" with
// what a service needs besides. The genesis and the node's identity are made once and kept; a chain goes on at
// its last block, not at the last finalised one; a signal ends the process once everything is closed.
//
// The image has it as one file with all that it imports, lodestar.mjs (image.conf, [Step lodestar]).
//
//   node lodestar.mjs --dataDir DIR --validators N [options of "lodestar dev"]

import "./before.mjs";

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { createKeypairFromPeerId, SignableENR } from "@chainsafe/discv5";
import { createSecp256k1PeerId } from "@libp2p/peer-id-factory";
import { BeaconDb, BeaconNode, createNodeJsLibp2p, nodeUtils } from "@lodestar/beacon-node";
import { createIBeaconConfig } from "@lodestar/config";
import { LevelDbController } from "@lodestar/db";
import yargs from "yargs";

import { beaconHandlerInit } from "./node_modules/@chainsafe/lodestar/lib/cmds/beacon/handler.js";
import { initBeaconState } from "./node_modules/@chainsafe/lodestar/lib/cmds/beacon/initBeaconState.js";
import { devOptions } from "./node_modules/@chainsafe/lodestar/lib/cmds/dev/options.js";
import { validatorHandler } from "./node_modules/@chainsafe/lodestar/lib/cmds/validator/handler.js";
import { createFromJSON, exportToJSON } from "./node_modules/@chainsafe/lodestar/lib/config/index.js";
import { globalOptions } from "./node_modules/@chainsafe/lodestar/lib/options/index.js";
import { getCliLogger, mkdir } from "./node_modules/@chainsafe/lodestar/lib/util/index.js";

// Of the time for loading: a half was seen where the machine has other work.
const REST_OF_START = 0.65;

const args = yargs(process.argv.slice(2))
  .parserConfiguration({ "dot-notation": false })
  .options({ ...globalOptions, ...devOptions })
  .options({ validators: { type: "number" } })
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
// A new chain's first block is due one slot after the genesis, which therefore may lie in the past: as soon as the rest
// of the start is done, and that takes a part of the time that it took up to here, whatever the machine's speed.
const genesisTime = Number(
  await kept("genesis-time", () =>
    String(Math.ceil(Date.now() / 1000 + process.uptime() * REST_OF_START) - config.SECONDS_PER_SLOT),
  ),
);

args.logFormatGenesisTime = genesisTime;

const { logger } = getCliLogger(args, { defaultLogFilepath: "" }, config);
const { state } = nodeUtils.initDevState(config, args.validators, {
  genesisTime,
  eth1BlockHash: Buffer.from(args.genesisEth1Hash.slice(2), "hex"),
});
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
