/** Following orders: from a snapshot, through changes, and on from where one left off. */
import { bad, type Client, check, good, type HttpCheck, moment, must, same } from "./client.ts";
import { type EventReader, eventReader, type SentEvent } from "./event-reader.ts";

/** An order that rests: far below the market. */
const RESTING = {
  tradeType: "Securities",
  symbol: "QQQ",
  region: "US",
  price: 1.25,
  qty: 3,
  orderType: "Limit",
  timeInForce: "GTC",
  lifecycle: "RTH",
  direction: "BUY",
};

async function place(client: Client, own: object = {}): Promise<string> {
  const answer = good(await client.post("order/place", { ...RESTING, ...own }), client, [
    "orderId",
    "args",
    "tag",
    "effective",
  ]);
  return answer.orderId;
}

/** Follows while the work is done, and goes away whatever comes of it. */
async function following<T>(
  client: Client,
  path: string,
  headers: Readonly<Record<string, string>>,
  work: (events: EventReader) => Promise<T>,
): Promise<T> {
  const response = await client.open(path, { headers });
  same([response.status, response.headers.get("content-type")], [200, "text/event-stream"], "status and type");
  must(response.headers.get("cache-control")?.includes("no-store") === true, "nobody may keep a stream");
  same(response.headers.get("x-accel-buffering"), "no", "x-accel-buffering");
  const events = eventReader(response);
  try {
    return await work(events);
  } finally {
    await events.cancel();
  }
}

function of(orderId: string, ...statuses: string[]): (event: SentEvent) => boolean {
  return ({ kind, data }) => kind === "order" && data.order.orderId === orderId && statuses.includes(data.order.status);
}

export const eventChecks: readonly HttpCheck[] = [
  check("events begin with a snapshot of the open orders and go on with every change", async (client) => {
    const earlier = await place(client);
    await following(client, "order/events", {}, async (events) => {
      const first = await events.next();
      same(first?.kind, "snapshot", "first event");
      must(/^\w+-\d+$/.test(first?.lastEventId ?? ""), "id of the snapshot", first?.lastEventId);
      must(events.comments().length > 0, "a comment must come at once");
      const listed = await client.get("order/list");
      const shown = (orders: { orderId: string }[]) => orders.map(({ orderId }) => orderId).sort();
      same(shown(first?.data.orders), shown(listed.json.orders), "open orders");

      const orderId = await place(client, { qty: 4 });
      const opened = await events.until(of(orderId, "OPEN"));
      const { order } = good(await client.get(`order/state?orderId=${orderId}`), client, ["order"]);
      same(Object.keys(opened.data), ["time", "order"], "keys of an event");
      moment(opened.data.time, "time");
      same(Object.keys(opened.data.order), Object.keys(order), "keys of an order");
      same([opened.data.order.qty, opened.data.order.tag], [4, order.tag], "order");

      for (const ended of [orderId, earlier]) {
        await client.post("order/cancel", { orderId: ended });
        await events.until(of(ended, "CANCELED"));
      }
    });
  }),

  check("who comes back goes on after the last event seen: each once, in order", async (client) => {
    const seen: SentEvent[] = [];
    const orderId = await following(client, "order/events", {}, async (events) => {
      seen.push(await events.until(({ kind }) => kind === "snapshot"));
      return place(client);
    });
    await client.post("order/replace", { orderId, qty: 5 });
    await client.post("order/cancel", { orderId });
    const { lastEventId } = seen[0] ?? { lastEventId: "" };

    const collect = async (events: EventReader): Promise<string[]> => {
      const story: SentEvent[] = [];
      await events.until((event) => {
        story.push(event);
        return event.kind === "order" && event.data.order.status === "CANCELED";
      });
      must(
        !story.some(({ kind }) => kind === "snapshot" || kind === "reset"),
        "a stream that resumes starts with no snapshot",
      );
      return story.map((event) => event.lastEventId);
    };
    const byHeader = await following(client, "order/events", { "Last-Event-ID": lastEventId }, collect);
    const byQuery = await following(client, `order/events?after=${lastEventId}`, {}, collect);
    same(byQuery, byHeader, "the same events by header and by query");
    const numbers = byHeader.map((id) => Number(id.split("-")[1]));
    same(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      "numbers that grow",
    );
    // An EventSource repeats its first URL, and tells in the header how far it has come.
    const [, , ...rest] = byHeader;
    const both = { "Last-Event-ID": byHeader[1] ?? "" };
    same(await following(client, `order/events?after=${lastEventId}`, both, collect), rest, "what follows the header");
  }),

  check("what cannot be resumed is told to start again", async (client) => {
    for (const id of ["00000000-1", "nothing like an id", ""]) {
      const [first, second] = await following(client, "order/events", { "Last-Event-ID": id }, async (events) => [
        await events.next(),
        id === "" ? undefined : await events.next(),
      ]);
      if (id === "") {
        same(first?.kind, "snapshot", "after no id");
        continue;
      }
      same([first?.kind, first?.lastEventId, typeof first?.data.reason], ["reset", "", "string"], `after ${id}`);
      same(second?.kind, "snapshot", `after ${id}`);
    }
    bad(await client.get("order/events?after=nothing%20like%20an%20id"), 400, "InvalidRequest");
    bad(await client.get("order/events?since=1"), 400, "InvalidRequest");
  }),

  check("HEAD of the events ends at once", async (client) => {
    const { status, text, headers } = await client.ask("order/events", { method: "HEAD" });
    same([status, text, headers.get("content-type")], [200, "", "text/event-stream"], "HEAD");
  }),

  check("nothing is unknown where every write was answered", async (client) => {
    for (const path of ["order/intents", "order/intents?state=unknown"]) {
      same(good(await client.get(path), client, ["intents"]).intents, [], path);
    }
    bad(await client.get("order/intents?state=accepted"), 400, "InvalidRequest");
  }),
];
