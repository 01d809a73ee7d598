/** The token of a Hong Kong licence, which ends, and which others renew. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import { createToken } from "../../../src/brokers/tiger/token.ts";
import { AAPL, call, makeBroker, openTiger, rejection, restingOrder, startBroker, until } from "./setup.ts";

const FIRST = "MTc2NDIwMDAwMDAwMCwxNzY2NzkyMDAwMDAwFirst==";
const SECOND = "MTc2NjcwMDAwMDAwMCwxNzY5MjkyMDAwMDAwSecond=";

async function tokenFileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tiger-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "tiger_openapi_token.properties");
  await writeFile(path, text);
  return path;
}

test("one that was renewed in its file is taken without a restart, and orders go on", async () => {
  const simulator = await openTiger({ token: FIRST });
  const tokenFile = await tokenFileWith(`token=${FIRST}\n`);
  const { broker, host } = await startBroker(simulator, { push: "polling", pollMs: 2000, tokenFile });
  await broker.placeOrder(restingOrder(), call());
  simulator.setToken(SECOND);
  expect(await rejection(broker.placeOrder(restingOrder({ number: "77" }), call()))).toMatchObject({
    code: "AuthenticationFailed",
    outcome: "not_sent",
  });
  await until(() => host.connections.at(-1)?.connected === false);
  await writeFile(tokenFile, `token=${SECOND}\n`);
  await until(() => host.connections.at(-1)?.connected === true);
  await broker.placeOrder(restingOrder({ number: "78" }), call());
  expect(simulator.venue.orders()).toHaveLength(2);
});

test("one that was renewed in its file is taken also where quotes alone are asked for", async () => {
  const simulator = await openTiger({ token: FIRST });
  const tokenFile = await tokenFileWith(`token=${FIRST}\n`);
  const { broker } = await startBroker(simulator, { tokenFile });
  simulator.setToken(SECOND);
  await writeFile(tokenFile, `token=${SECOND}\n`);
  expect(await rejection(broker.quote(AAPL, call()))).toMatchObject({ code: "AuthenticationFailed" });
  await until(() => broker.quote(AAPL, call()).then(Boolean, () => false));
});

test("one whose file is being written, or holds none, stays", async () => {
  const tokenFile = await tokenFileWith(FIRST);
  const token = createToken({ token: undefined, tokenFile });
  await token.read();
  // Files of properties begin with the time at which they were written.
  for (const text of ["token=\n", "#Fri Nov 27 08:00:00 UTC 2026\n", ""]) {
    await writeFile(tokenFile, text);
    await expect(token.read()).rejects.toThrow("the file that tokenFile names holds no token");
    expect(token.value()).toBe(FIRST);
  }
});

test.each([
  ["the vendor's properties", `#Fri Nov 27 2026\ntoken=${FIRST}\n`],
  ["properties that begin with a byte order mark", `\uFEFFtoken = ${FIRST}\r\n`],
  ["properties whose signs are marked as no signs of the format", `token=${FIRST.replaceAll("=", "\\=")}\n`],
  ["the token alone", `${FIRST}\n`],
])("it is read from %s", async (_what, text) => {
  const token = createToken({ token: undefined, tokenFile: await tokenFileWith(text) });
  await token.read();
  expect(token.value()).toBe(FIRST);
});

test.each([
  ["that is not there", "/nowhere/token", "tokenFile cannot be read: ENOENT"],
  ["that holds none", import.meta.filename, "the file that tokenFile names holds no token"],
])("in a file %s fails the start, which may be tried again", async (_what, tokenFile, message) => {
  const broker = makeBroker(await openTiger(), { push: "polling", tokenFile });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(await rejection(broker.start({ onOrder: () => {}, onConnection: () => {} }))).toMatchObject({
      code: "AuthenticationFailed",
      outcome: "not_sent",
      message: expect.stringContaining(message),
    });
  }
});

test("it is given once", () => {
  const options = {
    instanceId: "tigerInstance0000001",
    tokens: ["tigerInstanceToken01"],
    tigerId: "20150001",
    account: "50190001",
    privateKeyPath: "key.pem",
  };
  expect(() => tiger({ ...options, token: FIRST, tokenFile: "token.properties" })).toThrow(
    "token and tokenFile must not both be given",
  );
});

test("a refusal that repeats the one of the file does not show it", async () => {
  const server = createServer((request, response) => {
    const message = `user token error(${request.headers.authorization} is invalid)`;
    request.resume().on("end", () => response.end(JSON.stringify({ code: 2400, message, timestamp: Date.now() })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const tokenFile = await tokenFileWith(`token=${FIRST}`);
  const { broker } = await startBroker({ port, pushPort: 1 }, { push: "polling", tokenFile });
  const error = (await rejection(broker.positions(call()))) as Error;
  expect(error.message).toContain("user token error(*** is invalid)");
});
