/** What Tiger sends: the stream of its push service, and the answers of its HTTP gateway. */

import fc from "fast-check";
import type * as v from "valibot";
import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { COMMAND, encodeResponse } from "../../../simulators/tiger/push-messages.ts";
import { startTiger } from "../../../simulators/tiger/server.ts";
import {
  toCash,
  toGlobalCash,
  toMarketStatus,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
} from "../../../src/brokers/tiger/convert.ts";
import { createGateway } from "../../../src/brokers/tiger/gateway.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import * as schemas from "../../../src/brokers/tiger/messages.ts";
import { createFrameReader, type PushResponse } from "../../../src/brokers/tiger/push-frames.ts";
import type { Purpose } from "../../../src/brokers/tiger/refusals.ts";
import type { Method } from "../../../src/brokers/tiger/timing.ts";
import { stream, whole } from "../bytes.ts";
import { arePositions, brokerErrors, declared, finite, isListing, isOrder, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { mutatedJson } from "../texts.ts";
import { AAPL, answering, drive, NOW, recordFetch } from "../vendors/drive.ts";

const ORDER = {
  id: 38_294_729_472_947_294n,
  account: DEFAULT_ACCOUNT,
  symbol: "AAPL",
  action: "BUY",
  market: "US",
  currency: "USD",
  secType: "STK",
  orderType: "LMT",
  totalQuantity: 773n,
  totalQuantityScale: 1,
  filledQuantity: 5n,
  avgFillPrice: 190.25,
  limitPrice: 191,
  status: "Submitted",
  outsideRth: true,
  remark: "",
  openTime: NOW,
  updateTime: NOW,
  userMark: "htaaaaaaaaaaaaaaaaaaaaaaaa",
  timeInForce: "DAY",
};

const FRAMES = [
  encodeResponse({ command: COMMAND.CONNECTED, id: 1, msg: '{"version":"3","heart-beat":"10000,10000"}' }),
  encodeResponse({ command: COMMAND.MESSAGE, id: 2, code: 112, msg: "{}" }),
  encodeResponse({ command: COMMAND.MESSAGE, code: 0, order: ORDER }),
  encodeResponse({ command: COMMAND.HEARTBEAT }),
  encodeResponse({ command: COMMAND.ERROR, code: 4001, msg: "kicked out" }),
];

const isError = (error: unknown) => error instanceof Error && !(error instanceof TypeError);

/** Reads a stream whole and in pieces. */
async function readAll(chunks: readonly Uint8Array[]): Promise<PushResponse[] | undefined> {
  const { take } = createFrameReader();
  return declared(isError, () => chunks.flatMap((chunk) => take(chunk)));
}

export const tigerPush = defineTarget<Uint8Array[]>("tiger-push", 3_000, () => ({
  inputs: stream(FRAMES),
  async check(chunks) {
    const responses = await readAll(chunks);
    const atOnce = await readAll([whole(chunks)]);
    must(
      JSON.stringify(responses) === JSON.stringify(atOnce),
      "cut otherwise the stream says something else",
      responses,
    );
    for (const response of responses ?? []) {
      const { order: pushed, ...rest } = response;
      finite(rest, "response");
      const order = pushed === undefined ? undefined : toOrder(pushed);
      if (order === undefined) continue;
      must(/^[1-9]\d{0,18}$/.test(order.orderId), "an order with an id that is none", order);
      isOrder(order);
    }
  },
}));

interface Answered {
  readonly method: Method;
  readonly status: number;
  readonly text: string;
}

type Asked<S extends v.GenericSchema> = { readonly schema: S; readonly use: (data: v.InferOutput<S>) => void };

function asked<S extends v.GenericSchema>(schema: S, use: (data: v.InferOutput<S>) => void): Asked<S> {
  return { schema, use };
}

const list = asked(schemas.ORDER_PAGE, ({ items }) => isListing(toOrderListing(items ?? [])));
const accepted = asked(schemas.ACCEPTED, ({ id }) => must(id == null || /^\d+$/.test(id), "an id that is none", id));

/** What each method's answer is made into. */
const USES = {
  orders: list,
  active_orders: list,
  positions: asked(schemas.POSITIONS, (answer) => arePositions(toPositions(answer?.items ?? []))),
  prime_assets: asked(schemas.ASSETS, (assets) => finite(toCash(assets, "USD"), "cash")),
  assets: asked(schemas.GLOBAL_ASSETS, (assets) => finite(toGlobalCash(assets, DEFAULT_ACCOUNT, "USD"), "cash")),
  market_state: asked(schemas.MARKET_STATES, (states) => finite(toMarketStatus(states), "states")),
  quote_real_time: asked(schemas.QUOTES, (quotes) => {
    for (const quote of quotes ?? []) finite(toQuote(AAPL, quote), "quote");
  }),
  order_no: asked(schemas.ORDER_NUMBER, (id) => must(/^[1-9]\d*$/.test(id), "a number that is none", id)),
  place_order: accepted,
  modify_order: accepted,
  cancel_order: accepted,
  grab_quote_permission: asked(schemas.ANYTHING, () => undefined),
} as const;

const WRITES: Partial<Record<Method, Purpose>> = {
  place_order: "place",
  modify_order: "modify",
  cancel_order: "cancel",
};

export const tigerHttp = defineTarget<Answered>("tiger-http", 1_500, async () => {
  const samples = await recorded();
  const gateway = createGateway({
    tigerId: DEFAULT_TIGER_ID,
    deviceId: undefined,
    token: () => undefined,
    conceal: (text) => text,
    sign: async () => "",
    verify: async () => true,
  });
  return {
    inputs: fc.constantFrom(...samples).chain(({ method, status, text }) =>
      fc.record({
        method: fc.constant(method),
        status: fc.oneof({ weight: 9, arbitrary: fc.constant(status) }, fc.constantFrom(429, 500, 404, 302)),
        text: mutatedJson([text, unwrapped(text)]),
      }),
    ),
    check: ({ method, status, text }) =>
      answering(status < 300 || status > 399 ? status : 200, text, () => use(method)),
  };

  async function use(method: Method): Promise<void> {
    const { signal } = new AbortController();
    const purpose = WRITES[method] ?? "read";
    const departure = { leaves() {}, stays() {} };
    const request = { url: "http://127.0.0.1/gateway", method, content: {}, purpose, departure, signal };
    const send = <S extends v.GenericSchema>({ schema, use: take }: Asked<S>) =>
      brokerErrors(async () => take(await gateway.send({ ...request, schema })));
    await send<v.GenericSchema>(USES[method] as Asked<v.GenericSchema>);
  }
});

/** The vendor writes data as text or as it is. */
function unwrapped(text: string): string {
  const { data, ...rest } = JSON.parse(text);
  return JSON.stringify({ ...rest, data: typeof data === "string" ? JSON.parse(data) : JSON.stringify(data ?? null) });
}

async function recorded(): Promise<readonly Answered[]> {
  const simulator = await startTiger({ now: NOW, limits: false, plainPushPort: 0 });
  try {
    const { port, plainPushPort } = simulator;
    const broker = tiger({
      instanceId: "tigerInstance0000001",
      tokens: ["tigerInstanceToken01"],
      tigerId: DEFAULT_TIGER_ID,
      account: DEFAULT_ACCOUNT,
      privateKey: CLIENT_PRIVATE_KEY,
      tigerPublicKey: VENDOR_PUBLIC_KEY,
      serverUrl: `http://127.0.0.1:${port}/gateway`,
      pushUrl: `tcp://127.0.0.1:${plainPushPort}`,
    });
    const answers = await recordFetch(() => drive(broker));
    return answers.map(({ sent, status, text }) => ({ method: JSON.parse(sent).method, status, text }));
  } finally {
    await simulator.close();
  }
}
