/** What must hold when the disk, the connection, the journal or the tokens are not what they were. */
import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpTrading, type HttpTrading, type Journal, memoryJournal } from "../../mod.ts";
import { startOpenD } from "../../simulators/opend/server.ts";
import { futu } from "../../src/brokers/futu/index.ts";
import { paper } from "../../src/brokers/paper/index.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { type SqliteJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import { serve } from "../../src/runtime/node.ts";
import { anomaly, newFile } from "../journal/lines.ts";

const INSTANCE_ID = "faultInstance0000001";
const TOKEN = "faultInstanceToken01";

const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  direction: "BUY",
  price: 100,
  qty: 10,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
};

interface Asking {
  readonly body?: unknown;
  readonly key?: string;
  readonly token?: string;
}

/** Asks a gateway, in this process or by its address. */
async function ask(to: HttpTrading | string, path: string, { body, key, token = TOKEN }: Asking = {}) {
  const base = typeof to === "string" ? to : "http://127.0.0.1";
  const request = new Request(`${base}/httptrading/api/${INSTANCE_ID}/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "HT-TOKEN": token,
      "Content-Type": "application/json",
      ...(key === undefined ? {} : { "Idempotency-Key": key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await (typeof to === "string" ? fetch(request) : to.fetch(request));
  const { status, headers } = response;
  const text = await response.text();
  return {
    status,
    replayed: headers.get("Idempotent-Replayed") === "true",
    json: text.startsWith("{") ? JSON.parse(text) : null,
  };
}

/** An OpenD, and gateways to its paper accounts. */
async function openFutu({ limits = false } = {}) {
  const opend = await startOpenD({ limits });
  onTestFinished(() => opend.close());
  return {
    opend,
    ledger: () => opend.venue.orders().map(({ wireId, order: { status, tag } }) => ({ orderId: wireId, status, tag })),
    gateway({ journal = memoryJournal(), tokens = [TOKEN] }: { journal?: Journal; tokens?: string[] } = {}) {
      const broker = futu({
        instanceId: INSTANCE_ID,
        tokens,
        port: opend.port,
        tradeEnv: "SIMULATE",
        deadlineMs: 3000,
      });
      const trading = createHttpTrading({ brokers: [broker], journal });
      onTestFinished(() => trading.close());
      return trading;
    },
  };
}

/** Writes to a journal, as another instance of the same gateway, until nothing goes in any more. */
async function fill(journal: SqliteJournal): Promise<void> {
  for (const size of [1000, 100, 1]) {
    for (let full = false; !full; ) {
      await journal.append([anomaly("x".repeat(size))], "process").catch(() => {
        full = true;
      });
    }
  }
}

describe("a cancel", () => {
  test("gets through while orders are not reconciled, the disk is full and reads have had their share", async () => {
    const { opend, gateway, ledger } = await openFutu({ limits: true });
    const journal = sqliteJournal(newFile(), { maxBytes: 200_000 });
    const trading = gateway({ journal });
    const placed = await ask(trading, "order/place", { body: ORDER, key: "place" });
    expect(placed.status).toBe(200);

    // A client polls what Futu counts, until the reads' share of it is gone.
    await expect.poll(async () => (await ask(trading, "order/list?status=all")).status, { timeout: 20_000 }).toBe(429);
    // After a lost connection the orders have to be compared again, which takes what reads have left, a call each time.
    await expect
      .poll(
        async () => {
          opend.faults.arm({ kind: "restart", ms: 50 });
          await expect.poll(async () => (await ask(trading, "ping/state")).json.pong, { timeout: 20_000 }).toBe(false);
          await expect.poll(async () => (await ask(trading, "ping/state")).json.pong, { timeout: 20_000 }).toBe(true);
          return ask(trading, "order/place", { body: ORDER });
        },
        { timeout: 25_000 },
      )
      .toMatchObject({ status: 503, json: { error: { code: "NotReconciled", outcome: "not_sent" } } });
    await fill(journal);

    const canceled = await ask(trading, "order/cancel", { body: { orderId: placed.json.orderId }, key: "cancel" });
    expect(canceled).toMatchObject({ status: 200, json: { canceled: true } });
    expect(ledger()).toContainEqual(expect.objectContaining({ orderId: placed.json.orderId, status: "CANCELED" }));
  });

  test("gets through where a place is refused for want of a disk, and reads go on", async () => {
    const { gateway, ledger } = await openFutu();
    const journal = sqliteJournal(newFile(), { maxBytes: 200_000 });
    const trading = gateway({ journal });
    const { orderId } = (await ask(trading, "order/place", { body: ORDER })).json;
    await fill(journal);
    const refused = await ask(trading, "order/place", { body: ORDER });
    expect(refused).toMatchObject({
      status: 503,
      json: { error: { code: "JournalUnavailable", outcome: "not_sent" } },
    });
    expect((await ask(trading, "order/list?status=open")).json.orders).toMatchObject([{ orderId }]);
    expect(await ask(trading, "order/cancel", { body: { orderId } })).toMatchObject({ status: 200 });
    expect(ledger()).toMatchObject([{ orderId, status: "CANCELED" }]);
  });
});

describe("a place is answered with its one order", () => {
  test("after its first answer was lost", async () => {
    const { opend, gateway, ledger } = await openFutu();
    const trading = gateway();
    await trading.start();
    opend.faults.arm({ kind: "lose-answer", on: "place" });
    const first = await ask(trading, "order/place", { body: ORDER, key: "k" });
    expect(first).toMatchObject({ status: 504, json: { error: { code: "OutcomeUnknown", outcome: "unknown" } } });
    const again = () => ask(trading, "order/place", { body: ORDER, key: "k" });
    await expect.poll(async () => (await again()).status, { timeout: 20_000 }).toBe(200);
    expect(ledger()).toEqual([{ orderId: (await again()).json.orderId, status: "OPEN", tag: first.json.error.tag }]);
  });

  test("after the journal was lost", async () => {
    const { gateway, ledger } = await openFutu();
    const file = newFile();
    const first = gateway({ journal: sqliteJournal(file) });
    const placed = await ask(first, "order/place", { body: ORDER, key: "k" });
    await first.close();
    for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-lock`]) await rm(name, { force: true });

    const second = gateway({ journal: sqliteJournal(file) });
    const again = await ask(second, "order/place", { body: ORDER, key: "k" });
    expect(again).toMatchObject({ status: 200, replayed: true, json: { orderId: placed.json.orderId } });
    expect(ledger()).toMatchObject([{ orderId: placed.json.orderId }]);
  });

  test("after its token was rotated", async () => {
    const { gateway, ledger } = await openFutu();
    const file = newFile();
    const first = gateway({ journal: sqliteJournal(file) });
    const placed = await ask(first, "order/place", { body: ORDER, key: "k" });
    await first.close();

    const token = "anotherFaultToken001";
    const second = gateway({ journal: sqliteJournal(file), tokens: [token] });
    expect(await ask(second, "order/place", { body: ORDER, key: "k" })).toMatchObject({ status: 404, json: null });
    const again = await ask(second, "order/place", { body: ORDER, key: "k", token });
    expect(again).toMatchObject({ status: 200, replayed: true, json: { orderId: placed.json.orderId } });
    expect(ledger()).toMatchObject([{ orderId: placed.json.orderId }]);
  });
});

