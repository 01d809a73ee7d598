/** Clients of the Tiger simulator, written from the protocol alone: nothing of the simulator's own code but its keys. */
import { createSign, createVerify } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { CLIENT_PRIVATE_KEY, PUSH_TLS } from "../../simulators/tiger/keys.ts";
import type { TigerServer } from "../../simulators/tiger/server.ts";
import type { Plain } from "./protocol.ts";

export const TIGER_ID = "20150001";
export const LIVE = "50190001";
export const PAPER = "20191106192858300";
/** A limit day order for AAPL, below the market. */
export const BUY = {
  account: LIVE,
  symbol: "AAPL",
  sec_type: "STK",
  currency: "USD",
  action: "BUY",
  order_type: "LMT",
  total_quantity: 10,
  limit_price: 190.5,
  time_in_force: "DAY",
  outside_rth: false,
} as const;

/** A reply with the text it came in. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly code: number;
  readonly message: string;
  readonly sign: string;
  readonly data: Plain;
}

/** RSA PKCS#1 v1.5 with SHA-1, base64. */
export function signText(text: string, key: string = CLIENT_PRIVATE_KEY): string {
  return createSign("RSA-SHA1").update(text).sign(key, "base64");
}

/** `yyyy-MM-dd HH:mm:ss` in UTC, so many milliseconds off. */
export function timestampNow(offMs = 0): string {
  return new Date(Date.now() + offMs).toISOString().slice(0, 19).replace("T", " ");
}

/** The parameters of a request, without a signature. */
export function parametersOf(method: string, biz?: unknown, changes: Plain = {}): Record<string, unknown> {
  return {
    tiger_id: TIGER_ID,
    method,
    charset: "UTF-8",
    version: "2.0",
    sign_type: "RSA",
    timestamp: timestampNow(),
    device_id: "02:00:00:00:00:01",
    ...(biz === undefined ? {} : { biz_content: typeof biz === "string" ? biz : JSON.stringify(biz) }),
    ...changes,
  };
}

/** The same with its signature. */
export function signed(parameters: Record<string, unknown>, key?: string): Record<string, unknown> {
  const text = Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");
  return { ...parameters, sign: signText(text, key) };
}

