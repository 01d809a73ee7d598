/** What the TWS simulator refuses, warns of and keeps to itself. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND_ACCOUNT } from "../../simulators/tws/accounts.ts";
import { startTws, type Tws } from "../../simulators/tws/server.ts";
import { type RawClient, rawOrder, rawSession } from "./tws-raw.ts";

/** 10:00 in New York on a trading day, 23:00 in Hong Kong. */
const NOW = Date.UTC(2026, 10, 24, 15);
const NIGHT = Date.UTC(2026, 10, 25, 2);
const CONTRACT = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

let tws: Tws;
let client: RawClient;

beforeEach(async () => {
  tws = await startTws({ now: NOW, limits: false, masterClient: 99 });
  client = await rawSession(tws.port, "v157..178", 7);
});

afterEach(async () => {
  client.close();
  await tws.close();
});

/** Everything that a client has been told since, up to the answer to a question that is asked now. */
async function told(from: RawClient = client): Promise<(readonly string[])[]> {
  const before = from.messages().filter(([id]) => id === "49").length;
  from.send(49, 1);
  const times = () => from.messages().filter(([id]) => id === "49").length;
  await expect.poll(times, { interval: 5 }).toBe(before + 1);
  return from.messages().filter(([id]) => id !== "49" && id !== "15" && id !== "9");
}

const errorsOf = (messages: readonly (readonly string[])[]) =>
  messages.filter(([id, , about]) => id === "4" && about !== "-1").map((each) => [Number(each[3]), each[4]]);
const statusesOf = (messages: readonly (readonly string[])[]) =>
  messages.filter(([id]) => id === "3").map((each) => each[2]);

describe("an order that is no good is refused by number, and nothing is accepted", () => {
  const TICK = "The price does not conform to the minimum price variation for this contract.";
  test.each([
    ["an unknown symbol", { 3: "NOSUCH" }, 200],
    ["a symbol of the wrong form", { 3: "BRK.B" }, 200],
    ["an ambiguous one", { 11: "" }, 200],
    ["a listing that cannot be traded", { 10: "EBS", 11: "CHF" }, 200],
    ["an option", { 4: "OPT" }, 200],
    ["a price between two steps", { 19: 190.505 }, 110],
    ["a price of nothing", { 19: 0 }, 110],
    ["a price that is not set", { 19: "1.7976931348623157E308" }, 110],
    ["no quantity", { 17: 0 }, 434],
    ["a part of a share", { 17: 0.5 }, 10243],
    ["another side", { 16: "SSHORT" }, 321],
    ["another type", { 18: "STP" }, 387],
    ["another time in force", { 21: "IOC" }, 10052],
    ["somebody else's account", { 23: "DU1" }, 321],
    ["a night order without a limit", { 9: "OVERNIGHT", 18: "MKT", 19: "" }, 387],
    ["a night order for longer than a day", { 9: "OVERNIGHT", 21: "GTC" }, 387],
    ["an order that is to be kept back", { 27: 0 }, 107],
    ["a reference without end", { 26: "x".repeat(65) }, 321],
  ] as const)("%s", async (_name, change, code) => {
    client.send(...rawOrder(1, change));
    const messages = await told();
    expect(errorsOf(messages).map(([number]) => number)).toEqual([code]);
    if (code === 110) expect(errorsOf(messages)[0]?.[1]).toBe(TICK);
    expect(statusesOf(messages)).toEqual([]);
    expect(tws.venue.orders()).toEqual([]);
    // The number was not used up.
    client.send(...rawOrder(1));
    expect(statusesOf(await told())).toEqual(["PreSubmitted", "Submitted"]);
  });

  test.each([
    ["more than there is money for", { 17: 1_000_000 }, /EQUITY WITH LOAN VALUE/],
    ["a short sale", { 16: "SELL" }, /not available for short sale/],
    ["a part of a lot", { 3: "700", 9: "SEHK", 11: "HKD", 19: 500, 17: 50 }, /lot size of 100/],
  ] as const)("%s: 201 and Inactive, and canceled among the completed orders", async (_name, change, text) => {
    client.send(...rawOrder(1, change));
    const messages = await told();
    expect(errorsOf(messages)).toEqual([[201, expect.stringMatching(text)]]);
    expect(statusesOf(messages)).toEqual(["Inactive"]);
    expect(tws.venue.orders()).toEqual([]);
    client.send(99, 0);
    const [completed] = await client.until(101);
    expect(completed?.[22]).toBe("httag");
    expect(completed).toEqual(expect.arrayContaining(["Cancelled", expect.stringMatching(/^Rejected by System: /)]));
    client.send(...rawOrder(1));
    await expect.poll(() => errorsOf(client.messages()).at(-1)?.[0], { interval: 5 }).toBe(161);
  });

  test("of several accounts, none named", async () => {
    const two = await startTws({ accounts: ["DU1", SECOND_ACCOUNT] });
    const other = await rawSession(two.port, "v157..178", 7);
    other.send(...rawOrder(1));
    expect(errorsOf(await told(other))).toEqual([[435, "You must specify an account."]]);
    other.send(...rawOrder(1, { 23: SECOND_ACCOUNT }));
    expect(statusesOf(await told(other))).toEqual(["PreSubmitted", "Submitted"]);
    expect(two.venue.orders().map(({ book }) => book)).toEqual([SECOND_ACCOUNT]);
    other.close();
    await two.close();
  });
});

