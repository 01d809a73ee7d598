/** Order files: one for each order, always whole, always as new as the order, readable by nobody else. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Broker,
  type BrokerHost,
  createHttpTrading,
  type HttpTrading,
  memoryJournal,
  type Order,
} from "../../mod.ts";
import { paper } from "../../src/brokers/paper/index.ts";
import { serve } from "../../src/runtime/node.ts";
import { dumpOrders, fileName } from "../../src/runtime/order-dump.ts";
import { ask, exampleBroker, gatewayOf, INSTANCE, instance, openOrder, TOKEN } from "../http/gateway.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orders-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const warned: string[] = [];
const warn = (line: string) => void warned.push(line);
afterEach(() => void warned.splice(0));

/** A gateway whose broker reports what the test says, and answers so when it is asked for the order. */
function reporting(orders: readonly Order[] = [], journal = memoryJournal()) {
  let host: BrokerHost | undefined;
  const newest = new Map(orders.map((order) => [order.orderId, order]));
  const broker = exampleBroker({
    start: async (given) => {
      host = given;
      given.onConnection({ connected: true });
    },
    orders: async () => ({ orders: [...orders], unmapped: [] }),
    order: async (orderId) => newest.get(orderId) ?? { ...openOrder, orderId },
  });
  const trading: HttpTrading = gatewayOf(broker, { journal });
  function report(own: Partial<Order>): void {
    const order = { ...openOrder, ...own };
    newest.set(order.orderId, order);
    host?.onOrder(order);
  }
  return { trading, report };
}

/** The files that readers look for. */
async function files(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".json"));
}

async function contents(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, name), "utf8"));
}

test("every order that is open at the start has a file, just as order/state tells it", async () => {
  const { trading } = reporting([openOrder]);
  const dump = await dumpOrders(trading, folder, warn);
  const { json } = await ask(trading, "order/state?orderId=6278888");
  const name = `${INSTANCE}-6278888.json`;
  await vi.waitFor(async () => expect(await files()).toEqual([name]));
  const { asOf, source, ...order } = await contents(name);
  const { asOf: _, source: __, ...asked } = json.order;
  expect(order).toEqual(asked);
  expect([typeof asOf, source]).toEqual(["string", "journal"]);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  await dump.finish();
  await trading.close();
});

test("an order that the journal remembers has a file also when the journal was slow to open", async () => {
  const memory = memoryJournal();
  const options = { ...instance, deadlineMs: 400 };
  const orders = async () => ({ orders: [openOrder], unmapped: [] });
  const before = gatewayOf(exampleBroker({ orders }, [], options), { journal: { ...memory, close: () => undefined } });
  await ask(before, "order/state?orderId=6278888");
  await before.close();
  const opened = Promise.withResolvers<void>();
  const journal = { ...memory, open: () => opened.promise.then(() => memory.open()) };
  const start: Broker["start"] = async ({ onConnection }) => onConnection({ connected: true });
  const trading = gatewayOf(exampleBroker({ orders, start }, [], options), { journal });
  const dump = await dumpOrders(trading, folder, warn);
  const starting = trading.start();
  // Longer than the journal may take for one answer.
  await new Promise((resolve) => setTimeout(resolve, 300));
  opened.resolve();
  await starting;
  await vi.waitFor(async () => expect(await files()).toEqual([`${INSTANCE}-6278888.json`]));
  await dump.finish();
  await trading.close();
});

test("a change rewrites it, and the last change is there when all has ended", async () => {
  const { trading, report } = reporting([openOrder]);
  const dump = await dumpOrders(trading, folder, warn);
  await trading.start();
  await vi.waitFor(async () => expect(await files()).toHaveLength(1));
  for (let filledQty = 1; filledQty <= 12; filledQty += 1) {
    report({ filledQty, avgPrice: 200, status: filledQty < 12 ? "PARTIALLY_FILLED" : "FILLED", updatedAt: filledQty });
  }
  await trading.close();
  await dump.finish();
  expect(await contents(`${INSTANCE}-6278888.json`)).toMatchObject({
    filledQty: 12,
    isFilled: true,
    isCompleted: true,
  });
  expect(await readdir(folder)).toHaveLength(1);
  expect(warned).toEqual([]);
});

test("an order that ended while nobody watched is told at the next start", async () => {
  const journal = memoryJournal();
  const first = reporting([openOrder], journal);
  const firstDump = await dumpOrders(first.trading, folder, warn);
  await first.trading.start();
  await vi.waitFor(async () => expect(await files()).toHaveLength(1));
  await first.trading.close();
  await firstDump.finish();
  const second = reporting([{ ...openOrder, status: "CANCELED", updatedAt: 2 }], journal);
  const secondDump = await dumpOrders(second.trading, folder, warn);
  await second.trading.start();
  await vi.waitFor(async () => expect(await contents(`${INSTANCE}-6278888.json`)).toMatchObject({ isCanceled: true }));
  await second.trading.close();
  await secondDump.finish();
});

