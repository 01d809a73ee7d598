/** Metrics, readiness and request ids: who may see them, and what they say. */
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  type Broker,
  BrokerError,
  createHttpTrading,
  defineApi,
  Failure,
  type HttpTrading,
  type HttpTradingOptions,
  type Journal,
  memoryJournal,
} from "../../mod.ts";
import { ask, exampleBroker, gatewayOf, INSTANCE, ORDER, request, TOKEN } from "./gateway.ts";

const GATEWAY_ADMIN = "gatewayAdmin00001";
const ITS_ADMIN = "instanceAdmin0001";
const OTHER_ID = "otherInstance0001";

const mine = {
  instanceId: INSTANCE,
  name: "mine",
  tokens: [TOKEN, { token: ITS_ADMIN, name: "looker", scopes: ["admin"] }],
} as const;
const other = { instanceId: OTHER_ID, name: 'the "other"\\', tokens: ["otherToken0123456"] } as const;

function gateway(
  own: Parameters<typeof exampleBroker>[0] = {},
  options: Omit<HttpTradingOptions, "brokers"> = {},
): HttpTrading {
  return createHttpTrading({
    brokers: [exampleBroker(own, [], mine), exampleBroker({}, [], other)],
    adminTokens: [GATEWAY_ADMIN],
    ...options,
  });
}

async function operate(trading: HttpTrading, path: string, token = GATEWAY_ADMIN): Promise<Response> {
  return trading.fetch(new Request(`http://127.0.0.1/httptrading/${path}`, { headers: { "HT-TOKEN": token } }));
}

