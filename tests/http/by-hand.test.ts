/** What nobody knows, settled over HTTP by an operator while the gateway runs. */
import { describe, expect, onTestFinished, test } from "vitest";
import { BrokerError, createHttpTrading, type HttpTrading, memoryJournal, type ObservedEvent } from "../../mod.ts";
import { instanceDigest } from "../../src/desk/instance-journal.ts";
import { ask, exampleBroker, INSTANCE, ORDER, openOrder, TOKEN } from "./gateway.ts";

const ADMIN = "adminOfInstance01";
const OTHER = { instanceId: "otherInstance0001", token: "adminOfOther00001" };
const KEYED = { body: ORDER, headers: { "Idempotency-Key": "mine" } };
const SEEN = "seen in the app";
const NEVER_GIVEN = "htabcdefghijklmnopqrstuvwx";

const lost = async (): Promise<never> => {
  throw new BrokerError("Timeout", "the line went dead", { outcome: "unknown" });
};

/** Two instances, one of whose brokers loses every answer, proves nothing, and knows an order no more. */
function gateway(events: ObservedEvent[] = []): HttpTrading {
  const journal = memoryJournal();
  const stale = { ...openOrder, orderId: "77", tag: "htgone", external: false, asOf: 3, staleSince: 4 };
  const line = { kind: "order", instance: instanceDigest(INSTANCE), at: Date.now() } as const;
  journal.append(
    [stale, { ...stale, orderId: "78", staleSince: null }].map((order) => ({ ...line, order })),
    "process",
  );
  const example = exampleBroker();
  const admin = { token: ADMIN, name: "ops", scopes: ["admin"] as const };
  const losing = exampleBroker(
    {
      placeOrder: lost,
      orders: async () => ({ orders: [], unmapped: [] }),
      order: async (orderId) => {
        if (orderId === "78") return { ...openOrder, orderId, tag: "htgone" };
        throw new BrokerError("OrderNotFound", `no order ${orderId}`);
      },
      capabilities: () => ({ ...example.capabilities(), listing: { complete: false, settleMs: 0 } }),
    },
    [],
    { instanceId: INSTANCE, tokens: [TOKEN, admin] },
  );
  const other = { instanceId: OTHER.instanceId, tokens: [{ ...admin, token: OTHER.token }], name: "other" };
  const observers = [{ event: (event: ObservedEvent) => void events.push(event) }];
  const trading = createHttpTrading({ brokers: [losing, exampleBroker({}, [], other)], journal, observers });
  onTestFinished(() => trading.close());
  return trading;
}

const resolve = (trading: HttpTrading, body: object, how: object = {}) =>
  ask(trading, "order/resolve", { token: ADMIN, body: { reason: SEEN, ...body }, ...how });
const end = (trading: HttpTrading, body: object, how: object = {}) =>
  ask(trading, "order/end", { token: ADMIN, body: { reason: SEEN, ...body }, ...how });

/** The tag of an order of which nobody knows. */
async function unknownTag(trading: HttpTrading): Promise<string> {
  const { status, json } = await ask(trading, "order/place", KEYED);
  expect([status, json.error.code]).toEqual([504, "OutcomeUnknown"]);
  return json.error.tag;
}

const unknownIn = async (trading: HttpTrading) => (await ask(trading, "order/intents")).json.intents;

