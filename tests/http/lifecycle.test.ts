/** From the first request to the last: starting, closing, and gateways side by side. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import {
  BrokerError,
  type BrokerHost,
  createHttpTrading,
  type HttpTrading,
  type InstanceOptions,
  type Journal,
  memoryJournal,
  type Order,
} from "../../mod.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { ask, type Calls, exampleBroker, gatewayOf, instance, ORDER, openOrder, request, writes } from "./gateway.ts";

const OTHER: InstanceOptions = { instanceId: "otherInstance0001", tokens: ["otherToken0123456"], name: "second" };
const toOther = { instanceId: OTHER.instanceId, headers: { "HT-TOKEN": "otherToken0123456" } };

const OPERATOR = "operatorOfGateway";
const HALT = JSON.stringify({ state: "HALTED", reason: "closed" });

/** What an operator asks. */
function operation(path: string, body?: BodyInit): Request {
  const post = body === undefined ? {} : { method: "POST", body, duplex: "half" };
  return new Request(`http://127.0.0.1/httptrading/${path}`, {
    ...post,
    headers: { "HT-TOKEN": OPERATOR, "content-type": "application/json" },
  });
}

async function operate(trading: HttpTrading, path: string, body?: BodyInit): Promise<number> {
  return (await trading.fetch(operation(path, body))).status;
}

/** A body that is whole once it is ended. */
function slowBody(text: string): { readonly body: ReadableStream<Uint8Array>; readonly end: () => void } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode(text));
  return { body: readable, end: () => void writer.close() };
}

function methods(calls: Calls): string[] {
  return calls.map(({ method }) => method);
}

const start = async () => undefined;
const close = async () => undefined;

describe("the handler", () => {
  test("is callable, and fetch needs no this", async () => {
    const trading = gatewayOf(exampleBroker());
    const { fetch } = trading;
    for (const handle of [trading, fetch]) expect((await handle(request("ping/state"))).status).toBe(200);
  });

  test("takes no notice of what runtimes give it besides", async () => {
    const trading = gatewayOf(exampleBroker());
    const asRuntime: (request: Request, ...more: unknown[]) => Response | Promise<Response> = trading;
    const more = { remoteAddr: { hostname: "127.0.0.1" }, passThroughOnException: () => undefined };
    expect((await asRuntime(request("ping/state"), more, more)).status).toBe(200);
  });

  test("says what it serves, without ids, as it is at the moment", () => {
    let account: string | null = null;
    const seen = exampleBroker();
    const broker = exampleBroker({ capabilities: () => ({ ...seen.capabilities(), account }) }, [], {
      ...instance,
      name: "main account",
    });
    const { instances } = gatewayOf(broker);
    const told = { kind: "futu", display: "富途证券", environment: "SIMULATE", reason: null, expired: [] };
    const info = { name: "main account", ...told, tradingState: "ACTIVE" };
    expect(instances).toEqual([{ ...info, account: null }]);
    account = "****5678";
    expect(instances).toEqual([{ ...info, account: "****5678" }]);
  });
});

describe("starting", () => {
  test("the first request starts the broker it is for, once, and no other", async () => {
    const [mine, others]: [Calls, Calls] = [[], []];
    const trading = createHttpTrading({
      brokers: [exampleBroker({ start, close }, mine), exampleBroker({ start, close }, others, OTHER)],
    });
    await Promise.all([ask(trading, "ping/state"), ask(trading, "cash/state"), ask(trading, "capabilities")]);
    await ask(trading, "ping/state");
    expect(methods(mine).filter((method) => method === "start")).toHaveLength(1);
    expect(methods(others)).toEqual([]);
    await trading.start();
    expect(methods(mine).filter((method) => method === "start")).toHaveLength(1);
    expect(methods(others).filter((method) => method === "start")).toHaveLength(1);
  });

  test("capabilities alone start it too, since they may grow", async () => {
    const calls: Calls = [];
    await ask(gatewayOf(exampleBroker({ start }, calls)), "capabilities");
    expect(methods(calls)).toContain("start");
  });

  test("a broker that cannot start is told by name, and the others are served", async () => {
    const broken = exampleBroker({
      start: async () => {
        throw new BrokerError("BrokerFault", "the SDK is missing: npm install some-sdk");
      },
    });
    const calls: Calls = [];
    const trading = createHttpTrading({ brokers: [broken, exampleBroker({ start }, calls, OTHER)] });
    const failure = await trading.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect(String(failure)).toContain("1 of 2 brokers did not start");
    expect(String(failure)).toContain("futu: the SDK is missing: npm install some-sdk");
    expect(String(failure)).not.toContain(instance.instanceId);
    expect(methods(calls)).toContain("start");
    expect((await ask(trading, "ping/state", toOther)).json.pong).toBe(true);
    const { status, json } = await ask(trading, "cash/state");
    expect([status, json.ex]).toEqual([502, "the SDK is missing: npm install some-sdk"]);
  });

  test("a broker that could not start is asked again", async () => {
    let attempts = 0;
    const broker = exampleBroker({
      start: async () => {
        attempts += 1;
        if (attempts < 3) throw new BrokerError("NotConnected", "not yet");
      },
    });
    const trading = gatewayOf(broker);
    await vi.waitFor(async () => expect((await ask(trading, "cash/state")).status).toBe(200));
    expect(attempts).toBe(3);
  });
});