describe("a change", () => {
  test.each([
    ["of another contract", { 3: "QQQ" }, 105],
    ["of the side", { 16: "SELL" }, 105],
    ["of the session", { 33: 1 }, 105],
    ["of the reference", { 26: "another" }, 105],
    ["of the exchange", { 9: "NASDAQ" }, 105],
    ["to a price between two steps", { 19: 190.505 }, 110],
    ["to more than there is money for", { 17: 1_000_000 }, 201],
  ] as const)("%s is refused, and the order lives on", async (_name, change, code) => {
    client.send(...rawOrder(1));
    client.send(...rawOrder(1, change));
    const messages = await told();
    expect(errorsOf(messages).map(([number]) => number)).toEqual([code]);
    expect(statusesOf(messages)).toEqual(["PreSubmitted", "Submitted"]);
    expect(tws.venue.orders().map(({ order }) => [order.status, order.qty, order.price])).toEqual([
      ["OPEN", 10, 190.5],
    ]);
  });

  test("of a filled order: 104; one that crosses is told before its fill", async () => {
    client.send(...rawOrder(1));
    client.send(...rawOrder(1, { 19: 202 }));
    const messages = await told();
    expect(messages.slice(-6).map(([id]) => id)).toEqual(["5", "3", "11", "5", "3", "59"]);
    expect(statusesOf(messages)).toEqual(["PreSubmitted", "Submitted", "Submitted", "Filled"]);
    client.send(...rawOrder(1, { 19: 203 }));
    expect(errorsOf(await told())).toEqual([[104, "Cannot modify a filled order."]]);
  });
});

describe("sessions", () => {
  test("outside its session an order waits, with a warning; a night order works by night only", async () => {
    client.send(...rawOrder(1, { 9: "OVERNIGHT" }));
    expect(statusesOf(await told())).toEqual(["PreSubmitted"]);
    expect(errorsOf(await told())).toEqual([[399, expect.stringContaining("until 20261124 20:00:00 US/Eastern")]]);
    tws.venue.setNow(NIGHT);
    client.send(...rawOrder(2, { 9: "OVERNIGHT" }));
    client.send(...rawOrder(3, { 33: 1 }));
    const messages = await told();
    expect(statusesOf(messages.slice(3)).slice(-3)).toEqual(["PreSubmitted", "Submitted", "PreSubmitted"]);
    expect(tws.venue.orders().map(({ order }) => order.lifecycle)).toEqual(["OVERNIGHT", "OVERNIGHT", "ETH"]);
    client.send(5, 1);
    await client.until(53);
    expect(
      client
        .messages()
        .filter(([id]) => id === "5")
        .slice(-3)
        .map((each) => [each[9], each[26]]),
    ).toEqual([
      ["OVERNIGHT", "0"],
      ["OVERNIGHT", "0"],
      ["SMART", "1"],
    ]);
  });

  test("a market order outside regular hours goes on without that", async () => {
    client.send(...rawOrder(1, { 18: "MKT", 19: "", 33: 1 }));
    const messages = await told();
    expect(errorsOf(messages).map(([code]) => code)).toEqual([2109]);
    expect(statusesOf(messages)).toEqual(["PreSubmitted", "Submitted", "Filled"]);
  });

  test("a day order ends with its day", async () => {
    client.send(...rawOrder(1));
    await told();
    tws.venue.setNow(NOW + 7 * 3_600_000);
    const messages = await told();
    expect(statusesOf(messages).at(-1)).toBe("Cancelled");
    expect(errorsOf(messages)[0]?.[0]).toBe(202);
  });
});

