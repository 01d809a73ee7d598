/** Frames of OpenD's WebSocket: a 20-byte request header, a 44-byte answer header, both big endian. */

const SIGN = Buffer.from("ft-v1.0\0", "latin1");
const REQUEST_HEADER = 20;
const ANSWER_HEADER = 44;
const MESSAGE_BYTES = 20;

/** Errors of the answer header: what the WebSocket side itself reports, apart from the body's `retType`. */
export const WS_ERRORS = { none: 0, timeout: 1, opendTimeout: 2, disconnected: 3 } as const;

/** ASCII only: the SDK reads 20 characters, not bytes, and would run on into the body. */
const WS_ERROR_TEXTS: Readonly<Record<number, string>> = { 1: "timeout", 2: "opend timeout", 3: "disconnect" };

/** A request as it came in. */
export interface WsRequestFrame {
  readonly cmd: number;
  /** The client's number for this request, echoed in the answer. */
  readonly section: bigint;
  readonly body: Uint8Array;
}

/** An answer, or a push when `section` is 0. */
export interface WsAnswerFrame extends WsRequestFrame {
  /** One of {@link WS_ERRORS}. Default 0. */
  readonly error?: number;
}

/** Reads a request; `undefined` for anything that does not carry the sign. */
export function readWsFrame(bytes: Buffer): WsRequestFrame | undefined {
  if (bytes.length < REQUEST_HEADER || !bytes.subarray(0, SIGN.length).equals(SIGN)) return undefined;
  return { cmd: bytes.readUInt32BE(8), section: bytes.readBigUInt64BE(12), body: bytes.subarray(REQUEST_HEADER) };
}

/** Writes an answer or a push. */
export function writeWsFrame(frame: WsAnswerFrame): Buffer {
  const header = Buffer.alloc(ANSWER_HEADER);
  SIGN.copy(header, 0);
  header.writeUInt32BE(frame.cmd, 8);
  header.writeBigUInt64BE(frame.section, 12);
  const { error = WS_ERRORS.none } = frame;
  header.writeInt32BE(error, 20);
  header.write(WS_ERROR_TEXTS[error] ?? "", 24, MESSAGE_BYTES, "latin1");
  return Buffer.concat([header, frame.body]);
}
