/** Streams of events: what goes over the wire, what a slow client costs, and that nothing is left when one goes away. */
import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import {
  type ApiContext,
  type Asker,
  type BrokerHost,
  type DeskEvent,
  type EventCursor,
  type HttpTrading,
  type InstanceOptions,
  type Journal,
  memoryJournal,
  type Order,
} from "../../mod.ts";
import { eventStream } from "../../src/http/event-stream.ts";
import { encodeEvents } from "../../src/http/wire-events.ts";
import { collectGarbage } from "../collect-garbage.ts";
import { ask, exampleBroker, gatewayOf, instance, moment, ORDER, openOrder, request } from "./gateway.ts";
import { eventReader } from "./suite/event-reader.ts";

/** A gateway whose broker reports what the test says, and that counts the cursors of its streams. */
function follow({ own, journal }: { own?: Partial<InstanceOptions>; journal?: Journal } = {}) {
  let host: BrokerHost | undefined;
  const count = { opened: 0, closed: 0, pages: 0 };
  const broker = exampleBroker(
    {
      start: async (given) => {
        host = given;
        given.onConnection({ connected: true });
      },
      orders: async () => ({ orders: [], unmapped: [] }),
    },
    [],
    { ...instance, ...own },
  );

  async function counted(context: ApiContext, lastEventId: string | undefined): Promise<EventCursor> {
    const cursor = await context.broker.follow(lastEventId);
    count.opened += 1;
    void cursor.closed.then(() => {
      count.closed += 1;
    });
    return {
      ...cursor,
      ask(asker) {
        count.pages += 1;
        cursor.ask(asker);
      },
    };
  }

  const trading = gatewayOf(broker, {
    ...(journal === undefined ? {} : { journal }),
    stdApis: (std) =>
      std.map((api) => ({
        ...api,
        handler: (context) =>
          api.handler({ ...context, broker: { ...context.broker, follow: (id) => counted(context, id) } }),
      })),
  });
  return {
    trading,
    count,
    report: (changes: Partial<Order>) => host?.onOrder({ ...openOrder, ...changes }),
    connection: (connected: boolean, reason?: string) =>
      host?.onConnection(reason === undefined ? { connected } : { connected, reason }),
  };
}

async function open(trading: HttpTrading, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return trading.fetch(request("order/events", { headers }));
}

