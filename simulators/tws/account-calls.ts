/** Account values, summaries and positions, once and as they change. */
import { multiply, subtract } from "../../src/domain/money.ts";
import { type AccountValue, ledgerOf, positionsOf, totalsOf } from "./account-values.ts";
import type { Client, Desk } from "./desk.ts";
import type { Message } from "./frames.ts";
import { RESPONSE } from "./messages.ts";
import { invalid } from "./refusal.ts";
import { twsTime } from "./times.ts";

/** 62 */
export function reqAccountSummary(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const [, , reqId = "", group = "", tags = ""] = fields;
  if (group !== "All") throw invalid(`Invalid account group '${group}'`);
  if (client.summaries.size >= 2 && !client.summaries.has(Number(reqId))) {
    throw invalid("Maximum number of account summary requests exceeded");
  }
  client.summaries.set(Number(reqId), tags);
  return summary(desk, Number(reqId), tags);
}

/** 6: subscribes to one account, or ends it. */
export function reqAccountUpdates(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const [, , subscribe = "", given = ""] = fields;
  if (subscribe !== "1") {
    client.accountUpdates = undefined;
    return [];
  }
  const account = given === "" ? (desk.accounts[0] ?? "") : accountOf(desk, given);
  client.accountUpdates = account;
  return accountUpdates(desk, account);
}

/** 76 */
export function reqAccountUpdatesMulti(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const [, , reqId = "", given = ""] = fields;
  const account = given === "" || given === "All" ? (desk.accounts[0] ?? "") : accountOf(desk, given);
  client.accountUpdatesMulti.set(Number(reqId), account);
  return [...updatesMulti(desk, Number(reqId), account), [RESPONSE.accountUpdateMultiEnd, 1, Number(reqId)]];
}

/** 61: every account's. */
export function reqPositions(desk: Desk, client: Client): readonly Message[] {
  client.wantsPositions = true;
  return [...desk.accounts.flatMap((account) => positions(desk, account)), [RESPONSE.positionEnd, 1]];
}

/** 74 */
export function reqPositionsMulti(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const [, , reqId = "", given = ""] = fields;
  const accounts = given === "" || given === "All" ? desk.accounts : [accountOf(desk, given)];
  client.positionsMulti.set(Number(reqId), given);
  return [
    ...accounts.flatMap((account) =>
      positionsOf(desk, account).map(({ contract, qty, avgCost }) => [
        ...[RESPONSE.positionMulti, 1, Number(reqId), account],
        ...contract,
        ...[qty, avgCost, ""],
      ]),
    ),
    [RESPONSE.positionMultiEnd, 1, Number(reqId)],
  ];
}

/** What a client that listens is told of an account after a fill. */
export function accountChanged(desk: Desk, client: Client, account: string): readonly Message[] {
  return [
    ...(client.wantsPositions ? positions(desk, account) : []),
    ...(client.accountUpdates === account ? accountUpdates(desk, account) : []),
    ...[...client.accountUpdatesMulti]
      .filter(([, of]) => of === account)
      .flatMap(([reqId]) => updatesMulti(desk, reqId, account)),
    ...[...client.summaries].flatMap(([reqId, tags]) => summary(desk, reqId, tags)),
  ];
}

function summary(desk: Desk, reqId: number, tags: string): readonly Message[] {
  const rows = desk.accounts.flatMap((account) =>
    tags
      .split(",")
      .map((tag) => tag.trim())
      .flatMap((tag) => valuesOfTag(desk, account, tag))
      .map(({ key, value, currency }) => [RESPONSE.accountSummary, 1, reqId, account, key, value, currency]),
  );
  return [...rows, [RESPONSE.accountSummaryEnd, 1, reqId]];
}

/** `$LEDGER` is the sum, `$LEDGER:HKD` one currency, `$LEDGER:ALL` everything. */
function valuesOfTag(desk: Desk, account: string, tag: string): readonly AccountValue[] {
  const [, ledger, currency = "BASE"] = /^(\$LEDGER)(?::(\w+))?$/.exec(tag) ?? [];
  if (ledger === undefined) return totalsOf(desk, account).filter(({ key }) => key === tag);
  return ledgerOf(desk, account).filter((line) => currency === "ALL" || line.currency === currency);
}

function accountUpdates(desk: Desk, account: string): readonly Message[] {
  const time = twsTime(desk.venue.now()).slice(9, 14);
  const values = [{ key: "AccountCode", value: account, currency: "" }, ...all(desk, account)];
  return [
    ...values.map(({ key, value, currency }) => [RESPONSE.accountValue, 2, key, value, currency, account]),
    ...positionsOf(desk, account).map(({ contract, primaryExchange, qty, avgCost, marketPrice }) => {
      const [conId = 0, symbol = "", secType = "", expiry = "", strike = 0, right = "", multiplier = ""] = contract;
      const [, , , , , , , , currency = "", localSymbol = "", tradingClass = ""] = contract;
      return [
        ...[RESPONSE.portfolioValue, 8, conId, symbol, secType, expiry, strike, right, multiplier, primaryExchange],
        ...[currency, localSymbol, tradingClass, qty, marketPrice, multiply(qty, marketPrice), avgCost],
        ...[multiply(qty, subtract(marketPrice, avgCost)), 0, account],
      ];
    }),
    [RESPONSE.accountUpdateTime, 1, time],
    [RESPONSE.accountDownloadEnd, 1, account],
  ];
}

function updatesMulti(desk: Desk, reqId: number, account: string): readonly Message[] {
  return all(desk, account).map(({ key, value, currency }) => [
    ...[RESPONSE.accountUpdateMulti, 1, reqId, account, "", key, value, currency],
  ]);
}

function all(desk: Desk, account: string): readonly AccountValue[] {
  const ready = { key: "AccountReady", value: String(desk.accountReady), currency: "" };
  const prefix = desk.ledgerPrefix ? "$LEDGER-" : "";
  return [
    ready,
    ...totalsOf(desk, account),
    ...ledgerOf(desk, account).map((line) => ({ ...line, key: prefix + line.key })),
  ];
}

function positions(desk: Desk, account: string): readonly Message[] {
  return positionsOf(desk, account).map(({ contract, qty, avgCost }) => [
    ...[RESPONSE.position, 3, account],
    ...contract,
    ...[qty, avgCost],
  ]);
}

function accountOf({ accounts }: Desk, given: string): string {
  if (!accounts.includes(given)) throw invalid(`Invalid account code '${given}'`);
  return given;
}
