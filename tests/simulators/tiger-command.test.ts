/** `npm run simulate -- tiger`. */
import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { UsageError } from "../../simulators/shared/command.ts";
import { tiger } from "../../simulators/tiger/command.ts";
import type { TigerServer } from "../../simulators/tiger/server.ts";
import { listAt } from "./protocol.ts";
import { ask, BUY, LIVE, openPush, PAPER } from "./tiger-client.ts";

const FREE = ["--port", "0", "--push-port", "0", "--control", "0"];

const start = (...args: readonly string[]) =>
  tiger.start(parseArgs({ args: [...FREE, ...args], options: tiger.options }).values);

test("says where it is, serves what the examples default to, and gives no order's number out twice", async () => {
  const ids = new Set<unknown>();
  for (let run = 0; run < 2; run += 1) {
    const running = await start("--unusual-positions", "--plain-push-port", "0", "--data-as-text");
    try {
      const pattern = /^tiger is ready: http (\d+), push (\d+), plain push (\d+), control (\d+)$/;
      const [port = 0, pushPort = 0, plainPushPort = 0, control = 0] =
        pattern.exec(running.ready)?.slice(1).map(Number) ?? [];
      const server = { port, pushPort, plainPushPort } as TigerServer;
      ids.add((await ask(server, "place_order", BUY)).data["id"]);
      expect((await ask(server, "orders", { account: PAPER })).code).toBe(0);
      expect(listAt((await ask(server, "positions", { account: LIVE })).data, "items")).toHaveLength(4);
      for (const isTls of [true, false]) (await openPush(server, isTls)).close();
      const ledger = await (await fetch(`http://127.0.0.1:${control}/orders`)).json();
      expect(ledger).toMatchObject([{ orderId: String([...ids].at(-1)), symbol: "AAPL", status: "OPEN" }]);
    } finally {
      await running.close();
    }
  }
  expect(ids.size).toBe(2);
});

test("takes another developer and other accounts, and has no plain port unless it is asked for", async () => {
  const running = await start("--tiger-id", "7", "--account", "U7", "--paper", "1".repeat(17));
  try {
    const [, port] = /^tiger is ready: http (\d+), push \d+, control \d+$/.exec(running.ready) ?? [];
    const server = { port: Number(port) };
    for (const account of ["U7", "1".repeat(17)]) {
      const filled = { ...BUY, account, limit_price: 210 };
      expect((await ask(server, "place_order", filled, { tiger_id: "7" })).code).toBe(0);
      const fills = await ask(server, "order_transactions", { account, symbol: "AAPL" }, { tiger_id: "7" });
      expect(listAt(fills.data, "items")).toHaveLength(1);
    }
    expect((await ask(server, "orders", { account: LIVE }, { tiger_id: "7" })).code).toBe(4);
  } finally {
    await running.close();
  }
});

test.each([
  ["--port", "99999"],
  ["--plain-push-port", "x"],
  ["--paper", "123"],
  ["--limit-style", "polite"],
])("refuses %s %s", async (...args) => {
  await expect(start(...args)).rejects.toThrow(UsageError);
});