test("two clients with one key at one instant, 1,000 times over HTTP, make one order each", {
  timeout: 120_000,
}, async () => {
  const offset = demoTradingTime - Date.now();
  const broker = paper({ instanceId: INSTANCE_ID, tokens: [TOKEN], quotes: "fixed", clock: () => Date.now() + offset });
  const trading = createHttpTrading({ brokers: [broker], journal: sqliteJournal(newFile()) });
  await using server = await serve(trading, { port: 0, signals: false, print: () => {} });
  const place = (key: string) => ask(server.url, "order/place", { body: { ...ORDER, qty: 1, price: 1 }, key });
  const orderIds = new Set<string>();
  for (let round = 0; round < 1000; round += 1) {
    const twins = await Promise.all([place(`round ${round}`), place(`round ${round}`)]);
    const taken = twins.filter(({ status }) => status === 200);
    const waiting = twins.filter(({ status, json }) => status === 409 && json.error.code === "IdempotencyConflict");
    expect(taken.length + waiting.length, JSON.stringify(twins)).toBe(2);
    const ids = new Set(taken.map(({ json }) => json.orderId));
    expect(ids.size).toBe(1);
    for (const id of ids) orderIds.add(id);
  }
  expect(orderIds.size).toBe(1000);
  expect((await ask(server.url, "order/list?status=all")).json.orders).toHaveLength(1000);
});
