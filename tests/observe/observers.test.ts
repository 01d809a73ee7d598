/** Whoever watches is told, and can change nothing: the work is done once and answered at once. */
import { describe, expect, test } from "vitest";
import {
  BrokerError,
  type BrokerHost,
  createHttpTrading,
  defineApi,
  type Journal,
  memoryJournal,
  type ObservedEvent,
  type ObservedRequest,
  type ObservedWrite,
  type Observer,
  type Order,
  type RequestResult,
  type WriteResult,
} from "../../mod.ts";
import {
  ask,
  type Calls,
  exampleBroker,
  gatewayOf,
  INSTANCE,
  instance,
  ORDER,
  request,
  TOKEN,
  writes,
} from "../http/gateway.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("what is told", () => {
  test("a request with its name, its trace and its end", async () => {
    const seen: { request: ObservedRequest; result: RequestResult }[] = [];
    const observer: Observer = {
      request: async (about, work) => void seen.push({ request: about, result: await work() }),
    };
    const trading = gatewayOf(exampleBroker(), { observers: [observer] });
    const headers = { "X-Request-Id": "mine-1", traceparent: PARENT, tracestate: "vendor=1" };
    await ask(trading, "market/quote?tradeType=Securities&region=US&symbol=aapl$", { headers });
    expect(seen).toEqual([
      {
        request: {
          requestId: "mine-1",
          instance: "futu",
          api: "marketQuote",
          method: "GET",
          principal: "default",
          traceparent: PARENT,
          tracestate: "vendor=1",
        },
        result: { status: 400, ms: expect.any(Number) },
      },
    ]);
  });

  test("nothing of a miss", async () => {
    const seen: unknown[] = [];
    const trading = gatewayOf(exampleBroker(), { observers: [{ request: (about) => void seen.push(about) }] });
    await trading.fetch(request("ping/state", { token: "wrongToken0123456" }));
    expect(seen).toEqual([]);
  });

  test("a write with its order, its tag and its outcome", async () => {
    const seen: [ObservedWrite, WriteResult][] = [];
    const observer: Observer = { write: async (about, work) => void seen.push([about, await work()]) };
    const broker = exampleBroker({
      replaceOrder: () => Promise.reject(new BrokerError("InsufficientFunds", "too little money")),
      cancelOrder: () => Promise.reject(new TypeError("lost")),
    });
    const trading = gatewayOf(broker, { observers: [observer] });
    const headers = { "X-Request-Id": "mine-1", "Idempotency-Key": "once" };
    const { json } = await ask(trading, "order/place", { body: ORDER, headers });
    await ask(trading, "order/place", { body: ORDER, headers });
    await ask(trading, "order/replace", {
      body: { orderId: "6278888", qty: 13 },
      headers: { "X-Request-Id": "mine-2" },
    });
    await ask(trading, "order/cancel", { body: { orderId: "6278888" }, headers: { "X-Request-Id": "mine-3" } });
    const by = { instance: "futu", principal: "default" };
    const ms = expect.any(Number);
    const good = { outcome: "accepted", code: null, message: null, tag: json.tag, orderId: "69788888", ms };
    expect(seen).toEqual([
      [
        { ...by, action: "place", orderId: null, requestId: "mine-1" },
        { ...good, replayed: false },
      ],
      [
        { ...by, action: "place", orderId: null, requestId: "mine-1" },
        { ...good, replayed: true },
      ],
      [
        { ...by, action: "replace", orderId: "6278888", requestId: "mine-2" },
        {
          outcome: "rejected",
          code: "InsufficientFunds",
          message: "too little money",
          tag: null,
          orderId: "6278888",
          replayed: false,
          ms,
        },
      ],
      [
        { ...by, action: "cancel", orderId: "6278888", requestId: "mine-3" },
        {
          outcome: "unknown",
          code: "OutcomeUnknown",
          message: expect.stringContaining("lost"),
          tag: null,
          orderId: "6278888",
          replayed: false,
          ms,
        },
      ],
    ]);
    await trading.close();
  });

  test("the tag of the order that a change is for", async () => {
    const tags: (string | null)[] = [];
    const observer: Observer = { write: async (_about, work) => void tags.push((await work()).tag) };
    const trading = gatewayOf(exampleBroker(), { observers: [observer] });
    const { json } = await ask(trading, "order/place", { body: ORDER });
    await ask(trading, "order/cancel", { body: { orderId: json.orderId } });
    expect(tags).toEqual([json.tag, json.tag]);
  });

  test("each turn of a kill switch once, of one instance as of all", async () => {
    const seen: ObservedEvent[] = [];
    const admin = { token: "theOperatorsToken", name: "looker", scopes: ["admin"] } as const;
    const all = { token: "operatorOfGateway", name: "ops" };
    const trading = gatewayOf(exampleBroker({}, [], { ...instance, tokens: [admin] }), {
      adminTokens: [all],
      observers: [{ event: (event) => void seen.push(event) }],
    });
    await ask(trading, "guard/state", { token: admin.token, body: { state: "REDUCING", reason: "its own" } });
    const { url, headers } = request("guard/state", { token: all.token, body: {} });
    const ofAll = url.replace(`api/${INSTANCE}/`, "");
    const body = JSON.stringify({ state: "HALTED", reason: "of all" });
    expect((await trading.fetch(new Request(ofAll, { method: "POST", headers, body }))).status).toBe(200);
    await trading.close();
    expect(seen).toEqual([
      { kind: "guard", instance: "futu", state: "REDUCING", principal: "looker", reason: "its own" },
      { kind: "guard", instance: "gateway", state: "HALTED", principal: "ops", reason: "of all" },
    ]);
  });

  test("connections, errors without the secrets that they quote, and a journal that fails", async () => {
    const seen: ObservedEvent[] = [];
    let broken = false;
    const inner = memoryJournal();
    const journal: typeof inner = {
      ...inner,
      append(lines, durability) {
        if (broken) throw new Error("no space left");
        return inner.append(lines, durability);
      },
    };
    const handler = ({ request: { url, headers } }: { request: Request }) => {
      throw new Error(`cannot do ${url} for ${headers.get("HT-TOKEN")}`, { cause: new TypeError(TOKEN) });
    };
    const broker = exampleBroker({ start: async (host) => host.onConnection({ connected: true }) });
    const trading = gatewayOf(broker, {
      journal,
      observers: [{ event: (event) => void seen.push(event) }],
      extendApis: [{ name: "failing", method: "GET", path: "failing", handler }],
      onError: () => {},
    });
    await ask(trading, "failing", { headers: { "X-Request-Id": "mine-1" } });
    await expect.poll(() => seen.map(({ kind }) => kind)).toEqual(["error", "connection"]);
    expect(seen).toContainEqual({ kind: "connection", instance: "futu", connected: true, reason: null });
    expect(seen[0]).toMatchObject({ instance: "futu", api: "failing", requestId: "mine-1" });
    const text = JSON.stringify(seen);
    expect(text).toContain("cannot do http://127.0.0.1/httptrading/api/[secret]/failing for [secret]");
    expect(text).toContain("TypeError: [secret]");
    expect(text).not.toContain(INSTANCE);
    broken = true;
    await ask(trading, "order/place", { body: ORDER });
    expect(seen.find(({ kind }) => kind === "journal")).toMatchObject({
      instance: "futu",
      lines: 1,
      error: expect.stringContaining("no space left"),
    });
    await trading.close();
  });
});

