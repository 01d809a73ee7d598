import { setTimeout as pause } from "node:timers/promises";
import { test } from "vitest";
import { demoTradingTime } from "../../../src/exchange/demo-account.ts";
import { newFolder } from "../../journal/lines.ts";
import { atRandom, type LedgerRow, liveThrough, TIMEOUT_MS } from "./lives.ts";

test(
  "a paper account that is killed with its gateway makes one order a key, and forgets none",
  async () => {
    const stateFile = `${newFolder()}/account.json`;
    const broker = { kind: "paper", stateFile, clockOffset: demoTradingTime - Date.now() } as const;
    const strikes = [() => pause(Math.random() * 100), atRandom];
    await liveThrough(broker, strikes, async ({ url, instanceId, token }) => {
      const headers = { "HT-TOKEN": token };
      const response = await fetch(`${url()}/httptrading/api/${instanceId}/order/list?status=all`, { headers });
      const { orders } = await response.json();
      return orders.map((order: LedgerRow & { contract: { symbol: string } }) => ({
        ...order,
        symbol: order.contract.symbol,
      }));
    });
  },
  TIMEOUT_MS,
);
