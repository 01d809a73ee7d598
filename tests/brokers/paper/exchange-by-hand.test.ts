/** A strategy is tested as the package's own documentation shows: over the exchange that stands under the paper broker. */
import { expect, test } from "vitest";
import { createHttpTrading } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { createExchange } from "../../../src/testing/index.ts";

const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
const token = "Vt5UCW2sLBvgPXjR";
// A Tuesday, 11:00 in New York.
const clock = () => Date.UTC(2026, 10, 24, 16);

test("a price that is set by hand fills an order, in both instances that share the account", async () => {
  const exchange = createExchange({ cash: { USD: 100_000 }, prices: [{ contract, price: 200 }], clock });
  const ids = ["WyLqtMhDvAnBb6a3", "anotherInstance2"] as const;
  await using trading = createHttpTrading({
    brokers: ids.map((instanceId) => paper({ instanceId, tokens: [token], name: instanceId.slice(0, 4), exchange })),
  });
  const ask = async (instanceId: string, path: string, body?: object) => {
    const init = { headers: { "HT-TOKEN": token, "content-type": "application/json" } };
    const sent = body === undefined ? init : { ...init, method: "POST", body: JSON.stringify(body) };
    const url = `http://127.0.0.1/httptrading/api/${instanceId}/${path}`;
    return (await (await trading.fetch(new Request(url, sent))).json()) as Record<string, never>;
  };
  const order = { ...contract, direction: "BUY", qty: 10, price: 195, orderType: "Limit" };
  const { orderId } = await ask(ids[0], "order/place", { ...order, timeInForce: "DAY", lifecycle: "RTH" });
  expect(await ask(ids[1], `order/state?orderId=${orderId}`)).toMatchObject({
    order: { filledQty: 0, status: "OPEN" },
  });
  exchange.setPrice(contract, 195);
  for (const id of ids) {
    const { positions } = await ask(id, "position/state");
    expect(positions).toMatchObject([{ contract: { symbol: "AAPL" }, qty: 10 }]);
    expect(await ask(id, `order/state?orderId=${orderId}`)).toMatchObject({ order: { filledQty: 10, isFilled: true } });
  }
});
