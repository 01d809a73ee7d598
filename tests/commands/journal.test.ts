import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { anOrder } from "../an-order.ts";
import { anomaly, INSTANCE, intent, newFile, progress } from "../journal/lines.ts";
import { journalWith, OTHER_INSTANCE, opened, run } from "./journal-command.ts";

const CONTRACT = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
const REQUEST = {
  contract: CONTRACT,
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 12,
  price: 201.5,
} as const;

const NO_ANSWER = { code: "OutcomeUnknown", message: "no answer came", outcome: "unknown" } as const;
const LINES = [
  intent("htplaced", { action: { kind: "place", request: REQUEST } }),
  progress("htplaced", "unknown", { failure: NO_ANSWER }),
  intent("htcanceled"),
  intent("htsettled"),
  progress("htsettled", "accepted"),
  anomaly("odd"),
];

test("exports every line with its number, also while a gateway writes", async () => {
  const file = await journalWith(...LINES);
  await opened(file);
  const { status, out } = await run(file, "export");
  expect(status).toBe(0);
  const printed: unknown[] = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(printed).toEqual(LINES.map((line, index) => ({ sequence: index + 1, ...line })));
});

test("exports more than fits into one page", async () => {
  const file = await journalWith(...Array.from({ length: 1201 }, (_, index) => anomaly(`${index}`)));
  const { out } = await run(file, "export");
  expect(out.trimEnd().split("\n")).toHaveLength(1201);
});

test("lists what is unknown in words, also while a gateway writes", async () => {
  const file = await journalWith(...LINES);
  await opened(file);
  for (const args of [[file], [file, "unknown"]]) {
    const { status, out } = await run(...args);
    expect(status).toBe(0);
    expect(out).toContain("htplaced  unknown since 1970-01-01T00:00:00.002Z");
    expect(out).toContain("place BUY 12 US AAPL Limit 201.5 DAY RTH");
    expect(out).toContain("OutcomeUnknown: no answer came");
    expect(out).toContain("htcanceled  sending since");
    expect(out).toContain("cancel order 7");
    expect(out).not.toContain("htsettled");
  }
  expect((await run(await journalWith(anomaly("odd")))).out).toContain("Nothing is unknown");
});

test("resolves an unknown place with the order that was found, and tells it as an event", async () => {
  const file = await journalWith(...LINES);
  const { status, out } = await run(file, "resolve", "htplaced", "accepted=FH-77", "--reason", "seen in the app");
  expect([status, out]).toEqual([0, expect.stringContaining("htplaced (place BUY 12 US AAPL")]);
  expect(readdirSync(dirname(file)).sort()).toEqual([basename(file), `${basename(file)}-lock`]);
  const journal = await opened(file);
  expect(journal.intent(INSTANCE, "htplaced")).toMatchObject({
    state: "resolved",
    placed: { orderId: "FH-77" },
    failure: null,
    reason: "an operator: seen in the app",
  });
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["htcanceled"]);
  expect(journal.events(INSTANCE, LINES.length, 10).events).toMatchObject([
    {
      kind: "anomaly",
      orderId: "FH-77",
      tag: "htplaced",
      message: "an operator settled the unknown place htplaced as accepted as order FH-77: seen in the app",
    },
    { kind: "order", order: { orderId: "FH-77", tag: "htplaced", status: "PENDING", qty: 12, external: false } },
  ]);
  expect(journal.openOrders(INSTANCE)).toMatchObject([{ orderId: "FH-77" }]);
});

test("resolves an intent that was never sent, so that its key is free", async () => {
  const file = await journalWith(...LINES);
  expect((await run(file, "resolve", "htcanceled", "not_sent", "--reason", "no trace of it")).status).toBe(0);
  const journal = await opened(file);
  expect(journal.intent(INSTANCE, "htcanceled")).toMatchObject({
    state: "resolved",
    placed: null,
    failure: { outcome: "not_sent" },
  });
  expect(journal.events(INSTANCE, LINES.length, 10).events).toMatchObject([
    { kind: "anomaly", orderId: "7", tag: null },
  ]);
});

