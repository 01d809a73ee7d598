/** The packets inside a link's binary messages. Source: "Socket Feed", "Protocol" in the vendor's documentation. */
import { Unreadable } from "./messages.ts";

const TYPE = { request: 1, response: 2, push: 3 } as const;
const VERIFY = 0x10;
const GZIP = 0x20;
const REQUEST_HEADER = 11;
const RESPONSE_HEADER = 10;
const PUSH_HEADER = 5;
/** As much as a packet holds uncompressed; a few bytes of gzip can become a thousand times as many. */
const LARGEST_BODY = 0xff_ffff;

/** What the service sends. A status other than 0 goes with the vendor's error as its body. */
export type Packet =
  | {
      readonly type: "response";
      readonly cmd: number;
      readonly id: number;
      readonly status: number;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly zipped: boolean;
    }
  | {
      readonly type: "push";
      readonly cmd: number;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly zipped: boolean;
    };

/** Writes a request. `timeoutMs` tells the service how long the answer is of use. */
export function encodeRequest(cmd: number, id: number, timeoutMs: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REQUEST_HEADER + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, TYPE.request);
  view.setUint8(1, cmd);
  view.setUint32(2, id);
  view.setUint16(6, Math.min(timeoutMs, 0xffff));
  view.setUint8(8, body.length >> 16);
  view.setUint16(9, body.length & 0xffff);
  bytes.set(body, REQUEST_HEADER);
  return bytes;
}

/** Reads a packet of the service; what may stand behind its body, nonce and signature, is left alone. @throws Unreadable */
export function decodePacket(data: ArrayBuffer): Packet {
  const view = new DataView(data);
  const header = data.byteLength > PUSH_HEADER - 1 ? view.getUint8(0) : 0;
  const type = header & 0x0f;
  const start = type === TYPE.response ? RESPONSE_HEADER : PUSH_HEADER;
  if ((type !== TYPE.response && type !== TYPE.push) || data.byteLength < start) throw new Unreadable("no packet");
  const length = (view.getUint8(start - 3) << 16) | view.getUint16(start - 2);
  const tail = (header & VERIFY) === 0 ? 0 : 24;
  if (data.byteLength !== start + length + tail) throw new Unreadable("a packet of another length than it says");
  const common = {
    cmd: view.getUint8(1),
    body: new Uint8Array(data, start, length),
    zipped: (header & GZIP) !== 0,
  };
  if (type === TYPE.push) return { type: "push", ...common };
  return { type: "response", ...common, id: view.getUint32(2), status: view.getUint8(6) };
}

/** The body as it was before it was compressed. @throws Unreadable when it is broken, or becomes too large. */
export async function bodyOf({ body, zipped }: Packet): Promise<Uint8Array<ArrayBuffer>> {
  if (!zipped) return body;
  const reader = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > LARGEST_BODY) throw new Unreadable(`a body that unpacks to more than ${LARGEST_BODY} bytes`);
      parts.push(read.value);
    }
  } catch (cause) {
    // Not waited for: nothing more of it is wanted.
    reader.cancel().catch(() => {});
    throw cause instanceof Unreadable ? cause : new Unreadable("a body that cannot be unpacked", { cause });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
