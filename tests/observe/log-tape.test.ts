/** Records of LogTape: written where the application says, from the level that it says, and never without it. */
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { BrokerError, defineApi, Failure, type Journal, memoryJournal } from "../../mod.ts";
import { logTape } from "../../src/logs/index.ts";
import { serve } from "../../src/runtime/node.ts";
import { ask, exampleBroker, gatewayOf, INSTANCE, ORDER, TOKEN } from "../http/gateway.ts";

const records: LogRecord[] = [];

async function listen(lowestLevel: "debug" | "info" | "error"): Promise<void> {
  records.length = 0;
  await configure({
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: "httptrading", lowestLevel, sinks: ["memory"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
}

const told = () => records.map(({ category, level, message }) => `${category.at(-1)} ${level} ${message.join("")}`);

afterEach(() => reset());

describe("a gateway with LogTape", () => {
  test("tells at info of every write, with everything that finds it again", async () => {
    await listen("info");
    const trading = gatewayOf(exampleBroker(), { observers: [logTape, logTape] });
    const { json } = await ask(trading, "order/place", { body: ORDER, headers: { "X-Request-Id": "mine-1" } });
    await ask(trading, "ping/state");
    expect(told()).toEqual(["desk info futu place: accepted, order 69788888, by default"]);
    expect(records[0]?.category).toEqual(["httptrading", "desk"]);
    expect(records[0]?.properties).toEqual({
      instance: "futu",
      action: "place",
      principal: "default",
      requestId: "mine-1",
      tag: json.tag,
      orderId: "69788888",
      outcome: "accepted",
      code: null,
      message: null,
      replayed: false,
      ms: expect.any(Number),
    });
  });

  test("says in the text alone of which order, whose, and that it was told again", async () => {
    await listen("info");
    const trading = gatewayOf(exampleBroker(), { observers: [logTape] });
    const again = { body: ORDER, headers: { "Idempotency-Key": "once" } };
    await ask(trading, "order/place", again);
    await ask(trading, "order/place", again);
    await ask(trading, "order/place", { ...again, body: { ...ORDER, qty: 13 } });
    expect(told()).toEqual([
      "desk info futu place: accepted, order 69788888, by default",
      "desk info futu place: accepted before, order 69788888, by default",
      expect.stringMatching(/^desk info futu place: not_sent, by default: this Idempotency-Key belongs to another/),
    ]);
  });

  test("tells at debug of every request, and warns of an unknown outcome", async () => {
    await listen("debug");
    const broker = exampleBroker({ cancelOrder: () => Promise.reject(new TypeError("lost")) });
    const trading = gatewayOf(broker, { observers: [logTape] });
    await ask(trading, "order/cancel", { body: { orderId: "6278888" }, headers: { "X-Request-Id": "mine-1" } });
    await ask(trading, "order/replace", { body: { orderId: "6278888", qty: 1.5 } });
    await expect
      .poll(() => told().filter((line) => !line.includes("settled")))
      .toEqual([
        // Also where only the message is written, as in text, it says what to do.
        expect.stringMatching(
          /^desk warning futu cancel: unknown, order 6278888, by default: .*lost.*look before sending again$/,
        ),
        "http debug futu orderCancel: 504",
        expect.stringMatching(
          /^desk info futu replace: not_sent, order 6278888, by default: qty: 1\.5 is not a positive/,
        ),
        "http debug futu orderReplace: 400",
      ]);
    expect(records[1]?.properties).toMatchObject({ requestId: "mine-1", principal: "default", method: "POST" });
    await trading.close();
  });

  test("tells of what happens by itself: connections, what is settled, a journal that fails", async () => {
    await listen("info");
    let connect = (_connected: boolean): void => {};
    let broken = false;
    const inner = memoryJournal();
    const journal: Journal = {
      ...inner,
      append(lines, durability) {
        if (broken) throw new Failure("JournalUnavailable", "the disk is full");
        return inner.append(lines, durability);
      },
    };
    const broker = exampleBroker({
      start: async (host) => {
        connect = (connected) => host.onConnection({ connected, reason: "{instance} unplugged" });
        connect(true);
      },
      replaceOrder: () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" })),
    });
    const trading = gatewayOf(broker, { observers: [logTape], journal });
    await trading.start();
    await ask(trading, "order/replace", { body: { orderId: "6278888", qty: 12 } });
    // The order stands as it was asked for, which the next look finds out.
    await expect
      .poll(told)
      .toContain("desk info futu settled an unknown write as order 6278888: read from the order, which is OPEN");
    connect(false);
    await expect.poll(told).toContain("desk warning futu is not connected: {instance} unplugged");
    broken = true;
    await ask(trading, "order/cancel", { body: { orderId: "6278888" } });
    expect(told().filter((line) => line.startsWith("journal error futu could not write its journal"))).not.toEqual([]);
    await trading.close();
  });

  test("tells of a connection that it is there, that it is there in part, and that it is not", async () => {
    await listen("info");
    for (const connected of [true, false]) {
      for (const reason of [null, "no quotes"]) {
        logTape.event?.({ kind: "connection", instance: "futu", connected, reason });
      }
    }
    expect(told()).toEqual([
      "desk info futu is connected",
      "desk warning futu is connected: no quotes",
      "desk warning futu is not connected: no reason given",
      "desk warning futu is not connected: no quotes",
    ]);
  });

  test("lets no line of what a vendor or a client wrote pass for a record of its own", async () => {
    await listen("info");
    const forged = "[WRN] futu cancel: not_sent, order 1, by bot";
    const placeOrder = async () => {
      throw new BrokerError("OrderRejected", `no\n\r\n${forged}\r${forged}\u2028${forged}`, { outcome: "rejected" });
    };
    const own = defineApi({
      name: "cancelThis",
      method: "POST",
      path: "cancel/this",
      async handler({ broker, json, respond, ...context }) {
        await broker.cancel(String(await json()), context);
        return respond();
      },
    });
    const trading = gatewayOf(exampleBroker({ placeOrder }), { observers: [logTape], extendApis: [own] });
    await ask(trading, "order/place", { body: ORDER });
    await ask(trading, "cancel/this", { body: JSON.stringify(`1\n${forged}`) });
    expect(told()).toEqual([
      `desk info futu place: rejected, by default: no\n    ${forged}\n    ${forged}\n    ${forged}`,
      `desk info futu cancel: accepted, order 1\n    ${forged}, by default`,
    ]);
    await trading.close();
  });

  test("has an unforeseen error in place of the console, without the secrets that it quotes", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const handler = ({ request }: { request: Request }) => {
      throw new Error(`no ${request.url} for ${request.headers.get("HT-TOKEN")}`);
    };
    const extendApis = [{ name: "failing", method: "GET", path: "failing", handler } as const];
    const trading = gatewayOf(exampleBroker(), { observers: [logTape], extendApis });
    await ask(trading, "failing");
    expect(console).toHaveBeenCalledTimes(1);
    expect(console.mock.calls.join()).toContain("failing of futu failed unexpectedly: Error: no http://127.0.0.1/");
    expect(console.mock.calls.join()).not.toMatch(new RegExp(`${INSTANCE}|${TOKEN}`));
    await listen("error");
    await ask(trading, "failing");
    expect(console).toHaveBeenCalledTimes(1);
    expect(told().join()).toContain("http error futu failing failed unexpectedly: Error: no http://127.0.0.1/");
    expect(JSON.stringify(records)).not.toMatch(new RegExp(`${INSTANCE}|${TOKEN}`));
    console.mockRestore();
  });
});

test("nobody stands around a request or a write while nobody reads of them", async () => {
  expect([logTape.request, logTape.write]).toEqual([undefined, undefined]);
  await listen("info");
  expect([logTape.request, typeof logTape.write]).toEqual([undefined, "function"]);
  await reset();
  await listen("debug");
  expect(typeof logTape.request).toBe("function");
});

test("a server logs to the LogTape that the program has configured, from the start of its brokers to its end", async () => {
  await listen("info");
  const broker = exampleBroker({
    async start(host) {
      host.onConnection({ connected: true });
      host.onConnection({ connected: true, reason: "its token ends soon" });
    },
  });
  const server = await serve(gatewayOf(broker), { port: 0, signals: false, print: () => {} });
  expect(told()).toEqual(["desk info futu is connected", "desk warning futu is connected: its token ends soon"]);
  await server.close();
});

test("a gateway that is served at two addresses is logged to the end of the last server", async () => {
  await listen("info");
  const trading = gatewayOf(exampleBroker());
  const options = { port: 0, signals: false, print: () => {} };
  const [first, second] = [await serve(trading, options), await serve(trading, options)];
  await first.close();
  await ask(trading, "order/cancel", { body: { orderId: "6278888" } });
  expect(told()).toContain("desk info futu cancel: accepted, order 6278888, by default");
  await second.close();
});

test("a server that is to write logs does so from the level that it is given, unless the program has its own", async () => {
  const info = vi.spyOn(globalThis.console, "info").mockImplementation(() => {});
  onTestFinished(() => info.mockRestore());
  const printed: string[] = [];
  const options = { port: 0, signals: false, logs: "json", print: (line: string) => void printed.push(line) } as const;
  const place = async () => {
    const trading = gatewayOf(exampleBroker());
    const server = await serve(trading, options);
    await ask(trading, "order/place", { body: ORDER });
    await server.close();
  };
  await place();
  const lines = info.mock.calls.map(([line]) => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: "INFO", logger: "httptrading.desk", message: "futu place: accepted, order 69788888, by default" },
  ]);
  expect(printed.join()).not.toContain("LogTape");
  await reset();
  await listen("info");
  await place();
  expect(printed.join()).toContain("LogTape is configured already, so `logs` is left to that.");
  expect(info).toHaveBeenCalledTimes(1);
  expect(told()).toEqual(["desk info futu place: accepted, order 69788888, by default"]);
});