test("resolves nothing that is settled, not there, or the gateway's to settle", async () => {
  const elsewhere = { instance: OTHER_INSTANCE };
  const file = await journalWith(...LINES, intent("htcanceled", elsewhere));
  const settled = await run(file, "resolve", "htsettled", "not_sent", "--reason", "x");
  expect(settled).toMatchObject({ status: 1, err: expect.stringContaining("is accepted already") });
  const missing = await run(file, "resolve", "htnever", "not_sent", "--reason", "x");
  expect(missing).toMatchObject({ status: 1, err: expect.stringContaining("there is no intent htnever") });
  const several = await run(file, "resolve", "htcanceled", "not_sent", "--reason", "x");
  expect(several).toMatchObject({ status: 1, err: expect.stringContaining(`(${INSTANCE}, ${OTHER_INSTANCE})`) });
  const otherOrder = ["htcanceled", "accepted=8", "--reason", "x", "--instance", INSTANCE];
  const wrong = await run(file, "resolve", ...otherOrder);
  expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining("cancels order 7, not 8") });

  const journal = await opened(file);
  const running = await run(file, "resolve", "htplaced", "not_sent", "--reason", "x");
  expect(running).toMatchObject({ status: 1, err: expect.stringContaining("a gateway that runs") });
  expect((await journal.open()).sequence).toBe(LINES.length + 1);
});

test("resolves none as not sent whose order the journal knows", async () => {
  const order = { ...anOrder({ orderId: "FH-77", tag: "htplaced" }), external: false, asOf: 3, staleSince: null };
  const file = await journalWith(...LINES, { kind: "order", order, instance: INSTANCE, at: 3 });
  for (const outcome of ["not_sent", "accepted=FH-78"]) {
    const wrong = await run(file, "resolve", "htplaced", outcome, "--reason", "x");
    expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining("order FH-77 is open in this journal") });
  }
  expect((await run(file, "resolve", "htplaced", "accepted=FH-77", "--reason", "x")).status).toBe(0);
});

test.each([
  ["FILLED", 1],
  ["CANCELED", 1],
  ["REJECTED", 0],
] as const)("resolves one as not sent whose order the journal has as %s with exit %i", async (ending, exit) => {
  const order = { ...anOrder({ orderId: "FH-77", tag: "htplaced", status: "OPEN" }), external: false, asOf: 3 };
  const line = { kind: "order", order: { ...order, staleSince: 3 }, instance: INSTANCE, at: 3 } as const;
  const file = await journalWith(...LINES, line);
  const how = ending === "FILLED" ? "filled=12@200" : ending.toLowerCase();
  expect((await run(file, "end", "FH-77", how, "--reason", "x")).status).toBe(0);
  const { status, err } = await run(file, "resolve", "htplaced", "not_sent", "--reason", "x");
  expect(status).toBe(exit);
  if (exit !== 0) expect(err).toContain("order FH-77 has ended in this journal and carries the tag htplaced");
});

test("resolves none as not sent whose order was rejected after a part of it was filled", async () => {
  const partly = { orderId: "FH-77", tag: "htplaced", status: "REJECTED", filledQty: 5, avgPrice: 201 } as const;
  const order = { ...anOrder(partly), external: false, asOf: 3, staleSince: null };
  const file = await journalWith(...LINES, { kind: "order", order, instance: INSTANCE, at: 3 });
  const { status, err } = await run(file, "resolve", "htplaced", "not_sent", "--reason", "x");
  expect([status, err]).toEqual([1, expect.stringContaining("order FH-77 has ended in this journal")]);
});

const known = (...given: Parameters<typeof anOrder>) =>
  ({ ...anOrder(...given), external: false, asOf: 3, staleSince: null }) as const;
const told = (order: ReturnType<typeof known>) => ({ kind: "order", order, instance: INSTANCE, at: 3 }) as const;

test("resolves none as accepted under another id than that of its order that the journal has as ended", async () => {
  const ended = known({ orderId: "FH-77", tag: "htplaced", status: "FILLED", filledQty: 12, avgPrice: 201 });
  const file = await journalWith(...LINES, told(ended));
  const { status, err } = await run(file, "resolve", "htplaced", "accepted=FH-78", "--reason", "x");
  expect([status, err]).toEqual([
    1,
    expect.stringContaining("order FH-77 has ended in this journal and carries the tag"),
  ]);
  expect((await run(file, "resolve", "htplaced", "accepted=FH-77", "--reason", "x")).status).toBe(0);
});

