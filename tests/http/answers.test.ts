/** Every answer of the Python project's description, to the letter: names, casing, nesting, tags and order of keys. */
import { describe, expect, test } from "vitest";
import { ask, type Calls, exampleBroker, gatewayOf, INSTANCE, moment, ORDER, openOrder, request } from "./gateway.ts";

const ENVELOPE = { type: "apiResponse", instanceId: INSTANCE, broker: "futu", brokerDisplay: "富途证券" };
const trading = gatewayOf(exampleBroker());

/** The body as text with its time taken out, so that the order of the keys is compared as well. */
async function textOf(path: string, body?: unknown): Promise<string> {
  const response = await trading.fetch(request(path, { body }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe(body === undefined ? "no-store" : null);
  const text = await response.text();
  const { time } = JSON.parse(text);
  expect(Math.abs(moment(time) - Date.now())).toBeLessThan(60_000);
  return text.replace(`"${time}"`, '"T"');
}

function answer(fields: object): string {
  return JSON.stringify({ ...ENVELOPE, time: "T", ex: null, ...fields });
}

describe("the answers of the eight APIs", () => {
  test("ping/state", async () => {
    expect(await textOf("ping/state")).toBe(answer({ pong: true }));
  });

  test("market/quote", async () => {
    expect(await textOf("market/quote?tradeType=Securities&region=CN&symbol=000001")).toBe(
      answer({
        quote: {
          type: "quote",
          contract: { type: "contract", tradeType: "Securities", region: "CN", symbol: "000001" },
          currency: "CNY",
          isTradable: true,
          latest: 11.53,
          preClose: 11.49,
          highPrice: 11.55,
          lowPrice: 11.44,
          openPrice: 11.5,
          timestamp: 1748409918000,
        },
      }),
    );
  });

  test("market/state", async () => {
    expect(await textOf("market/state")).toBe(
      answer({
        marketStatus: {
          type: "marketStatusMap",
          securities: {
            US: { type: "marketStatus", region: "US", originStatus: "AFTER_HOURS_END", unifiedStatus: "CLOSED" },
            CN: { type: "marketStatus", region: "CN", originStatus: "AFTERNOON", unifiedStatus: "RTH" },
            HK: { type: "marketStatus", region: "HK", originStatus: "AFTERNOON", unifiedStatus: "RTH" },
          },
        },
      }),
    );
  });

  test("cash/state, with the ledger's lines beside it", async () => {
    expect(await textOf("cash/state")).toBe(
      answer({
        cash: { type: "cash", currency: "USD", amount: 30877.499 },
        balances: [{ currency: "HKD", amount: 0.3, available: null }],
      }),
    );
  });

  test("position/state, with what has no name here beside it", async () => {
    expect(await textOf("position/state")).toBe(
      answer({
        positions: [
          {
            type: "position",
            broker: "futu",
            brokerDisplay: "富途证券",
            contract: { type: "contract", tradeType: "Securities", region: "US", symbol: "QQQ" },
            unit: "Share",
            currency: "USD",
            qty: 2400,
          },
        ],
        unmapped: [{ originSymbol: "US.TSLA250620C300000", qty: -1 }],
      }),
    );
  });

  test("order/place echoes what was asked for", async () => {
    const text = await textOf("order/place", ORDER);
    const { tag } = JSON.parse(text);
    expect(tag).toMatch(/^ht[a-z2-7]{24}$/);
    expect(text).toBe(answer({ orderId: "69788888", args: ORDER, tag, effective: null }));
  });

  test("order/cancel", async () => {
    expect(await textOf("order/cancel", { orderId: "6278888" })).toBe(answer({ canceled: true }));
  });

  test("order/state, the fields of the description first", async () => {
    const { json } = await ask(trading, "order/state?orderId=6278888");
    const { asOf, ...order } = json.order;
    moment(asOf);
    expect(JSON.stringify(order)).toBe(
      JSON.stringify({
        type: "order",
        orderId: "6278888",
        currency: "USD",
        qty: 12,
        filledQty: 0,
        avgPrice: 0,
        errorReason: "",
        isCanceled: false,
        isFilled: false,
        isCompleted: false,
        isCancelable: true,
        contract: { type: "contract", tradeType: "Securities", region: "US", symbol: "AAPL" },
        direction: "BUY",
        orderType: "Limit",
        price: 200,
        timeInForce: "DAY",
        lifecycle: "ETH",
        status: "OPEN",
        originStatus: "SUBMITTED",
        tag: null,
        external: true,
        warning: null,
        createdAt: "2025-05-28T05:59:29.000000+00:00",
        updatedAt: null,
        source: "broker",
        staleSince: null,
      }),
    );
  });
});

describe("what stands beside the description", () => {
  test("order/replace gives the new id and echoes the change", async () => {
    expect(await textOf("order/replace", { orderId: "6278888", qty: 10, price: "201.50" })).toBe(
      answer({ orderId: "69788889", args: { orderId: "6278888", qty: 10, price: 201.5 }, effective: null }),
    );
  });

  test("order/list gives open orders unless all are asked for", async () => {
    const calls: Calls = [];
    const listing = gatewayOf(exampleBroker({}, calls));
    const { json } = await ask(listing, "order/list");
    expect(json.orders).toHaveLength(1);
    expect(json.orders[0]).toMatchObject({ type: "order", orderId: openOrder.orderId, status: "OPEN" });
    expect(json.unmapped).toEqual([{ originSymbol: "HK.12345", qty: 100 }]);
    await ask(listing, "order/list?status=all");
    const asked = calls.filter(({ method }) => method === "orders").map(({ args }) => args[0]);
    expect(asked).toContainEqual({ status: "open" });
    expect(asked).toContainEqual({ status: "all" });
  });

  test("capabilities", async () => {
    const { json } = await ask(trading, "capabilities");
    expect(json.capabilities).toMatchObject({
      type: "capabilities",
      environment: "SIMULATE",
      account: "****5678",
      quotes: ["US", "HK", "CN"],
      listing: { complete: true, settleMs: 0 },
    });
    expect(json.capabilities.operations).toContain("placeOrder");
    expect(json.capabilities.orders).toContainEqual({
      tradeType: "Securities",
      region: "HK",
      orderType: "Limit",
      timeInForce: "DAY",
      lifecycle: "ETH",
      effective: { lifecycle: "RTH" },
    });
  });

  test("what the venue makes of the order is shown", async () => {
    const { json } = await ask(trading, "order/place", { body: { ...ORDER, region: "HK", symbol: "700", price: 500 } });
    expect(json.effective).toEqual({ lifecycle: "RTH" });
    expect(json.args.lifecycle).toBe("ETH");
  });

  test("health needs no token and names no instance", async () => {
    const response = await trading.fetch(new Request("http://127.0.0.1/httptrading/health"));
    expect(response.status).toBe(200);
    const { time, ...rest } = (await response.json()) as { time: string };
    moment(time);
    expect(rest).toEqual({ type: "health", status: "ok" });
  });
});

describe("what reaches the broker", () => {
  test("an order in its one form: symbol normalised, price a number, a market order's price dropped", async () => {
    const calls: Calls = [];
    const gateway = gatewayOf(exampleBroker({}, calls));
    await ask(gateway, "order/place", { body: { ...ORDER, symbol: "aapl", price: "200.10" } });
    await ask(gateway, "order/place", { body: { ...ORDER, orderType: "Market", lifecycle: "RTH", price: 7 } });
    const { price: _, ...unpriced } = ORDER;
    await ask(gateway, "order/place", { body: { ...unpriced, orderType: "Market", lifecycle: "RTH", price: null } });
    const orders = calls.filter(({ method }) => method === "placeOrder").map(({ args }) => args[0]);
    const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" };
    expect(orders).toEqual([
      expect.objectContaining({ contract, price: 200.1, qty: 12, lifecycle: "ETH", direction: "BUY" }),
      expect.not.objectContaining({ price: expect.anything() }),
      expect.not.objectContaining({ price: expect.anything() }),
    ]);
  });

  test("cash in dollars unless asked for otherwise", async () => {
    const calls: Calls = [];
    const gateway = gatewayOf(exampleBroker({}, calls));
    await ask(gateway, "cash/state");
    await ask(gateway, "cash/state?currency=CNH");
    await ask(gateway, "cash/state?currency=USDT");
    expect(calls.filter(({ method }) => method === "cash").map(({ args }) => args[0])).toEqual([
      { currency: "USD" },
      { currency: "CNH" },
      { currency: "USDT" },
    ]);
  });

  test("a signal that aborts when the client goes away ends a read, and no write", async () => {
    const client = new AbortController();
    const signals: AbortSignal[] = [];
    const gateway = gatewayOf(
      exampleBroker({
        cash: async (_query, { signal }) => {
          signals.push(signal);
          client.abort();
          return { currency: "USD", amount: 1, balances: [] };
        },
        placeOrder: async (_order, { signal }) => {
          signals.push(signal);
          client.abort();
          return { orderId: "1" };
        },
      }),
    );
    const read = await gateway.fetch(new Request(request("cash/state"), { signal: client.signal }));
    expect([signals[0]?.aborted, read.status < 600]).toEqual([true, true]);
    const write = await gateway.fetch(new Request(request("order/place", { body: ORDER }), { signal: client.signal }));
    expect([signals[1]?.aborted, write.status]).toEqual([false, 200]);
  });
});

describe("a broker that gives what it must not", () => {
  test("a price that is no number is a fault of the broker, not null", async () => {
    const gateway = gatewayOf(
      exampleBroker({ cash: async () => ({ currency: "USD", amount: Number.NaN, balances: [] }) }),
    );
    const { status, json } = await ask(gateway, "cash/state");
    expect(status).toBe(502);
    expect(json.ex).toContain("amount");
  });

  test("methods that are absent are not supported", async () => {
    const gateway = gatewayOf(exampleBroker({ quote: undefined, ping: undefined }));
    expect((await ask(gateway, "market/quote?tradeType=Securities&region=US&symbol=QQQ")).json.error.code).toBe(
      "NotSupported",
    );
    expect((await ask(gateway, "ping/state")).status).toBe(501);
    expect((await ask(gateway, "capabilities")).json.capabilities.operations).not.toContain("ping");
  });
});
