/** Orders from the first to the last answer. Every check cleans up what it placed. */
import {
  bad,
  type Client,
  check,
  eventually,
  good,
  type HttpCheck,
  inRegularHours,
  moment,
  must,
  same,
} from "./client.ts";

/** An order that rests: far below the market. */
const RESTING = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 1.25,
  qty: 12,
  orderType: "Limit",
  timeInForce: "GTC",
  lifecycle: "RTH",
  direction: "BUY",
};

const ORDER_KEYS = [
  ..."type orderId currency qty filledQty avgPrice errorReason isCanceled isFilled isCompleted isCancelable".split(" "),
  ..."contract direction orderType price timeInForce lifecycle status originStatus tag external warning".split(" "),
  ..."createdAt updatedAt source asOf staleSince".split(" "),
];

async function place(client: Client, own: object = {}): Promise<{ orderId: string; tag: string }> {
  const args = { ...RESTING, ...own };
  const answer = good(await client.post("order/place", args), client, ["orderId", "args", "tag", "effective"]);
  same(answer.args, args, "args");
  must(typeof answer.orderId === "string" && answer.orderId !== "", "orderId must be text", answer.orderId);
  must(/^ht[a-z2-7]{24}$/.test(answer.tag), "tag must be a tag", answer.tag);
  return answer;
}

async function cancel(client: Client, orderId: string): Promise<void> {
  same(good(await client.post("order/cancel", { orderId }), client, ["canceled"]).canceled, true, "canceled");
}

// biome-ignore lint/suspicious/noExplicitAny: an order as it was answered
async function state(client: Client, orderId: string): Promise<any> {
  return good(await client.get(`order/state?orderId=${encodeURIComponent(orderId)}`), client, ["order"]).order;
}

// biome-ignore lint/suspicious/noExplicitAny: an order as it was answered
function ended(client: Client, orderId: string): Promise<any> {
  return eventually(
    () => state(client, orderId),
    ({ isCompleted }) => isCompleted,
  );
}

async function listed(client: Client, status: "open" | "all"): Promise<string[]> {
  const { json } = await client.get(`order/list?status=${status}`);
  return json.orders.map((order: { orderId: string }) => order.orderId);
}

async function position(client: Client, symbol: string): Promise<number> {
  const { json } = await client.get("position/state");
  const held = json.positions.find(({ contract }: { contract: { symbol: string } }) => contract.symbol === symbol);
  return held?.qty ?? 0;
}

