/** Contracts that TWS names otherwise than it did before: after a merger, a split, a company's new name. */
import { expect, test, vi } from "vitest";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { createDirectory } from "../../../src/brokers/interactive-brokers/directory.ts";
import { openBetween } from "./between.ts";
import { call, openTws, restingOrder, startBroker, until } from "./setup.ts";

/** Where the number of a contract stands in its details, with version 193. */
const CON_ID = 13;

test("a symbol that belongs to another contract since TWS was restarted is looked up anew", async () => {
  const tws = await openTws();
  const sent: string[] = [];
  let lookups = 0;
  let conId: string | undefined;
  const port = await openBetween(
    tws,
    (fields) => {
      if (fields[0] === "9") lookups += 1;
      if (fields[0] === "3") sent.push(fields[2] ?? "");
      return undefined;
    },
    (fields) =>
      conId !== undefined && Number(fields[0]) === RESPONSE.contractDetails ? fields.with(CON_ID, conId) : fields,
  );
  const { broker, host } = await startBroker(port);
  await broker.placeOrder(restingOrder(), call());
  await broker.placeOrder(restingOrder(), call());
  expect(lookups).toBe(1);
  conId = "777000777";
  tws.faults.arm({ kind: "restart", ms: 20 });
  await until(() => host.connections.at(-1)?.connected === false);
  await until(() => host.connections.at(-1)?.connected === true);
  await broker.placeOrder(restingOrder(), call()).catch(() => {});
  expect(sent).toEqual(["265598", "265598", "777000777"]);
});

test("an order whose company has a new name is told by that", async () => {
  const tws = await openTws();
  let renamed = false;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (renamed ? fields.map((field) => (field === "QQQ" ? "QQQM" : field)) : fields),
  );
  const { broker } = await startBroker(port);
  const contract = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;
  await broker.placeOrder(restingOrder({ contract }), call());
  const list = async () => (await broker.orders({ status: "open" }, call())).orders;
  expect(await list()).toMatchObject([{ contract }]);
  renamed = true;
  expect(await list()).toMatchObject([{ contract: { ...contract, symbol: "QQQM" } }]);
});

test("a contract that TWS did not know for a while is looked up again a minute later", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const listed = {
      conId: 9579970,
      symbol: "SPY",
      secType: "STK",
      currency: "USD",
      localSymbol: "",
      tradingClass: "",
    };
    const vendor = { ...listed, exchange: "SMART", primaryExch: "" };
    let asked = 0;
    let answer: readonly object[] = [];
    const read = async () => {
      asked += 1;
      return answer;
    };
    const { known, resolve } = createDirectory({ read } as never);
    expect(await resolve(vendor, call())).toBeNull();
    answer = [{ contract: { ...vendor, primaryExch: "ARCA" }, validExchanges: "SMART,ARCA" }];
    // Whoever looks at orders or positions in between does not ask each time.
    expect(await resolve(vendor, call())).toBeNull();
    expect(known(vendor)).toBeNull();
    vi.advanceTimersByTime(60_000);
    expect(known(vendor)).toBeUndefined();
    expect(await resolve(vendor, call())).toEqual({ tradeType: "Securities", region: "US", symbol: "SPY" });
    expect(known(vendor)).toEqual({ tradeType: "Securities", region: "US", symbol: "SPY" });
    expect(asked).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