describe("a write whose outcome is unknown", () => {
  test("is answered under its key as it was settled, and operators hear of it", async () => {
    const events: ObservedEvent[] = [];
    const trading = gateway(events);
    const tag = await unknownTag(trading);
    const settled = await resolve(trading, { tag, outcome: "accepted", orderId: "69788888" });
    expect([settled.status, settled.json]).toMatchObject([200, { ex: null, resolved: true }]);
    const again = await ask(trading, "order/place", KEYED);
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
    expect(again.json).toMatchObject({ orderId: "69788888", tag });
    expect(await unknownIn(trading)).toEqual([]);
    const reason = `an operator (ops): ${SEEN}`;
    const message = `an operator (ops) settled the unknown place ${tag} as accepted as order 69788888: ${SEEN}`;
    await expect
      .poll(() => events.filter(({ kind }) => kind !== "connection"))
      .toMatchObject([
        { kind: "settled", instance: "futu", tag, orderId: "69788888", reason },
        { kind: "anomaly", instance: "futu", message },
      ]);
  });

  test("is settled once, and frees its key when it was not sent", async () => {
    const trading = gateway();
    const tag = await unknownTag(trading);
    expect((await resolve(trading, { tag, outcome: "not_sent" })).status).toBe(200);
    const later = await resolve(trading, { tag, outcome: "accepted", orderId: "69788888" });
    expect([later.status, later.json.error]).toMatchObject([
      409,
      {
        code: "OrderNotOpen",
        outcome: "not_sent",
        retryable: false,
        message: expect.stringContaining("resolved already"),
      },
    ]);
    expect(await unknownTag(trading)).toBe(tag);
  });

  test.for<[string, object, string]>([
    ["no reason", { reason: undefined }, "reason"],
    ["a reason over lines", { reason: "a\nb" }, "reason"],
    ["another outcome", { outcome: "rejected" }, "outcome"],
    ["an order that was not sent", { orderId: "69788888" }, "orderId"],
    ["none that was accepted", { outcome: "accepted" }, "orderId"],
    ["an id that none has", { outcome: "accepted", orderId: "69 788" }, "orderId"],
    ["what is no tag", { tag: "69788888" }, "tag"],
    ["an unknown key", { instance: "futu" }, "instance"],
    ["a token for a reason", { reason: `by ${ADMIN}` }, "reason"],
    ["an instance's id for an order", { outcome: "accepted", orderId: INSTANCE }, "orderId"],
  ])("stays so for %s", async ([, body, path]) => {
    const trading = gateway();
    const tag = await unknownTag(trading);
    const { status, json } = await resolve(trading, { tag, outcome: "not_sent", ...body });
    expect([status, json.error.code, json.error.details[0].path]).toEqual([400, "InvalidRequest", path]);
    expect(await unknownIn(trading)).toHaveLength(1);
  });

  test("stays so under another tag, at another instance, and for who is no operator", async () => {
    const trading = gateway();
    const tag = await unknownTag(trading);
    const wrong = await resolve(trading, { tag: NEVER_GIVEN, outcome: "not_sent" });
    expect([wrong.status, wrong.json.error]).toMatchObject([404, { code: "OrderNotFound", outcome: "not_sent" }]);
    const elsewhere = await resolve(trading, { tag, outcome: "not_sent" }, OTHER);
    expect([elsewhere.status, elsewhere.json.error.message]).toEqual([
      404,
      `there is no intent ${tag} in this journal`,
    ]);
    const plain = await resolve(trading, { tag, outcome: "not_sent" }, { token: TOKEN });
    expect([plain.status, plain.json.error.code]).toEqual([403, "Forbidden"]);
    expect(await unknownIn(trading)).toHaveLength(1);
  });
});

describe("an open order that its broker knows no more", () => {
  test("ends as an operator says", async () => {
    const trading = gateway();
    const fills = { qty: "12.0", price: 201.5 };
    const { status, json } = await end(trading, { orderId: "77", status: "FILLED", fills });
    expect([status, json]).toMatchObject([
      200,
      {
        ex: null,
        order: {
          orderId: "77",
          status: "FILLED",
          filledQty: 12,
          avgPrice: 201.5,
          isFilled: true,
          warning: `an operator (ops) ended it: ${SEEN}`,
          staleSince: null,
          source: "journal",
        },
      },
    ]);
    expect((await ask(trading, "order/state?orderId=77")).json.order).toEqual(json.order);
    const again = await end(trading, { orderId: "77", status: "CANCELED" });
    expect([again.status, again.json.error]).toMatchObject([409, { code: "OrderNotOpen", retryable: false }]);
  });

  test.for<[string, object, number, string]>([
    ["no amounts", { status: "FILLED" }, 400, "is canceled or expired"],
    ["more than it was for", { status: "CANCELED", fills: { qty: 13, price: 200 } }, 400, "was for 12, not 13"],
    ["a quantity without a price", { status: "CANCELED", fills: { qty: 5 } }, 400, "fills.price: is missing"],
    ["a quantity of 0", { status: "CANCELED", fills: { qty: 0, price: 200 } }, 400, "fills.qty"],
    ["another word", { status: "canceled" }, 400, "must be one of FILLED, CANCELED, EXPIRED, REJECTED"],
    ["an order that is known to its broker", { orderId: "78", status: "CANCELED" }, 409, "is known to its broker"],
    ["an order that is not there", { orderId: "79", status: "CANCELED" }, 404, "no order 79 is open"],
  ])("stays open for %s", async ([, body, expected, words]) => {
    const trading = gateway();
    const { status, json } = await end(trading, { orderId: "77", ...body });
    expect([status, json.ex]).toEqual([expected, expect.stringContaining(words)]);
    for (const orderId of ["77", "78"]) {
      const { order } = (await ask(trading, `order/state?orderId=${orderId}`)).json;
      expect(order).toMatchObject({ isCompleted: false, filledQty: 0 });
    }
  });

  test("stays open at another instance, and for who is no operator", async () => {
    const trading = gateway();
    expect((await end(trading, { orderId: "77", status: "CANCELED" }, OTHER)).status).toBe(404);
    expect((await end(trading, { orderId: "77", status: "CANCELED" }, { token: TOKEN })).status).toBe(403);
    expect((await ask(trading, "order/state?orderId=77")).json.order).toMatchObject({ isCompleted: false });
  });
});