export const orderChecks: readonly HttpCheck[] = [
  check("an order rests, is found, is canceled, and is canceled once more without harm", async (client) => {
    const { orderId, tag } = await place(client);
    const order = await state(client, orderId);
    same(Object.keys(order), ORDER_KEYS, "keys of the order");
    for (const name of ["createdAt", "updatedAt", "asOf"]) moment(order[name], name);
    same(
      [order.type, order.orderId, order.currency, order.qty, order.filledQty],
      ["order", orderId, "USD", 12, 0],
      "order",
    );
    same([order.avgPrice, order.errorReason, order.price, order.status], [0, "", 1.25, "OPEN"], "order");
    same(
      [order.isCanceled, order.isFilled, order.isCompleted, order.isCancelable],
      [false, false, false, true],
      "flags",
    );
    same([order.tag, order.external, order.timeInForce, order.lifecycle], [tag, false, "GTC", "RTH"], "order");
    must((await listed(client, "open")).includes(orderId), "an open order must be listed");

    await cancel(client, orderId);
    const canceled = await ended(client, orderId);
    same([canceled.status, canceled.errorReason], ["CANCELED", ""], "canceled order");
    same(
      [canceled.isCanceled, canceled.isFilled, canceled.isCompleted, canceled.isCancelable],
      [true, false, true, false],
      "flags",
    );
    must(!(await listed(client, "open")).includes(orderId), "a canceled order must not be listed as open");
    must((await listed(client, "all")).includes(orderId), "a canceled order must be listed among all");
    await cancel(client, orderId);
    bad(await client.post("order/replace", { orderId, qty: 5 }), 409, "OrderNotOpen", "not_sent");
  }),

  check("an order is replaced: its quantity, its price, both", async (client) => {
    let { orderId } = await place(client);
    for (const change of [{ qty: 10 }, { price: 1.5 }, { qty: 20, price: 1.75 }]) {
      const args = { orderId, ...change };
      const answer = good(await client.post("order/replace", args), client, ["orderId", "args", "effective"]);
      same(answer.args, args, "args");
      orderId = answer.orderId;
      const order = await eventually(
        () => state(client, orderId),
        ({ qty, price }) => qty === (change.qty ?? qty) && price === (change.price ?? price),
      );
      for (const [name, value] of Object.entries(change)) same(order[name], value, name);
      same(order.isCancelable, true, "isCancelable");
    }
    await cancel(client, orderId);
  }),

  check("a price as text is the same price", async (client) => {
    const reply = await client.post("order/place", { ...RESTING, price: "1.10" });
    const { orderId, args } = good(reply, client, ["orderId", "args", "tag", "effective"]);
    same(args.price, 1.1, "args.price");
    same((await state(client, orderId)).price, 1.1, "price");
    await cancel(client, orderId);
  }),

  check("where a venue has no longer hours the answer says what the order became", async (client) => {
    const body = {
      ...RESTING,
      region: "HK",
      symbol: "00700",
      qty: 100,
      price: 100,
      timeInForce: "DAY",
      lifecycle: "ETH",
    };
    const { orderId, effective } = good(await client.post("order/place", body), client, [
      "orderId",
      "args",
      "tag",
      "effective",
    ]);
    same(effective, { lifecycle: "RTH" }, "effective");
    await cancel(client, orderId);
  }),

  check("in regular hours what crosses is filled, and the position follows; else it waits", async (client) => {
    const before = await position(client, "AAPL");
    const trading = await inRegularHours(client);
    const { orderId } = await place(client, { price: 900, qty: 2 });
    const order = trading ? await ended(client, orderId) : await state(client, orderId);
    if (!trading) {
      same([order.status, order.isCompleted], ["OPEN", false], "an order outside regular hours");
      await cancel(client, orderId);
      return;
    }
    same([order.status, order.filledQty, order.errorReason], ["FILLED", 2, ""], "filled order");
    same(
      [order.isCanceled, order.isFilled, order.isCompleted, order.isCancelable],
      [false, true, true, false],
      "flags",
    );
    must(order.avgPrice > 0 && order.avgPrice <= 900, "avgPrice must be the price of the fill", order.avgPrice);
    const bought = (qty: number) => qty === before + 2;
    same(await eventually(() => position(client, "AAPL"), bought), before + 2, "position");
    const refused = bad(await client.post("order/cancel", { orderId }), 409, "OrderNotOpen");
    same([refused.details.order.type, refused.details.order.isFilled], ["order", true], "the order in the refusal");

    const { price: _, ...unpriced } = RESTING;
    const market = { ...unpriced, orderType: "Market", timeInForce: "DAY", direction: "SELL", qty: 2 };
    const sold = good(await client.post("order/place", market), client, ["orderId", "args", "tag", "effective"]);
    const sale = await ended(client, sold.orderId);
    same([sale.status, sale.price, sale.orderType], ["FILLED", null, "Market"], "market order");
    const back = (qty: number) => qty === before;
    same(await eventually(() => position(client, "AAPL"), back), before, "position");
  }),

  check("many orders at once are each placed once", async (client) => {
    const { atOnce } = client;
    const placed = await Promise.all(Array.from({ length: atOnce }, (_, index) => place(client, { qty: index + 1 })));
    same(new Set(placed.map(({ orderId }) => orderId)).size, atOnce, "different ids");
    const { json } = await client.get("order/list");
    for (const [index, { tag }] of placed.entries()) {
      const mine = json.orders.filter((order: { tag: string | null }) => order.tag === tag);
      same(
        mine.map(({ qty }: { qty: number }) => qty),
        [index + 1],
        "orders of one tag",
      );
    }
    await Promise.all(placed.map(({ orderId }) => cancel(client, orderId)));
  }),

  check("a repetition under one key is the same order", async (client) => {
    const key = { "Idempotency-Key": `suite-${crypto.randomUUID()}` };
    const first = await client.post("order/place", RESTING, key);
    const again = await client.post("order/place", RESTING, key);
    const { orderId } = good(first, client, ["orderId", "args", "tag", "effective"]);
    same(again.json, first.json, "the repeated answer");
    same(again.status, first.status, "the repeated status");
    same(
      [first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")],
      [null, "true"],
      "replayed",
    );
    bad(await client.post("order/place", { ...RESTING, qty: 13 }, key), 422, "IdempotencyMismatch");
    await cancel(client, orderId);
  }),
];
