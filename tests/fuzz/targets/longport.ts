/** What Longport sends: the packets of its links, their messages, and the answers of its HTTP service. */

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type * as v from "valibot";
import { writePush, writeResponse } from "../../../simulators/longport/packets.ts";
import { DEFAULT_ACCESS_TOKEN, DEFAULT_APP_KEY, DEFAULT_APP_SECRET } from "../../../simulators/longport/server.ts";
import {
  fromPush,
  toCash,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
} from "../../../src/brokers/longport/convert.ts";
import { bodyOf, decodePacket, type Packet } from "../../../src/brokers/longport/frames.ts";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { daysAround, marketStatusAt } from "../../../src/brokers/longport/market-hours.ts";
import { parseJson, parsePush, REPLIES, Unreadable } from "../../../src/brokers/longport/messages.ts";
import {
  CMD,
  readDays,
  readError,
  readNotification,
  readQuotes,
  readSession,
  readTopics,
  readTradingSessions,
} from "../../../src/brokers/longport/protobuf.ts";
import { HttpFault, NoAnswer, VendorRefusal } from "../../../src/brokers/longport/refusals.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";
import { type Bytes, mutated } from "../bytes.ts";
import { arePositions, declared, finite, isListing, isOrder, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { mutatedJson } from "../texts.ts";
import { AAPL, answering, NOW } from "../vendors/drive.ts";
import { longportTalk } from "../vendors/longport.ts";

/** The most that a body may become. */
const LARGEST = 16 << 20;

const isUnreadable = (error: unknown) => error instanceof Unreadable;
const isSyntax = (error: unknown) => isUnreadable(error) || error instanceof SyntaxError || error instanceof RangeError;

/** What each command's body is read as, whichever link it belongs to. */
const READERS: Readonly<Record<number, (body: Uint8Array) => void | Promise<void>>> = {
  [CMD.auth]: (body) => finite(readSession(body), "session"),
  [CMD.subscribe]: (body) => void readTopics(body),
  [CMD.close]: (body) => finite(readError(body), "error"),
  [CMD.notification]: async (body) => {
    const text = readNotification(body);
    const pushed = await declared(isSyntax, () => parsePush(parseJson(text)));
    const order = pushed && toOrder(fromPush(pushed, { time_in_force: "Day", outside_rth: "RTH_ONLY" }));
    if (order !== undefined) isOrder(order);
  },
  [CMD.quote]: (body) => {
    for (const quote of readQuotes(body)) finite(toQuote(AAPL, quote), "quote");
  },
  [CMD.tradingSessions]: (body) => {
    for (const { periods } of readTradingSessions(body)) {
      finite(periods, "periods");
      must(daysAround("US", NOW).from < daysAround("US", NOW).to, "days in the wrong order");
      marketStatusAt({ region: "US", periods, days: { whole: ["20250528"], half: [] } }, NOW);
    }
  },
  [CMD.tradingDays]: (body) => void marketStatusAt({ region: "HK", periods: [], days: readDays(body) }, NOW),
};

export const longportLink = defineTarget<Bytes>("longport-link", 1_600, async () => {
  const { talk } = await longportTalk();
  const messages = talk.received;
  const zipped = messages.map((message) => zip(decodePacket(Uint8Array.from(message).buffer)));
  const bomb = writePush(CMD.notification, gzipSync(new Uint8Array(LARGEST * 4)), false);
  bomb.writeUInt8(bomb.readUInt8(0) | 0x20, 0);
  return {
    inputs: fc.oneof(
      { weight: 400, arbitrary: mutated([...messages, ...zipped]) },
      { weight: 1, arbitrary: fc.constant(Uint8Array.from(bomb)) },
    ),
    async check(bytes) {
      const packet = await declared(isUnreadable, () => decodePacket(bytes.buffer));
      const body = packet && (await declared(isUnreadable, () => bodyOf(packet)));
      if (packet === undefined || body === undefined) return;
      must(body.length <= LARGEST, "a body beyond all bounds", body.length);
      await declared(isUnreadable, () =>
        packet.type === "response" && packet.status !== 0 ? void readError(body) : READERS[packet.cmd]?.(body),
      );
    },
  };
});

function zip(packet: Packet): Uint8Array {
  const { cmd, body } = packet;
  if (packet.type === "push") return writePush(cmd, body, true);
  return writeResponse({ cmd, requestId: packet.id }, packet.status, body, true);
}

type Asked<S extends v.GenericSchema> = { readonly schema: S; readonly use: (data: v.InferOutput<S>) => void };

function asked<S extends v.GenericSchema>(schema: S, use: (data: v.InferOutput<S>) => void): Asked<v.GenericSchema> {
  return { schema, use: use as Asked<v.GenericSchema>["use"] };
}

/** What each read's answer is made into. */
const READS: Readonly<Record<string, Asked<v.GenericSchema>>> = {
  "/v1/asset/account": asked(REPLIES.balances, ({ list }) => finite(toCash(list, "USD"), "cash")),
  "/v1/asset/stock": asked(REPLIES.positions, ({ list }) => arePositions(toPositions(list))),
  "/v1/trade/order/today": asked(REPLIES.today, ({ orders }) => isListing(toOrderListing(orders, "all"))),
  "/v1/trade/order/history": asked(REPLIES.history, ({ orders }) => isListing(toOrderListing(orders, "all"))),
  "/v1/trade/order": asked(REPLIES.order, (vendor) => {
    const order = toOrder(vendor);
    if (order !== undefined) isOrder(order);
  }),
  "/v1/socket/token": asked(REPLIES.otp, ({ otp }) => must(otp !== "", "an empty password")),
};

interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

const isRefusal = (error: unknown) =>
  isUnreadable(error) ||
  isBrokerError(error) ||
  error instanceof VendorRefusal ||
  error instanceof HttpFault ||
  error instanceof NoAnswer;

export const longportHttp = defineTarget<Answered>("longport-http", 1_500, async () => {
  const { answers } = await longportTalk();
  const http = createHttp({
    httpUrl: "http://127.0.0.1",
    appKey: DEFAULT_APP_KEY,
    appSecret: DEFAULT_APP_SECRET,
    token: () => DEFAULT_ACCESS_TOKEN,
    onTime: () => undefined,
  });
  const signal = new AbortController().signal;
  return {
    inputs: fc.constantFrom(...answers).chain(({ method, path, status, text }) =>
      fc.record({
        method: fc.constant(method),
        path: fc.constant(path),
        status: fc.oneof({ weight: 9, arbitrary: fc.constant(status) }, fc.constantFrom(429, 500, 404)),
        text: mutatedJson([text]),
      }),
    ),
    check: ({ method, path, status, text }) =>
      answering(status, text, async () => {
        // Timers of requests that are over run on: short ones, so that they do not look like a leak.
        const request = { signal, timeoutMs: 20 };
        const read = method === "GET" ? READS[path] : undefined;
        await declared(isRefusal, async () => {
          if (read !== undefined) return read.use(await http.get(path, read.schema, request));
          if (method === "GET") return;
          await http.write(method === "POST" ? "POST" : method === "PUT" ? "PUT" : "DELETE", path, request);
          must(/^-?0+$/.test(Object(parseJson(text))["code"]), "a write that was taken for granted", text);
        });
      }),
  };
});
