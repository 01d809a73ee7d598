/** `examples/tiger.ts` against the simulator of Tiger's gateway and push service, under each runtime. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { CLIENT_KEY_FILE, CLIENT_PRIVATE_KEY } from "../../simulators/tiger/keys.ts";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { ORDER } from "./order.ts";
import { addressOf, type Program, RUNTIMES, start } from "./program.ts";

/** The second line of the key's file, which tells one key from another. */
const KEY = CLIENT_PRIVATE_KEY.split("\n")[1] ?? "";

interface Answer {
  readonly ex: string | null;
  readonly [field: string]: unknown;
}

describe.each(RUNTIMES)("examples/tiger.ts on %s", (runtime) => {
  let simulator: TigerServer;
  let program: Program;
  let url: string;

  beforeAll(async () => {
    simulator = await startTiger();
    program = start(runtime, "examples/tiger.ts", {
      PORT: "0",
      TOKEN: DEMO.tokens[0],
      TIGER_SERVER_URL: `http://127.0.0.1:${simulator.port}/gateway`,
      TIGER_PUSH_URL: `tls://127.0.0.1:${simulator.pushPort}`,
      TIGER_PRIVATE_KEY_PATH: CLIENT_KEY_FILE,
    });
    url = await addressOf(program);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await simulator.close();
  });

  async function ask(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/httptrading/api/${DEMO.instanceId}/${path}`, {
      headers: { "HT-TOKEN": DEMO.tokens[0], "Content-Type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  test("reads the account and the market", async () => {
    expect(await ask("ping/state")).toMatchObject({ broker: "tiger", ex: null, pong: true });
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

  test("says what it serves, and not the key", async () => {
    const [banner = ""] = program.output().split("Try it:");
    expect(banner).toMatch(/tiger: 老虎证券, SIMULATE, account \*+\d+/);
    expect(banner).not.toContain(DEMO.instanceId);
    expect(banner).not.toContain(DEMO.tokens[0]);
    expect(KEY).not.toBe("");
    expect(program.output()).not.toContain(KEY);
  });

  test("lets go of Tiger and ends at SIGTERM", async () => {
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const { open } = (await (await fetch(`http://127.0.0.1:${simulator.controlPort}/connections`)).json()) as {
      open: number;
    };
    expect(open).toBe(0);
  });
});
