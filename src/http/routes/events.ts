import * as z from "zod";
import { type Api, defineApi } from "../api.ts";
import { EVENT_STREAM_HEADERS, eventStream } from "../event-stream.ts";
import { lazySchema } from "../lazy-schema.ts";

const EXAMPLE = `: events follow
retry: 2000

id: 3f9c1a7e-41
event: snapshot
data: {"orders":[]}

id: 3f9c1a7e-43
event: order
data: {"time":"2025-05-28T05:59:30.012000+00:00","order":{"type":"order","orderId":"6278888","currency":"USD","qty":12,"filledQty":12,"avgPrice":199.98,"errorReason":"","isCanceled":false,"isFilled":true,"isCompleted":true,"isCancelable":false,"contract":{"type":"contract","tradeType":"Securities","region":"US","symbol":"AAPL"},"direction":"BUY","orderType":"Limit","price":200,"timeInForce":"DAY","lifecycle":"ETH","status":"FILLED","originStatus":"FILLED_ALL","tag":"htabcdefghijklmnopqrstuvwx","external":false,"warning":null,"createdAt":"2025-05-28T05:59:29.000000+00:00","updatedAt":"2025-05-28T05:59:30.000000+00:00","source":"journal","asOf":"2025-05-28T05:59:30.010000+00:00","staleSince":null}}

id: 3f9c1a7e-44
event: connection
data: {"time":"2025-05-28T06:02:11.400000+00:00","connected":false,"reason":"the gateway of the vendor closed the connection"}

: heartbeat

`;

const KINDS = [
  "`snapshot` `{ orders }`: all open orders, as `order/list` gives them. The first event, unless the stream resumes.",
  "`order` `{ time, order }`: an order is new or has changed.",
  "`correction` `{ time, order }`: an order that had ended has changed: a late fill, or one that was taken back.",
  "`anomaly` `{ time, message, orderId, tag }`: something that should not happen and that somebody should look at.",
  "`connection` `{ time, connected, reason }`: the connection to the broker came or went.",
  "`guard` `{ time, state, all, principal, reason }`: somebody turned the kill switch, of this instance or of all.",
  "`reset` `{ reason }`: what was asked for cannot be resumed. Forget what you know; a snapshot follows.",
];

export const orderEvents: Api = defineApi({
  name: "orderEvents",
  method: "GET",
  path: "order/events",
  schema: lazySchema({
    summary: "Follow orders",
    description: [
      "Server-sent events: the open orders, then every change, each once and in order, with a comment as a heartbeat when nothing happens for 5 s.",
      "A client that comes back says the id of the last event it has seen, in `Last-Event-ID` or `after`, and goes on from there. If both are given the header counts: an EventSource repeats its first URL whenever it reconnects.",
      "A client for which 10,000 events went by without its reading any is disconnected, and can resume. When the gateway closes, every stream ends, and when its token expires a stream does.",
      ...KINDS,
    ].join("\n\n"),
    query: () =>
      z.strictObject({
        after: z
          .string()
          .regex(/^[\w-]{1,64}$/, { error: "must be the id of an event, such as 3f9c1a7e-43" })
          .optional()
          .meta({ description: "Id of the last event seen: the stream goes on after it.", examples: ["3f9c1a7e-43"] }),
      }),
    failures: ["JournalUnavailable"],
    eventStreamExample: EXAMPLE,
  }),
  async handler({ broker, request, query, mandate }) {
    // Nobody reads the answer to a HEAD, so nothing may be opened for it.
    if (request.method === "HEAD") return new Response(null, { headers: EVENT_STREAM_HEADERS });
    const lastEventId = request.headers.get("last-event-id") || query.after;
    const cursor = await broker.follow(lastEventId);
    return new Response(eventStream(cursor, request.signal, mandate?.expiresAt), { headers: EVENT_STREAM_HEADERS });
  },
});