/** Sends a body and gives the response as it came. */
export function post(server: Pick<TigerServer, "port">, body: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/gateway`, {
    method: "POST",
    headers: { "content-type": "application/json;charset=UTF-8" },
    body,
  });
}

/** Sends a request and reads the reply; whole numbers that no double holds are bigints in it. */
export async function ask(
  server: Pick<TigerServer, "port">,
  method: string,
  biz?: unknown,
  changes?: Plain,
): Promise<Reply> {
  const response = await post(server, JSON.stringify(signed(parametersOf(method, biz, changes))));
  return replyOf(response.status, await response.text());
}

export function replyOf(status: number, text: string): Reply {
  const { code, message, sign, data } = exact(text) as Reply;
  return { status, text, code, message, sign, data: typeof data === "string" ? (exact(data) as Plain) : data };
}

function exact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? "")
      ? BigInt(context?.source ?? 0)
      : value,
  );
}

/** True when the vendor signed the text. */
export function isVendorsSignature(text: string, signature: string, vendorPublicKey: string): boolean {
  const key = { key: Buffer.from(vendorPublicKey, "base64"), format: "der", type: "spki" } as const;
  return createVerify("RSA-SHA1").update(text).verify(key, signature, "base64");
}

/** A message of the push service by field number: varints as bigints, strings and messages as bytes, doubles as numbers. */
export type Message = ReadonlyMap<number, bigint | number | Buffer>;

export interface PushClient {
  /** Sends a message whose fields are varints, texts and messages of the same. */
  send(fields: Fields): void;
  raw(bytes: Uint8Array): void;
  /** The next message, or `undefined` when the connection has ended. */
  next(): Promise<Message | undefined>;
  /** The bytes that have come so far. */
  readonly received: () => Buffer;
  readonly closed: Promise<void>;
  close(): void;
}

export interface Fields {
  readonly [number: number]: number | string | Fields;
}

/** Opens a push connection and says nothing yet. */
export async function openPush(server: TigerServer, isTls = true): Promise<PushClient> {
  const port = isTls ? server.pushPort : (server.plainPushPort ?? 0);
  const socket: Socket = isTls
    ? connectTls({ port, host: "127.0.0.1", ca: PUSH_TLS.cert, servername: "localhost" })
    : connectPlain({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => {
    socket.once(isTls ? "secureConnect" : "connect", () => resolve());
    socket.once("error", reject);
  });
  const messages: Message[] = [];
  let waiting: (() => void)[] = [];
  let all = Buffer.alloc(0);
  let taken = 0;
  let ended = false;
  const wake = (): void => {
    for (const each of waiting.splice(0)) each();
    waiting = [];
  };
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    all = Buffer.concat([all, chunk]);
    for (;;) {
      const length = varint(all, taken);
      if (length === undefined || all.length < length.end + Number(length.value)) break;
      taken = length.end + Number(length.value);
      messages.push(decode(all.subarray(length.end, taken)));
    }
    wake();
  });
  const closed = new Promise<void>((resolve) =>
    socket.on("close", () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  return {
    send: (fields) => void socket.write(framed(encode(fields))),
    raw: (bytes) => void socket.write(bytes),
    async next() {
      while (messages.length === 0 && !ended) await new Promise<void>((resolve) => waiting.push(resolve));
      return messages.shift();
    },
    received: () => all,
    closed,
    close: () => socket.destroy(),
  };
}

/** The CONNECT message. */
export function connectMessage(changes: { readonly id?: number; readonly sign?: string; readonly ms?: number } = {}) {
  const { id = 1, sign = signText(TIGER_ID), ms = 10_000 } = changes;
  return { 1: 1, 2: id, 4: { 1: TIGER_ID, 2: sign, 3: "test-1", 4: "3", 5: ms, 6: ms } };
}

/** Opens, connects and subscribes to the orders of an account. */
export async function subscribed(server: TigerServer, account: string = LIVE): Promise<PushClient> {
  const client = await openPush(server);
  client.send(connectMessage());
  await client.next();
  client.send({ 1: 4, 2: 2, 3: { 1: 8, 3: account } });
  await client.next();
  return client;
}

/** The order in a message, `undefined` when there is none. */
export function orderIn(message: Message | undefined): Message | undefined {
  const body = message?.get(5);
  const order = Buffer.isBuffer(body) ? decode(body).get(7) : undefined;
  return Buffer.isBuffer(order) ? decode(order) : undefined;
}

export function textAt(message: Message | undefined, number: number): string | undefined {
  const value = message?.get(number);
  return Buffer.isBuffer(value) ? value.toString("utf8") : undefined;
}

/** The number behind a zig-zag varint. */
export function zigzag(value: bigint | number | Buffer | undefined): bigint {
  const raw = typeof value === "bigint" ? value : 0n;
  return raw % 2n === 0n ? raw / 2n : -(raw + 1n) / 2n;
}

function varint(bytes: Buffer, start: number): { readonly value: bigint; readonly end: number } | undefined {
  let value = 0n;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

function decode(bytes: Buffer): Message {
  const fields = new Map<number, bigint | number | Buffer>();
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (tag === undefined) throw new Error("a message is cut off");
    const number = Number(tag.value >> 3n);
    const kind = Number(tag.value & 7n);
    at = tag.end;
    if (kind === 1) {
      fields.set(number, bytes.readDoubleLE(at));
      at += 8;
    } else if (kind === 5) {
      fields.set(number, bytes.readFloatLE(at));
      at += 4;
    } else {
      const value = varint(bytes, at);
      if (value === undefined) throw new Error("a field is cut off");
      at = value.end + (kind === 2 ? Number(value.value) : 0);
      fields.set(number, kind === 2 ? bytes.subarray(value.end, at) : value.value);
    }
  }
  return fields;
}

function encode(fields: Fields): Buffer {
  const parts = Object.entries(fields).map(([number, value]) => {
    if (typeof value === "number") return Buffer.concat([bytesOf(Number(number) << 3), bytesOf(value)]);
    const content = typeof value === "string" ? Buffer.from(value) : encode(value);
    return Buffer.concat([bytesOf((Number(number) << 3) | 2), framed(content)]);
  });
  return Buffer.concat(parts);
}

function framed(content: Buffer): Buffer {
  return Buffer.concat([bytesOf(content.length), content]);
}

function bytesOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
