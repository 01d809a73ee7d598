/** `examples/futu.ts` through the vendor's own SDK against the OpenD simulator, under each runtime. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import { ORDER } from "./order.ts";
import { addressOf, type Program, RUNTIMES, start } from "./program.ts";

const KEY = "futuRuntimesKey";
const PIN = "e10adc3949ba59abbe56e057f20f883e";

interface Answer {
  readonly ex: string | null;
  readonly [field: string]: unknown;
}

describe.each(RUNTIMES)("examples/futu.ts on %s", (runtime) => {
  let opend: OpenD;
  let program: Program;
  let url: string;

  beforeAll(async () => {
    opend = await startOpenD({ key: KEY });
    program = start(runtime, "examples/futu.ts", {
      PORT: "0",
      TOKEN: DEMO.tokens[0],
      FUTU_PORT: String(opend.port),
      FUTU_KEY: KEY,
      FUTU_UNLOCK_PIN: PIN,
    });
    url = await addressOf(program);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await opend.close();
  });

  async function ask(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/httptrading/api/${DEMO.instanceId}/${path}`, {
      headers: { "HT-TOKEN": DEMO.tokens[0], "Content-Type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  test("reads the account and the market", async () => {
    expect(await ask("ping/state")).toMatchObject({ broker: "futu", ex: null, pong: true });
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

  test("says what it serves, and neither key nor unlock code", async () => {
    const [banner = ""] = program.output().split("Try it:");
    expect(banner).toMatch(/futu: 富途证券, SIMULATE, account \*+\d+/);
    expect(banner).not.toContain(DEMO.instanceId);
    expect(banner).not.toContain(DEMO.tokens[0]);
    expect(program.output()).not.toContain(KEY);
    expect(program.output()).not.toContain(PIN);
  });

  test("lets go of OpenD and ends at SIGTERM", async () => {
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const { open } = (await (await fetch(`http://127.0.0.1:${opend.controlPort}/connections`)).json()) as {
      open: number;
    };
    expect(open).toBe(0);
  });
});
