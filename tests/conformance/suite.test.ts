import { expect, test } from "vitest";
import { brokerConformance, runConformance } from "../../src/testing/index.ts";
import { toyStage } from "./toy/toy-broker.ts";

test("a broker that keeps every promise passes every check that says something about it", async () => {
  const results = await runConformance(toyStage());
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  const gapsOfTheStage = results.filter((one) => one.status === "not applicable" && one.missing === "stage");
  expect(gapsOfTheStage).toEqual([]);
});

test("every check has a name of its own", () => {
  const names = brokerConformance.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test("a broker that is given a number for each order is given one here too, and a new one each time", async () => {
  const given: (string | undefined)[] = [];
  let last = 0;
  const stage = toyStage((broker) => {
    const { placeOrder } = broker;
    return Object.assign(broker, {
      orderNumber: async () => String(++last),
      placeOrder: async (...[order, call]: Parameters<typeof placeOrder>) => {
        given.push(order.number);
        const { number, ...unnumbered } = order;
        if (number === undefined) throw new TypeError("there is no number");
        return placeOrder(unnumbered, call);
      },
    });
  });
  const results = await runConformance(stage);
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  expect(new Set(given).size).toBe(given.length);
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