test("a reader never sees a part of a file", async () => {
  const { trading, report } = reporting([openOrder]);
  const dump = await dumpOrders(trading, folder, warn);
  await trading.start();
  await vi.waitFor(async () => expect(await files()).toHaveLength(1));
  for (let qty = 100; qty < 300; qty += 1) {
    report({ qty, originStatus: "x".repeat(qty * 100), updatedAt: qty });
    const text = await readFile(join(folder, `${INSTANCE}-6278888.json`), "utf8");
    expect(text.startsWith('{\n  "type": "order"') && text.endsWith("\n}")).toBe(true);
  }
  await trading.close();
  await dump.finish();
});

test("what cannot be written is told once, without an id, and written when it can be", async () => {
  const { trading, report } = reporting([openOrder]);
  const dump = await dumpOrders(trading, join(folder, "files"), warn);
  await rm(join(folder, "files"), { recursive: true });
  await writeFile(join(folder, "files"), "in the way");
  await trading.start();
  await vi.waitFor(() => expect(warned).toHaveLength(1));
  expect(warned[0]).toMatch(/^Warning: order files cannot be written \(E\w+\)/);
  expect(warned[0]).not.toContain(INSTANCE);
  report({ qty: 13, updatedAt: 13 });
  await trading.close();
  await rm(join(folder, "files"));
  await mkdir(join(folder, "files"));
  // By itself, whether or not any order changes.
  await vi.waitFor(() => expect(warned.slice(1)).toEqual(["Order files are written again"]), 10_000);
  expect(await contents(`files/${INSTANCE}-6278888.json`)).toMatchObject({ qty: 13 });
  await dump.finish();
});

test.each([
  ["has no number where one belongs", { orderId: "7", qty: Number.NaN }, "the broker gave no number as qty (NaN)"],
  ["has an id that no name of a file can hold", { orderId: "7".repeat(300) }, "ENAMETOOLONG"],
])("an order that %s is told once, and hides no later fault of the disk", async (_what, own, reason) => {
  const { trading, report } = reporting();
  const dump = await dumpOrders(trading, join(folder, "files"), warn);
  await trading.start();
  report({ ...own, updatedAt: 1 });
  await vi.waitFor(() => expect(warned).toEqual([expect.stringContaining(`(${reason})`)]));
  expect(warned.join()).not.toContain(INSTANCE);
  report({ ...own, originStatus: "PENDING", updatedAt: 2 });
  await rm(join(folder, "files"), { recursive: true, maxRetries: 10 });
  await writeFile(join(folder, "files"), "in the way");
  report({ qty: 13, updatedAt: 13 });
  await vi.waitFor(() =>
    expect(warned.slice(1)).toEqual([expect.stringContaining("order files cannot be written (E")]),
  );
  await rm(join(folder, "files"));
  await mkdir(join(folder, "files"));
  await trading.close();
  await dump.finish();
  expect(warned.slice(2)).toEqual(["Order files are written again"]);
  expect(await readdir(join(folder, "files"))).toEqual([`${INSTANCE}-6278888.json`]);
});

test("an order that ended just before the process was killed is told so at the next start", async () => {
  const journal = { ...memoryJournal(), close: () => undefined };
  const first = reporting([openOrder], journal);
  const dump = await dumpOrders(first.trading, folder, warn);
  await first.trading.start();
  const name = `${INSTANCE}-6278888.json`;
  await vi.waitFor(async () => expect(await files()).toEqual([name]));
  await dump.finish();
  // Killed: what the journal has taken since then has reached no file.
  first.report({ filledQty: 12, avgPrice: 200, status: "FILLED", updatedAt: 2 });
  await first.trading.close();
  expect(await contents(name)).toMatchObject({ isCompleted: false });
  await writeFile(join(folder, `${INSTANCE}-1.json`), "{ torn");
  await writeFile(join(folder, `${INSTANCE}-2.json`), '{"orderId":"2","isCompleted":false}');
  const second = reporting([], journal);
  const next = await dumpOrders(second.trading, folder, warn);
  await second.trading.start();
  await vi.waitFor(async () => expect(await contents(name)).toMatchObject({ isFilled: true, isCompleted: true }));
  await second.trading.close();
  await next.finish();
  expect([warned, (await readdir(folder)).length]).toEqual([[], 3]);
});

