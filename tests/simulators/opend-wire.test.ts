/** The WebSocket itself: TLS, what is no protocol, connections that die, and the SDK's own reconnection. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type OpenD, type OpenDOptions, startOpenD } from "../../simulators/opend/server.ts";
import { at, decodeReply, encodeRequest, type PlainReply } from "./protocol.ts";
import { type SdkClient, sdkConnect } from "./sdk-client.ts";

const US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const BUY = { trdSide: 1, orderType: 1, code: "AAPL", qty: 10, price: 190.5, secMarket: 2 };

let opend: OpenD;
const clients: SdkClient[] = [];
const sockets: WebSocket[] = [];

async function start(options: OpenDOptions = {}): Promise<void> {
  opend = await startOpenD({ limits: false, ...options });
}

async function sdk(): Promise<SdkClient> {
  const client = await sdkConnect(opend.port);
  clients.push(client);
  return client;
}

async function socket(url: string): Promise<WebSocket> {
  const made = new WebSocket(url, { rejectUnauthorized: false });
  sockets.push(made);
  await new Promise((resolve, reject) => {
    made.on("open", resolve);
    made.on("error", reject);
  });
  return made;
}

/** A request frame: sign, command, section, body. */
function frame(cmd: number, section: bigint, body: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.write("ft-v1.0", "latin1");
  header.writeUInt32BE(cmd, 8);
  header.writeBigUInt64BE(section, 12);
  return Buffer.concat([header, body]);
}

function nextAnswer(from: WebSocket): Promise<{ readonly bytes: Buffer; readonly reply: PlainReply }> {
  return new Promise((resolve) => {
    from.once("message", (data) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      resolve({ bytes, reply: decodeReply("InitWebSocket", bytes.subarray(44)) });
    });
  });
}

const hello = encodeRequest("InitWebSocket", { websocketKey: "", programmingLanguage: "JavaScript" });

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const each of sockets.splice(0)) each.terminate();
  await opend.close();
});

test("an answer echoes the section and has the 44-byte header", async () => {
  await start();
  const raw = await socket(`ws://127.0.0.1:${opend.port}`);
  const answer = nextAnswer(raw);
  raw.send(frame(1, 2n ** 60n, hello));
  const { bytes, reply } = await answer;
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("ft-v1.0\0");
  expect([bytes.readUInt32BE(8), bytes.readBigUInt64BE(12), bytes.readInt32BE(20)]).toEqual([1, 2n ** 60n, 0]);
  expect(bytes.subarray(24, 44).equals(Buffer.alloc(20))).toBe(true);
  expect(reply).toMatchObject({ retType: 0, s2c: { connID: expect.stringMatching(/^\d{19}$/) } });
});

test("with a certificate the port speaks TLS only", async () => {
  const fixture = (name: string) => readFile(join(import.meta.dirname, "fixtures", name), "utf8");
  await start({ tls: { cert: await fixture("localhost.cert.pem"), key: await fixture("localhost.key.pem") } });
  const raw = await socket(`wss://127.0.0.1:${opend.port}`);
  const answer = nextAnswer(raw);
  raw.send(frame(1, 2n, hello));
  expect((await answer).reply.retType).toBe(0);
  await expect(socket(`ws://127.0.0.1:${opend.port}`)).rejects.toThrow();
});

test.each([
  ["text", "hello"],
  ["bytes without the sign", Buffer.alloc(40)],
  ["a header cut short", Buffer.from("ft-v1.0\0")],
])("%s ends the connection", async (_name, data) => {
  await start();
  const raw = await socket(`ws://127.0.0.1:${opend.port}`);
  const closed = new Promise((resolve) => raw.on("close", resolve));
  raw.send(data);
  await closed;
});

describe("the SDK", () => {
  test("comes back after a restart under a new number and finds the ledger", async () => {
    await start();
    const client = await sdk();
    const before = client.connId();
    await client.place(US, BUY);
    opend.faults.arm({ kind: "restart", ms: 50 });
    await expect.poll(() => client.connId(), { timeout: 15_000 }).not.toBe(before);
    const { orderList } = await client.call("GetOrderList", { header: US });
    expect(at(orderList, "length")).toBe(1);
    // Subscriptions are the connection's: the new one has none.
    opend.venue.setPrice({ tradeType: "Securities", region: "US", symbol: "AAPL" }, 190);
    await client.call("GetGlobalState", { userID: 0 });
    expect(client.pushes).toEqual([]);
  });

  test("is told of a refused handshake in the frame's header", async () => {
    await start();
    opend.faults.arm({ kind: "refuse", on: "connect" });
    const client = await sdk();
    expect([client.loggedIn, client.loginError]).toEqual([false, 2]);
  });

  test("gets business failures as the vendor's answer", async () => {
    await start();
    const client = await sdk();
    opend.faults.arm({ kind: "rate-limit", on: "place" });
    expect(await client.refusal(client.place(US, BUY))).toContain("频率太高");
    expect(opend.venue.orders()).toEqual([]);
  });
});

test("a half-open WebSocket does not even notice a farewell, and does not hold up the end", async () => {
  await start();
  const url = `ws://127.0.0.1:${opend.port}`;
  const [dead, alive] = [await socket(url), await socket(url)];
  const closed: string[] = [];
  dead.on("close", () => closed.push("dead"));
  opend.faults.arm({ kind: "half-open", on: "connect" });
  dead.send(frame(1, 2n, hello));
  await expect.poll(() => opend.faults.armed()).toBe(0);
  dead.close();
  await new Promise((resolve) => {
    alive.on("close", resolve);
    alive.close();
  });
  await (await sdk()).call("GetGlobalState", { userID: 0 });
  expect(closed).toEqual([]);
  expect(opend.connections()).toEqual({ open: 2, total: 3 });
});

test("a half-open connection of the SDK gets neither answers nor pushes", async () => {
  await start();
  const [one, two] = [await sdk(), await sdk()];
  await one.call("SubAccPush", { accIDList: [US.accID] });
  await two.call("SubAccPush", { accIDList: [US.accID] });
  opend.faults.arm({ kind: "half-open", on: "read" });
  let answered = false;
  one.call("GetGlobalState", { userID: 0 }).then(
    () => {
      answered = true;
    },
    () => undefined,
  );
  await expect.poll(() => opend.faults.armed()).toBe(0);
  await two.place(US, BUY);
  await expect.poll(() => two.pushes).toHaveLength(1);
  expect([answered, one.pushes.length]).toEqual([false, 0]);
});
