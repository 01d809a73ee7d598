/** Capabilities that cannot be used, or not any more: no order is sent on their word, and none that was is lost. */
import { expect, onTestFinished, test } from "vitest";
import type { Broker, Capabilities } from "../../mod.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { aFewTurns } from "../unheard.ts";
import { anOrder, CAPABILITIES, DIGEST, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const BY = { principal: "plain" };
const [US] = CAPABILITIES.markets;

/** A desk over a broker whose capabilities become something else in the middle of the day. */
async function deskWhose(members: (turnTo: (capabilities: () => unknown) => void) => Partial<Broker>) {
  let capabilities: () => unknown = () => CAPABILITIES;
  const turnTo = (other: () => unknown) => {
    capabilities = other;
  };
  const made = deskOver({
    orders: async () => ({ orders: [], unmapped: [] }),
    ...members(turnTo),
    capabilities: () => capabilities() as Capabilities,
  });
  onTestFinished(() => made.desk.close());
  await made.desk.reconcile();
  return { ...made, turnTo };
}

const fail = () => {
  throw new Error("the account is being looked up");
};

test.each<[what: string, capabilities: () => unknown, code: string, message: string]>([
  ["throw", fail, "BrokerFault", "the account is being looked up"],
  ["come as a promise", async () => CAPABILITIES, "BrokerFault", "capabilities"],
  ["are missing", () => undefined, "BrokerFault", "capabilities"],
  [
    "have a pattern that is none",
    () => ({ ...CAPABILITIES, markets: [{ ...US, symbolPattern: "(" }] }),
    "BrokerFault",
    "/^(?:()$/",
  ],
  [
    "have no price steps",
    () => ({ ...CAPABILITIES, markets: [{ ...US, priceSteps: undefined }] }),
    "BrokerFault",
    "capabilities",
  ],
  [
    "have a step that is no number",
    () => ({ ...CAPABILITIES, markets: [{ ...US, qtyStep: Number.NaN }] }),
    "BrokerFault",
    "capabilities",
  ],
])("nothing is sent where capabilities %s, and that is said", async (_, capabilities, code, message) => {
  const sent: unknown[] = [];
  const { desk, turnTo } = await deskWhose(() => ({
    order: async (orderId) => anOrder({ orderId, status: "OPEN" }),
    placeOrder: async (order) => ({ orderId: String(sent.push(order)) }),
    replaceOrder: async (orderId, change) => {
      sent.push(change);
      return { orderId };
    },
  }));
  turnTo(capabilities);
  const refused = { code, outcome: "not_sent", message: expect.stringContaining(message) };
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject(refused);
  expect(await rejection(desk.replace("7", { qty: 3, price: 200 }, BY))).toMatchObject({ code, outcome: "not_sent" });
  expect(sent).toEqual([]);
});

test("a failure of capabilities keeps its code", async () => {
  const { desk, turnTo } = await deskWhose(() => ({ placeOrder: async () => ({ orderId: "1" }) }));
  turnTo(() => {
    throw new BrokerError("NotConnected", "not logged in yet");
  });
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
});

test("an order that was taken is answered as taken, and known, whatever capabilities say by then", async () => {
  const { desk } = await deskWhose((turnTo) => ({
    placeOrder: async () => {
      turnTo(fail);
      return { orderId: "1" };
    },
  }));
  expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "1" });
  expect(desk.remembered("1")).toMatchObject({ status: "PENDING", currency: "USD" });
});

test("a change that was taken is answered as taken, whatever capabilities say by then", async () => {
  const { desk, host } = await deskWhose((turnTo) => ({
    order: async (orderId) => anOrder({ orderId }),
    replaceOrder: async (orderId) => {
      turnTo(fail);
      return { orderId };
    },
  }));
  host().onOrder(anOrder({ orderId: "7" }));
  expect(await desk.replace("7", { qty: 3 }, BY)).toMatchObject({ orderId: "7" });
});

test("an order of unknown outcome is told with its tag, whatever capabilities say by then", async () => {
  const { desk } = await deskWhose((turnTo) => ({
    placeOrder: async () => {
      turnTo(fail);
      throw new Error("the socket dropped");
    },
  }));
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
    code: "OutcomeUnknown",
    outcome: "unknown",
    tag: expect.any(String),
  });
});

test("a broker that does not say how long its orders take to be listed is not asked for them all the time", async () => {
  let lists = 0;
  const { desk, turnTo } = await deskWhose(() => ({
    orders: async () => {
      lists += 1;
      return { orders: [], unmapped: [] };
    },
    placeOrder: async () => {
      throw new Error("the socket dropped");
    },
  }));
  turnTo(() => ({ ...CAPABILITIES, listing: { complete: true } }));
  lists = 0;
  await rejection(desk.place(LIMIT_BUY, BY));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lists).toBeLessThan(2);
});

test("an account that is no text is not written down", async () => {
  const { desk, journal, turnTo } = await deskWhose(() => ({ placeOrder: async () => ({ orderId: "1" }) }));
  turnTo(() => ({ ...CAPABILITIES, account: 12_345_678 }));
  await desk.place(LIMIT_BUY, BY);
  await aFewTurns();
  expect(await journal.intentsSince(DIGEST, 0)).toMatchObject([{ account: undefined }]);
});
