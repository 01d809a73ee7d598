/** OpenD's plain TCP protocol through a client written from the facts: frames, keep-alive, encryption, JSON bodies. */
import { generateKeyPairSync } from "node:crypto";
import { connect } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type OpenD, type OpenDOptions, startOpenD } from "../../simulators/opend/server.ts";
import { createTcpFrameReader, digestOf, type TcpFrame, writeTcpFrame } from "../../simulators/opend/tcp-frames.ts";
import { readWsFrame, writeWsFrame } from "../../simulators/opend/ws-frames.ts";
import { at, decodeReply, encodeRequest, type PlainReply } from "./protocol.ts";
import { packet, tcpConnect } from "./tcp-client.ts";

const US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const BUY = { trdSide: 1, orderType: 1, code: "AAPL", qty: 10, price: 190.5, remark: "ht字" };

let opend: OpenD;

async function start(options: OpenDOptions = {}): Promise<OpenD> {
  opend = await startOpenD({ limits: false, ...options });
  return opend;
}

afterEach(() => opend?.close());

/** Sends bytes on a new connection and reads the first answer, or the first to `cmd`. */
async function firstAnswer(port: number, bytes: Buffer, cmd?: number): Promise<PlainReply> {
  const socket = connect(port, "127.0.0.1");
  const read = createTcpFrameReader();
  const frame = await new Promise<TcpFrame>((resolve) => {
    socket.on("data", (chunk) => {
      const found = read(chunk)?.find((each) => cmd === undefined || each.cmd === cmd);
      if (found !== undefined) resolve(found);
    });
    socket.write(bytes);
  });
  socket.destroy();
  return decodeReply("KeepAlive", frame.body);
}

describe("golden bytes", () => {
  const state = encodeRequest("GetGlobalState", { userID: 0 });
  const tcp = "4654ea03000000000700000004000000fec47a46146e1892547e13cd580602c22c98b9aa00000000000000000a020800";

  test("a TCP request, written and cut out of a stream", () => {
    const frame = writeTcpFrame({ cmd: 1002, format: "protobuf", serial: 7, digest: digestOf(state), body: state });
    expect(frame.toString("hex")).toBe(tcp);
    expect(packet(1002, 7, state, state).toString("hex")).toBe(tcp);
    const read = createTcpFrameReader();
    const bytes = Buffer.from(tcp + tcp, "hex");
    const cut = [...bytes].flatMap((byte) => read(Buffer.from([byte])) ?? []);
    expect(cut.map(({ cmd, serial, body }) => [cmd, serial, body.toString("hex")])).toEqual([
      [1002, 7, "0a020800"],
      [1002, 7, "0a020800"],
    ]);
  });

  test("a WebSocket request and an answer with an error and no body", () => {
    const request = readWsFrame(Buffer.from("66742d76312e3000000003ea00000000000000070a020800", "hex"));
    expect(request).toMatchObject({ cmd: 1002, section: 7n });
    expect(Buffer.from(request?.body ?? []).equals(state)).toBe(true);
    const answer = writeWsFrame({ cmd: 2101, section: 8n, error: 2, body: new Uint8Array() });
    expect(answer.toString("hex")).toBe(
      "66742d76312e3000000008350000000000000008000000026f70656e642074696d656f757400000000000000",
    );
    expect(readWsFrame(Buffer.from("ft-v2.0\0 and more bytes"))).toBeUndefined();
  });
});