test("other letters are escaped, so that a reader may take the file for any encoding", async () => {
  const { trading } = reporting([{ ...openOrder, originStatus: "已提交 €😀" }]);
  const dump = await dumpOrders(trading, folder, warn);
  await trading.start();
  await vi.waitFor(async () => expect(await files()).toHaveLength(1));
  const name = `${INSTANCE}-6278888.json`;
  expect(await readFile(join(folder, name), "utf8")).toMatch(/^[\n\x20-\x7e]+$/);
  expect(await contents(name)).toMatchObject({ originStatus: "已提交 €😀" });
  await trading.close();
  await dump.finish();
});

describe("the name of a file", () => {
  test.each([
    ["69788888", "69788888"],
    ["01HZX-a_b.c", "01HZX-a_b.c"],
    ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"],
    ["a/b\\c:d", "a%2Fb%5Cc%3Ad"],
    ["50%", "50%25"],
    ["订单", "%E8%AE%A2%E5%8D%95"],
    ["a\0b", "a%00b"],
  ])("of order %j", (orderId, escaped) => {
    expect(fileName("WyLqtMhDvAnBb6a3", orderId)).toBe(`WyLqtMhDvAnBb6a3-${escaped}.json`);
  });
});

test.each([
  [
    "throws",
    () => {
      throw new Error("the disk is full");
    },
  ],
  ["rejects", () => Promise.reject(new Error("the disk is full"))],
])("what is printed by something that %s keeps serve from nothing, and ends no process", async (_what, fail) => {
  const unheard = unheardRejections();
  const { trading, report } = reporting();
  const taken = join(folder, "files");
  let printed = 0;
  const print = () => {
    printed += 1;
    return fail();
  };
  const server = await serve(trading, { port: 0, signals: false, print, orderDump: taken });
  await rm(taken, { recursive: true });
  await writeFile(taken, "in the way");
  printed = 0;
  report({ qty: 13, updatedAt: 13 });
  await vi.waitFor(() => expect(printed).toBeGreaterThan(0));
  await aFewTurns();
  const headers = { "HT-TOKEN": TOKEN };
  const answer = await fetch(`${server.url}/httptrading/api/${INSTANCE}/order/list`, { headers });
  expect(answer.status).toBe(200);
  await server.close();
  expect(unheard).toEqual([]);
});

test("serve writes them from the first order to the last", async () => {
  const trading = createHttpTrading({ brokers: [paper(instance)] });
  const server = await serve(trading, { port: 0, signals: false, print: () => undefined, orderDump: folder });
  const place = await fetch(`${server.url}/httptrading/api/${INSTANCE}/order/place`, {
    method: "POST",
    headers: { "HT-TOKEN": TOKEN, "content-type": "application/json" },
    body: JSON.stringify({
      tradeType: "Securities",
      symbol: "AAPL",
      region: "US",
      price: 1.25,
      qty: 12,
      orderType: "Limit",
      timeInForce: "GTC",
      lifecycle: "RTH",
      direction: "BUY",
    }),
  });
  const { orderId } = (await place.json()) as { orderId: string };
  await server.close();
  expect(await contents(fileName(INSTANCE, orderId))).toMatchObject({ type: "order", orderId, qty: 12 });
});

test("files that cannot be written are told on standard error, as all warnings are", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const { trading, report } = reporting();
  const taken = join(folder, "files");
  const server = await serve(trading, { port: 0, signals: false, orderDump: taken });
  await rm(taken, { recursive: true });
  await writeFile(taken, "in the way");
  report({ qty: 13, updatedAt: 13 });
  await vi.waitFor(() => expect([...log.mock.calls, ...error.mock.calls].join()).toContain("order files cannot be"));
  await server.close();
  const printed = log.mock.calls.join();
  const warnings = error.mock.calls.join();
  for (const spy of [error, log]) spy.mockRestore();
  expect(printed).not.toContain("Warning");
  expect(warnings).toContain("Warning: order files cannot be written");
});

test("is refused for what is no gateway, and for a folder that cannot be", async () => {
  await expect(dumpOrders({ fetch }, folder, warn)).rejects.toThrow("orderDump needs a gateway");
  await writeFile(join(folder, "file"), "");
  const { trading } = reporting();
  await expect(dumpOrders(trading, join(folder, "file", "x"), warn)).rejects.toThrow(
    "orderDump: the folder cannot be made",
  );
  const options = { port: 0, signals: false, orderDump: "" };
  await expect(serve(trading, options)).rejects.toThrow("orderDump must be the path of a folder");
});
