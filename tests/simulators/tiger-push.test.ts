/** The push service, byte by byte: TLS and plain, the login, heartbeats, subscriptions, orders, and who is thrown out. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFaults } from "../../simulators/shared/faults.ts";
import type { Desk } from "../../simulators/tiger/desk.ts";
import { createGateway } from "../../simulators/tiger/gateway.ts";
import type { OrderPushes } from "../../simulators/tiger/order-pushes.ts";
import type { OwnFault } from "../../simulators/tiger/own-faults.ts";
import { COMMAND, createFrameReader, decodeRequest, encodeResponse } from "../../simulators/tiger/push-messages.ts";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import {
  ask,
  BUY,
  connectMessage,
  LIVE,
  openPush,
  orderIn,
  PAPER,
  type PushClient,
  signText,
  subscribed,
  textAt,
  zigzag,
} from "./tiger-client.ts";

let tiger: TigerServer;
const clients: PushClient[] = [];

beforeEach(async () => {
  tiger = await startTiger({ limits: false, plainPushPort: 0 });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await tiger.close();
});

function kept(client: PushClient): PushClient {
  clients.push(client);
  return client;
}

const open = async (isTls = true): Promise<PushClient> => kept(await openPush(tiger, isTls));
const listening = async (account = LIVE): Promise<PushClient> => kept(await subscribed(tiger, account));
const place = async (changes: object = {}): Promise<string> =>
  String((await ask(tiger, "place_order", { ...BUY, ...changes })).data["id"]);

describe("the bytes", () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

  test("are those of the vendor's clients", () => {
    expect(encodeResponse({ command: COMMAND.HEARTBEAT, id: 3 })).toEqual(hex("04 08 08 10 03"));
    expect(encodeResponse({ command: COMMAND.CONNECTED, id: 1 })).toEqual(hex("04 08 02 10 01"));
    expect(decodeRequest(hex("08 08 10 03"))).toEqual({ command: COMMAND.HEARTBEAT, id: 3 });
    expect(decodeRequest(hex("08 06 10 04"))).toEqual({ command: COMMAND.DISCONNECT, id: 4 });
  });

  test("may come in any pieces", () => {
    const read = createFrameReader();
    const bytes = Buffer.concat([hex("04 08 08 10 03"), Buffer.from([0xc8, 0x01]), Buffer.alloc(200, 1)]);
    const frames = [...bytes].flatMap((byte) => read(Buffer.from([byte])) ?? []);
    expect(frames.map(({ length }) => length)).toEqual([4, 200]);
    expect(createFrameReader()(bytes)).toHaveLength(2);
  });

  test("that are no frames are noticed", async () => {
    expect(createFrameReader()(Buffer.alloc(6, 0xff))).toBeUndefined();
    expect(createFrameReader()(Buffer.from([0xff, 0xff, 0xff, 0x7f]))).toBeUndefined();
    const client = await open();
    client.raw(Buffer.alloc(6, 0xff));
    await client.closed;
    const other = await open();
    other.raw(Buffer.from([2, 0x0a, 0x7f]));
    await other.closed;
  });
});

describe("the login", () => {
  test.each([true, false])("over TLS: %s; says how often it wants to hear from a client", async (isTls) => {
    const client = await open(isTls);
    client.send(connectMessage({ id: 7 }));
    const reply = await client.next();
    expect([reply?.get(1), reply?.get(2)]).toEqual([2n, 7n]);
    expect(textAt(reply, 4)).toBe('{"version":"3","heart-beat":"10000,10000"}');
    client.raw(Buffer.from([4, 8, 8, 0x10, 3]));
    await client.next();
    expect(client.received().subarray(-5)).toEqual(Buffer.from([4, 8, 8, 0x10, 3]));
    client.raw(Buffer.from([4, 8, 6, 0x10, 4]));
    await client.closed;
    await expect.poll(() => tiger.connections()).toEqual({ open: 0, total: 1 });
  });

  test("is refused with another signature, and before it nothing is served", async () => {
    for (const message of [
      connectMessage({ sign: signText("20150002") }),
      connectMessage({ sign: "" }),
      { ...connectMessage(), 4: { 1: "20150002", 2: signText("20150002") } },
      { 1: 4, 2: 1, 3: { 1: 8, 3: LIVE } },
      { 1: 8, 2: 1 },
    ]) {
      const client = await open();
      client.send(message);
      const reply = await client.next();
      expect([reply?.get(1), reply?.get(3)]).toEqual([9n, 4n]);
      await client.closed;
    }
  });

  test("throws out the older connection of the same id", async () => {
    const older = await listening();
    const newer = await listening();
    const farewell = await older.next();
    expect([farewell?.get(1), farewell?.get(3)]).toEqual([9n, 4001n]);
    await older.closed;
    const id = await place();
    expect(zigzag(orderIn(await newer.next())?.get(1))).toBe(BigInt(id));
    tiger.kickOut();
    expect((await newer.next())?.get(3)).toBe(4001n);
    await newer.closed;
  });

  test("is over for a client that is no longer heard of", async () => {
    const client = await open();
    client.send(connectMessage({ ms: 200 }));
    expect(textAt(await client.next(), 4)).toContain('"200,200"');
    for (let count = 0; count < 8; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      client.send({ 1: 8, 2: 2 + count });
      expect((await client.next())?.get(1)).toBe(8n);
    }
    await client.closed;
  });

  test("may be told another heartbeat than it asked for", async () => {
    const other = await startTiger({ heartbeatMs: 2500 });
    const client = await openPush(other);
    client.send(connectMessage());
    expect(textAt(await client.next(), 4)).toContain('"2500,2500"');
    client.close();
    await other.close();
  });
});

describe("a subscription", () => {
  test("is acknowledged, and ends when it is taken back", async () => {
    const client = await open();
    client.send(connectMessage());
    await client.next();
    client.send({ 1: 4, 2: 2, 3: { 1: 8, 3: LIVE } });
    const added = await client.next();
    expect([added?.get(1), added?.get(2), added?.get(3)]).toEqual([7n, 2n, 112n]);
    await place();
    expect(orderIn(await client.next())).toBeDefined();
    client.send({ 1: 5, 2: 3, 3: { 1: 8, 3: LIVE } });
    expect((await client.next())?.get(3)).toBe(113n);
    await place();
    client.send({ 1: 8, 2: 4 });
    expect((await client.next())?.get(1)).toBe(8n);
  });

  test("without an account is one to all; another account's orders are not pushed", async () => {
    const client = await listening(PAPER);
    await place();
    const paper = await place({ account: PAPER });
    expect(zigzag(orderIn(await client.next())?.get(1))).toBe(BigInt(paper));
    client.send({ 1: 4, 2: 3, 3: { 1: 8 } });
    await client.next();
    const live = await place();
    expect(zigzag(orderIn(await client.next())?.get(1))).toBe(BigInt(live));
  });

  test("to quotes, or of an account that is not there, is refused; the connection stays", async () => {
    const client = await listening();
    for (const wanted of [
      { 1: 1, 2: "AAPL" },
      { 1: 8, 3: "999" },
    ]) {
      client.send({ 1: 4, 2: 5, 3: wanted });
      const reply = await client.next();
      expect([reply?.get(1), reply?.get(2), reply?.get(3)]).toEqual([7n, 5n, 200n]);
    }
    client.send({ 1: 3, 2: 6 });
    expect((await client.next())?.get(3)).toBe(111n);
    await place();
    expect(orderIn(await client.next())).toBeDefined();
  });
});

describe("an order", () => {
  test("is pushed with zig-zag ids and quantities, and without what a field has by default", async () => {
    const client = await listening();
    const id = await place({ user_mark: "mine", outside_rth: true, time_in_force: "GTC" });
    const message = await client.next();
    expect(message?.get(3)).toBeUndefined();
    const order = orderIn(message);
    expect(order?.get(1)).toBe(BigInt(id) * 2n);
    expect(zigzag(order?.get(16))).toBe(10n);
    expect(order?.has(17)).toBe(false);
    expect(order?.has(18)).toBe(false);
    expect(order?.has(20)).toBe(false);
    const texts = [2, 3, 9, 10, 11, 12, 13, 14, 24, 31, 32, 38, 43].map((number) => textAt(order, number));
    expect(texts).toEqual([
      LIVE,
      "AAPL",
      "BUY",
      "US",
      "USD",
      "S",
      "STK",
      "LMT",
      "Submitted",
      "Apple",
      "OpenApi",
      "mine",
      "GTC",
    ]);
    expect(order?.get(21)).toBe(190.5);
    expect([15, 27, 28, 29].map((number) => order?.get(number))).toEqual([1n, 1n, 1n, 1n]);
    expect(Number(order?.get(36))).toBeGreaterThan(1_700_000_000_000);
  });

  test("is pushed with each change, in order, and with the vendor's reason at its end", async () => {
    const client = await listening();
    const id = await place();
    tiger.venue.fill(id, 4, 190.25);
    await ask(tiger, "modify_order", { ...BUY, id, limit_price: 190 });
    tiger.venue.end(id, "REJECTED", "201:no");
    const seen = [];
    for (let count = 0; count < 4; count += 1) {
      const order = orderIn(await client.next());
      seen.push([textAt(order, 24), Number(zigzag(order?.get(18))), order?.get(20), order?.get(21), textAt(order, 33)]);
    }
    expect(seen).toEqual([
      ["Submitted", 0, undefined, 190.5, undefined],
      ["Submitted", 4, 190.25, 190.5, undefined],
      ["Submitted", 4, 190.25, 190, undefined],
      ["Inactive", 4, 190.25, 190, "201:no"],
    ]);
  });

  test("is pushed as it is shown", async () => {
    const client = await listening();
    const id = await place();
    await client.next();
    tiger.showAs(id, { status: "PendingCancel" });
    tiger.venue.fill(id, 1, 190);
    expect(textAt(orderIn(await client.next()), 24)).toBe("PendingCancel");
  });

  test.each([true, false])("is pushed before its place is answered, or after it: %s", (pushFirst) => {
    const seen: string[] = [];
    const gateway = createGateway({
      desk: { venue: { now: () => 0 } } as Desk,
      faults: createFaults<OwnFault>(() => undefined),
      pushes: {
        hold: <T>(act: () => T) => ({ result: act(), publish: () => void seen.push("push") }),
      } as OrderPushes,
      dataAsText: false,
      limitStyle: "code-4",
      pushFirst,
      restart: () => undefined,
    });
    gateway.receive({
      body: "",
      token: undefined,
      answer: () => void seen.push("answer"),
      terminate: () => undefined,
      freeze: () => undefined,
    });
    expect(seen).toEqual(pushFirst ? ["push", "answer"] : ["answer", "push"]);
  });
});