test("a lost connection and an anomaly are told at once while the journal cannot be written, and only once", async () => {
  const seen: ObservedEvent[] = [];
  const told = () => seen.filter(({ kind }) => kind !== "journal").map(({ kind }) => kind);
  let broken = false;
  const inner = memoryJournal();
  const append: Journal["append"] = (lines, durability) => {
    if (broken) throw new Error("no space left");
    return inner.append(lines, durability);
  };
  let host: BrokerHost | undefined;
  const broker = exampleBroker({
    start: async (given) => {
      host = given;
      given.onConnection({ connected: true });
    },
  });
  const journal = { ...inner, append };
  const trading = gatewayOf(broker, { journal, observers: [{ event: (event) => void seen.push(event) }] });
  await trading.start();
  await expect.poll(told).toEqual(["connection"]);
  broken = true;
  host?.onConnection({ connected: false, reason: "unplugged" });
  host?.onOrder({} as Order);
  await expect.poll(told, { timeout: 5000 }).toEqual(["connection", "connection", "anomaly"]);
  expect(seen).toContainEqual({ kind: "connection", instance: "futu", connected: false, reason: "unplugged" });
  broken = false;
  host?.onConnection({ connected: true });
  await expect.poll(told, { timeout: 5000 }).toEqual(["connection", "connection", "anomaly", "connection"]);
  await trading.close();
  expect(told()).toHaveLength(4);
});

