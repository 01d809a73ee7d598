/** What the vendor refuses, and that nothing is accepted then; and what it takes. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCallCounter, PATIENCE } from "../../simulators/tiger/limits.ts";
import { Refusal } from "../../simulators/tiger/refusal.ts";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { ask, BUY, PAPER } from "./tiger-client.ts";

let tiger: TigerServer;

beforeEach(async () => {
  tiger = await startTiger({ limits: false });
});

afterEach(() => tiger.close());

describe("orders that are refused", () => {
  test.each([
    ["no account", { account: undefined }, 1010, "field 'account' cannot be empty"],
    ["an account of somebody else", { account: "1" }, 4, "access forbidden"],
    ["an option", { sec_type: "OPT" }, 1010, "sec_type"],
    ["neither currency nor market", { currency: undefined }, 1010, "field 'currency' cannot be empty"],
    ["a currency without shares", { currency: "EUR" }, 1010, "currency"],
    ["a currency of another market", { market: "HK" }, 1010, "does not match"],
    ["onshore yuan", { symbol: "600519", currency: "CNY", total_quantity: 100, limit_price: 1500 }, 1010, "currency"],
    ["a symbol of another market", { symbol: "00700" }, 1010, "symbol"],
    ["a Hong Kong symbol without its zeros", { symbol: "700", currency: "HKD" }, 1010, "symbol"],
    ["an unknown symbol", { symbol: "NOSUCH" }, 1200, "Contract not found"],
    ["a stop order", { order_type: "STP" }, 1010, "order_type"],
    ["a short sale side", { action: "SSHORT" }, 1010, "action"],
    ["good till a date", { time_in_force: "GTD" }, 1010, "time_in_force"],
    ["a market order till cancelled", { order_type: "MKT", time_in_force: "GTC" }, 1200, "does not support GTC"],
    ["a market order outside regular hours", { order_type: "MKT", outside_rth: true }, 1200, "outside_rth"],
    ["a market order at night", { order_type: "MKT", trading_session_type: "OVERNIGHT" }, 1200, "session"],
    ["day and night at once", { trading_session_type: "FULL" }, 1010, "trading_session_type"],
    [
      "a night order in Hong Kong",
      { symbol: "00700", currency: "HKD", total_quantity: 100, limit_price: 500, trading_session_type: "OVERNIGHT" },
      1200,
      "session",
    ],
    ["a mark that is too long", { user_mark: "x".repeat(129) }, 1010, "user_mark"],
    ["a limit order without a price", { limit_price: undefined }, 1010, "limit_price"],
    ["a price of nothing", { limit_price: 0 }, 1010, "limit_price"],
    ["a price between two ticks", { limit_price: 190.505 }, 1200, "tick size"],
    ["half a lot", { symbol: "00700", currency: "HKD", total_quantity: 50, limit_price: 500 }, 1200, "lot"],
    ["a fraction of a share", { total_quantity: 15, total_quantity_scale: 1 }, 1200, "lot"],
    ["a quantity that is no whole number", { total_quantity: 1.5 }, 1010, "total_quantity"],
    ["a quantity of nothing", { total_quantity: 0 }, 1010, "total_quantity"],
    ["more than the money buys", { total_quantity: 100_000 }, 1200, "buying power"],
    ["selling what is not held", { action: "SELL" }, 1200, "position"],
    ["good till cancelled on paper", { account: PAPER, time_in_force: "GTC" }, 1300, "does not support GTC"],
    ["more than the money buys on paper", { account: PAPER, total_quantity: 100_000 }, 1300, "buying power"],
  ])("%s", async (_name, changes, code, text) => {
    const reply = await ask(tiger, "place_order", { ...BUY, ...changes });
    expect(reply).toMatchObject({ status: 200, code, message: expect.stringContaining(text) });
    expect(tiger.venue.orders()).toEqual([]);
  });

  test("changes that make no sense leave the order as it is", async () => {
    const { data } = await ask(tiger, "place_order", { ...BUY, order_id: 1 });
    const change = (changes: object) => ask(tiger, "modify_order", { ...BUY, order_id: 1, ...changes });
    expect((await change({ total_quantity: undefined })).code).toBe(1010);
    expect((await change({ limit_price: -1 })).code).toBe(1010);
    expect((await change({ limit_price: 190.001 })).code).toBe(1200);
    expect((await change({ total_quantity: 100_000 })).code).toBe(1200);
    expect(tiger.venue.find(String(data["id"]))?.order).toMatchObject({ qty: 10, price: 190.5 });
  });
});

describe("orders that are taken", () => {
  test.each([
    ["till cancelled", { time_in_force: "GTC" }, { timeInForce: "GTC", lifecycle: "RTH" }],
    ["outside regular hours", { outside_rth: true }, { lifecycle: "ETH" }],
    [
      "with the session by name",
      { outside_rth: undefined, trading_session_type: "PRE_RTH_POST" },
      { lifecycle: "ETH" },
    ],
    ["at night", { trading_session_type: "OVERNIGHT" }, { lifecycle: "OVERNIGHT" }],
    ["with nothing said of the session", { outside_rth: undefined }, { lifecycle: "ETH" }],
    ["at the market", { order_type: "MKT", limit_price: undefined }, { orderType: "Market", lifecycle: "RTH" }],
    ["with a share class", { symbol: "BRK.B", total_quantity: 1, limit_price: 500 }, { qty: 1 }],
    ["with a scaled quantity", { total_quantity: 100, total_quantity_scale: 1 }, { qty: 10 }],
    ["on paper", { account: PAPER }, { qty: 10 }],
  ])("%s", async (_name, changes, expected) => {
    expect(await ask(tiger, "place_order", { ...BUY, ...changes })).toMatchObject({ code: 0 });
    expect(tiger.venue.orders()[0]?.order).toMatchObject(expected);
  });
});

describe("the rate limits", () => {
  const refusals = (calls: () => void, times: number): Refusal[] =>
    Array.from({ length: times }).flatMap(() => {
      try {
        calls();
        return [];
      } catch (error) {
        if (error instanceof Refusal) return [error];
        throw error;
      }
    });

  test.each([
    ["place_order", 120],
    ["order_no", 120],
    ["orders", 120],
    ["quote_real_time", 120],
    ["positions", 60],
    ["prime_assets", 60],
    ["market_state", 10],
    ["user_license", 10],
  ])("%s: %d in a rolling minute", (method, most) => {
    let now = 0;
    // As fast as an account may place orders.
    const step = method === "place_order" ? 200 : 0;
    const counter = createCallCounter("code-4", () => now);
    const count = () => {
      counter.count(method, false);
      now += step;
    };
    expect(refusals(count, most)).toEqual([]);
    now = 59_999;
    expect(refusals(() => counter.count(method, false), 1)).toMatchObject([
      {
        code: 4,
        status: 200,
        message: `rate limit error(current limiting interface:${method}, up to ${most} times per minute)`,
      },
    ]);
    counter.count("brief", false);
    now = 60_000;
    expect(refusals(() => counter.count(method, false), 1)).toEqual([]);
  });

  test("count what is placed and changed by the second, for each account", () => {
    let now = 0;
    const counter = createCallCounter("code-4", () => now);
    expect(refusals(() => counter.count("place_order", false), 3)).toEqual([]);
    expect(refusals(() => counter.count("modify_order", false), 2)).toEqual([]);
    const message = "rate limit error(current limiting interface:place_order, up to 5 times per second)";
    expect(refusals(() => counter.count("place_order", false), 1)).toMatchObject([{ code: 4, message }]);
    expect(refusals(() => counter.count("cancel_order", false), 10)).toEqual([]);
    expect(refusals(() => counter.count("place_order", true), 1)).toEqual([]);
    now = 1000;
    expect(refusals(() => counter.count("place_order", false), 1)).toEqual([]);
  });

  test("count the writes of a paper account together", () => {
    let now = 0;
    const counter = createCallCounter("http-429", () => now);
    const count = (method: string) => () => {
      counter.count(method, true);
      now += 200;
    };
    for (const method of ["place_order", "modify_order", "cancel_order"]) {
      expect(refusals(count(method), 40)).toEqual([]);
    }
    expect(refusals(() => counter.count("cancel_order", true), 1)).toMatchObject([{ code: 5, status: 429 }]);
    expect(refusals(() => counter.count("cancel_order", false), 1)).toEqual([]);
  });

  test("shut out who goes on, with every method, until the server forgets", () => {
    let now = 0;
    const counter = createCallCounter("code-4", () => now);
    const texts = refusals(() => counter.count("market_state", false), 10 + PATIENCE + 2).map(({ message }) => message);
    expect(texts).toHaveLength(PATIENCE + 2);
    expect(texts.at(-1)).toContain("blacklisted");
    expect(texts.at(-2)).toContain("rate limit error");
    now = 600_000;
    expect(refusals(() => counter.count("orders", false), 1)).toMatchObject([{ code: 4 }]);
    counter.reset();
    expect(refusals(() => counter.count("orders", false), 1)).toEqual([]);
  });

  test("are answered as code 4 with 200, or as code 5 with 429", async () => {
    for (const [limitStyle, expected] of [
      ["code-4", { status: 200, code: 4 }],
      ["http-429", { status: 429, code: 5 }],
    ] as const) {
      const limited = await startTiger({ limitStyle });
      try {
        for (let count = 0; count < 10; count += 1) {
          expect((await ask(limited, "market_state", { market: "US" })).code).toBe(0);
        }
        expect(await ask(limited, "market_state", { market: "US" })).toMatchObject(expected);
        limited.faults.arm({ kind: "rate-limit", on: "place" });
        expect(await ask(limited, "place_order", BUY)).toMatchObject({
          ...expected,
          message: "rate limit error(current limiting interface:place_order, up to 120 times per minute)",
        });
        expect(limited.venue.orders()).toEqual([]);
      } finally {
        await limited.close();
      }
    }
  });
});
