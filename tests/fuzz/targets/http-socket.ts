/** A served gateway, and what may be sent to its port. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { serve } from "../../../src/runtime/node.ts";
import type { Bytes } from "../bytes.ts";
import { INSTANCE, openGateway, TOKEN } from "../http/gateway.ts";
import { statusesOf, wire } from "../http/wire.ts";
import { must } from "../oracles.ts";
import { defineTarget } from "../target.ts";

/** After this a connection that both sides should be done with counts as left open. */
const OPEN_MS = 20_000;

/** What a server says of its own to requests that are none. */
const FAULTS_OF_OURS: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** So many inputs share a server: an account that only grows would look like a leak. */
const SHARED_BY = 100;

async function open() {
  const { trading, exchange, unforeseen } = await openGateway();
  const server = await serve(trading, { port: 0, signals: false, graceMs: 0, print: () => undefined });
  return { server, exchange, unforeseen };
}

export const httpSocket = defineTarget<Bytes[]>("http-socket", 300, () => {
  let current: Awaited<ReturnType<typeof open>> | undefined;
  let uses = 0;
  const close = async () => {
    await current?.server.close();
    current = undefined;
  };
  return {
    inputs: wire,
    close,
    async check(parts) {
      if (uses % SHARED_BY === 0) await close();
      uses += 1;
      current ??= await open();
      const { server, exchange, unforeseen } = current;
      const before = exchange.orders().length;
      const text = await talk(server.port, parts);
      const statuses = statusesOf(text);
      must(!statuses.some((status) => FAULTS_OF_OURS.has(status)), "a fault of ours", text);
      const placed = text.match(/"ex":null,"orderId":/g)?.length ?? 0;
      const orders = exchange.orders().length - before;
      must(orders === placed, "not as many orders as were answered for", { orders, placed, text });
      must(unforeseen.length === 0, "an exception that nobody foresaw", String(unforeseen[0]));
      const headers = { "HT-TOKEN": TOKEN };
      const alive = await fetch(`${server.url}/httptrading/api/${INSTANCE}/ping/state`, { headers });
      must(alive.status === 200, "nobody else is answered any more", alive.status);
      await alive.text();
    },
  };
});

/** Sends the parts one by one, ends its half, and gives all that came back until the other half ended. */
async function talk(port: number, parts: readonly Bytes[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  const received: Buffer[] = [];
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (data) => received.push(data));
  // A server that has had enough resets the connection.
  socket.on("error", () => undefined);
  for (const part of parts) {
    if (!socket.writable) break;
    socket.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  const late = new AbortController();
  const left = pause(OPEN_MS, true, { signal: late.signal }).catch(() => false);
  const isLeft = await Promise.race([closed.then(() => false), left]);
  late.abort();
  socket.destroy();
  must(!isLeft, "a connection that is left open");
  return Buffer.concat(received).toString("latin1");
}
