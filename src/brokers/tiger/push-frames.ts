/**
 * The push service's messages: protobuf, each behind its length as a varint. Source: the `.proto` files in the vendor's
 * Python SDK.
 *
 * A file of its own beside `push.ts`: pure bytes, nothing of the connection.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import * as v from "valibot";
import { VENDOR_ORDER, type VendorOrder } from "./messages.ts";

/** `SocketCommon.Command`. */
export const COMMAND = {
  CONNECT: 1,
  CONNECTED: 2,
  SEND: 3,
  SUBSCRIBE: 4,
  UNSUBSCRIBE: 5,
  DISCONNECT: 6,
  MESSAGE: 7,
  HEARTBEAT: 8,
  ERROR: 9,
} as const;

/** `SocketCommon.DataType`, as far as it is used. */
export const ORDER_STATUS_DATA = 8;

/** Codes of a response, as far as they are used. */
export const CODE = { subscribed: 112, error: 200, kickedOut: 4001 } as const;

/** Longer than any message of the service: a length above it means that the stream is none of its. */
const LONGEST_FRAME = 1 << 20;

/** What is asked of the push service. */
export interface PushRequest {
  readonly command: number;
  readonly id: number;
  readonly connect?: {
    readonly tigerId: string;
    readonly sign: string;
    /** Milliseconds. */
    readonly sendInterval: number;
    readonly receiveInterval: number;
  };
  readonly subscribe?: { readonly dataType: number; readonly account: string };
}

/** What the push service says. */
export interface PushResponse {
  readonly command: number;
  readonly id: number;
  readonly code: number;
  readonly message: string;
  /** An order as it is now, where the message is about one. */
  readonly order?: PushedOrder;
}

/** An order as it is pushed: without its number, and without the session it may trade in, which `outsideRth` only hints at. */
export type PushedOrder = VendorOrder & { readonly account: string };

const SDK_VERSION = "httptrading";
const ACCEPT_VERSION = "3";

/** A message behind its length. */
export function encodeRequest({ command, id, connect, subscribe }: PushRequest): Uint8Array {
  const body = new BinaryWriter().tag(1, WireType.Varint).int32(command).tag(2, WireType.Varint).uint32(id);
  if (subscribe !== undefined) {
    body.tag(3, WireType.LengthDelimited).fork();
    body.tag(1, WireType.Varint).int32(subscribe.dataType).tag(3, WireType.LengthDelimited).string(subscribe.account);
    body.join();
  }
  if (connect !== undefined) {
    body.tag(4, WireType.LengthDelimited).fork();
    body.tag(1, WireType.LengthDelimited).string(connect.tigerId);
    body.tag(2, WireType.LengthDelimited).string(connect.sign);
    body.tag(3, WireType.LengthDelimited).string(SDK_VERSION);
    body.tag(4, WireType.LengthDelimited).string(ACCEPT_VERSION);
    body.tag(5, WireType.Varint).uint32(connect.sendInterval);
    body.tag(6, WireType.Varint).uint32(connect.receiveInterval);
    body.join();
  }
  return new BinaryWriter().bytes(body.finish()).finish();
}

/** Takes bytes as they come and gives the messages that are whole. */
export interface FrameReader {
  /** @throws RangeError or Error when the bytes are not the service's; the connection is of no use then. */
  take(bytes: Uint8Array): PushResponse[];
}

export function createFrameReader(): FrameReader {
  let rest: Uint8Array = new Uint8Array();
  return {
    take(bytes) {
      const joined = new Uint8Array(rest.length + bytes.length);
      joined.set(rest);
      joined.set(bytes, rest.length);
      const responses: PushResponse[] = [];
      let at = 0;
      for (;;) {
        const length = lengthAt(joined, at);
        if (length === undefined || joined.length < length.end + length.value) break;
        at = length.end + length.value;
        responses.push(decodeResponse(joined.subarray(length.end, at)));
      }
      rest = joined.slice(at);
      return responses;
    },
  };
}

/** The length at this place and where it ends; `undefined` while it is not whole. */
function lengthAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (value > LONGEST_FRAME) break;
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw new RangeError("a frame of the push service is longer than any of its messages");
}

