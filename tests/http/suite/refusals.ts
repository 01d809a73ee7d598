/** What is refused, how it is told, and that nothing came of it. */
import { bad, type Client, check, type HttpCheck, must, same } from "./client.ts";

const GOOD = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 1.25,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
};
const TEXT = JSON.stringify(GOOD);

/** Runs the work and rejects if an order has come into being meanwhile. */
async function sendingNothing(client: Client, work: () => Promise<void>): Promise<void> {
  const count = async () => (await client.get("order/list?status=all")).json.orders.length;
  const before = await count();
  await work();
  same(await count(), before, "orders at the broker");
}

const FAULTY: Readonly<Record<string, string>> = {
  "qty 1.5": TEXT.replace('"qty":12', '"qty":1.5'),
  "qty 0": TEXT.replace('"qty":12', '"qty":0'),
  "qty -1": TEXT.replace('"qty":12', '"qty":-1'),
  "qty 1e400": TEXT.replace('"qty":12', '"qty":1e400'),
  "no qty": TEXT.replace('"qty":12,', ""),
  'price "1e400"': TEXT.replace("1.25", '"1e400"'),
  'price "NaN"': TEXT.replace("1.25", '"NaN"'),
  "price 1.00001": TEXT.replace("1.25", "1.00001"),
  "no price": TEXT.replace('"price":1.25,', ""),
  "an unknown order type": TEXT.replace("Limit", "Stop"),
  "an unknown direction": TEXT.replace("BUY", "HOLD"),
  "an unknown key": TEXT.replace("{", '{"stop":1,'),
  "a __proto__ key": TEXT.replace("{", '{"__proto__":{},'),
  "a list": `[${TEXT}]`,
  "half an object": TEXT.slice(0, -1),
  nothing: "",
  "too much": TEXT + " ".repeat(65_536),
};

export const refusalChecks: readonly HttpCheck[] = [
  check("a faulty body is a 400 that says what was wrong, and nothing is sent", (client) =>
    sendingNothing(client, async () => {
      for (const [name, body] of Object.entries(FAULTY)) {
        const error = bad(await client.post("order/place", body), 400, "InvalidRequest", "not_sent");
        must(error.details.length === 1 && error.retryable === false, `${name} must be one fault`, error);
      }
    }),
  ),

  check("all faults of a body are told at once", (client) =>
    sendingNothing(client, async () => {
      const reply = await client.post("order/place", { symbol: "AAPL", qty: "x", orderType: "Stop", extra: 1 });
      const error = bad(reply, 400, "InvalidRequest", "not_sent");
      const paths = error.details.map(({ path }: { path: string }) => path).sort();
      same(
        paths,
        ["direction", "extra", "lifecycle", "orderType", "qty", "region", "timeInForce", "tradeType"],
        "paths",
      );
    }),
  ),

  check("a body of another content type is refused", (client) =>
    sendingNothing(client, async () => {
      bad(await client.post("order/place", TEXT, { "content-type": "text/plain" }), 400, "InvalidRequest", "not_sent");
    }),
  ),

  check("a faulty query is a 400", async (client) => {
    const quote = "market/quote?tradeType=Securities&region=US&symbol=AAPL";
    for (const path of [
      "market/quote",
      `${quote}&x=1`,
      `${quote}&region=HK`,
      "order/state",
      "order/list?status=x",
      "cash/state?currency=usd",
    ]) {
      bad(await client.get(path), 400, "InvalidRequest");
    }
  }),

  check("an order that nobody knows is a 404 in the envelope", async (client) => {
    bad(await client.get("order/state?orderId=no-such-order"), 404, "OrderNotFound");
    bad(await client.post("order/cancel", { orderId: "no-such-order" }), 404, "OrderNotFound");
    bad(await client.post("order/replace", { orderId: "no-such-order", qty: 1 }), 404, "OrderNotFound");
  }),

  check("a contract that nobody knows is a 404 in the envelope", (client) =>
    sendingNothing(client, async () => {
      bad(await client.get("market/quote?tradeType=Securities&region=US&symbol=NOSUCH"), 404, "UnknownContract");
      bad(await client.post("order/place", { ...GOOD, symbol: "NOSUCH" }), 404, "UnknownContract");
    }),
  ),

  check("what cannot be paid is a 422 that was rejected", async (client) => {
    const reply = await client.post("order/place", { ...GOOD, price: 1000, qty: 100_000_000 });
    bad(reply, 422, "InsufficientFunds", "rejected");
  }),

  check("what the broker does not take is a 501 that was not sent", (client) =>
    sendingNothing(client, async () => {
      const night = { ...GOOD, region: "HK", symbol: "00700", qty: 100, price: 100, lifecycle: "OVERNIGHT" };
      bad(await client.post("order/place", night), 501, "NotSupported", "not_sent");
      bad(await client.post("order/place", { ...GOOD, region: "JP", symbol: "7203" }), 501, "NotSupported", "not_sent");
    }),
  ),

  check("a US market order outside regular hours is a 400", (client) =>
    sendingNothing(client, async () => {
      const { price: _, ...unpriced } = GOOD;
      const reply = await client.post("order/place", { ...unpriced, orderType: "Market", lifecycle: "ETH" });
      bad(reply, 400, "InvalidRequest", "not_sent");
    }),
  ),
];
