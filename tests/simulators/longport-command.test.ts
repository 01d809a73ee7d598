/** `npm run simulate -- longport`. */
import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { longport } from "../../simulators/longport/command.ts";
import { UsageError } from "../../simulators/shared/command.ts";
import { ask, openLink, submit } from "./longport-client.ts";
import { listAt } from "./protocol.ts";

const FREE = ["--port", "0", "--control", "0"];

const start = (...args: readonly string[]) =>
  longport.start(parseArgs({ args: [...FREE, ...args], options: longport.options }).values);

test("says where it is, serves what the examples default to, and gives no order's number out twice", async () => {
  const ids = new Set<string>();
  for (let run = 0; run < 2; run += 1) {
    const running = await start("--unusual-positions", "--no-limits");
    try {
      const pattern =
        /^longport is ready: http (\d+), quote ws (\d+)\/quote\/v2, trade ws \2\/trade\/v2, control (\d+)$/;
      const [, http, ws, control] = pattern.exec(running.ready) ?? [];
      expect(ws).toBe(http);
      const server = { port: Number(http) };
      ids.add(await submit(server));
      const { data } = await ask(server, "GET", "/v1/asset/stock");
      expect(listAt(data, "list", "0", "stock_info")).toHaveLength(4);
      const link = await openLink(server, "trade");
      await link.login();
      const connections = await (await fetch(`http://127.0.0.1:${control}/connections`)).json();
      expect(connections).toEqual({ open: 1, total: 1, quote: 0, trade: 1 });
      const ledger = await (await fetch(`http://127.0.0.1:${control}/orders`)).json();
      expect(ledger).toMatchObject([{ orderId: [...ids].at(-1), tag: "htabc", symbol: "AAPL", status: "OPEN" }]);
      link.close();
    } finally {
      await running.close();
    }
  }
  expect(ids.size).toBe(2);
});

test("takes keys of one's own", async () => {
  const running = await start("--app-key", "k", "--app-secret", "s", "--access-token", "t");
  const port = Number(/http (\d+)/.exec(running.ready)?.[1]);
  try {
    expect((await ask({ port }, "GET", "/v1/socket/token")).status).toBe(403);
    const right = await ask({ port }, "GET", "/v1/socket/token", undefined, { key: "k", secret: "s", token: "t" });
    expect(right.code).toBe(0);
  } finally {
    await running.close();
  }
});

test("refuses a port that is none", async () => {
  const values = parseArgs({ args: ["--port", "70000"], options: longport.options }).values;
  await expect(longport.start(values)).rejects.toThrow(UsageError);
});
