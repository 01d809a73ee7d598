import { describe, expect, test } from "vitest";
import { DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT } from "../../../simulators/opend/accounts.ts";
import { chooseAccounts } from "../../../src/brokers/futu/accounts.ts";
import { call, openOpenD, rejection, restingOrder, startBroker } from "./setup.ts";

const REAL = { accID: "281756455982434220", trdEnv: 1, trdMarketAuthList: [1, 2, 4], securityFirm: 1 };
const PAPER = { accID: "3450310", trdEnv: 0, trdMarketAuthList: [1], simAccType: 1 };

describe("the choice of accounts", () => {
  test("takes active accounts for shares of the environment only", () => {
    const others = [
      { ...PAPER, accID: "2", simAccType: 2 },
      { ...PAPER, accID: "3", simAccType: 3 },
      { ...PAPER, accID: "5", simAccType: 5 },
      { ...PAPER, accID: "6", accStatus: 1 },
      { ...PAPER, accID: "7", accRole: 3 },
      { ...PAPER, accID: "8", trdMarketAuthList: [10] },
      { accID: "9", trdEnv: 0, trdMarketAuthList: [1] },
      REAL,
    ];
    const us = { ...PAPER, accID: "3450311", trdMarketAuthList: [2], simAccType: 4 };
    const chosen = chooseAccounts([...others, PAPER, us], { tradeEnv: "SIMULATE" });
    expect(chosen.map(({ accId, markets }) => [accId, ...markets])).toEqual([
      ["3450310", ["HK", 1]],
      ["3450311", ["US", 2]],
    ]);
  });

  test("trades the mainland through Stock Connect for real, and on the paper market otherwise", () => {
    const [real] = chooseAccounts([REAL], { tradeEnv: "REAL" });
    expect([...(real?.markets ?? [])]).toEqual([
      ["US", 2],
      ["HK", 1],
      ["CN", 4],
    ]);
    const [paper] = chooseAccounts([{ ...PAPER, trdMarketAuthList: [3] }], { tradeEnv: "SIMULATE" });
    expect([...(paper?.markets ?? [])]).toEqual([["CN", 3]]);
  });

  test("takes no master account, with which nobody may place orders, unless it is named", () => {
    const master = { ...REAL, accID: "281756455982434219", accRole: 2 };
    const ids = (accountId?: string) => {
      const config = accountId === undefined ? {} : { accountId };
      return chooseAccounts([master, REAL], { tradeEnv: "REAL", ...config }).map(({ accId }) => accId);
    };
    expect(ids()).toEqual([REAL.accID]);
    expect(ids(master.accID)).toEqual([master.accID]);
  });

  test("takes a contest's account when it is named", () => {
    const contest = { ...PAPER, accID: "77", simAccType: 5 };
    const chosen = chooseAccounts([PAPER, contest], { tradeEnv: "SIMULATE", accountId: "77" });
    expect(chosen.map(({ accId }) => accId)).toEqual(["77"]);
  });

  test("with more than one, or none, says which there are, with their numbers masked", () => {
    const second = { ...REAL, accID: "284008255795119451", securityFirm: 2 };
    const act = () => chooseAccounts([REAL, second, PAPER], { tradeEnv: "REAL" });
    expect(act).toThrow(/\*\*\*\*4220 REAL FUTUSECURITIES.*\*\*\*\*9451 REAL FUTUINC/);
    expect(act).not.toThrow(/281756455982434220|0310/);
    expect(() => chooseAccounts([PAPER], { tradeEnv: "REAL" })).toThrow(/no account fits.*\*\*\*\*0310 SIMULATE/);
    expect(() => chooseAccounts([], { tradeEnv: "REAL" })).toThrow(/none/);
    expect(() => chooseAccounts([PAPER, { ...PAPER, accID: "1" }], { tradeEnv: "SIMULATE" })).toThrow(/only one/);
  });
});

describe("through the SDK", () => {
  const accounts = [...DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT];

  test("an ambiguous account fails the start with the candidates, and nothing is placed", async () => {
    const opend = await openOpenD({ accounts });
    const error = await rejection(startBroker(opend.port, { tradeEnv: "REAL" }));
    expect(error).toMatchObject({ code: "BrokerFault", outcome: "not_sent" });
    expect(String(error)).toMatch(/\*\*\*\*4220.*\*\*\*\*9451/);
  });

  test("firm or number choose; 64 bits come through whole", async () => {
    const opend = await openOpenD({ accounts, extraPositions: [] });
    for (const [options, masked] of [
      [{ securityFirm: "FUTUINC" }, "****9451"],
      [{ securityFirm: "FUTUSECURITIES" }, "****4220"],
      [{ accountId: "281756455982434220" }, "****4220"],
    ] as const) {
      const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", ...options });
      expect(broker.capabilities().account).toBe(masked);
      expect((await broker.cash({ currency: "USD" }, call())).amount).toBe(1_000_000);
    }
  });

  test("an account without a market offers nothing there", async () => {
    const opend = await openOpenD({ accounts });
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", securityFirm: "FUTUINC" });
    expect(broker.capabilities().markets.map(({ region }) => region)).toEqual(["US"]);
    const contract = { tradeType: "Securities", region: "HK", symbol: "00700" } as const;
    expect(await rejection(broker.placeOrder(restingOrder({ contract, price: 500, qty: 100 }), call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
  });
});