test.each([
  ["of another tag", { tag: "htother" }, "carries the tag htother"],
  ["of another contract", { contract: { ...CONTRACT, symbol: "MSFT" } }, "is no BUY of Securities US AAPL"],
  ["of the other direction", { direction: "SELL" }, "is no BUY of Securities US AAPL"],
  ["whose tag the vendor lost", {}, undefined],
] as const)("resolves a place as an order %s only if it may be its own", async (_name, fields, why) => {
  const file = await journalWith(...LINES, told(known({ orderId: "FH-78", tag: null, ...fields })));
  const { status, err } = await run(file, "resolve", "htplaced", "accepted=FH-78", "--reason", "x");
  expect([status, err]).toEqual(why === undefined ? [0, ""] : [1, expect.stringContaining(`order FH-78 ${why}`)]);
});

test.each([
  ["the changed order", "7", undefined],
  ["one that was put in its place", "9", undefined],
  ["one that the journal does not know", "10", undefined],
  ["another one", "8", "order 8 carries the tag htother"],
] as const)("resolves a replace as %s only if it may be its own", async (_name, orderId, why) => {
  const replace = intent("htreplaced", { action: { kind: "replace", orderId: "7", change: { qty: 9 } } });
  const orders = [
    known({ orderId: "7", tag: "htfirst", status: "CANCELED" }),
    known({ orderId: "9", tag: "htfirst" }),
    known({ orderId: "8", tag: "htother" }),
  ];
  const file = await journalWith(replace, ...orders.map(told));
  const { status, err } = await run(file, "resolve", "htreplaced", `accepted=${orderId}`, "--reason", "x");
  expect([status, err]).toEqual(why === undefined ? [0, ""] : [1, expect.stringContaining(why)]);
});

test("resolves at the instance that is named", async () => {
  const file = await journalWith(intent("htcanceled"), intent("htcanceled", { instance: OTHER_INSTANCE }));
  const named = ["--instance", OTHER_INSTANCE];
  expect((await run(file, "resolve", "htcanceled", "accepted=7", "--reason", "x", ...named)).status).toBe(0);
  const journal = await opened(file);
  expect(journal.intent(OTHER_INSTANCE, "htcanceled")?.state).toBe("resolved");
  expect(journal.intent(INSTANCE, "htcanceled")?.state).toBe("sending");
});

test("says how it is used when it is used wrongly, and touches nothing", async () => {
  const file = newFile();
  const wrong = [
    [],
    [file, "frobnicate"],
    [file, "unknown", "more"],
    [file, "export", "--reason", "x"],
    [file, "resolve"],
    [file, "resolve", "htplaced"],
    [file, "resolve", "htplaced", "accepted"],
    [file, "resolve", "htplaced", "accepted=", "--reason", "x"],
    [file, "resolve", "htplaced", "accepted=FH 77", "--reason", "x"],
    [file, "resolve", "htplaced", "accepted=ORDERID", "--reason", "x"],
    [file, "resolve", "htplaced", "not_sent"],
    [file, "resolve", "htplaced", "not_sent", "--reason", " "],
    [file, "resolve", "htplaced", "not_sent", "too", "much", "--reason", "x"],
    [file, "--frobnicate"],
    [file, "stale", "more"],
    [file, "end"],
    [file, "end", "7"],
    [file, "end", "7", "gone", "--reason", "x"],
    [file, "end", "7", "filled", "--reason", "x"],
    [file, "end", "7", "filled=12", "--reason", "x"],
    [file, "end", "7", "filled=0@200", "--reason", "x"],
    [file, "end", "7", "filled=1.2.3@200", "--reason", "x"],
    [file, "end", "7", "rejected=5@200", "--reason", "x"],
    [file, "end", "7", "canceled"],
    [file, "end", "7", "canceled", "too", "much", "--reason", "x"],
  ];
  const ended = await Promise.all(wrong.map((args) => run(...args)));
  for (const [index, { status, out, err }] of ended.entries()) {
    expect([status, out, err.includes("Usage:")], wrong[index]?.join(" ")).toEqual([2, "", true]);
  }
  expect(readdirSync(dirname(file))).toEqual([]);
  expect(await run("--help")).toMatchObject({ status: 0, out: expect.stringContaining("Usage:") });
  expect(await run(file)).toMatchObject({ status: 1, err: expect.stringContaining("there is no journal at") });
});
