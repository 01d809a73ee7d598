/** The push service's frames and messages: a varint of the length, then protobuf. Numbers: the vendor's `.proto` files. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

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
export type Command = (typeof COMMAND)[keyof typeof COMMAND];

/** `DataType` of orders. */
export const ORDER_STATUS = 8;

/** A client's message, as far as the service reads it. */
export interface PushRequest {
  readonly command: number;
  readonly id: number;
  readonly subscribe?: { readonly dataType: number; readonly account: string };
  readonly connect?: {
    readonly tigerId: string;
    readonly sign: string;
    readonly acceptVersion: string;
    readonly sendInterval: number;
    readonly receiveInterval: number;
  };
}

/** The service's message. */
export interface PushResponse {
  readonly command: Command;
  readonly id?: number;
  readonly code?: number;
  readonly msg?: string;
  /** An order, as the gateway writes it. */
  readonly order?: Readonly<Record<string, unknown>>;
}

/** Clients send little; a longer frame is no client. */
const LONGEST_FRAME = 64 * 1024;

/**
 * Cuts a byte stream into messages: feed it what the socket gives, get the messages that are complete, or `undefined`
 * when the stream is not this protocol.
 */
export function createFrameReader(): (chunk: Uint8Array) => Uint8Array[] | undefined {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const frames: Uint8Array[] = [];
    for (;;) {
      const last = pending.subarray(0, 5).findIndex((byte) => byte < 0x80);
      if (last < 0) return pending.length < 5 ? frames : undefined;
      const length = new BinaryReader(pending).uint32();
      if (length > LONGEST_FRAME) return undefined;
      const end = last + 1 + length;
      if (pending.length < end) return frames;
      frames.push(pending.subarray(last + 1, end));
      pending = pending.subarray(end);
    }
  };
}

/** Reads a client's message. Throws when it is none. */
export function decodeRequest(bytes: Uint8Array): PushRequest {
  const fields = fieldsOf(bytes);
  const [subscribe, connect] = [fields.get(3), fields.get(4)];
  return {
    command: numberIn(fields, 1),
    id: numberIn(fields, 2),
    ...(subscribe instanceof Uint8Array ? { subscribe: subscribeOf(fieldsOf(subscribe)) } : {}),
    ...(connect instanceof Uint8Array ? { connect: connectOf(fieldsOf(connect)) } : {}),
  };
}

/** Writes a message of the service, with its frame. */
export function encodeResponse({ command, id, code, msg, order }: PushResponse): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, WireType.Varint)).int32(command);
  if (id !== undefined) writer.uint32(tag(2, WireType.Varint)).uint32(id);
  if (code !== undefined) writer.uint32(tag(3, WireType.Varint)).int32(code);
  if (msg !== undefined) writer.uint32(tag(4, WireType.LengthDelimited)).string(msg);
  if (order !== undefined) {
    const body = new BinaryWriter();
    body.uint32(tag(1, WireType.Varint)).int32(ORDER_STATUS);
    body.uint32(tag(7, WireType.LengthDelimited)).bytes(encodeOrder(order));
    writer.uint32(tag(5, WireType.LengthDelimited)).bytes(body.finish());
  }
  const message = writer.finish();
  return Buffer.concat([new BinaryWriter().uint32(message.length).finish(), message]);
}

type Kind = "sint64" | "sint32" | "uint64" | "uint32" | "double" | "float" | "bool" | "string";

/** `OrderStatusData`: number, kind, and the gateway's name of the same thing. */
const ORDER_FIELDS: readonly (readonly [number, Kind, string])[] = [
  [1, "sint64", "id"],
  [2, "string", "account"],
  [3, "string", "symbol"],
  [7, "string", "identifier"],
  [8, "uint32", "multiplier"],
  [9, "string", "action"],
  [10, "string", "market"],
  [11, "string", "currency"],
  [12, "string", "segType"],
  [13, "string", "secType"],
  [14, "string", "orderType"],
  [15, "bool", "isLong"],
  [16, "sint64", "totalQuantity"],
  [17, "sint32", "totalQuantityScale"],
  [18, "sint64", "filledQuantity"],
  [19, "sint32", "filledQuantityScale"],
  [20, "double", "avgFillPrice"],
  [21, "double", "limitPrice"],
  [23, "double", "realizedPnl"],
  [24, "string", "status"],
  [25, "string", "replaceStatus"],
  [26, "string", "cancelStatus"],
  [27, "bool", "outsideRth"],
  [28, "bool", "canModify"],
  [29, "bool", "canCancel"],
  [30, "bool", "liquidation"],
  [31, "string", "name"],
  [32, "string", "source"],
  [33, "string", "remark"],
  [34, "string", "attrDesc"],
  [35, "float", "commission"],
  [36, "uint64", "openTime"],
  [37, "uint64", "timestamp"],
  [38, "string", "userMark"],
  [40, "double", "filledCashAmount"],
  [43, "string", "timeInForce"],
  [44, "uint64", "updateTime"],
  [45, "uint64", "latestTime"],
];

const WIRE_TYPES = {
  sint64: WireType.Varint,
  sint32: WireType.Varint,
  uint64: WireType.Varint,
  uint32: WireType.Varint,
  double: WireType.Bit64,
  float: WireType.Bit32,
  bool: WireType.Varint,
  string: WireType.LengthDelimited,
} as const satisfies Record<Kind, WireType>;

/** What a proto3 field has by default is not written. */
function encodeOrder(order: Readonly<Record<string, unknown>>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, kind, name] of ORDER_FIELDS) {
    const value = order[name];
    if (value === undefined || value === "" || value === false || value === 0 || value === 0n) continue;
    writer.uint32(tag(number, WIRE_TYPES[kind]));
    if (kind === "string") writer.string(String(value));
    else if (kind === "bool") writer.bool(value === true);
    else if (kind === "sint64" || kind === "uint64") writer[kind](BigInt(String(value)));
    else writer[kind](Number(value));
  }
  return writer.finish();
}

function tag(number: number, wireType: WireType): number {
  return (number << 3) | wireType;
}

type Fields = ReadonlyMap<number, number | Uint8Array>;

/** The varints and byte strings of a message by number; a later one replaces an earlier. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.Varint) fields.set(number, Number(reader.uint64()));
    else if (wireType === WireType.LengthDelimited) fields.set(number, reader.bytes());
    else reader.skip(wireType, number);
  }
  return fields;
}

function numberIn(fields: Fields, number: number): number {
  const value = fields.get(number);
  return typeof value === "number" ? value : 0;
}

function textIn(fields: Fields, number: number): string {
  const value = fields.get(number);
  return value instanceof Uint8Array ? new TextDecoder("utf-8", { fatal: true }).decode(value) : "";
}

function subscribeOf(fields: Fields): NonNullable<PushRequest["subscribe"]> {
  return { dataType: numberIn(fields, 1), account: textIn(fields, 3) };
}

function connectOf(fields: Fields): NonNullable<PushRequest["connect"]> {
  return {
    tigerId: textIn(fields, 1),
    sign: textIn(fields, 2),
    acceptVersion: textIn(fields, 4),
    sendInterval: numberIn(fields, 5),
    receiveInterval: numberIn(fields, 6),
  };
}
