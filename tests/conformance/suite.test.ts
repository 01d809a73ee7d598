import { describe, expect, test } from "vitest";
import { myBroker } from "../../examples/custom-broker.ts";
import { isMultipleOf } from "../../src/domain/money.ts";
import type { BrokerHost } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { brokerConformance, runConformance, type Stage } from "../../src/testing/index.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { TOY_ID, TOY_TOKEN, toyStage } from "./toy/toy-broker.ts";

test("a broker that keeps every promise passes every check that says something about it", async () => {
  const results = await runConformance(toyStage());
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  const gapsOfTheStage = results.filter((one) => one.status === "not applicable" && one.missing === "stage");
  expect(gapsOfTheStage).toEqual([]);
});

test("the example of a broker of one's own fails no check", async () => {
  const results = await runConformance({
    name: "example",
    open: async () => ({ broker: myBroker({ instanceId: TOY_ID, tokens: [TOY_TOKEN] }) }),
    instruments: [{ contract: { tradeType: "Securities", region: "US", symbol: "AAPL" }, price: 100 }],
  });
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(15);
});

test("the example of a broker of one's own sends no order whose time is up, and shows no position of nothing", async () => {
  const broker = myBroker({ instanceId: TOY_ID, tokens: [TOY_TOKEN] });
  const order = {
    contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
    orderType: "Market",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 2,
    tag: "htaaaaaaaaaaaaaaaaaaaaaaaa",
  } as const;
  const call = { signal: new AbortController().signal };
  const late = broker.placeOrder?.({ ...order, direction: "BUY" }, { signal: AbortSignal.abort() });
  await expect(late).rejects.toMatchObject({ code: "Timeout", outcome: "not_sent" });
  expect((await broker.orders?.({ status: "all" }, call))?.orders).toEqual([]);
  await broker.placeOrder?.({ ...order, direction: "BUY" }, call);
  await broker.placeOrder?.({ ...order, direction: "SELL" }, call);
  expect(await broker.positions?.(call)).toEqual({ positions: [], unmapped: [] });
});

