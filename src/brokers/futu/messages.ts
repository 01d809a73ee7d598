/**
 * The messages of OpenD that are used here: their numbers, and the shape of what comes back.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long. Source of every field and of its
 * meaning: the `.proto` files in the vendor's SDK.
 */
import * as v from "valibot";

const text = v.string();
/** A double may also be infinite, which no amount is. */
const number = v.pipe(v.number(), v.finite());
const quantity = v.pipe(number, v.minValue(0));
/** 64 bits: text from the start, see {@link plainMessage}. */
const id = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
const whenGiven = <T extends v.GenericSchema>(schema: T) => v.optional(schema);

const globalState = v.object({
  marketHK: number,
  marketUS: number,
  marketSH: number,
  marketSZ: number,
  qotLogined: v.boolean(),
  trdLogined: v.boolean(),
  /** 1011 for 10.11. */
  serverVer: number,
  /** Seconds since the epoch on the vendor's clock. */
  time: id,
});

const account = v.object({
  trdEnv: number,
  accID: id,
  trdMarketAuthList: v.optional(v.array(number), []),
  securityFirm: whenGiven(number),
  simAccType: whenGiven(number),
  accStatus: whenGiven(number),
  accRole: whenGiven(number),
});

const funds = v.object({
  cash: number,
  currency: whenGiven(number),
  cashInfoList: v.optional(
    v.array(v.object({ currency: whenGiven(number), cash: whenGiven(number), netCashPower: whenGiven(number) })),
    [],
  ),
});

const position = v.object({
  positionSide: number,
  code: text,
  qty: number,
  secMarket: whenGiven(number),
  trdMarket: whenGiven(number),
  currency: whenGiven(number),
});

const order = v.object({
  trdSide: number,
  orderType: number,
  orderStatus: number,
  orderID: id,
  orderIDEx: text,
  code: text,
  qty: quantity,
  price: whenGiven(number),
  createTime: text,
  updateTime: text,
  fillQty: whenGiven(quantity),
  fillAvgPrice: whenGiven(number),
  lastErrMsg: whenGiven(text),
  secMarket: whenGiven(number),
  createTimestamp: whenGiven(number),
  updateTimestamp: whenGiven(number),
  remark: whenGiven(text),
  timeInForce: whenGiven(number),
  fillOutsideRTH: whenGiven(v.boolean()),
  currency: whenGiven(number),
  trdMarket: whenGiven(number),
  session: whenGiven(number),
  /** Those of an options strategy, or of a combination of event contracts. */
  comboLegs: whenGiven(v.array(v.unknown())),
});

/** One that says what no order does: as one without a side, which has no name here. It must not hide the others. */
const oddOrder = v.pipe(
  v.object({ orderID: id, orderIDEx: text, code: text, remark: v.optional(text, "") }),
  v.transform((odd) => ({ ...odd, trdSide: 0, orderType: 0, orderStatus: -1, qty: 0, createTime: "", updateTime: "" })),
);
const orderList = v.optional(v.array(v.union([order, oddOrder])), []);

const snapshot = v.object({
  security: v.object({ market: number, code: text }),
  isSuspend: v.boolean(),
  updateTime: text,
  highPrice: number,
  openPrice: number,
  lowPrice: number,
  lastClosePrice: number,
  curPrice: number,
  updateTimestamp: whenGiven(number),
  secStatus: whenGiven(number),
});

const nothing = v.unknown();
const orderRef = v.object({ orderID: whenGiven(id), orderIDEx: whenGiven(text) });
const header = v.object({ trdEnv: number, accID: id });

/** What OpenD answers, by the name of the SDK's method. */
export const REPLIES = {
  GetGlobalState: globalState,
  GetAccList: v.object({ accList: v.optional(v.array(account), []) }),
  UnlockTrade: nothing,
  SubAccPush: nothing,
  // An empty list is no field at all: only the header tells one from an answer that has nothing in it.
  GetFunds: v.object({ header, funds: whenGiven(funds) }),
  GetPositionList: v.object({ header, positionList: v.optional(v.array(position), []) }),
  GetOrderList: v.object({ header, orderList }),
  GetHistoryOrderList: v.object({ header, orderList }),
  PlaceOrder: orderRef,
  ModifyOrder: orderRef,
  GetSecuritySnapshot: v.object({ snapshotList: v.optional(v.array(v.object({ basic: snapshot })), []) }),
} as const;

/** A request, by the name of the SDK's method that sends it. */
export type Method = keyof typeof REPLIES;
export type Reply<M extends Method> = v.InferOutput<(typeof REPLIES)[M]>;

export type GlobalState = v.InferOutput<typeof globalState>;
export type Account = v.InferOutput<typeof account>;
export type Funds = v.InferOutput<typeof funds>;
export type VendorPosition = v.InferOutput<typeof position>;
export type VendorOrder = v.InferOutput<typeof order>;
export type Snapshot = v.InferOutput<typeof snapshot>;

/** Numbers of the messages that have no method in the SDK, or that come unasked. */
export const COMMAND = { InitWebSocket: 1, LinkLost: 2, Notify: 1003, UpdateOrder: 2208 } as const;

const INIT = v.object({ connID: id });
const ORDER_PUSH = v.object({ header, order });
const NOTICE = v.object({
  connectStatus: v.optional(v.object({ trdLogined: v.boolean() })),
});

/** Reads the `s2c` of an answer. @throws ValiError when OpenD's answer is not what its definition says. */
export function parseReply<M extends Method>(method: M, response: unknown): Reply<M> {
  return v.parse(REPLIES[method], s2cOf(response)) as Reply<M>;
}

/** The number that OpenD gave this connection; part of the packet id of every write. */
export function parseInit(response: unknown): string {
  return v.parse(INIT, s2cOf(response)).connID;
}

/** An order that OpenD reports by itself; `undefined` for a push of another form. */
export function parseOrderPush(response: unknown): { accID: string; trdEnv: number; order: VendorOrder } | undefined {
  const result = v.safeParse(ORDER_PUSH, s2cOf(response));
  return result.success ? { ...result.output.header, order: result.output.order } : undefined;
}

/** What OpenD says about its own login for trading; `undefined` for a notice about something else. */
export function parseLoginNotice(response: unknown): boolean | undefined {
  const result = v.safeParse(NOTICE, s2cOf(response));
  return result.success ? result.output.connectStatus?.trdLogined : undefined;
}

const FAILURE = v.object({ retType: number, retMsg: v.optional(text) });

/** The refusal that the SDK rejects with: the whole response. `undefined` for any other rejection. */
export function parseRefusal(rejection: unknown): { retType: number; retMsg: string } | undefined {
  const result = v.safeParse(FAILURE, plainMessage(rejection));
  return result.success ? { retType: result.output.retType, retMsg: result.output.retMsg ?? "" } : undefined;
}

function s2cOf(response: unknown): unknown {
  const message = plainMessage(response);
  return typeof message === "object" && message !== null && "s2c" in message ? message.s2c : {};
}

/**
 * A decoded message as plain data: only what was sent, and 64-bit numbers as text.
 *
 * protobufjs answers for an absent field with a default from the prototype, which would make an absent amount a 0.
 */
export function plainMessage(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainMessage);
  // SDK fault: 64-bit numbers come as `Long` objects, and as a number they lose their last digits.
  if ("low" in value && "high" in value) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plainMessage(field)]));
}