describe("in the clear", () => {
  test("InitConnect, keep-alive, an order and its push", async () => {
    const { tcpPort, venue } = await start();
    const client = await tcpConnect(tcpPort);
    expect(client.init).toMatchObject({ serverVer: 1011, keepAliveInterval: 10 });
    expect(String(client.init["connAESKey"])).toHaveLength(16);
    expect(BigInt(client.connId)).toBeGreaterThan(2n ** 53n);
    const alive = await client.request("KeepAlive", { time: 0 });
    expect(Number(alive.s2c["time"])).toBe(Math.floor(venue.now() / 1000));
    await client.request("Trd_SubAccPush", { accIDList: [US.accID] });
    const placed = await client.place(US, BUY);
    await expect.poll(() => client.pushes).toHaveLength(1);
    expect(at(client.pushes[0], "s2c", "order")).toMatchObject({ orderIDEx: placed.s2c["orderIDEx"], remark: "ht字" });
    // The answer goes out before the push it caused.
    expect(client.log.slice(-2)).toEqual(["Trd_PlaceOrder", "Trd_UpdateOrder"]);
    client.close();
  });

  test("calls before InitConnect are refused, and so are calls nobody knows", async () => {
    const { tcpPort } = await start();
    const body = encodeRequest("GetGlobalState", { userID: 0 });
    expect(await firstAnswer(tcpPort, packet(1002, 7, body, body))).toMatchObject({ retType: -1 });
    const hello = encodeRequest("InitConnect", { clientVer: 300, clientID: "raw", packetEncAlgo: -1 });
    const both = Buffer.concat([packet(1001, 1, hello, hello), packet(9999, 2, body, body)]);
    expect((await firstAnswer(tcpPort, both, 9999)).retMsg).toContain("9999");
  });

  test("a wrong SHA-1 ends the connection", async () => {
    const { tcpPort } = await start();
    const client = await tcpConnect(tcpPort);
    client.raw(packet(1002, 5, Buffer.from("something else"), encodeRequest("GetGlobalState", { userID: 0 })));
    await client.closed;
  });

  test("JSON bodies are answered in JSON", async () => {
    const { tcpPort } = await start();
    const client = await tcpConnect(tcpPort, { json: true });
    await client.request("Trd_SubAccPush", { accIDList: [US.accID] });
    const placed = await client.place(US, BUY);
    expect(placed).toMatchObject({ retType: 0, s2c: { header: { accID: US.accID } } });
    await expect.poll(() => client.pushes).toHaveLength(1);
    client.close();
  });

  test("both wires share one ledger", async () => {
    const { tcpPort, venue } = await start();
    const [one, two] = [await tcpConnect(tcpPort), await tcpConnect(tcpPort)];
    const placed = await one.place(US, BUY);
    const list = await two.request("Trd_GetOrderList", { header: US });
    expect(at(list.s2c, "orderList", 0, "orderIDEx")).toBe(placed.s2c["orderIDEx"]);
    expect(venue.orders().map(({ wireId }) => wireId)).toEqual([placed.s2c["orderIDEx"]]);
    one.close();
    two.close();
  });
});

describe("encrypted", () => {
  let rsaKey: string;
  beforeAll(() => {
    rsaKey = generateKeyPairSync("rsa", { modulusLength: 1024 })
      .privateKey.export({ type: "pkcs1", format: "pem" })
      .toString();
  });

  test.each([
    ["AES-CBC", 2],
    ["the vendor's own ECB", 0],
  ])("%s carries orders, pushes and long lists", async (_name, algorithm) => {
    const { tcpPort } = await start({ rsaKey });
    const client = await tcpConnect(tcpPort, { rsaKey, algorithm });
    await client.request("Trd_SubAccPush", { accIDList: [US.accID] });
    // Bodies of many lengths, so that every remainder of the block size comes by.
    for (let length = 0; length < 17; length += 1) await client.place(US, { ...BUY, remark: "x".repeat(length) });
    const { s2c } = await client.request("Trd_GetOrderList", { header: US });
    expect(at(s2c, "orderList", "length")).toBe(17);
    await expect.poll(() => client.pushes).toHaveLength(17);
    client.close();
  });

  test("a client without the key, or with another, is turned away", async () => {
    const { tcpPort, connections } = await start({ rsaKey });
    await expect(tcpConnect(tcpPort)).rejects.toThrow("closed");
    const other = generateKeyPairSync("rsa", { modulusLength: 1024 })
      .privateKey.export({ type: "pkcs1", format: "pem" })
      .toString();
    await expect(tcpConnect(tcpPort, { rsaKey: other })).rejects.toThrow("closed");
    await expect.poll(() => connections().open).toBe(0);
  });

  test("a key of another length is refused at the start", async () => {
    const long = generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs1", format: "pem" })
      .toString();
    await expect(startOpenD({ rsaKey: long })).rejects.toThrow("1024");
    await start();
  });
});