describe("over the wire", () => {
  test("a client sees a snapshot, then orders, corrections and the connection", async () => {
    const { trading, report, connection } = follow();
    await trading.start();
    report({});
    await vi.waitFor(async () => {
      const first = eventReader(await open(trading));
      expect((await first.next())?.data.orders).toHaveLength(1);
      await first.cancel();
    });
    const events = eventReader(await open(trading));
    const snapshot = await events.next();
    expect(snapshot).toMatchObject({ kind: "snapshot", data: { orders: [{ type: "order", orderId: "6278888" }] } });
    report({ filledQty: 12, avgPrice: 199.5, status: "FILLED", updatedAt: 2 });
    const filled = await events.until(({ kind }) => kind === "order");
    expect(filled.data.order).toMatchObject({ type: "order", isFilled: true, avgPrice: 199.5, source: "journal" });
    moment(filled.data.time);
    report({ filledQty: 11, avgPrice: 199.5, status: "FILLED", updatedAt: 3 });
    const corrected = await events.until(({ kind }) => kind === "correction");
    expect(corrected.data.order).toMatchObject({ filledQty: 11 });
    connection(false, "the cable was pulled");
    const lost = await events.until(({ kind }) => kind === "connection");
    expect(lost.data).toMatchObject({ connected: false, reason: "the cable was pulled" });
    await trading.close();
    expect(await events.next()).toBeUndefined();
  });

  const order = { ...openOrder, external: false, asOf: 1, staleSince: null };
  const stamp = { instance: "digest", at: Date.UTC(2025, 4, 28), sequence: 7 };
  const time = "2025-05-28T00:00:00.000000+00:00";
  const text = (event: DeskEvent) => new TextDecoder().decode(encodeEvents("e1", [event]));

  test("each kind is one event of one line", () => {
    const anomaly = { kind: "anomaly", message: "two\nlines\r\nand \u2028", orderId: "1", tag: null } as const;
    expect(text({ ...anomaly, ...stamp })).toBe(
      `id: e1-7\nevent: anomaly\ndata: ${JSON.stringify({ time, message: anomaly.message, orderId: "1", tag: null })}\n\n`,
    );
    expect(text({ kind: "connection", connected: true, reason: null, ...stamp })).toBe(
      `id: e1-7\nevent: connection\ndata: {"time":"${time}","connected":true,"reason":null}\n\n`,
    );
    expect(text({ kind: "snapshot", sequence: 0, orders: [] })).toBe(
      `id: e1-0\nevent: snapshot\ndata: {"orders":[]}\n\n`,
    );
    expect(text({ kind: "order", order, ...stamp })).toMatch(/^id: e1-7\nevent: order\ndata: \{"time":.+\}\n\n$/);
  });

  test("a reset has no id: who breaks off behind it must be told again", () => {
    expect(text({ kind: "reset", sequence: 7, reason: "pruned" })).toBe(`event: reset\ndata: {"reason":"pruned"}\n\n`);
  });

  test("an order with no number where one belongs is an anomaly, and ends nobody's stream", () => {
    const broken = { ...order, avgPrice: Number.NaN };
    expect(text({ kind: "order", order: broken, ...stamp })).toContain("event: anomaly\n");
    expect(text({ kind: "snapshot", sequence: 1, orders: [broken, order] })).toContain('{"orders":[{"type":"order"');
  });

  test("what clients were sent who resumed at every place there is takes no room", () => {
    const held = () => {
      // Buffers are given back beside the collection; the next one waits for that.
      collectGarbage();
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const reason = "x".repeat(500);
    const events = Array.from({ length: 1200 }, (_, sequence): DeskEvent => {
      return { kind: "connection", connected: false, reason, ...stamp, sequence };
    });
    const before = held();
    for (let from = 0; from < 1000; from += 1) encodeEvents("e1", events.slice(from, from + 200));
    expect((held() - before) / 1_000_000).toBeLessThan(20);
    expect(events).toHaveLength(1200);
  });

  test("all who are at one place get the very same bytes", async () => {
    const { trading, report } = follow();
    const readers = await Promise.all(
      [1, 2, 3].map(async () => {
        const reader = (await open(trading)).body?.getReader();
        if (reader === undefined) throw new Error("a stream has a body");
        await reader.read();
        await reader.read();
        return reader;
      }),
    );
    const next = readers.map((reader) => reader.read());
    report({});
    const [first, ...others] = await Promise.all(next);
    expect(new TextDecoder().decode(first?.value)).toContain("event: ");
    for (const other of others) expect(other.value).toBe(first?.value);
    await trading.close();
  });
});

describe("a slow client", () => {
  test("is fetched nothing while it does not read, is let go, and resumes without a gap", async () => {
    const { trading, count, report } = follow({ journal: memoryJournal({ kept: 20_000 }) });
    const slow = eventReader(await open(trading));
    const start = await slow.next();
    const pages = count.pages;
    for (let qty = 1; qty <= 10_100; qty += 1) report({ qty: 20_000, filledQty: qty, updatedAt: qty });
    await vi.waitFor(() => expect(count.closed).toBe(1));
    expect(count.pages).toBe(pages);
    expect(await slow.next()).toBeUndefined();

    const back = eventReader(await open(trading, { "Last-Event-ID": start?.lastEventId ?? "" }));
    const fills: number[] = [];
    await back.until(({ kind, data }) => {
      if (kind === "order") fills.push(data.order.filledQty);
      return fills.length === 10_100;
    });
    expect(fills).toEqual(Array.from({ length: 10_100 }, (_, index) => index + 1));
    await trading.close();
  });

  test("holds up neither an order nor another client", async () => {
    const { trading, report } = follow();
    await open(trading);
    const reading = eventReader(await open(trading));
    report({});
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
    await reading.until(({ kind }) => kind === "order");
    await trading.close();
  });
});

describe("when it is over", () => {
  test("a reader that cancels leaves no cursor and no listener", async () => {
    const { trading, count } = follow();
    for (let round = 1; round <= 20; round += 1) {
      const asked = request("order/events");
      const response = await trading.fetch(asked);
      expect(getEventListeners(asked.signal, "abort")).toHaveLength(1);
      const events = eventReader(response);
      await events.next();
      await events.cancel();
      expect(getEventListeners(asked.signal, "abort")).toHaveLength(0);
    }
    expect(count).toMatchObject({ opened: 20, closed: 20 });
    await trading.close();
  });

  test("a client that goes away ends its stream, even one that never read", async () => {
    const { trading, count } = follow();
    for (const reads of [true, false]) {
      const gone = new AbortController();
      const asked = new Request(request("order/events"), { signal: gone.signal });
      const events = eventReader(await trading.fetch(asked));
      if (reads) await events.next();
      const next = reads ? events.next() : undefined;
      gone.abort();
      expect(await next).toBeUndefined();
      expect(getEventListeners(asked.signal, "abort")).toHaveLength(0);
    }
    await vi.waitFor(() => expect(count).toMatchObject({ opened: 2, closed: 2 }));
    await trading.close();
  });

  test("a client that is gone before the stream begins leaves nothing either", async () => {
    const { trading, count } = follow();
    const asked = new Request(request("order/events"), { signal: AbortSignal.abort() });
    await trading.fetch(asked);
    await vi.waitFor(() => expect(count).toMatchObject({ opened: 1, closed: 1 }));
    await trading.close();
  });

  test("HEAD opens nothing", async () => {
    const { trading, count } = follow();
    const { status, headers, body } = await trading.fetch(request("order/events", { method: "HEAD" }));
    expect([status, headers.get("content-type"), body]).toEqual([200, "text/event-stream", null]);
    expect(count.opened).toBe(0);
    await trading.close();
  });

  test("streams can be ended alone: all else is answered on, and no stream begins", async () => {
    const { trading, count } = follow();
    const events = eventReader(await open(trading));
    await events.next();
    trading.endStreams();
    expect(await events.next()).toBeUndefined();
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
    const { status, json } = await ask(trading, "order/events");
    expect([status, json.error.code, json.error.outcome]).toEqual([503, "NotConnected", "not_sent"]);
    expect(count).toMatchObject({ opened: 1, closed: 1 });
    await trading.close();
  });

  test("the deadline of requests is none for a stream", async () => {
    const { trading, report } = follow({ own: { deadlineMs: 30 } });
    const events = eventReader(await open(trading));
    await events.next();
    await new Promise((later) => setTimeout(later, 60));
    report({});
    expect((await events.until(({ kind }) => kind === "order")).data.order.orderId).toBe("6278888");
    await trading.close();
  });
});

describe("what fails before the first event is answered in the envelope", () => {
  test("a journal that cannot be opened", async () => {
    const journal: Journal = {
      ...memoryJournal(),
      open: () => {
        throw new Error("the disk is gone");
      },
    };
    const { trading } = follow({ journal });
    const { status, json } = await ask(trading, "order/events");
    expect([status, json.error.code]).toEqual([503, "JournalUnavailable"]);
  });

  test("a wrong token, as everywhere", async () => {
    const { trading } = follow();
    const response = await open(trading, { "HT-TOKEN": "0123456789abcdef" });
    expect([response.status, await response.text()]).toEqual([404, "404: Not Found"]);
  });
});

describe("the stream itself", () => {
  function streamOf(pages: readonly (readonly DeskEvent[] | Error)[]) {
    const left = [...pages];
    let closed = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stream = eventStream(
      {
        epoch: "e1",
        closed: promise,
        ask({ take, fail }) {
          const page = left.shift();
          if (page instanceof Error) fail(page);
          else take(page);
        },
        close() {
          closed += 1;
          resolve();
        },
      },
      new AbortController().signal,
    );
    return { stream, left, closed: () => closed };
  }

  test("begins with a comment and a hint when to come back, and beats while nothing happens", async () => {
    const { stream, closed } = streamOf([[], []]);
    const told = await new Response(stream).text();
    expect(told).toBe(": events follow\nretry: 2000\n\n: heartbeat\n\n: heartbeat\n\n");
    expect(closed()).toBe(1);
  });

  test("asks for nothing before it is read", async () => {
    const { stream, left } = streamOf([[], []]);
    await new Promise((later) => setTimeout(later, 5));
    expect(left).toHaveLength(2);
    await stream.cancel();
  });

  test("asks once, however many reads wait for the answer", async () => {
    const asked: Asker[] = [];
    const reader = eventStream(
      {
        epoch: "e1",
        closed: new Promise<void>(() => undefined),
        ask: (asker) => void asked.push(asker),
        close: () => undefined,
      },
      new AbortController().signal,
    ).getReader();
    const text = async (read: Promise<{ value?: Uint8Array | undefined }>) =>
      new TextDecoder().decode((await read).value);
    const turn = () => new Promise((later) => setTimeout(later));
    await reader.read();
    const first = reader.read();
    await turn();
    const second = reader.read();
    await turn();
    expect(asked).toHaveLength(1);
    asked[0]?.take([{ kind: "snapshot", sequence: 1, orders: [] }]);
    expect(await text(first)).toContain("id: e1-1\n");
    await turn();
    expect(asked).toHaveLength(2);
    asked[1]?.take([{ kind: "snapshot", sequence: 2, orders: [] }]);
    expect(await text(second)).toContain("id: e1-2\n");
    await reader.cancel();
  });

  test("ends when the journal cannot be read any more", async () => {
    const { stream, closed } = streamOf([new Error("the disk is gone")]);
    expect(await new Response(stream).text()).toContain("retry:");
    expect(closed()).toBe(1);
  });
});
