/** Frames of OpenD's plain TCP protocol: a 44-byte little-endian header with the SHA-1 of the plain body. */
import { createHash } from "node:crypto";
import type { BodyFormat } from "./messages.ts";

const HEADER = 44;
const MAGIC = Buffer.from("FT", "latin1");
/** OpenD's own bodies stay far below this; a longer one is a broken or hostile client. */
const LONGEST_BODY = 16 * 1024 * 1024;

/** One packet; `body` is as sent, that is encrypted where the connection is. */
export interface TcpFrame {
  readonly cmd: number;
  readonly format: BodyFormat;
  readonly serial: number;
  /** SHA-1 of the plain body. */
  readonly digest: Buffer;
  readonly body: Buffer;
}

/** SHA-1 of a plain body, as the header carries it. */
export function digestOf(plain: Uint8Array): Buffer {
  return createHash("sha1").update(plain).digest();
}

/** Writes a packet. */
export function writeTcpFrame(frame: TcpFrame): Buffer {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header, 0);
  header.writeUInt32LE(frame.cmd, 2);
  header.writeUInt8(frame.format === "json" ? 1 : 0, 6);
  header.writeUInt8(0, 7);
  header.writeUInt32LE(frame.serial, 8);
  header.writeUInt32LE(frame.body.length, 12);
  frame.digest.copy(header, 16, 0, 20);
  return Buffer.concat([header, frame.body]);
}

/**
 * Cuts a byte stream into packets: feed it what the socket gives, get the packets that are complete, or `undefined`
 * when the stream is not OpenD's protocol and beyond repair.
 */
export function createTcpFrameReader(): (chunk: Buffer) => TcpFrame[] | undefined {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const frames: TcpFrame[] = [];
    while (pending.length >= HEADER) {
      const length = pending.readUInt32LE(12);
      if (!pending.subarray(0, MAGIC.length).equals(MAGIC) || length > LONGEST_BODY) return undefined;
      if (pending.length < HEADER + length) break;
      frames.push({
        cmd: pending.readUInt32LE(2),
        format: pending.readUInt8(6) === 1 ? "json" : "protobuf",
        serial: pending.readUInt32LE(8),
        digest: pending.subarray(16, 36),
        body: pending.subarray(HEADER, HEADER + length),
      });
      pending = pending.subarray(HEADER + length);
    }
    return frames;
  };
}
