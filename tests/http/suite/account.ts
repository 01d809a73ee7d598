/** Reads: ping, quotes, market states, cash, positions, capabilities. */
import { check, good, type HttpCheck, moment, must, same } from "./client.ts";

const UNIFIED = ["UNKNOWN", "OVERNIGHT", "PRE_HOURS", "RTH", "REST", "AFTER_HOURS", "CLOSED"];
const PRICES = ["latest", "preClose", "highPrice", "lowPrice", "openPrice"];

export const accountChecks: readonly HttpCheck[] = [
  check("ping/state", async (client) => {
    const { pong } = good(await client.get("ping/state"), client, ["pong"]);
    same(pong, true, "pong");
  }),

  check("market/quote", async (client) => {
    for (const [region, symbol, asked, currency] of [
      ["US", "AAPL", "AAPL", "USD"],
      ["US", "BRK.B", "brk.b", "USD"],
      ["HK", "00700", "700", "HKD"],
      ["CN", "600519", "600519", "CNY"],
    ]) {
      const path = `market/quote?tradeType=Securities&region=${region}&symbol=${asked}`;
      const { quote } = good(await client.get(path), client, ["quote"]);
      same(Object.keys(quote), ["type", "contract", "currency", "isTradable", ...PRICES, "timestamp"], "keys");
      same(quote.type, "quote", "type");
      same(quote.contract, { type: "contract", tradeType: "Securities", region, symbol }, "contract");
      same(quote.currency, currency, "currency");
      same(quote.isTradable, true, "isTradable");
      for (const name of PRICES) must(quote[name] > 0, `${name} must be above 0`, quote[name]);
      must(Number.isInteger(quote.timestamp), "timestamp must be whole milliseconds", quote.timestamp);
    }
  }),

  check("market/state", async (client) => {
    const { marketStatus } = good(await client.get("market/state"), client, ["marketStatus"]);
    same(marketStatus.type, "marketStatusMap", "type");
    for (const region of ["US", "HK", "CN"]) {
      const status = marketStatus.securities[region];
      same(Object.keys(status), ["type", "region", "originStatus", "unifiedStatus"], "keys");
      same([status.type, status.region], ["marketStatus", region], region);
      must(UNIFIED.includes(status.unifiedStatus), "unifiedStatus must be one of our words", status);
    }
  }),

  check("cash/state in dollars, and in what is asked for", async (client) => {
    const { cash, balances } = good(await client.get("cash/state"), client, ["cash", "balances"]);
    same(Object.keys(cash), ["type", "currency", "amount"], "keys");
    same([cash.type, cash.currency, typeof cash.amount], ["cash", "USD", "number"], "cash");
    must(
      balances.some(({ currency }: { currency: string }) => currency === "USD"),
      "dollars must be listed",
      balances,
    );
    for (const currency of client.currencies) {
      const asked = good(await client.get(`cash/state?currency=${currency}`), client, ["cash", "balances"]);
      must(asked.cash.amount > cash.amount, `the amount in ${currency} must be larger than in dollars`, asked.cash);
    }
  }),

  check("position/state", async (client) => {
    const { positions, unmapped } = good(await client.get("position/state"), client, ["positions", "unmapped"]);
    same(unmapped, [], "unmapped");
    const held = (symbol: string) =>
      positions.find(({ contract }: { contract: { symbol: string } }) => contract.symbol === symbol);
    same(
      held("QQQ"),
      {
        type: "position",
        broker: client.broker,
        brokerDisplay: held("QQQ")?.brokerDisplay,
        contract: { type: "contract", tradeType: "Securities", region: "US", symbol: "QQQ" },
        unit: "Share",
        currency: "USD",
        qty: 2400,
      },
      "QQQ",
    );
    same([held("00700")?.qty, held("00700")?.currency], [300, "HKD"], "00700");
  }),

  check("capabilities", async (client) => {
    const { capabilities } = good(await client.get("capabilities"), client, ["capabilities"]);
    same(capabilities.type, "capabilities", "type");
    must(["SIMULATE", "REAL"].includes(capabilities.environment), "environment", capabilities.environment);
    for (const operation of ["ping", "cash", "positions", "quote", "placeOrder", "replaceOrder", "cancelOrder"]) {
      must(capabilities.operations.includes(operation), `${operation} must be offered`, capabilities.operations);
    }
    const row = capabilities.orders.find(
      (candidate: { region: string; lifecycle: string }) => candidate.region === "HK" && candidate.lifecycle === "ETH",
    );
    same(row?.effective, { lifecycle: "RTH" }, "ETH in HK");
  }),

  check("order/list", async (client) => {
    for (const path of ["order/list", "order/list?status=open", "order/list?status=all"]) {
      const { orders } = good(await client.get(path), client, ["orders", "unmapped"]);
      must(Array.isArray(orders), "orders must be a list");
      for (const order of orders) moment(order.asOf, "asOf");
    }
  }),
];
