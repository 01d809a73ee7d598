/** `examples/longport.ts` over web standards against the Longport simulator, under each runtime. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { type LongportServer, startLongport } from "../../simulators/longport/server.ts";
import { ORDER } from "./order.ts";
import { addressOf, type Program, RUNTIMES, start } from "./program.ts";

const CREDENTIALS = {
  appKey: "longportRuntimesKey",
  appSecret: "longportRuntimesSecret",
  accessToken: "longportRuntimesToken",
} as const;

interface Answer {
  readonly ex: string | null;
  readonly [field: string]: unknown;
}

describe.each(RUNTIMES)("examples/longport.ts on %s", (runtime) => {
  let server: LongportServer;
  let program: Program;
  let url: string;

  beforeAll(async () => {
    server = await startLongport(CREDENTIALS);
    program = start(runtime, "examples/longport.ts", {
      PORT: "0",
      TOKEN: DEMO.tokens[0],
      LONGPORT_APP_KEY: CREDENTIALS.appKey,
      LONGPORT_APP_SECRET: CREDENTIALS.appSecret,
      LONGPORT_ACCESS_TOKEN: CREDENTIALS.accessToken,
      LONGPORT_HTTP_URL: `http://127.0.0.1:${server.port}`,
      LONGPORT_QUOTE_WS_URL: `ws://127.0.0.1:${server.port}/quote/v2`,
      LONGPORT_TRADE_WS_URL: `ws://127.0.0.1:${server.port}/trade/v2`,
    });
    url = await addressOf(program);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await server.close();
  });

  async function ask(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/httptrading/api/${DEMO.instanceId}/${path}`, {
      headers: { "HT-TOKEN": DEMO.tokens[0], "Content-Type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  test("reads the account and the market", async () => {
    expect(await ask("ping/state")).toMatchObject({ broker: "longBridge", ex: null, pong: true });
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

  test("says what it serves, and neither keys nor token", () => {
    const [banner = ""] = program.output().split("Try it:");
    expect(banner).toMatch(/longBridge: 长桥证券, REAL/);
    expect(banner).not.toContain(DEMO.instanceId);
    for (const secret of Object.values(CREDENTIALS)) expect(program.output()).not.toContain(secret);
  });

  test("closes its links and ends at SIGTERM", async () => {
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    await vi.waitFor(() => expect(server.connections()).toMatchObject({ open: 0, total: 2 }));
  });
});
