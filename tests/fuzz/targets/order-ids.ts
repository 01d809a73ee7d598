/** The ids of orders, which are larger than a number holds: whatever they are, they come through every decoder unchanged. */
import fc from "fast-check";
import { encodeReply } from "../../../simulators/opend/messages.ts";
import { writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import { encodeResponse, COMMAND as TIGER } from "../../../simulators/tiger/push-messages.ts";
import { toOrder as ofFutu } from "../../../src/brokers/futu/convert.ts";
import { COMMAND, parseOrderPush, parseReply } from "../../../src/brokers/futu/messages.ts";
import { decodeFrame, loadLibrary } from "../../../src/brokers/futu/socket.ts";
import {
  parseJson as parseLongport,
  parseReply as parseLongportReply,
  REPLIES,
} from "../../../src/brokers/longport/messages.ts";
import { toOrder as ofTiger, toOrderListing } from "../../../src/brokers/tiger/convert.ts";
import { parseJson, writeJson } from "../../../src/brokers/tiger/json.ts";
import { createFrameReader } from "../../../src/brokers/tiger/push-frames.ts";
import { must } from "../oracles.ts";
import { defineTarget } from "../target.ts";

interface Input {
  readonly decoder: keyof ReturnType<typeof decodersOf>;
  /** Digits. */
  readonly id: string;
}

const FUTU_ORDER = {
  trdSide: 1,
  orderType: 1,
  orderStatus: 5,
  code: "AAPL",
  name: "Apple",
  qty: 10,
  createTime: "2025-05-28 10:30:00",
  updateTime: "2025-05-28 10:30:00",
  secMarket: 2,
};
const TIGER_ORDER = {
  account: "50190001",
  symbol: "AAPL",
  market: "US",
  secType: "STK",
  action: "BUY",
  orderType: "LMT",
  status: "Submitted",
};

/** Each takes an id, lets the vendor's message carry it, and gives what comes out. */
function decodersOf(library: Awaited<ReturnType<typeof loadLibrary>>) {
  return {
    futuPush(id: string): string | undefined {
      const header = { trdEnv: 0, accID: id, trdMarket: 2 };
      const body = encodeReply(COMMAND.UpdateOrder, {
        retType: 0,
        s2c: { header, order: { ...FUTU_ORDER, orderID: id, orderIDEx: id } },
      });
      const frame = decodeFrame(Uint8Array.from(writeWsFrame({ cmd: COMMAND.UpdateOrder, section: 0n, body })).buffer);
      const client = new library();
      let push: ReturnType<typeof parseOrderPush>;
      client.onPush = (_command, message) => {
        push = parseOrderPush(message);
      };
      if (frame !== undefined) client._onPush(frame);
      must(push?.accID === id && push.order.orderID === id, "a number of Futu's lost digits", push?.order.orderID);
      return ofFutu(push.order)?.orderId;
    },
    futuAnswer: (id: string): string | undefined => {
      const long = { low: Number(BigInt(id) & 0xffffffffn), high: Number(BigInt(id) >> 32n), toString: () => id };
      return parseReply("PlaceOrder", { s2c: { orderID: long } }).orderID;
    },
    tigerPush(id: string): string | undefined {
      const order = { ...TIGER_ORDER, id: BigInt(id), totalQuantity: 10n };
      const [response] = createFrameReader().take(encodeResponse({ command: TIGER.MESSAGE, order }));
      return response?.order && ofTiger(response.order)?.orderId;
    },
    tigerAnswer(id: string): string | undefined {
      const item = parseJson(writeJson({ ...TIGER_ORDER, id: BigInt(id), totalQuantity: 10 }));
      return toOrderListing([item]).orders[0]?.orderId;
    },
    longportAnswer(id: string): string | undefined {
      return parseLongportReply(REPLIES.submitted, parseLongport(`{"order_id":${id}}`)).order_id;
    },
  };
}

export const orderIds = defineTarget<Input>("order-ids", 700, async () => {
  const decoders = decodersOf(await loadLibrary(undefined));
  const names = Object.keys(decoders).filter((name): name is Input["decoder"] => name in decoders);
  return {
    inputs: fc.record({
      decoder: fc.constantFrom(...names),
      id: fc
        .oneof(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }))
        .map(String),
    }),
    check({ decoder, id }) {
      const through = decoders[decoder](id);
      must(through === id, "an id that lost digits", { id, through });
    },
  };
});
