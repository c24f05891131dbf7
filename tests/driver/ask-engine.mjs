// Asks the Engine API of this machine without a token, with that of another secret, and with the right one: the
// three statuses in one line.
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// A connection each: after a refusal the server closes it.
function ask(secret) {
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: Math.floor(Date.now() / 1000) })}`;
  const token = secret && `Bearer ${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;

  return new Promise((resolve, reject) => {
    const question = request(
      "http://127.0.0.1:8551",
      { method: "POST", agent: false, headers: { "content-type": "application/json", ...(token && { authorization: token }) } },
      (response) => resolve(response.resume().statusCode),
    );

    question.on("error", reject);
    question.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }));
  });
}

const right = Buffer.from(readFileSync("/run/engine/jwt", "utf8"), "hex");

console.log(await ask(), await ask(randomBytes(32)), await ask(right));
