/** Streams of events over real sockets: many at once, and at the end of the server. */
import { afterEach, describe, expect, test } from "vitest";
import { eventReader } from "../http/suite/event-reader.ts";
import { addressOf, type Program, RUNTIMES, type Runtime, start } from "./program.ts";

const TOKEN = { "HT-TOKEN": "Vt5UCW2sLBvgPXjR" };
const ORDER = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 1.25,
  qty: 12,
  orderType: "Limit",
  timeInForce: "GTC",
  lifecycle: "RTH",
  direction: "BUY",
};

const programs: Program[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) await program[Symbol.asyncDispose]();
});

async function server(runtime: Runtime) {
  const program = start(runtime, "tests/runtimes/programs/events.ts", { RUNTIME: runtime });
  programs.push(program);
  const base = `${await addressOf(program)}/httptrading/api/WyLqtMhDvAnBb6a3`;
  return {
    program,
    follow: async () => eventReader(await fetch(`${base}/order/events`, { headers: TOKEN })),
    async place(): Promise<string> {
      const headers = { ...TOKEN, "content-type": "application/json" };
      const response = await fetch(`${base}/order/place`, { method: "POST", headers, body: JSON.stringify(ORDER) });
      expect(response.status).toBe(200);
      return ((await response.json()) as { orderId: string }).orderId;
    },
  };
}

test.each(RUNTIMES)("on %s a server that is stopped ends its streams, and waits for none", async (runtime) => {
  const { program, follow, place } = await server(runtime);
  const streams = await Promise.all([follow(), follow(), follow()]);
  for (const stream of streams) expect((await stream.next())?.kind).toBe("snapshot");
  const orderId = await place();
  for (const stream of streams)
    await stream.until(({ kind, data }) => kind === "order" && data.order.orderId === orderId);
  program.signal("SIGTERM");
  for (const stream of streams) expect(await stream.next()).toBeUndefined();
  expect(await program.ended).toEqual({ code: 0, signal: null });
});

describe("a thousand clients of one process on Node", () => {
  test("see the same events in the same order, and orders are answered meanwhile", { timeout: 60_000 }, async () => {
    const { follow, place } = await server("node");
    const clients = await Promise.all(Array.from({ length: 1000 }, follow));
    await Promise.all(clients.map((client) => client.next()));
    const seen = clients.map(async (client) => {
      const story: string[] = [];
      for (let opened = 0; opened < 10; ) {
        const event = await client.next();
        if (event === undefined) throw new Error("the stream ended");
        story.push(`${event.lastEventId} ${event.kind} ${event.data.order?.orderId} ${event.data.order?.status}`);
        if (event.data.order?.status === "OPEN") opened += 1;
      }
      return story.join("\n");
    });
    const placed: string[] = [];
    for (let order = 0; order < 10; order += 1) placed.push(await place());
    const [first = "", ...others] = await Promise.all(seen);
    for (const orderId of placed) expect(first).toContain(` order ${orderId} OPEN`);
    expect(others.filter((other) => other !== first)).toEqual([]);
    await Promise.all(clients.map((client) => client.cancel()));
  });
});
