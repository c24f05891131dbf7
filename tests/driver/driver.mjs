// Plays the consensus client towards an execution client of Shanghai's rules: as the only proposer of its chain,
// it has a block built on the head every few seconds, hands it back, and makes it the new head. A withdrawal gives each
// block a state of its own.
//
// Says on 127.0.0.1:PORT what it did: {"identity": ..., "head": ..., "made": ...}. The identity is made once and
// kept in the data folder, as a client's node key is.

import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

const text = { type: "string" };
const { values: options } = parseArgs({ options: { engine: text, jwt: text, data: text, port: text, seconds: text } });
const secret = Buffer.from(readFileSync(options.jwt, "utf8").trim(), "hex");
const pause = Number(options.seconds) * 1000;
// How long the client may fill a block with transactions.
const BUILDING = 500;
const NOWHERE = `0x${"00".repeat(32)}`;

const status = { identity: identity(), head: 0, made: 0 };
const stop = new AbortController();
let asked = 0;

function identity() {
  const file = `${options.data}/identity`;

  try {
    return readFileSync(file, "utf8");
  } catch {
    const made = randomBytes(16).toString("hex");

    writeFileSync(file, made);
    return made;
  }
}

// RFC 7519 with HS256; the client refuses a token older than a minute.
function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: Math.floor(Date.now() / 1000) })}`;

  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

async function call(method, ...params) {
  const response = await fetch(options.engine, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token()}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: ++asked, method, params }),
  });
  const answer = await response.json();

  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

async function lead(hash, attributes) {
  const state = { headBlockHash: hash, safeBlockHash: NOWHERE, finalizedBlockHash: NOWHERE };
  const { payloadStatus, payloadId } = await call("engine_forkchoiceUpdatedV2", state, attributes);

  if (payloadStatus.status !== "VALID") throw new Error(`head ${hash} is ${payloadStatus.status}`);
  return payloadId;
}

async function makeBlock() {
  const head = await call("eth_getBlockByNumber", "latest", false);
  const number = `0x${(Number(head.number) + 1).toString(16)}`;
  const id = await lead(head.hash, {
    timestamp: `0x${Math.max(Number(head.timestamp) + 1, Math.floor(Date.now() / 1000)).toString(16)}`,
    prevRandao: `0x${randomBytes(32).toString("hex")}`,
    suggestedFeeRecipient: `0x${"cc".repeat(20)}`,
    withdrawals: [{ index: number, validatorIndex: "0x0", address: `0x${"dd".repeat(20)}`, amount: "0x1" }],
  });

  await sleep(BUILDING);

  const { executionPayload: block } = await call("engine_getPayloadV2", id);
  const { status: verdict } = await call("engine_newPayloadV2", block);

  if (verdict !== "VALID") throw new Error(`block ${Number(block.blockNumber)} is ${verdict}`);
  await lead(block.blockHash, null);
  status.head = Number(block.blockNumber);
  status.made++;
  console.log(`driver: block ${status.head} ${block.blockHash} with ${block.transactions.length} transactions`);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop.abort());

// What of the beacon API says who it is.
const names = {
  "/eth/v1/node/version": { data: { version: "driver" } },
  "/eth/v1/node/identity": { data: { peer_id: status.identity } },
};
const server = createServer((request, response) => response.end(JSON.stringify(names[request.url] ?? status)));

server.listen(Number(options.port), "127.0.0.1");
while (!stop.signal.aborted) {
  const next = sleep(pause, null, { signal: stop.signal }).catch(() => {});

  // The execution client may be starting again.
  await makeBlock().catch((error) => console.log(`driver: ${error.message}`));
  await next;
}
server.closeAllConnections();
server.close();
console.log(`driver: stopped at block ${status.head}`);