/** The samples by their names with labels; rejects text that Prometheus would not read. */
async function metricsOf(trading: HttpTrading, token = GATEWAY_ADMIN): Promise<ReadonlyMap<string, number>> {
  const response = await operate(trading, "metrics", token);
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  const typed = new Set<string>();
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line)?.[1];
    if (type !== undefined) {
      expect(typed).not.toContain(type);
      typed.add(type);
      continue;
    }
    if (/^# HELP \w+ \S/.test(line)) continue;
    const sample = /^((\w+?)(?:_bucket|_sum|_count)?(?:\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) (\S+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    const [, series = "", family = "", value] = sample ?? [];
    expect([...typed].some((known) => known === family || series.startsWith(known))).toBe(true);
    expect(samples).not.toContain(series);
    samples.set(series, Number(value));
  }
  return samples;
}

describe("request ids", () => {
  const trading = gateway();

  test.for(["abc-1.2_3", "x".repeat(64)])("%s comes back", async (id) => {
    const { headers } = await ask(trading, "ping/state", { headers: { "X-Request-Id": id } });
    expect(headers.get("x-request-id")).toBe(id);
  });

  test.for(["", "with space", "x".repeat(65), "semi;colon", `a-${TOKEN}`, `${INSTANCE}`])(
    "%s does not, and one is made",
    async (id) => {
      const { headers } = await ask(trading, "ping/state", { headers: { "X-Request-Id": id } });
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test("are made where somebody watches, and for failures; nobody else would know them", async () => {
    const unwatched = gatewayOf(exampleBroker());
    const idOf = async (path: string, body?: unknown) =>
      (await ask(unwatched, path, { body })).headers.get("x-request-id");
    expect(await idOf("ping/state")).toBeNull();
    expect(await idOf("order/place", { x: 1 })).toMatch(/^[0-9a-f-]{36}$/);
    const named = await ask(unwatched, "ping/state", { headers: { "X-Request-Id": "mine-1" } });
    expect(named.headers.get("x-request-id")).toBe("mine-1");
  });

  test("stand on failures, on refusals, on answers that cannot be changed and on those of operators", async () => {
    const headers = { "X-Request-Id": "mine-1" };
    const fetched = Response.redirect("https://example.org/", 302);
    const own = gatewayOf(exampleBroker({}, [], mine), {
      extendApis: [{ name: "away", method: "GET", path: "away", handler: () => fetched }],
    });
    expect((await ask(own, "order/place", { headers, body: { x: 1 } })).headers.get("x-request-id")).toBe("mine-1");
    const forbidden = await ask(own, "ping/state", { headers, token: ITS_ADMIN });
    expect([forbidden.status, forbidden.headers.get("x-request-id")]).toEqual([403, "mine-1"]);
    const away = await own.fetch(request("away", { headers }));
    expect([away.status, away.headers.get("location"), away.headers.get("x-request-id")]).toEqual([
      302,
      "https://example.org/",
      "mine-1",
    ]);
    expect(away.headers.get("x-frame-options")).toBe("DENY");
    const asked = new Request("http://127.0.0.1/httptrading/metrics", {
      headers: { ...headers, "HT-TOKEN": GATEWAY_ADMIN },
    });
    expect((await trading.fetch(asked)).headers.get("x-request-id")).toBe("mine-1");
  });
});

describe("metrics", () => {
  test("count requests by instance, API and status, and how long they took", async () => {
    const trading = gateway();
    await ask(trading, "ping/state");
    await ask(trading, "ping/state");
    await ask(trading, "order/state?nonsense=1");
    await ask(trading, "ping/state", { instanceId: OTHER_ID, token: "otherToken0123456" });
    const seen = await metricsOf(trading);
    expect(seen.get('httptrading_requests_total{instance="mine",api="pingState",status="200"}')).toBe(2);
    expect(seen.get('httptrading_requests_total{instance="mine",api="orderState",status="400"}')).toBe(1);
    const escaped = 'instance="the \\"other\\"\\\\"';
    expect(seen.get(`httptrading_requests_total{${escaped},api="pingState",status="200"}`)).toBe(1);
    const duration = 'httptrading_request_duration_seconds_bucket{instance="mine",api="pingState",le=';
    expect(seen.get(`${duration}"+Inf"}`)).toBe(2);
    const counts = [...seen].filter(([series]) => series.startsWith(duration)).map(([, value]) => value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(seen.get('httptrading_request_duration_seconds_count{instance="mine",api="pingState"}')).toBe(2);
  });

  test("count requests also while somebody else watches them", async () => {
    const trading = gateway({}, { observers: [{ request: (_about, work) => work() }] });
    await ask(trading, "ping/state");
    const seen = await metricsOf(trading);
    expect(seen.get('httptrading_requests_total{instance="mine",api="pingState",status="200"}')).toBe(1);
    expect(seen.get('httptrading_request_duration_seconds_count{instance="mine",api="pingState"}')).toBe(1);
  });

  test("count writes by what became of them, repetitions apart", async () => {
    let taken = true;
    const placeOrder = async () => {
      if (taken) return { orderId: "1" };
      throw new BrokerError("OrderRejected", "no money");
    };
    const trading = gateway({ placeOrder, cancelOrder: () => Promise.reject(new TypeError("lost")) });
    const headers = { "Idempotency-Key": "once" };
    await ask(trading, "order/place", { body: ORDER, headers });
    await ask(trading, "order/place", { body: ORDER, headers });
    taken = false;
    await ask(trading, "order/place", { body: ORDER });
    await ask(trading, "order/cancel", { body: { orderId: "6278888" } });
    const seen = await metricsOf(trading);
    const writes = (rest: string) => seen.get(`httptrading_writes_total{instance="mine",${rest}}`);
    expect(writes('action="place",outcome="accepted",code="none"')).toBe(1);
    expect(writes('action="place",outcome="replayed",code="none"')).toBe(1);
    expect(writes('action="place",outcome="rejected",code="OrderRejected"')).toBe(1);
    expect(writes('action="cancel",outcome="unknown",code="OutcomeUnknown"')).toBe(1);
    expect(seen.get('httptrading_unknown_intents{instance="mine"}')).toBe(1);
    expect(seen.get('httptrading_write_duration_seconds_count{instance="mine",action="place"}')).toBe(3);
    await trading.close();
  });

  test("count a write of unknown outcome once, however often its key is repeated", async () => {
    const trading = gateway({ placeOrder: () => Promise.reject(new TypeError("lost")) });
    const headers = { "Idempotency-Key": "once" };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await ask(trading, "order/place", { body: ORDER, headers })).status).toBe(504);
    }
    const seen = await metricsOf(trading);
    const writes = (rest: string) => seen.get(`httptrading_writes_total{instance="mine",action="place",${rest}}`);
    expect(writes('outcome="unknown",code="OutcomeUnknown"')).toBe(1);
    expect(writes('outcome="replayed",code="OutcomeUnknown"')).toBe(2);
    await trading.close();
  });

  test("tell where the desk stands", async () => {
    let connect = (_connected: boolean): void => {};
    const queue = { name: "place order", waiting: 2, taken: 7, waitedMs: 1500, refused: 1 };
    const trading = gateway({
      start: async (host) => {
        connect = (connected) => host.onConnection({ connected });
        connect(true);
      },
      queues: () => [queue, { ...queue, waiting: 1 }],
    });
    await trading.start();
    await expect.poll(async () => (await metricsOf(trading)).get('httptrading_reconciled{instance="mine"}')).toBe(1);
    const events = await trading.fetch(request("order/events"));
    const seen = await metricsOf(trading);
    const of = (name: string, more = "") => seen.get(`httptrading_${name}{instance="mine"${more}}`);
    expect([of("connected"), of("open_orders"), of("event_followers")]).toEqual([1, 1, 1]);
    expect(seen.has('httptrading_connected{instance="the \\"other\\"\\\\"}')).toBe(false);
    const its = ',queue="place order"';
    expect([of("queue_waiting", its), of("queue_turns_total", its), of("queue_refusals_total", its)]).toEqual([
      3, 14, 2,
    ]);
    expect(of("queue_wait_seconds_total", its)).toBe(3);
    connect(false);
    await expect
      .poll(async () => (await metricsOf(trading)).get('httptrading_connection_losses_total{instance="mine"}'))
      .toBe(1);
    const later = await metricsOf(trading);
    expect(later.get('httptrading_connected{instance="mine"}')).toBe(0);
    expect(later.get('httptrading_reconciled{instance="mine"}')).toBe(0);
    await events.body?.cancel();
    await trading.close();
  });

  test("count a loss once, however often it is told, and none before there was a connection", async () => {
    const told = [false, true, false, false, true, true, false];
    const trading = gateway({
      start: async (host) => {
        for (const connected of told) host.onConnection({ connected });
      },
    });
    await trading.start();
    const seen = await metricsOf(trading);
    expect(seen.get('httptrading_connection_losses_total{instance="mine"}')).toBe(2);
    await trading.close();
  });

  test("can be read of all instances when the broker of one says of its queues what cannot be", async () => {
    const load = { waiting: 1, taken: 2, waitedMs: 3000, refused: 4 };
    const said: readonly unknown[] = [
      undefined,
      "none",
      [{ name: "no figures" }, { name: 7, ...load }, null, { name: "of text", ...load, waiting: "1" }],
      [
        { name: "no number", ...load, taken: Number.NaN },
        { name: "good", ...load },
      ],
    ];
    const broken = (): never => {
      throw new Error("the queues are away");
    };
    for (const queues of [...said.map((one) => () => one), broken]) {
      const trading = gateway({ queues: queues as NonNullable<Broker["queues"]> });
      const seen = await metricsOf(trading);
      const waiting = [...seen.keys()].filter((name) => name.startsWith("httptrading_queue_waiting"));
      const good = queues !== broken && queues() === said.at(-1);
      expect(waiting).toEqual(good ? ['httptrading_queue_waiting{instance="mine",queue="good"}'] : []);
      expect(seen.has('httptrading_reconciled{instance="the \\"other\\"\\\\"}')).toBe(true);
      await trading.close();
    }
  });

  test("tell how the kill switch was left before a restart, though nobody has traded since", async () => {
    const journal = memoryJournal();
    const before = gateway({}, { journal });
    const turned = await before.fetch(
      new Request("http://127.0.0.1/httptrading/guard/state", {
        method: "POST",
        headers: { "HT-TOKEN": GATEWAY_ADMIN, "content-type": "application/json" },
        body: JSON.stringify({ state: "HALTED", reason: "drill" }),
      }),
    );
    expect(turned.status).toBe(200);
    await before.close();
    const seen = await metricsOf(gateway({}, { journal }));
    const state = (name: string) => seen.get(`httptrading_trading_state{instance="mine",state="${name}"}`);
    expect([state("ACTIVE"), state("HALTED")]).toEqual([0, 1]);
  });

  test("tell what was left unknown and open before a restart, though the broker is away since", async () => {
    const journal = { ...memoryJournal(), close: () => undefined };
    const before = gateway(
      { replaceOrder: () => Promise.reject(new TypeError("lost")), order: undefined },
      { journal },
    );
    expect((await ask(before, "order/place", { body: ORDER })).status).toBe(200);
    expect((await ask(before, "order/replace", { body: { orderId: "6278888", qty: 13 } })).status).toBe(504);
    const left = async (trading: HttpTrading) => {
      const seen = await metricsOf(trading);
      return ["open_orders", "unknown_intents"].map((name) => seen.get(`httptrading_${name}{instance="mine"}`));
    };
    expect(await left(before)).toEqual([2, 1]);
    await before.close();
    const away = () => Promise.reject(new BrokerError("NotConnected", "gone"));
    const trading = gateway(
      { start: async (host) => host.onConnection({ connected: false }), orders: away },
      { journal },
    );
    await trading.start();
    expect(await left(trading)).toEqual([2, 1]);
    await trading.close();
  });

  test("tell nothing of a kill switch of which the journal cannot say how it was left", async () => {
    const memory = memoryJournal();
    let away = true;
    const guards: Journal["guards"] = (instance) =>
      away ? Promise.reject(new Error("the disk is away")) : memory.guards(instance);
    const trading = gateway({}, { journal: { ...memory, guards } });
    const states = async () => [...(await metricsOf(trading)).keys()].filter((name) => name.includes("trading_state"));
    expect(await states()).toEqual([]);
    const body = JSON.stringify({ state: "HALTED", reason: "drill" });
    const headers = { "HT-TOKEN": ITS_ADMIN, "content-type": "application/json" };
    await trading.fetch(
      new Request(`http://127.0.0.1/httptrading/api/${INSTANCE}/guard/state`, { method: "POST", headers, body }),
    );
    const halted = 'httptrading_trading_state{instance="mine",state="HALTED"}';
    expect((await metricsOf(trading)).get(halted)).toBe(1);
    away = false;
    expect(await states()).toHaveLength(6);
    await trading.close();
  });

  test("tell of the journal, also when it fails", async () => {
    let broken = false;
    const inner = memoryJournal();
    const journal: Journal = {
      ...inner,
      append(lines, durability) {
        if (broken) throw new Failure("JournalUnavailable", "the disk is full");
        return inner.append(lines, durability);
      },
    };
    const trading = gateway({}, { journal });
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
    const seen = await metricsOf(trading);
    const lines = seen.get("httptrading_journal_lines_total") ?? 0;
    expect(lines).toBeGreaterThanOrEqual(2);
    expect(seen.get("httptrading_journal_append_duration_seconds_count")).toBeGreaterThanOrEqual(2);
    broken = true;
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(503);
    expect((await metricsOf(trading)).get("httptrading_journal_append_failures_total")).toBeGreaterThanOrEqual(1);
  });

  test("count misses alike, whatever was missed, and errors that nobody foresaw", async () => {
    const handler = () => {
      throw new TypeError("oops");
    };
    const extendApis = [{ name: "failing", method: "GET", path: "failing", handler } as const];
    const trading = gateway({}, { extendApis, onError: () => {} });
    for (const miss of [
      request("ping/state", { token: "wrongToken0123456" }),
      request("nothing/here"),
      request("ping/state", { instanceId: "unknownInstance01" }),
      new Request("http://127.0.0.1/httptrading/metrics"),
    ]) {
      await (await trading.fetch(miss)).text();
    }
    await ask(trading, "failing");
    const seen = await metricsOf(trading);
    expect(seen.get("httptrading_misses_total")).toBe(4);
    expect(seen.get('httptrading_unforeseen_errors_total{instance="mine"}')).toBe(1);
  });

  test("count errors of the routes that belong to no instance under the gateway", async () => {
    const one = z.object({ a: z.string() }).meta({ id: "Twice" });
    const two = z.object({ b: z.string() }).meta({ id: "Twice" });
    const unwritable = defineApi({
      name: "unwritable",
      method: "GET",
      path: "unwritable",
      schema: { summary: "Cannot be written as JSON Schema", answer: z.object({ one, two }) },
      handler: ({ respond }) => respond(),
    });
    const trading = gateway({}, { extendApis: [unwritable], onError: () => {} });
    expect((await operate(trading, "openapi.json")).status).toBe(500);
    expect((await metricsOf(trading)).get('httptrading_unforeseen_errors_total{instance="gateway"}')).toBe(1);
  });

  test("count an error of the operators' own routes, which is told with the request that it came with", async () => {
    const turn = { state: "HALTED", all: true, principal: "ops", reason: "drill", at: Number.NaN } as const;
    const told: unknown[] = [];
    const trading = gateway(
      {},
      { journal: { ...memoryJournal(), guards: () => [turn] }, onError: (_error, report) => void told.push(report) },
    );
    const failed = await operate(trading, "guard/state");
    expect([failed.status, await failed.text()]).toEqual([500, "500: Internal Server Error"]);
    expect(told).toEqual([
      { api: "guardState", instance: "gateway", requestId: failed.headers.get("x-request-id") ?? "none" },
    ]);
    expect((await metricsOf(trading)).get('httptrading_unforeseen_errors_total{instance="gateway"}')).toBe(1);
  });

  test("show the operator of one instance that one, and nothing of the gateway", async () => {
    const trading = gateway();
    await ask(trading, "ping/state");
    await ask(trading, "ping/state", { instanceId: OTHER_ID, token: "otherToken0123456" });
    const names = [...(await metricsOf(trading, ITS_ADMIN)).keys()];
    expect(names.some((name) => name.includes('instance="mine"'))).toBe(true);
    expect(names.filter((name) => /other|gateway|journal|misses/.test(name))).toEqual([]);
  });

  test("two instances of one name are told apart", async () => {
    const brokers = [
      exampleBroker({}, [], { ...mine, name: "gateway" }),
      exampleBroker({}, [], { ...other, name: "gateway" }),
    ];
    const trading = createHttpTrading({ brokers, adminTokens: [GATEWAY_ADMIN] });
    expect(trading.instances.map(({ name }) => name)).toEqual(["gateway-2", "gateway-3"]);
    const seen = await metricsOf(trading);
    for (const name of ["gateway-2", "gateway-3"])
      expect(seen.has(`httptrading_open_orders{instance="${name}"}`)).toBe(true);
  });
});

describe("readiness", () => {
  test("is ready when all is", async () => {
    const trading = gateway();
    const response = await operate(trading, "health/ready");
    const part = { ready: true, session: true, account: true, dataFeed: true, reconciled: true };
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      type: "readiness",
      status: "ready",
      time: expect.any(String),
      instances: [
        { name: "mine", broker: "futu", ...part },
        { name: 'the "other"\\', broker: "futu", ...part },
      ],
    });
    const its = (await (await operate(trading, "health/ready", ITS_ADMIN)).json()) as { instances: unknown[] };
    expect(its.instances).toEqual([{ name: "mine", broker: "futu", ...part }]);
  });

  test("begins what goes on in the background, as any other request does", async () => {
    const prune = vi.fn();
    const trading = gateway({}, { journal: { ...memoryJournal(), prune } });
    await operate(trading, "health/ready", ITS_ADMIN);
    await vi.waitFor(() => expect(prune).toHaveBeenCalledOnce());
    await trading.close();
  });

  const failing = () => Promise.reject(new BrokerError("NotConnected", "gone"));
  test.for([
    ["session", { ping: async () => false }],
    ["account", { cash: failing }],
    ["dataFeed", { marketStatus: failing }],
    ["reconciled", { orders: failing }],
  ] as const)("is not, without %s", async ([missing, own]) => {
    const response = await operate(gateway(own), "health/ready", ITS_ADMIN);
    const { status, instances } = (await response.json()) as { status: string; instances: Record<string, unknown>[] };
    expect([response.status, status, instances[0]?.["ready"]]).toEqual([503, "not ready", false]);
    const parts = ["session", "account", "dataFeed", "reconciled"];
    expect(parts.filter((part) => instances[0]?.[part] === false)).toEqual([missing]);
  });

  test("is not ready by a ping that says nothing", async () => {
    const trading = gateway({ ping: async () => undefined as unknown as boolean });
    const response = await operate(trading, "health/ready", ITS_ADMIN);
    const { instances } = (await response.json()) as { instances: Record<string, unknown>[] };
    expect([response.status, instances[0]?.["session"]]).toEqual([503, false]);
  });

  test("says null of what the broker has not, and is ready without", async () => {
    const trading = gateway({ cash: undefined, positions: undefined, marketStatus: undefined });
    const response = await operate(trading, "health/ready", ITS_ADMIN);
    expect(await response.json()).toMatchObject({
      status: "ready",
      instances: [{ ready: true, session: true, account: null, dataFeed: null, reconciled: true }],
    });
  });

  test("asks the broker once, however often it is asked, and answers though the broker never does", async () => {
    let asked = 0;
    const never = () => {
      asked += 1;
      return new Promise<never>(() => {});
    };
    const trading = createHttpTrading({ brokers: [exampleBroker({ cash: never }, [], { ...mine, deadlineMs: 300 })] });
    const answers = await Promise.all([1, 2, 3].map(() => operate(trading, "health/ready", ITS_ADMIN)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(asked).toBe(1);
  });

  test("is not, once the gateway is closed", async () => {
    const trading = gateway();
    await trading.close();
    expect((await operate(trading, "health/ready")).status).toBe(503);
  });
});

test("nothing is counted, and nobody let in, where no token could read it", async () => {
  const trading = gatewayOf(exampleBroker());
  for (const path of ["metrics", "health/ready"]) expect((await operate(trading, path, TOKEN)).status).toBe(404);
});