describe("closing", () => {
  test("answers 503 to those who may ask, 404 to others, and closes once", async () => {
    const calls: Calls = [];
    const trading = gatewayOf(exampleBroker({ start, close }, calls));
    await ask(trading, "ping/state");
    await Promise.all([trading.close(), trading.close()]);
    expect(methods(calls).filter((method) => method === "close")).toHaveLength(1);
    for (const [path, how] of [
      ["ping/state", {}],
      ["order/place", { body: ORDER }],
      ["capabilities", {}],
    ] as const) {
      const { status, json, headers } = await ask(trading, path, how);
      expect([status, json.ex, json.error.code, json.error.outcome]).toEqual([
        503,
        "the gateway is closed",
        "NotConnected",
        "not_sent",
      ]);
      expect(headers.get("retry-after")).toBe("1");
    }
    expect(writes(calls)).toEqual([]);
    const stranger = request("ping/state", { headers: { "HT-TOKEN": "0123456789abcdef" } });
    expect((await trading.fetch(stranger)).status).toBe(404);
    const health = await trading.fetch(new Request("http://127.0.0.1/httptrading/health"));
    expect([health.status, (await health.json()) as object]).toEqual([
      503,
      expect.objectContaining({ status: "closed" }),
    ]);
  });

  test.for<[string, (trading: HttpTrading, late: Promise<Response>) => unknown]>([
    ["start", (trading) => expect(trading.start()).rejects.toThrow("the gateway is closed")],
    ["metrics", async (trading) => expect(await operate(trading, "metrics")).toBe(200)],
    ["readiness", async (trading) => expect(await operate(trading, "health/ready")).toBe(503)],
    ["the switch of all", async (trading) => expect(await operate(trading, "guard/state")).toBe(200)],
    ["a turn of it", async (trading) => expect(await operate(trading, "guard/state", HALT)).toBe(200)],
    ["a turn whose body was on its way", async (_, late) => expect((await (await late).json()).written).toBe(false)],
  ])("leaves the journal to the next gateway, whatever is asked of this one afterwards: %s", async ([, asked]) => {
    const file = join(await mkdtemp(join(tmpdir(), "closed-")), "journal.db");
    const trading = gatewayOf(exampleBroker(), { adminTokens: [OPERATOR], journal: sqliteJournal(file) });
    await trading.start();
    const { body, end } = slowBody(HALT);
    const late = Promise.resolve(trading.fetch(operation("guard/state", body)));
    await trading.close();
    end();
    await asked(trading, late);
    await late;
    const next = gatewayOf(exampleBroker(), { journal: sqliteJournal(file) });
    await next.start();
    await next.close();
    await rm(dirname(file), { recursive: true });
  });

  test("a journal goes to the next gateway only when the one that writes it is closed", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "shared-")), "journal.db");
    const journal = sqliteJournal(file);
    const over = () => gatewayOf(exampleBroker(), { journal });
    const [first, next, unused] = [over(), over(), over()];
    await first.start();
    await expect(next.start()).rejects.toMatchObject({ code: "JournalUnavailable" });
    expect((await ask(next, "order/place", { body: ORDER })).status).toBe(503);
    await unused.close();
    expect((await ask(first, "order/place", { body: ORDER })).status).toBe(200);
    await first.close();
    await next.start();
    expect((await ask(next, "order/place", { body: ORDER })).status).toBe(200);
    await next.close();
    await rm(dirname(file), { recursive: true });
  });

  test("before anything was asked, and by await using", async () => {
    const calls: Calls = [];
    {
      await using trading = gatewayOf(exampleBroker({ start, close }, calls));
      expect(trading.instances).toHaveLength(1);
    }
    expect(methods(calls)).toEqual(["close"]);
  });

  test("one that fails does not keep the others open", async () => {
    const calls: Calls = [];
    const broken = exampleBroker({
      close: async () => {
        throw new Error("stuck");
      },
    });
    const trading = createHttpTrading({ brokers: [broken, exampleBroker({ close }, calls, OTHER)] });
    await expect(trading.close()).rejects.toThrow("1 brokers did not close cleanly");
    expect(methods(calls)).toContain("close");
  });

  test("ends a read that is under way", async () => {
    const { promise: asked, resolve: reached } = Promise.withResolvers<void>();
    const { promise: never, reject: end } = Promise.withResolvers<never>();
    const broker = exampleBroker({
      cash: () => {
        reached();
        return never;
      },
      close: async () => end(new BrokerError("NotConnected", "closed while it was asked")),
    });
    const trading = gatewayOf(broker);
    const answer = ask(trading, "cash/state");
    await asked;
    await trading.close();
    expect((await answer).status).toBe(503);
  });
});

