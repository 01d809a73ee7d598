/** The packets inside a long link's binary messages. Source: the vendor's pages on the socket protocol. */
import { gunzipSync, gzipSync } from "node:zlib";

const TYPE = { request: 1, response: 2, push: 3 } as const;
const VERIFY = 0x10;
const GZIP = 0x20;
/** Bytes of nonce and signature behind the body of a packet that carries them. */
const VERIFY_BYTES = 24;
const REQUEST_HEADER = 11;
/** As much as a packet holds uncompressed: what unpacks to more is no client's request. */
const LARGEST_BODY = 0xff_ffff;

/** A request from a client. */
export interface RequestPacket {
  readonly cmd: number;
  readonly requestId: number;
  /** Milliseconds that the client waits. */
  readonly timeout: number;
  readonly body: Uint8Array;
}

/** Reads a request; `undefined` for bytes that are none. */
export function readRequest(bytes: Buffer): RequestPacket | undefined {
  if (bytes.length < REQUEST_HEADER) return undefined;
  const header = bytes.readUInt8(0);
  const length = bytes.readUIntBE(8, 3);
  const tail = (header & VERIFY) === 0 ? 0 : VERIFY_BYTES;
  if ((header & 0x0f) !== TYPE.request || bytes.length !== REQUEST_HEADER + length + tail) return undefined;
  const raw = bytes.subarray(REQUEST_HEADER, REQUEST_HEADER + length);
  try {
    return {
      cmd: bytes.readUInt8(1),
      requestId: bytes.readUInt32BE(2),
      timeout: bytes.readUInt16BE(6),
      body: (header & GZIP) === 0 ? raw : gunzipSync(raw, { maxOutputLength: LARGEST_BODY }),
    };
  } catch {
    return undefined;
  }
}

/** Writes the answer to a request; a status other than 0 goes with an `Error` body. */
export function writeResponse(
  { cmd, requestId }: Pick<RequestPacket, "cmd" | "requestId">,
  status: number,
  body: Uint8Array,
  gzip: boolean,
): Buffer {
  const { flag, content } = packed(body, gzip);
  const head = Buffer.alloc(10);
  head.writeUInt8(TYPE.response | flag, 0);
  head.writeUInt8(cmd, 1);
  head.writeUInt32BE(requestId, 2);
  head.writeUInt8(status, 6);
  head.writeUIntBE(content.length, 7, 3);
  return Buffer.concat([head, content]);
}

/** Writes a push. */
export function writePush(cmd: number, body: Uint8Array, gzip: boolean): Buffer {
  const { flag, content } = packed(body, gzip);
  const head = Buffer.alloc(5);
  head.writeUInt8(TYPE.push | flag, 0);
  head.writeUInt8(cmd, 1);
  head.writeUIntBE(content.length, 2, 3);
  return Buffer.concat([head, content]);
}

function packed(body: Uint8Array, gzip: boolean): { readonly flag: number; readonly content: Uint8Array } {
  return gzip && body.length > 0 ? { flag: GZIP, content: gzipSync(body) } : { flag: 0, content: body };
}
