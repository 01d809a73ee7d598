/** `examples/interactive-brokers.ts` through the SDK against the TWS simulator, under each runtime. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { startTws, type Tws } from "../../simulators/tws/server.ts";
import { ORDER } from "./order.ts";
import { addressOf, type Program, RUNTIMES, start } from "./program.ts";

interface Answer {
  readonly ex: string | null;
  readonly [field: string]: unknown;
}

describe.each(RUNTIMES)("examples/interactive-brokers.ts on %s", (runtime) => {
  let tws: Tws;
  let program: Program;
  let url: string;

  beforeAll(async () => {
    tws = await startTws();
    program = start(runtime, "examples/interactive-brokers.ts", {
      PORT: "0",
      TOKEN: DEMO.tokens[0],
      IB_PORT: String(tws.port),
      IB_CLIENT_ID: "21",
    });
    url = await addressOf(program);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await tws.close();
  });

  async function ask(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/httptrading/api/${DEMO.instanceId}/${path}`, {
      headers: { "HT-TOKEN": DEMO.tokens[0], "Content-Type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  test("reads the account and the market", async () => {
    expect(await ask("ping/state")).toMatchObject({ broker: "interactiveBrokers", ex: null, pong: true });
    expect(await ask("cash/state")).toMatchObject({ ex: null, cash: { currency: "USD" } });
    expect(await ask("position/state")).toMatchObject({ ex: null });
    expect(await ask("market/state")).toMatchObject({ ex: null, marketStatus: { type: "marketStatusMap" } });
    expect(await ask("market/quote?tradeType=Securities&region=US&symbol=AAPL")).toMatchObject({
      ex: null,
      quote: { contract: { symbol: "AAPL" }, currency: "USD", latest: 201.5 },
    });
  });

  test("places, finds, changes and cancels an order", async () => {
    const placed = await ask("order/place", ORDER);
    expect(placed).toMatchObject({ ex: null, args: ORDER });
    const orderId = String(placed["orderId"]);
    expect(await ask(`order/state?orderId=${orderId}`)).toMatchObject({
      ex: null,
      order: { orderId, qty: 12, isCompleted: false, tag: placed["tag"] },
    });
    expect(await ask("order/replace", { orderId, qty: 13 })).toMatchObject({ ex: null });
    expect(await ask("order/list?status=open")).toMatchObject({ ex: null, orders: [{ orderId, qty: 13 }] });
    expect(await ask("order/cancel", { orderId })).toMatchObject({ ex: null });
    expect(await ask(`order/state?orderId=${orderId}`)).toMatchObject({ order: { isCanceled: true } });
  });

  test("says what it serves, and that it is no real money", async () => {
    const [banner = ""] = program.output().split("Try it:");
    expect(banner).toMatch(/interactiveBrokers: 盈透证券, SIMULATE, account \*+4567/);
    expect(banner).not.toContain(DEMO.instanceId);
    expect(banner).not.toContain(DEMO.tokens[0]);
    expect(banner).not.toContain("DU1234567");
  });

  test("lets go of TWS and ends at SIGTERM", async () => {
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const { open } = (await (await fetch(`http://127.0.0.1:${tws.controlPort}/connections`)).json()) as {
      open: number;
    };
    expect(open).toBe(0);
  });
});

test("an empty IB_CLIENT_ID is told, and not taken for 0", async () => {
  const env = { PORT: "0", IB_PORT: "1", IB_CLIENT_ID: "" };
  await using program = start("node", "examples/interactive-brokers.ts", env);
  await program.printed(/clientId must be a whole number|listens on/);
  expect(program.output()).toContain("clientId must be a whole number");
});
