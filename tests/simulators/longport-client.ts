/** Clients of the Longport simulator: signed requests, a long link packet by packet, and the vendor's own SDK. */

import { gunzipSync } from "node:zlib";
import { type RawData, WebSocket } from "ws";
import { decode, encode, type MessageName } from "../../simulators/longport/messages.ts";
import {
  DEFAULT_ACCESS_TOKEN,
  DEFAULT_APP_KEY,
  DEFAULT_APP_SECRET,
  type LongportServer,
} from "../../simulators/longport/server.ts";
import { signatureOf } from "../../simulators/longport/signature.ts";
import type { Plain } from "./protocol.ts";

/** What a request says otherwise than a right one. */
export interface Changes {
  readonly token?: string;
  readonly key?: string;
  readonly secret?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: string;
  /** Replaces the signature. */
  readonly signature?: string;
}

/** The envelope with its HTTP status. */
export interface Enveloped {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data: Plain;
}

/** The headers of a signed request. */
export function headersOf(
  method: string,
  target: string,
  text: string,
  changes: Changes = {},
): Readonly<Record<string, string>> {
  const accessToken = changes.token ?? DEFAULT_ACCESS_TOKEN;
  const appKey = changes.key ?? DEFAULT_APP_KEY;
  const timestamp = changes.timestamp ?? String(Math.floor(Date.now() / 1000));
  const hex = signatureOf(
    { method, target, body: Buffer.from(text), appKey, accessToken, timestamp },
    changes.secret ?? DEFAULT_APP_SECRET,
  );
  const names = "SignedHeaders=authorization;x-api-key;x-timestamp";
  return {
    authorization: accessToken,
    "x-api-key": appKey,
    "x-timestamp": timestamp,
    "x-api-signature": changes.signature ?? `HMAC-SHA256 ${names}, Signature=${hex}`,
    "content-type": "application/json; charset=utf-8",
  };
}

/** Sends a signed request and gives the response as it came. */
export async function send(
  server: Pick<LongportServer, "port">,
  method: string,
  target: string,
  body?: unknown,
  changes: Changes = {},
): Promise<Response> {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return await fetch(`http://127.0.0.1:${server.port}${target}`, {
    method,
    headers: headersOf(method, target, text, changes),
    ...(text === "" ? {} : { body: text }),
  });
}

/** Sends a signed request and reads the envelope. */
export async function ask(
  server: Pick<LongportServer, "port">,
  method: string,
  target: string,
  body?: unknown,
  changes?: Changes,
): Promise<Enveloped> {
  const response = await send(server, method, target, body, changes);
  const { code, message, data } = (await response.json()) as Enveloped;
  return { status: response.status, code, message, data };
}

/** A limit day order for AAPL, far below the market. */
export const BUY = {
  symbol: "AAPL.US",
  order_type: "LO",
  side: "Buy",
  submitted_quantity: "10",
  submitted_price: "190.5",
  time_in_force: "Day",
  expire_date: null,
  outside_rth: "RTH_ONLY",
  remark: "htabc",
} as const;

/** Submits an order and gives its id. */
export async function submit(server: Pick<LongportServer, "port">, order: object = BUY): Promise<string> {
  const { code, message, data } = await ask(server, "POST", "/v1/trade/order", order);
  if (code !== 0) throw new Error(`${code}: ${message}`);
  return String(data["order_id"]);
}

/** An answer on a long link; `error` of one whose status is not 0. */
export interface LinkAnswer {
  readonly status: number;
  readonly gzip: boolean;
  readonly body: Buffer;
  readonly error: Plain;
}

/** A push on a long link. */
export interface LinkPush {
  readonly cmd: number;
  readonly gzip: boolean;
  readonly body: Buffer;
}

/** A long link. */
export interface LinkClient {
  readonly socket: WebSocket;
  readonly pushes: readonly LinkPush[];
  /** How many ping frames came. */
  pings(): number;
  ask(cmd: number, name: MessageName, message: Plain): Promise<LinkAnswer>;
  /** Authenticates with a new password, and gives the session. */
  login(metadata?: Plain): Promise<Plain>;
  closed(): boolean;
  close(): void;
}

/** Opens a long link without authenticating it. */
export async function openLink(
  server: Pick<LongportServer, "port">,
  kind: "quote" | "trade",
  query = "version=1&codec=1&platform=9",
): Promise<LinkClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/${kind}/v2?${query}`);
  const pushes: LinkPush[] = [];
  const waiting = new Map<number, { resolve(answer: LinkAnswer): void; reject(error: Error): void }>();
  let pings = 0;
  let nextId = 1;
  let closed = false;
  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (!isBinary || !Buffer.isBuffer(data)) throw new Error("a text message came");
    const header = data.readUInt8(0);
    const gzip = (header & 0x20) !== 0;
    const unpack = (from: number): Buffer => (gzip ? gunzipSync(data.subarray(from)) : data.subarray(from));
    if ((header & 0x0f) === 3) {
      pushes.push({ cmd: data.readUInt8(1), gzip, body: unpack(5) });
      return;
    }
    const status = data.readUInt8(6);
    const body = unpack(10);
    const id = data.readUInt32BE(2);
    waiting.get(id)?.resolve({ status, gzip, body, error: status === 0 ? {} : read("Error", body) });
    waiting.delete(id);
  });
  socket.on("ping", () => {
    pings += 1;
  });
  socket.on("close", () => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new Error("closed"));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);
  const client: LinkClient = {
    socket,
    pushes,
    pings: () => pings,
    ask: (cmd, name, message) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        socket.send(requestPacket(cmd, id, encode(name, message)));
      }),
    async login(metadata = {}) {
      const { data } = await ask(server, "GET", "/v1/socket/token");
      const { status, body, error } = await client.ask(2, "AuthRequest", { token: data["otp"], metadata });
      if (status !== 0) throw new Error(`${status}: ${JSON.stringify(error)}`);
      return read("SessionResponse", body);
    },
    closed: () => closed,
    close: () => socket.terminate(),
  };
  return client;
}

/** A request packet. */
export function requestPacket(cmd: number, id: number, body: Uint8Array, timeout = 5000): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(1, 0);
  head.writeUInt8(cmd, 1);
  head.writeUInt32BE(id, 2);
  head.writeUInt16BE(timeout, 6);
  head.writeUIntBE(body.length, 8, 3);
  return Buffer.concat([head, body]);
}

/** A message as plain data. */
export function read(name: MessageName, body: Uint8Array): Plain {
  return decode(name, body) as Plain;
}

/** The order pushes of a trade link. */
export function orderPushes(link: LinkClient): readonly Plain[] {
  return link.pushes
    .filter(({ cmd }) => cmd === 18)
    .map(({ body }) => {
      const { data } = decode("Notification", body) as { data: Uint8Array };
      return (JSON.parse(Buffer.from(data).toString("utf8")) as { data: Plain }).data;
    });
}
