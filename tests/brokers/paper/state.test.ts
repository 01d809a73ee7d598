import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readState, writeState } from "../../../src/brokers/paper/convert.ts";
import type { PaperOptions } from "../../../src/brokers/paper/index.ts";
import type { Order } from "../../../src/domain/order.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import { AAPL, call, closedAccount, errorOf, limit, openAccount, REGULAR, start, until } from "./account.ts";

type Store = NonNullable<PaperOptions["store"]>;

/** A store in memory that can be held up and can fail. */
function memoryStore() {
  const saved: string[] = [];
  let gate: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  let running = 0;
  let most = 0;
  const store: Store = {
    load: async () => saved.at(-1) ?? null,
    save: async (text) => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      if (failure !== undefined) throw failure;
      saved.push(text);
    },
  };
  return {
    store,
    saved,
    most: () => most,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

describe("a store", () => {
  test("brings back orders, fills, cash and positions, and the numbers go on", async () => {
    const { store } = memoryStore();
    const first = await openAccount({ store });
    const filled = await first.broker.placeOrder(limit({ price: 205 }), call());
    const open = await first.broker.placeOrder(limit({ timeInForce: "GTC" }), call());
    const before = [
      await first.broker.orders({ status: "all" }, call()),
      await first.broker.cash({ currency: "USD" }, call()),
      await first.broker.positions(call()),
    ];
    await first.broker.close();

    const second = await openAccount({ store });
    expect([
      await second.broker.orders({ status: "all" }, call()),
      await second.broker.cash({ currency: "USD" }, call()),
      await second.broker.positions(call()),
    ]).toEqual(before);
    await second.broker.cancelOrder(open.orderId, call());
    const next = await second.broker.placeOrder(limit(), call());
    expect(new Set([filled.orderId, open.orderId, next.orderId]).size).toBe(3);
    await second.broker.close();
  });

  test("brings back all that the exchange remembers, also of the day's prices and of who came first", () => {
    const exchange = createExchange({
      clock: () => Date.parse("2025-05-28T08:00:00-04:00"),
      prices: [{ contract: AAPL, price: 200, preClose: 198 }],
    });
    const { price: _none, ...order } = limit({ orderType: "Market", timeInForce: "GTC" });
    exchange.place({ ...order, tag: "ht2" });
    const { orderId } = exchange.place({ ...limit(), tag: null });
    exchange.fill(orderId, 1, 199);
    for (const price of [210, 190, 205]) exchange.setPrice(AAPL, price);
    const before = exchange.snapshot();
    expect(before.prices).toMatchObject([{ openPrice: 200, highPrice: 210, lowPrice: 190 }]);
    expect(readState(writeState(before))).toEqual(before);
  });

  test("brings back what money a waiting market order has reserved", async () => {
    const closed = () => Date.parse("2025-05-28T08:00:00-04:00");
    const { store } = memoryStore();
    const first = await openAccount({
      store,
      clock: closed,
      cash: { USD: 5000 },
      prices: [{ contract: AAPL, price: 200 }],
    });
    const { price: _none, ...order } = limit({ orderType: "Market" });
    await first.broker.placeOrder(order, call());
    await first.broker.close();
    const text = await store.load();
    await store.save(text?.replace('"price":200', '"price":300') ?? "");

    const second = await openAccount({ store, clock: closed });
    expect((await second.broker.cash({ currency: "USD" }, call())).balances).toMatchObject([{ available: 3000 }]);
    await second.broker.close();
  });

  test("has the order before anybody is told of it", async () => {
    const { store, saved, most, hold } = memoryStore();
    const { broker, pushes } = await openAccount({ store });
    const earlier = await broker.placeOrder(limit(), call());
    await until(() => pushes.splice(0).length > 0);
    saved.splice(0);
    const release = hold();
    const told: unknown[] = [];
    const placing = broker.placeOrder(limit(), call());
    await until(() => most() === 1);
    const tellings = [placing, broker.order(earlier.orderId, call()), broker.orders({ status: "all" }, call())];
    for (const telling of tellings) telling.then((what) => told.push(what));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect([told, pushes, saved]).toEqual([[], [], []]);
    release();
    const { orderId } = await placing;
    await Promise.all(tellings);
    expect(pushes).toMatchObject([{ orderId, status: "OPEN" }]);
    expect(JSON.parse(saved.at(-1) ?? "").exchange.orders).toMatchObject([earlier, { orderId, status: "OPEN" }]);
    await broker.close();
  });

  test("is written once at a time, and calls that come meanwhile share the next write", async () => {
    const { store, saved, most, hold } = memoryStore();
    const { broker } = await openAccount({ store });
    const release = hold();
    const placing = Array.from({ length: 20 }, () => broker.placeOrder(limit({ qty: 1 }), call()));
    release();
    await Promise.all(placing);
    expect(most()).toBe(1);
    expect(saved.length).toBeLessThan(20);
    expect(JSON.parse(saved.at(-1) ?? "").exchange.orders).toHaveLength(20);
    await broker.close();
  });

  test("is written once at a time by an account that is opened again while it closes", async () => {
    const { store, saved, most, hold } = memoryStore();
    const { broker } = await openAccount({ store });
    const release = hold();
    const placing = [broker.placeOrder(limit(), call())];
    await until(() => most() === 1);
    const closing = broker.close();
    await until(() =>
      broker.ping(call()).then(
        () => false,
        () => true,
      ),
    );
    await start(broker);
    placing.push(broker.placeOrder(limit(), call()));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    release();
    await Promise.all([...placing, closing]);
    expect(most()).toBe(1);
    expect(JSON.parse(saved.at(-1) ?? "").exchange.orders).toHaveLength(2);
    await broker.close();
  });

  test("that fails leaves the outcome unknown, the order in the book, and is tried again with the next write", async () => {
    const { store, saved, fail } = memoryStore();
    const { broker, pushes } = await openAccount({ store });
    fail(new Error("disk full"));
    const error = await errorOf(broker.placeOrder(limit(), call()));
    expect(error).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    expect(error.message).toContain("disk full");
    expect(pushes).toEqual([]);
    fail(undefined);
    expect((await broker.orders({ status: "open", fresh: true }, call())).orders).toMatchObject([{ tag: limit().tag }]);
    const { orderId } = await broker.placeOrder(limit(), call());
    expect(JSON.parse(saved.at(-1) ?? "").exchange.orders).toHaveLength(2);
    expect(pushes.map((pushed) => pushed.orderId)).toEqual([String(Number(orderId) - 1), orderId]);
    await broker.close();
  });

  test("that fails lets no read tell what a crash would undo", async () => {
    const { store, saved, fail } = memoryStore();
    const { broker } = await openAccount({ store });
    const { orderId } = await broker.placeOrder(limit(), call());
    fail(new Error("disk full"));
    expect(await errorOf(broker.cancelOrder(orderId, call()))).toMatchObject({ code: "OutcomeUnknown" });
    const readings = [
      broker.order(orderId, call()),
      broker.orders({ status: "all" }, call()),
      broker.cash({ currency: "USD" }, call()),
      broker.positions(call()),
    ];
    for (const error of await Promise.all(readings.map(errorOf))) {
      expect(error).toMatchObject({ code: "BrokerFault" });
      expect(error.message).toContain("disk full");
    }
    fail(undefined);
    expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED" });
    expect(JSON.parse(saved.at(-1) ?? "").exchange.orders).toMatchObject([{ orderId, status: "CANCELED" }]);
    await broker.close();
  });

  test("keeps what time did between calls", async () => {
    let now = REGULAR;
    const { store, saved } = memoryStore();
    const { broker } = await openAccount({ store, clock: () => now });
    await broker.placeOrder(limit(), call());
    now = Date.parse("2025-05-28T17:00:00-04:00");
    await until(() => JSON.parse(saved.at(-1) ?? "{}").exchange?.orders[0].status === "EXPIRED");
    await broker.close();
  });

  test.each([
    ["is no JSON", "{"],
    ["is another file", '{"name":"httptrading"}'],
    [
      "has an order cut short",
      '{"account":"httptrading paper","exchange":{"version":1,"nextOrderNumber":2,"orders":[{}]}}',
    ],
  ])("that %s is never overwritten by a fresh account", async (_name, text) => {
    const memory = memoryStore();
    memory.saved.push(text);
    const broker = closedAccount({ store: memory.store });
    const error = await errorOf(start(broker));
    expect(error).toMatchObject({ code: "BrokerFault" });
    expect(error.message).toContain("remove it to begin afresh");
    expect(await errorOf(broker.placeOrder(limit(), call()))).toMatchObject({ outcome: "not_sent" });
    await broker.close();
    expect(memory.saved).toEqual([text]);

    memory.saved.length = 0;
    await start(broker);
    expect(await broker.ping(call())).toBe(true);
    await broker.close();
  });

  test("that cannot be read fails the start, which can be tried again", async () => {
    let broken = true;
    const load = async () => {
      if (broken) throw new Error("no such server");
      return null;
    };
    const broker = closedAccount({ store: { load, save: async () => undefined } });
    expect((await errorOf(start(broker))).message).toContain("no such server");
    broken = false;
    await start(broker);
    await broker.close();
  });
});

describe("a file", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "paper-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("keeps the account, for its owner only, and leaves nothing beside it", async () => {
    const stateFile = join(folder, "account.json");
    const first = await openAccount({ stateFile });
    const { orderId } = await first.broker.placeOrder(limit({ timeInForce: "GTC" }), call());
    await first.broker.close();
    expect(await readdir(folder)).toEqual(["account.json"]);
    if (process.platform !== "win32") expect((await stat(stateFile)).mode & 0o777).toBe(0o600);

    const second = await openAccount({ stateFile });
    expect(await second.broker.order(orderId, call())).toMatchObject({ status: "OPEN", contract: AAPL });
    await second.broker.close();
  });

  test("that a link names is written where it is, also if it is not there yet", async () => {
    const [stateFile, kept] = [join(folder, "link.json"), join(folder, "kept.json")];
    await symlink("kept.json", stateFile);
    for (const orders of [1, 2]) {
      const { broker } = await openAccount({ stateFile });
      await broker.placeOrder(limit({ timeInForce: "GTC" }), call());
      await broker.close();
      expect(await readlink(stateFile)).toBe("kept.json");
      expect(JSON.parse(await readFile(kept, "utf8")).exchange.orders).toHaveLength(orders);
    }
    expect(await readdir(folder)).toEqual(["kept.json", "link.json"]);
  });

  test("that cannot be written makes the outcome unknown", async () => {
    await mkdir(join(folder, "lost"));
    const { broker } = await openAccount({ stateFile: join(folder, "lost", "account.json") });
    await rmdir(join(folder, "lost"));
    expect(await errorOf(broker.placeOrder(limit(), call()))).toMatchObject({ code: "OutcomeUnknown" });
    expect(await errorOf(broker.close())).toMatchObject({ code: "BrokerFault" });
  });

  test("that can be no file is told by its name when the account is opened, and not with the first order", async () => {
    const nowhere = join(folder, "nowhere", "account.json");
    await expect(openAccount({ stateFile: nowhere })).rejects.toThrow(
      `${nowhere} has no folder to be kept in: make it`,
    );
    await expect(openAccount({ stateFile: folder })).rejects.toThrow(`${folder} cannot be read: EISDIR`);
  });

  test("that two accounts keep themselves in holds all that was answered by the first to write", async () => {
    const stateFile = join(folder, "account.json");
    const first = await openAccount({ stateFile });
    const second = await openAccount({ stateFile });
    await first.broker.placeOrder(limit({ qty: 1 }), call());
    const error = await errorOf(second.broker.placeOrder(limit({ qty: 2 }), call()));
    expect(error).toMatchObject({ code: "OutcomeUnknown" });
    expect(error.message).toContain("written by somebody else");
    await first.broker.placeOrder(limit({ qty: 3 }), call());
    expect(await errorOf(second.broker.close())).toMatchObject({ code: "BrokerFault" });
    await first.broker.close();
    expect(JSON.parse(await readFile(stateFile, "utf8")).exchange.orders).toMatchObject([{ qty: 1 }, { qty: 3 }]);
  });

  test("that two accounts write at the same time holds what was answered, whole", async () => {
    const stateFile = join(folder, "account.json");
    const tags = ["a".repeat(60_000), "b".repeat(20_000)];
    for (let round = 0; round < 20; round += 1) {
      await rm(stateFile, { force: true });
      const accounts = [await openAccount({ stateFile }), await openAccount({ stateFile })];
      const placed = await Promise.allSettled(
        accounts.map(({ broker }, index) => broker.placeOrder(limit({ tag: tags[index] ?? "" }), call())),
      );
      const kept = JSON.parse(await readFile(stateFile, "utf8")).exchange.orders.map(({ tag }: Order) => tag);
      expect(placed.flatMap(({ status }, index) => (status === "fulfilled" ? [tags[index]] : []))).toEqual(kept);
      await Promise.allSettled(accounts.map(({ broker }) => broker.close()));
    }
  });

  test("of a process that was killed while it wrote is written all the same", async () => {
    const stateFile = join(folder, "account.json");
    await writeFile(`${stateFile}.new`, "{");
    const { broker } = await openAccount({ stateFile });
    await broker.placeOrder(limit(), call());
    await broker.close();
    expect(await readdir(folder)).toEqual(["account.json"]);
  });

  test("that another process was killed over is written again when nobody can be writing it any more", async () => {
    const stateFile = join(folder, "account.json");
    const { broker } = await openAccount({ stateFile });
    await writeFile(`${stateFile}.new`, "{");
    expect(await errorOf(broker.placeOrder(limit(), call()))).toMatchObject({ code: "OutcomeUnknown" });
    await utimes(`${stateFile}.new`, new Date(0), new Date(0));
    await broker.placeOrder(limit(), call());
    await broker.close();
    expect(JSON.parse(await readFile(stateFile, "utf8")).exchange.orders).toHaveLength(2);
  });

  test("that was taken away is written anew", async () => {
    const stateFile = join(folder, "account.json");
    const { broker } = await openAccount({ stateFile });
    await broker.placeOrder(limit({ qty: 1 }), call());
    await rm(stateFile);
    await broker.placeOrder(limit({ qty: 2 }), call());
    expect(JSON.parse(await readFile(stateFile, "utf8")).exchange.orders).toMatchObject([{ qty: 1 }, { qty: 2 }]);
    await broker.close();
  });

  test("holds every answered order after the process was killed", async () => {
    const stateFile = join(folder, "account.json");
    const script = join(folder, "place.ts");
    const entry = fileURLToPath(new URL("../../../src/brokers/paper/index.ts", import.meta.url));
    await writeFile(
      script,
      `import { paper } from ${JSON.stringify(entry)};
       const broker = paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], stateFile: ${JSON.stringify(stateFile)}, clock: () => ${REGULAR} });
       await broker.start({ onOrder() {}, onConnection() {} });
       for (;;) {
         const { orderId } = await broker.placeOrder(${JSON.stringify(limit({ qty: 1, timeInForce: "GTC" }))}, { signal: new AbortController().signal });
         process.stdout.write(orderId + "\\n");
       }`,
    );
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let answered = "";
    child.stdout.on("data", (chunk: Buffer) => {
      answered += chunk.toString();
      if (answered.split("\n").length > 25) child.kill("SIGKILL");
    });
    await once(child, "close");

    const { exchange } = JSON.parse(await readFile(stateFile, "utf8"));
    const kept = new Set(exchange.orders.map(({ orderId }: { orderId: string }) => orderId));
    const ids = answered.split("\n").slice(0, -1);
    expect(ids.length).toBeGreaterThan(24);
    expect(ids.filter((orderId) => !kept.has(orderId))).toEqual([]);
  });
});

test("an account that is restored from an older copy gives no order number out again that it gave since", async () => {
  const { store, saved } = memoryStore();
  const first = await openAccount({ store });
  await first.broker.placeOrder(limit(), call());
  const copy = saved.at(-1) ?? "";
  const since = await first.broker.placeOrder(limit(), call());
  await first.broker.close();
  saved.push(copy);
  await until(() => Date.now() > Number(since.orderId));

  const second = await openAccount({ store });
  const next = await second.broker.placeOrder(limit(), call());
  expect(Number(next.orderId)).toBeGreaterThan(Number(since.orderId));
  await second.broker.close();
});

test("a fresh account gives no order number out again that one before it gave", async () => {
  const first = await openAccount({});
  const one = await first.broker.placeOrder(limit(), call());
  await first.broker.close();
  const given = Date.now();
  await until(() => Date.now() > given);
  const second = await openAccount({});
  const other = await second.broker.placeOrder(limit(), call());
  expect(Number(other.orderId)).toBeGreaterThan(Number(one.orderId));
  await second.broker.close();
});