test("an error without a stack is told, and keeps no order waiting and no process from going on", async () => {
  const unheard = unheardRejections();
  const errors: string[] = [];
  const bare = Object.assign(new Error("no space left"), { stack: null });
  const journal = { ...memoryJournal(), append: () => Promise.reject(bare) };
  const handler = () => Promise.reject(bare);
  const trading = gatewayOf(exampleBroker(), {
    journal,
    observers: [{ event: (event) => void ("error" in event && errors.push(event.error)) }],
    extendApis: [{ name: "failing", method: "GET", path: "failing", handler }],
    onError: () => {},
  });
  expect((await ask(trading, "failing")).status).toBe(502);
  expect((await ask(trading, "order/place", { body: ORDER })).json.error.code).toBe("JournalUnavailable");
  await aFewTurns();
  expect(unheard).toEqual([]);
  expect(new Set(errors)).toEqual(new Set(["Error: no space left\n"]));
  await trading.close();
});

describe("who watches an order cannot", () => {
  const CARELESS: Readonly<Record<string, NonNullable<Observer["write"]>>> = {
    "repeat it": async (_about, work) => {
      await Promise.all([work(), work()]);
      await work();
    },
    "keep it from being sent": () => undefined,
    "hold its answer up": () => new Promise(() => {}),
    "send it later": async (_about, work) => {
      await new Promise((resolve) => setTimeout(resolve));
      await work();
    },
    "break it by throwing": () => {
      throw new Error("careless");
    },
    "break it by rejecting": async (_about, work) => {
      await work();
      throw new Error("careless");
    },
  };

  test.for(Object.entries(CARELESS))("%s", async ([, write]) => {
    const calls: Calls = [];
    const around: NonNullable<Observer["request"]> = (_about, work) =>
      write({} as ObservedWrite, work as unknown as () => Promise<WriteResult>);
    const trading = gatewayOf(exampleBroker({}, calls), { observers: [{ write, request: around }, { write }] });
    const { status, json } = await ask(trading, "order/place", { body: ORDER });
    expect([status, json.orderId]).toEqual([200, "69788888"]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(writes(calls)).toHaveLength(1);
  });
});

test("a token or an instance id that a client gives for an order's id is told to nobody", async () => {
  const seen: unknown[] = [];
  const unknown = (orderId: string) => Promise.reject(new BrokerError("OrderNotFound", `there is no order ${orderId}`));
  // The standard APIs refuse such a body.
  const own = defineApi({
    name: "own",
    method: "POST",
    path: "own",
    scope: "cancel",
    async handler(context) {
      const { orderId } = (await context.json()) as { orderId: string };
      await context.broker.replace(orderId, { qty: 13 }, context).catch(() => undefined);
      await context.broker.cancel(orderId, context);
      return context.respond();
    },
  });
  const trading = gatewayOf(exampleBroker({ cancelOrder: unknown, order: unknown }), {
    extendApis: [own],
    observers: [{ write: async (about, work) => void seen.push(about, await work()) }],
  });
  for (const orderId of [TOKEN, INSTANCE]) {
    const { json } = await ask(trading, "own", { body: { orderId } });
    expect(json.error.message).toBe(`there is no order ${orderId}`);
  }
  expect(seen).toHaveLength(8);
  expect(seen).toContainEqual(expect.objectContaining({ message: "there is no order [secret]", orderId: "[secret]" }));
  expect(JSON.stringify(seen)).not.toMatch(new RegExp(`${TOKEN}|${INSTANCE}`));
});

test("an order's id that is no text is refused as it is where nobody watches", async () => {
  const seen: unknown[] = [];
  const own = defineApi({
    name: "own",
    method: "POST",
    path: "own",
    async handler(context) {
      const { orderId } = (await context.json()) as { orderId: string };
      await context.broker.cancel(orderId, context);
      return context.respond();
    },
  });
  const watching = [
    { write: async (about: ObservedWrite, work: () => Promise<WriteResult>) => void seen.push(about, await work()) },
  ];
  for (const observers of [[], watching]) {
    const trading = gatewayOf(exampleBroker(), { extendApis: [own], observers, onError: () => {} });
    const { status, json } = await ask(trading, "own", { body: { orderId: 7 } });
    expect([status, json.error.code, json.error.outcome]).toEqual([400, "InvalidRequest", "not_sent"]);
  }
  expect(seen).toMatchObject([
    { action: "cancel", orderId: null },
    { outcome: "not_sent", code: "InvalidRequest" },
  ]);
});

test.for<[what: string, observer: object]>([
  [
    "throws when it is asked for",
    {
      get request(): never {
        throw new Error("away");
      },
      get write(): never {
        throw new Error("away");
      },
    },
  ],
  ["is no function", { request: "log", write: 7, event: true }],
  ["is null", { request: null, write: null, event: null }],
])("an observer of which a member %s keeps no order from being sent", async ([, observer]) => {
  const calls: Calls = [];
  const trading = gatewayOf(exampleBroker({}, calls), { observers: [observer] });
  const { status, json } = await ask(trading, "order/place", { body: ORDER });
  expect([status, json.orderId]).toEqual([200, "69788888"]);
  expect(writes(calls)).toHaveLength(1);
});

test("an observer whose word on an event comes to nothing takes nothing else down", async () => {
  const unheard = unheardRejections();
  let told = 0;
  const careless: Observer = {
    async event() {
      told += 1;
      throw new Error("the log is away");
    },
  };
  const broker = exampleBroker({ start: async (host) => host.onConnection({ connected: true }) });
  const trading = gatewayOf(broker, { observers: [careless] });
  await trading.start();
  await expect.poll(() => told).toBe(1);
  await aFewTurns();
  expect(unheard).toEqual([]);
  await trading.close();
});

test("the first observer is the outermost", async () => {
  const order: string[] = [];
  const named = (name: string): Observer => ({
    async request(_about, work) {
      order.push(`${name} begins`);
      await work();
      order.push(`${name} ends`);
    },
  });
  const trading = gatewayOf(exampleBroker(), { observers: [named("a"), named("b")] });
  await ask(trading, "ping/state");
  await expect.poll(() => order).toEqual(["a begins", "b begins", "b ends", "a ends"]);
});

test("an observer that is none is told at once", () => {
  expect(() => createHttpTrading({ brokers: [], observers: [1] as unknown as Observer[] })).toThrow(
    "observers must be a list of observers",
  );
  expect(instance.tokens).toEqual([TOKEN]);
});

test("a journal whose promises begin anew for everybody who waits for them is asked once for each line", async () => {
  const inner = memoryJournal();
  const kinds: string[] = [];
  const append: Journal["append"] = (lines, durability) =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: what is awaited here is just that
      then(...told: Parameters<Promise<number>["then"]>) {
        kinds.push(...lines.map(({ kind }) => kind));
        return Promise.resolve(inner.append(lines, durability)).then(...told);
      },
    }) as Promise<number>;
  const trading = gatewayOf(exampleBroker(), { journal: { ...inner, append } });
  const { status } = await ask(trading, "order/place", { body: ORDER });
  await trading.close();
  expect(status).toBe(200);
  expect(kinds.filter((kind) => kind === "intent" || kind === "progress")).toEqual(["intent", "progress"]);
});

test.each([
  ["at once", () => undefined],
  ["later", async () => undefined],
])("no order is sent on the word of a journal that says nothing of its lines, %s", async (_, append) => {
  const calls: Calls = [];
  const journal = { ...memoryJournal(), append: append as unknown as Journal["append"] };
  const trading = gatewayOf(exampleBroker({}, calls), { journal });
  expect(await ask(trading, "order/place", { body: ORDER })).toMatchObject({ status: 503 });
  await trading.close();
  expect(writes(calls)).toEqual([]);
});