test("what-if orders are told their commission and never placed", async () => {
  client.send(...rawOrder(1, { 84: 1 }));
  const [openOrder] = (await told()).filter(([id]) => id === "5");
  expect(openOrder).toContain("PreSubmitted");
  expect(tws.venue.orders()).toEqual([]);
});

test("the exchange ends orders: rejected with 201, cancelled with 202", async () => {
  client.send(...rawOrder(1));
  client.send(...rawOrder(2));
  await told();
  const [first, second] = tws.venue.orders();
  tws.venue.end(first?.wireId ?? "", "REJECTED", "no locate");
  tws.venue.end(second?.wireId ?? "", "CANCELED", "");
  const messages = await told();
  expect(statusesOf(messages).slice(-2)).toEqual(["Inactive", "Cancelled"]);
  expect(errorsOf(messages)).toEqual([
    [201, "Order rejected - reason:no locate"],
    [202, "Order Canceled - reason:"],
  ]);
});

describe("who is told", () => {
  test("the owner and the master client; client 0 takes over orders placed by hand", async () => {
    const master = await rawSession(tws.port, "v157..178", 99);
    const zero = await rawSession(tws.port, "v157..178", 0);
    const other = await rawSession(tws.port, "v157..178", 8);
    client.send(...rawOrder(1));
    await told();
    tws.venue.setPrice(CONTRACT, 190);
    expect(statusesOf(await told(master))).toEqual(["Submitted", "Filled"]);
    expect(statusesOf(await told(other))).toEqual([]);

    const byHand = tws.venue.place("DU1234567", {
      ...{ contract: CONTRACT, direction: "BUY", orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" },
      ...{ qty: 1, price: 100, tag: null },
    });
    expect(statusesOf(await told(zero))).toEqual([]);
    zero.send(15, 1, 1);
    await told(zero);
    tws.venue.fill(byHand.wireId, 1, 100);
    const bound = (await told(zero)).filter(([id]) => id === "3");
    expect(bound.map((each) => [each[1], each[2]])).toEqual([["-1", "Filled"]]);
    for (const each of [master, zero, other]) each.close();
  });

  test("client 0 cancels an order placed by hand, once it has a number", async () => {
    const zero = await rawSession(tws.port, "v157..178", 0);
    tws.venue.place("DU1234567", {
      ...{ contract: CONTRACT, direction: "BUY", orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" },
      ...{ qty: 1, price: 100, tag: null },
    });
    zero.send(5, 1);
    await zero.until(53);
    zero.send(4, 1, -1, "");
    expect(statusesOf(await told(zero))).toEqual(["Submitted", "PendingCancel", "Cancelled"]);
    zero.close();
  });

  test("the global cancel ends everybody's orders and tells each owner", async () => {
    const other = await rawSession(tws.port, "v157..178", 8);
    client.send(...rawOrder(1));
    other.send(...rawOrder(1));
    await told();
    await told(other);
    client.send(58, 1);
    expect(statusesOf(await told()).slice(2)).toEqual(["PendingCancel", "Cancelled"]);
    expect(statusesOf(await told(other)).slice(2)).toEqual(["Cancelled"]);
    expect(tws.venue.orders().map(({ order }) => order.status)).toEqual(["CANCELED", "CANCELED"]);
    other.close();
  });
});

test("executions by account, time, symbol, exchange, side and client", async () => {
  client.send(...rawOrder(1, { 18: "MKT", 19: "" }));
  await client.until(59);
  const count = async (...filter: readonly (string | number)[]) => {
    const before = client.messages().length;
    client.send(7, 3, 5, ...filter);
    const since = () => client.messages().slice(before);
    await expect.poll(() => since().some(([id]) => id === "55"), { interval: 5 }).toBe(true);
    return since().filter(([id]) => id === "11").length;
  };
  expect(await count(0, "", "", "", "", "", "")).toBe(1);
  expect(await count(7, "DU1234567", "20261124 09:00:00", "AAPL", "STK", "NASDAQ", "BUY")).toBe(1);
  expect(await count(8, "", "", "", "", "", "")).toBe(0);
  expect(await count(0, "DU1", "", "", "", "", "")).toBe(0);
  expect(await count(0, "", "20261124-23:00:00", "", "", "", "")).toBe(0);
  expect(await count(0, "", "", "QQQ", "", "", "")).toBe(0);
  expect(await count(0, "", "", "", "", "", "SELL")).toBe(0);
});
