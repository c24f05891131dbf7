// ethereumjs with an identity that lasts, and with a state that follows its chain: version 0.10.5 looks for its key
// where it keeps it, and does not put one there; and a block that was stored but not executed when it was killed is
// executed by its synchroniser alone, which a single node does not have; nor does it look for an older state where
// that of its last block is missing. Its metrics are for loopback. Takes the options of
// its own program.

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { Server } from "node:net";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { Level } from "level";

const text = { type: "string" };
const { values } = parseArgs({ options: { dataDir: text, gethGenesis: text }, strict: false });
// As the program names the chain's folder: by the genesis file up to its first dot.
const folder = `${values.dataDir}/${basename(values.gethGenesis).split(".")[0]}/config`;
const encoding = { keyEncoding: "utf8", valueEncoding: "view" };

mkdirSync(folder, { recursive: true });

const db = new Level(folder);

// Below the order of secp256k1 but for one in 2^128: no key that could be drawn is out of its range.
if (!(await db.get("config:client_key", encoding).catch(() => undefined)))
  await db.put("config:client_key", randomBytes(32), { ...encoding, sync: true });
await db.close();

// Of its metrics it names the port alone, which would be one on all addresses.
const { listen } = Server.prototype;

Server.prototype.listen = function (...args) {
  return listen.apply(this, args.length === 1 && typeof args[0] === "number" ? [args[0], "127.0.0.1"] : args);
};

const { FullEthereumService } = await import("./node_modules/@ethereumjs/client/dist/esm/src/service/fullethereumservice.js");
const build = FullEthereumService.prototype.buildHeadState;

// Where execution goes on: the last block whose state is in the database, which is one of several.
async function goBackToState({ chain, vm, config }) {
  const last = await chain.blockchain.getIteratorHead();
  let block = last;

  while (block.header.number > 0n && !(await vm.stateManager.hasStateRoot(block.header.stateRoot)))
    block = await chain.getBlock(block.header.parentHash);
  if (block === last) return;
  config.logger?.warn(`no state of block ${last.header.number}: executing from block ${block.header.number}`);
  await chain.blockchain.setIteratorHead("vm", block.hash());
}

// At the start, and whenever a head is named whose state is not there.
FullEthereumService.prototype.buildHeadState = async function () {
  if (this.synchronizer || !this.execution.started) return build.call(this);
  try {
    await goBackToState(this.execution);
    await this.execution.run();
  } catch (error) {
    this.config.logger?.error(`cannot execute stored blocks: ${error.message}`);
  }
};
await import("./node_modules/@ethereumjs/client/dist/esm/bin/cli.js");