test("every check has a name of its own", () => {
  const names = brokerConformance.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

/** A toy at a venue that takes one order for each number, or one that does not look at them; `given` is what it was sent. */
function numberedStage(looks: boolean, given: (string | undefined)[] = []) {
  let last = 0;
  return toyStage((broker) => {
    const { placeOrder } = broker;
    return Object.assign(broker, {
      orderNumber: async () => String(++last),
      placeOrder: async (...[order, call]: Parameters<typeof placeOrder>) => {
        const { number, ...unnumbered } = order;
        if (number === undefined) throw new TypeError("there is no number");
        if (looks && given.includes(number)) throw new BrokerError("OrderRejected", "the number was used before");
        given.push(number);
        return placeOrder(unnumbered, call);
      },
    });
  });
}

test("a broker that is given a number for each order is given one here too, and a new one each time", async () => {
  const given: (string | undefined)[] = [];
  const results = await runConformance(numberedStage(true, given));
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  expect(new Set(given).size).toBe(given.length);
});

test("a broker whose venue takes two orders with one number is caught", async () => {
  const results = await runConformance(numberedStage(false));
  const failed = results.filter(({ status }) => status === "failed").map(({ name }) => name);
  expect(failed).toEqual(["takes one order for each number"]);
});

test("a broker that takes market orders alone fails no check", async () => {
  const stage = toyStage((broker) => {
    const { capabilities, placeOrder } = broker;
    return Object.assign(broker, {
      capabilities: () => ({
        ...capabilities(),
        orders: capabilities().orders.filter(({ orderType }) => orderType === "Market"),
      }),
      placeOrder: async (...[order, call]: Parameters<typeof placeOrder>) => {
        if (order.orderType !== "Market") throw new BrokerError("NotSupported", "market orders only");
        return placeOrder(order, call);
      },
    });
  });
  const results = await runConformance(stage);
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
});

describe("a broker whose changes give orders new ids", () => {
  const failedOf = async (newIds: boolean, endsOld: boolean) => {
    const stage = toyStage((broker, venue) => {
      const { capabilities, replaceOrder } = broker;
      return Object.assign(broker, {
        capabilities: () => ({ ...capabilities(), ...(newIds && { newIds }) }),
        replaceOrder: async (...[orderId, change, call]: Parameters<typeof replaceOrder>) => {
          const placed = await replaceOrder(orderId, change, call);
          const { contract, direction, qty, price, filledQty, tag, status } = venue.order(orderId);
          const waits = status === "PENDING_REPLACE";
          if (waits || filledQty > 0 || price === null || !isMultipleOf(price, 0.01)) return placed;
          const kind = { orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" } as const;
          if (endsOld) venue.cancel(orderId);
          return { orderId: venue.place({ contract, direction, ...kind, qty, price }, tag).orderId };
        },
      });
    });
    const results = await runConformance(stage);
    return results.flatMap((one) => (one.status === "failed" ? [one.error] : []));
  };

  test("fails no check where it says so", async () => {
    expect(await failedOf(true, true)).toEqual([]);
  });

  test("is caught where it does not say so, and where it leaves the old order", async () => {
    const unsaid = await failedOf(false, true);
    expect(unsaid.length).toBeGreaterThan(5);
    for (const error of unsaid) expect(error).toMatch(/order T\d+ is T\d+ after a replace, .* do not say newIds/);
    const left = await failedOf(true, false);
    expect(left.length).toBeGreaterThan(5);
    expect(left).toContainEqual(expect.stringContaining("the order to be CANCELED"));
  });
});

test("a broker for a venue without dollars fails no check, and its cash is looked at", async () => {
  const inHongKong = (cash?: () => Promise<never>) =>
    toyStage((broker) => {
      const right = { ...broker };
      const ofHongKong = ({ region }: { readonly region: string }) => region === "HK";
      return Object.assign(broker, {
        capabilities: () => ({
          ...right.capabilities(),
          markets: right.capabilities().markets.filter(ofHongKong),
          orders: right.capabilities().orders.filter(ofHongKong),
          quotes: ["HK"],
        }),
        cash: async (...[{ currency }, call]: Parameters<typeof right.cash>) => {
          if (currency !== "HKD") throw new BrokerError("NotSupported", `there is no ${currency} here`);
          return cash?.() ?? right.cash({ currency }, call);
        },
      });
    });
  const failed = async (stage: Stage) =>
    (await runConformance(stage)).filter(({ status }) => status === "failed").map(({ name }) => name);
  const unknownContract = { tradeType: "Securities", region: "HK", symbol: "09999" } as const;
  expect(await failed({ ...inHongKong(), unknownContract })).toEqual([]);
  expect(await failed(inHongKong(() => new Promise(() => undefined)))).toContain(
    "ends every read that nobody answers when its call is aborted",
  );
});

test("a broker that is not connected yet when the answer to its replace was lost fails no check", async () => {
  const stage = toyStage((broker) => {
    const { start, cancelOrder } = broker;
    let connected = false;
    return Object.assign(broker, {
      start: (host: BrokerHost) =>
        start({
          ...host,
          onConnection: (state) => {
            connected = false;
            const tell = () => {
              connected = state.connected;
              host.onConnection(state);
            };
            if (state.connected) setTimeout(tell, 50);
            else tell();
          },
        }),
      cancelOrder: async (...[orderId, call]: Parameters<typeof cancelOrder>) => {
        if (!connected && !call.signal.aborted) throw new BrokerError("NotConnected", "the link is down");
        await cancelOrder(orderId, call);
      },
    });
  });
  const checks = brokerConformance.filter(({ name }) => name.startsWith("says unknown when the answer to a replace"));
  expect(await runConformance(stage, checks)).toMatchObject([{ status: "passed" }]);
});

test("what happens while the venue is away is looked at also of a broker that keeps no connection", async () => {
  const stage = toyStage((broker) => {
    Reflect.deleteProperty(broker, "start");
    return broker;
  });
  const checks = brokerConformance.filter(({ name }) => name.startsWith("tells what was filled and what has ended"));
  expect(await runConformance(stage, checks)).toMatchObject([{ status: "passed" }]);
});

test("a quantity between two steps is measured by the market of the order, not by another one of its region", async () => {
  const coins = { tradeType: "Cryptocurrencies", region: "US", unit: "Satoshi", qtyStep: 2 } as const;
  const stage = toyStage((broker) => {
    const { capabilities } = broker;
    const [market, ...markets] = capabilities().markets;
    if (market === undefined) throw new Error("the toy has no market");
    return Object.assign(broker, {
      capabilities: () => ({ ...capabilities(), markets: [{ ...market, ...coins }, market, ...markets] }),
    });
  });
  const results = await runConformance(stage);
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
});

test.each([
  ["nothing", () => undefined],
  [
    "an error",
    () => {
      throw new Error("no capabilities");
    },
  ],
])(
  "a broker whose capabilities are %s fails its checks, and every venue that was opened is closed",
  async (_, answer) => {
    let open = 0;
    const stage = toyStage((broker) => Object.assign(broker, { capabilities: answer as () => never }));
    const counted = async () => {
      const opened = await stage.open();
      open += 1;
      const close = async () => {
        open -= 1;
        await opened.close?.();
      };
      return { ...opened, close };
    };
    const checks = brokerConformance.filter(({ needs }) => needs.some((need) => "row" in need)).slice(0, 2);
    const results = await runConformance({ ...stage, open: counted }, checks);
    expect(results).toHaveLength(checks.length);
    expect(results.some(({ status }) => status === "failed")).toBe(true);
    expect(open).toBe(0);
  },
);

test("a stage without a contract for limit orders lets no error go by unheard, which would end the author's process", async () => {
  const unheard = unheardRejections();
  const checks = brokerConformance.filter(({ name }) => name === "puts no secret into an error");
  const results = await runConformance({ ...toyStage(), instruments: [] }, checks);
  await aFewTurns();
  expect([results.map(({ status }) => status), unheard]).toEqual([["passed"], []]);
});

test("a stage that is none is told all that it has to have", async () => {
  const wrong = { name: "x", open: toyStage(), instruments: [{ symbol: "AAPL" }] };
  await expect(runConformance(wrong as never)).rejects.toThrow(
    "runConformance cannot begin: open must be a function that resolves with { broker }; instruments[0].contract must be { tradeType, region, symbol }; instruments[0].price must be a number",
  );
  await expect(runConformance(undefined as never)).rejects.toThrow("instruments must be a list of { contract, price }");
});

test("a stage that opens as a broker itself is told what to give", async () => {
  const open = async () => myBroker({ instanceId: TOY_ID, tokens: [TOY_TOKEN] });
  const [first] = await runConformance({ ...toyStage(), open: open as never }, brokerConformance.slice(0, 1));
  expect(first).toMatchObject({ status: "failed", error: expect.stringContaining("must be { broker }") });
});

test("a broker that asks for changes over HTTP does not have to call one lost request a lost connection", async () => {
  const stage = toyStage((broker) => {
    const { capabilities, start } = broker;
    return Object.assign(broker, {
      capabilities: () => ({ ...capabilities(), push: "polling" as const }),
      start: (host: BrokerHost) =>
        start({ ...host, onConnection: (state) => state.reason === undefined && host.onConnection(state) }),
    });
  });
  const results = await runConformance(stage);
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
});

test("a stage whose power to hold cancels cannot be ended is told so, and an order that is not so what it should be", async () => {
  const checks = brokerConformance.filter(({ name }) => name.startsWith("tells what is filled behind a cancel"));
  const errorOf = async (stage: Stage) => {
    const [result] = await runConformance(stage, checks);
    return result?.status === "failed" ? result.error : undefined;
  };
  const endless = toyStage((broker, venue) => {
    venue.powers.holdCancels = async () => undefined as never;
    return broker;
  });
  expect(await errorOf(endless)).toMatch(/holdCancels\(\) of the stage must give a function that ends it again/);
  const forgetful = toyStage((broker) => {
    const { order } = broker;
    return Object.assign(broker, {
      order: async (...args: Parameters<typeof order>) => ({ ...(await order(...args)), filledQty: 0 }),
    });
  });
  expect(await errorOf(forgetful)).toMatch(/the order T1 to read as one whose cancel waits, with its fill/);
});