test("two gateways in one process share nothing, not even for the same instance", async () => {
  const [first, second]: [Calls, Calls] = [[], []];
  const secret = "anotherToken01234";
  const one = gatewayOf(exampleBroker({ start, close }, first));
  const two = gatewayOf(exampleBroker({ start, close }, second, { ...instance, tokens: [secret] }));
  const withSecret = { headers: { "HT-TOKEN": secret } };
  // The first is verified and remembered before the second is asked.
  expect((await one.fetch(request("ping/state"))).status).toBe(200);
  expect((await two.fetch(request("ping/state"))).status).toBe(404);
  expect((await one.fetch(request("ping/state", withSecret))).status).toBe(404);
  expect(methods(second)).toEqual([]);
  const key = { "Idempotency-Key": "the same" };
  const placed = await ask(one, "order/place", { body: ORDER, headers: key });
  const again = await ask(one, "order/place", { body: ORDER, headers: key });
  const elsewhere = await ask(two, "order/place", { body: ORDER, headers: { ...key, ...withSecret.headers } });
  expect(again.json).toEqual(placed.json);
  expect([placed, again, elsewhere].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([
    null,
    "true",
    null,
  ]);
  expect([writes(first).length, writes(second).length]).toEqual([1, 1]);
  await one.close();
  expect((await one.fetch(request("ping/state"))).status).toBe(503);
  expect((await two.fetch(request("ping/state", withSecret))).status).toBe(200);
});

test("a broker that two gateways were given tells the first that it hears of nothing any more, and stays open", async () => {
  let tell: BrokerHost | undefined;
  let isOpen = false;
  let order: Order = { ...openOrder, orderId: "1" };
  const seen = exampleBroker();
  const broker = exampleBroker({
    capabilities: () => ({ ...seen.capabilities(), push: "stream" }),
    async start(host) {
      isOpen = true;
      tell = host;
      host.onConnection({ connected: true });
    },
    async close() {
      isOpen = false;
    },
    order: async () => order,
    orders: async () => ({ orders: [order], unmapped: [] }),
  });
  const [first, second] = [gatewayOf(broker), gatewayOf(broker)];
  await first.start();
  await ask(first, "order/place", { body: ORDER });
  expect((await ask(first, "order/state?orderId=1")).json.order).toMatchObject({ status: "OPEN", source: "journal" });
  await second.start();
  order = { ...order, status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: Date.now() };
  tell?.onOrder(order);
  expect((await ask(first, "order/state?orderId=1")).json.order).toMatchObject({ status: "FILLED" });
  await first.close();
  expect(isOpen).toBe(true);
  await second.close();
  expect(isOpen).toBe(false);
});

test("a journal of one's own that cannot be opened is told as that, and nothing is connected", async () => {
  let starts = 0;
  const broker = exampleBroker({
    start: async () => {
      starts += 1;
    },
  });
  const journal: Journal = {
    ...memoryJournal(),
    open: () => {
      throw new Error("no such table");
    },
  };
  await using trading = createHttpTrading({ brokers: [broker], journal });
  await expect(trading.start()).rejects.toMatchObject({
    code: "JournalUnavailable",
    message: "the journal cannot be opened: no such table",
  });
  expect(starts).toBe(0);
});