function decodeResponse(bytes: Uint8Array): PushResponse {
  const response = { command: 0, id: 0, code: 0, message: "" };
  let order: PushedOrder | undefined;
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) response.command = reader.int32();
    else if (field === 2) response.id = reader.uint32();
    else if (field === 3) response.code = reader.int32();
    else if (field === 4) response.message = reader.string();
    else if (field === 5) order = decodeBody(reader.bytes());
    else reader.skip(type);
  }
  return order === undefined ? response : { ...response, order };
}

function decodeBody(bytes: Uint8Array): PushedOrder | undefined {
  const reader = new BinaryReader(bytes);
  let order: PushedOrder | undefined;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 7) order = decodeOrder(reader.bytes());
    else reader.skip(type);
  }
  return order;
}

type Field = readonly [name: string, read: (reader: BinaryReader) => unknown];

const text = (reader: BinaryReader) => reader.string();
const flag = (reader: BinaryReader) => reader.bool();
/** 64 bits as digits. */
const digits = (reader: BinaryReader) => String(reader.sint64());
/** Milliseconds; 0 is how the service leaves a time out. */
const time = (reader: BinaryReader) => Number(reader.uint64()) || null;

/** `OrderStatusData`, by field number. */
const ORDER_FIELDS: Readonly<Record<number, Field>> = {
  1: ["id", digits],
  2: ["account", text],
  3: ["symbol", text],
  9: ["action", text],
  10: ["market", text],
  11: ["currency", text],
  13: ["secType", text],
  14: ["orderType", text],
  16: ["totalQuantity", digits],
  17: ["totalQuantityScale", (reader) => reader.sint32()],
  18: ["filledQuantity", digits],
  19: ["filledQuantityScale", (reader) => reader.sint32()],
  20: ["avgFillPrice", (reader) => reader.double()],
  21: ["limitPrice", (reader) => reader.double()],
  24: ["status", text],
  25: ["replaceStatus", text],
  26: ["cancelStatus", text],
  27: ["outsideRth", flag],
  29: ["canCancel", flag],
  33: ["remark", text],
  36: ["openTime", time],
  37: ["timestamp", time],
  38: ["userMark", text],
  43: ["timeInForce", text],
  44: ["updateTime", time],
  45: ["latestTime", time],
};

/** What the service leaves out since it is empty, 0 or false. */
const EMPTY = {
  id: "0",
  account: "",
  symbol: "",
  market: "",
  secType: "",
  currency: "",
  action: "",
  orderType: "",
  totalQuantity: "0",
  totalQuantityScale: 0,
  filledQuantity: "0",
  filledQuantityScale: 0,
  avgFillPrice: 0,
  limitPrice: undefined,
  timeInForce: undefined,
  outsideRth: false,
  tradingSessionType: undefined,
  status: "",
  replaceStatus: undefined,
  cancelStatus: undefined,
  canCancel: undefined,
  remark: undefined,
  userMark: undefined,
  openTime: undefined,
  updateTime: undefined,
  latestTime: undefined,
} satisfies PushedOrder;

/** `undefined` for what would be no order in a list either: the next listing tells of it. */
function decodeOrder(bytes: Uint8Array): PushedOrder | undefined {
  const values: Record<string, unknown> = {};
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const field = ORDER_FIELDS[number];
    if (field === undefined) reader.skip(type);
    else values[field[0]] = field[1](reader);
  }
  const order = { ...EMPTY, ...values } as PushedOrder & { timestamp?: number | null };
  // The push's own time may be of a clock that lags behind that of the orders.
  const at = order.updateTime ?? order.latestTime ?? (Math.max(order.timestamp ?? 0, order.openTime ?? 0) || null);
  // As lists have it: a finer time would be newer than what those say later in the same second.
  const updateTime = at == null ? at : Math.floor(at / 1000) * 1000;
  const parsed = v.safeParse(VENDOR_ORDER, { ...order, updateTime });
  return parsed.success ? { ...parsed.output, account: order.account } : undefined;
}
