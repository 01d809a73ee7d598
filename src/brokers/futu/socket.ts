/**
 * One connection to OpenD: the SDK's messages on a socket of our own.
 *
 * The SDK has two halves. `main.js` knows the messages: it encodes requests, decodes answers and pushes. `base.js` owns
 * the WebSocket, and nearly every fault that loses calls is in there; it also writes to the console on every event, and
 * nothing but replacing the console of the whole process could silence it. The first half reaches the second through
 * one field, `websock`, and one method, `sendBuff`: here that field holds a socket that ends every call, connects once,
 * and says nothing. A file of its own beside `wire.ts`, since the two together would be too long.
 */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { BrokerError } from "../../spec/broker-error.ts";
import { COMMAND, type Method, parseInit, REPLIES } from "./messages.ts";

/** The SDK's class, as far as it is used. */
export type Library = new () => Client;

interface Client extends Record<Method, (request: { c2s: object }) => Promise<unknown>> {
  websock: { sendBuff(command: number, body: Uint8Array): Promise<Frame> } | null;
  onPush: ((command: number, message: unknown) => void) | null;
  _sendCmd(command: number, request: { c2s: object }, name: string): Promise<unknown>;
  _onPush(frame: Frame): void;
}

/** A message of the WebSocket protocol, in the form the SDK wants. */
interface Frame {
  readonly cmd: number;
  readonly section: number;
  readonly error: number;
  readonly errmsg: string;
  readonly buff: ArrayBuffer | undefined;
}

/** The connection ended before an answer came, or was not there to begin with. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";
}

/** OpenD answered with an error in the header of its message. */
export class HeaderFault extends Error {
  override readonly name = "HeaderFault";
  readonly error: number;

  constructor(error: number, message: string) {
    super(message || `error ${error} in the header`);
    this.error = error;
  }
}

export interface LinkOptions {
  readonly library: Library;
  readonly url: string;
  /** The WebSocket key in plain text. */
  readonly key: string | undefined;
  /** Ends the attempt, and later the connection. */
  readonly signal: AbortSignal;
  /** For connecting and logging in together. */
  readonly timeoutMs: number;
  onPush(command: number, message: unknown): void;
  /** The connection has ended; called before its calls are rejected. Not called for one that never was logged in. */
  onEnd(reason: string): void;
}

/** A request that was handed to the socket. */
export interface Sent {
  readonly sent: boolean;
  readonly answer: Promise<unknown>;
  forget(): void;
}

/** A connection that is logged in to OpenD. It never comes back once it is closed. */
export interface Link {
  /** Number of this connection at OpenD, as text. */
  readonly connId: string;
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly closed: Promise<string>;
  /** Why it has ended; `undefined` while it has not. */
  ended(): string | undefined;
  /** How many messages have come in: tells silence from slowness. */
  heard(): number;
  /**
   * Sends a request. `sent` is false when nothing left; `answer` ends at the latest with the connection, rejected with
   * `LinkLost`, `HeaderFault`, the vendor's whole response when that is a refusal, or what decoding threw. After `forget`
   * nobody waits for it any more, and nothing is kept of it.
   */
  send(method: Method, c2s: object): Sent;
  close(reason: string): void;
}

/** @throws BrokerError `NotSupported` when the library is missing or is not one. */
export async function loadLibrary(byHand: unknown): Promise<Library> {
  if (typeof WebSocket === "undefined") {
    throw new BrokerError("NotSupported", "futu-api needs a global WebSocket: Node 22 or newer, Bun or Deno");
  }
  let module = byHand;
  if (module === undefined) {
    try {
      // The package ships no types: as a `string` the specifier is not looked up when types are checked.
      module = (await import("futu-api" as string)) as unknown;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BrokerError("NotSupported", `cannot load the SDK of Futu; run: npm install futu-api (${reason})`, {
        cause,
      });
    }
  }
  const library = typeof module === "object" && module !== null && "default" in module ? module.default : module;
  if (isLibrary(library)) return library;
  const what =
    byHand === undefined
      ? "the SDK of Futu that is installed is not one this gateway knows"
      : "the option sdk is not the library futu-api";
  throw new BrokerError("NotSupported", `${what}; run: npm install futu-api@10`);
}

/**
 * SDK fault (versions): what its messages lack it leaves out in silence. 7.6, the one on npm before 10.9, knows no session of
 * an order, so that one for the night would go out for regular hours; it lacks this method too.
 */
const SINCE_SESSIONS = "GetFlowSummary";

function isLibrary(value: unknown): value is Library {
  if (typeof value !== "function") return false;
  const methods: unknown = value.prototype;
  const names = [...Object.keys(REPLIES), "_sendCmd", "_onPush", SINCE_SESSIONS];
  return (
    typeof methods === "object" &&
    methods !== null &&
    names.every((name) => typeof (methods as Readonly<Record<string, unknown>>)[name] === "function")
  );
}

const PUSHES: ReadonlySet<number> = new Set([COMMAND.Notify, COMMAND.UpdateOrder]);

interface PendingCall {
  readonly command: number;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

/** Connects and logs in. @throws LinkLost, HeaderFault, or the vendor's response when it refuses the key. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { library, url, key, signal, timeoutMs, onPush, onEnd } = options;
  if (signal.aborted) throw new LinkLost("closed");
  const client = new library();
  const pending = new Map<number, PendingCall>();
  // SDK fault (shared state): its request numbers are one counter for all instances of a process; these are our own.
  let section = 0;
  let sent = 0;
  let heard = 0;
  let over: string | undefined;
  let loggedIn = false;
  let tellOpen = (): void => {};
  let tellClosed = (_reason: string): void => {};
  const closed = new Promise<string>((resolve) => {
    tellClosed = resolve;
  });

  // SDK fault (ssl): anything but exactly `false` becomes wss there; this address comes from a checked option.
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const opened = new Promise<void>((resolve) => {
    tellOpen = resolve;
  });
  socket.onopen = () => tellOpen();
  socket.onmessage = ({ data }: { data: unknown }) => {
    const frame = data instanceof ArrayBuffer ? decodeFrame(data) : undefined;
    if (frame !== undefined) receive(frame);
  };
  // SDK fault (reconnection): it connects again by itself every second for ever; this socket connects once.
  socket.onerror = () => end(loggedIn ? "the connection to OpenD failed" : `no connection to ${url}`);
  socket.onclose = () => end("OpenD closed the connection");

  /** SDK fault (hanging calls): there a dropped socket forgets its calls; here each one is rejected. */
  function end(reason: string): void {
    if (over !== undefined) return;
    over = reason;
    socket.onopen = socket.onmessage = socket.onerror = null;
    // SDK fault (stop): `stop()` leaves the socket open; this closes it.
    socket.close();
    signal.removeEventListener("abort", abort);
    if (loggedIn) onEnd(reason);
    for (const call of pending.values()) call.reject(new LinkLost(reason));
    pending.clear();
    tellClosed(reason);
  }

  function abort(): void {
    end("closed");
  }

  function receive(frame: Frame): void {
    heard += 1;
    const call = pending.get(frame.section);
    if (call !== undefined && call.command === frame.cmd) {
      pending.delete(frame.section);
      // SDK fault (header errors): it waits for ever for the body of an answer that has only an error in its header.
      if (frame.error !== 0) call.reject(new HeaderFault(frame.error, frame.errmsg));
      else if (frame.buff === undefined) call.reject(new HeaderFault(0, "an answer without a body"));
      else call.resolve(frame);
      return;
    }
    if (frame.cmd === COMMAND.LinkLost) {
      end("OpenD lost its own connection");
      return;
    }
    // SDK fault (late answers): it hands every unexpected answer out as a push; only real pushes get there from here.
    if (!PUSHES.has(frame.cmd) || frame.error !== 0) return;
    try {
      client._onPush(frame);
    } catch {
      // A push that does not decode says nothing; the next listing does.
    }
  }

  client.onPush = onPush;
  client.websock = {
    sendBuff(command, body) {
      if (over !== undefined || socket.readyState !== WebSocket.OPEN) {
        return Promise.reject(new LinkLost(over ?? "the connection is not open"));
      }
      section += 1;
      const number = section;
      socket.send(encodeFrame(command, number, body));
      sent += 1;
      return new Promise((resolve, reject) => pending.set(number, { command, resolve, reject }));
    },
  };

  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => end("OpenD did not take the connection in time"), timeoutMs);
  try {
    const reason = await Promise.race([opened, closed]);
    if (reason !== undefined) throw new LinkLost(reason);
    const websocketKey = key === undefined ? "" : bytesToHex(md5(utf8ToBytes(key)));
    // SDK fault (login): its own login ignores a refusal in the body and does not come back after one; as a command like
    // any other it is rejected, and the caller decides about the next attempt.
    const init = client._sendCmd(
      COMMAND.InitWebSocket,
      { c2s: { websocketKey, programmingLanguage: "JavaScript" } },
      "InitWebSocket",
    );
    const connId = parseInit(await init);
    loggedIn = true;
    return {
      connId,
      closed,
      ended: () => over,
      heard: () => heard,
      send(method, c2s) {
        const before = sent;
        const answer = client[method]({ c2s });
        const number = sent > before ? section : undefined;
        return {
          sent: number !== undefined,
          answer,
          forget() {
            if (number !== undefined) pending.delete(number);
          },
        };
      },
      close: end,
    };
  } catch (error) {
    end("the login failed");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const SIGN = utf8ToBytes("ft-v1.0\0");
const REQUEST_HEADER = 20;
const ANSWER_HEADER = 44;

/** Sign, command and request number (big endian), then the body. */
export function encodeFrame(command: number, section: number, body: Uint8Array): ArrayBuffer {
  const bytes = new Uint8Array(REQUEST_HEADER + body.length);
  bytes.set(SIGN);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, command);
  view.setBigUint64(12, BigInt(section));
  bytes.set(body, REQUEST_HEADER);
  return bytes.buffer;
}

/** Answers and pushes have an error number and 20 bytes of text more. `undefined` for what is not OpenD's. */
export function decodeFrame(data: ArrayBuffer): Frame | undefined {
  if (data.byteLength < ANSWER_HEADER) return undefined;
  const bytes = new Uint8Array(data);
  if (!SIGN.every((byte, index) => bytes[index] === byte)) return undefined;
  const view = new DataView(data);
  return {
    cmd: view.getUint32(8),
    section: Number(view.getBigUint64(12)),
    error: view.getInt32(20),
    errmsg: new TextDecoder().decode(bytes.subarray(24, ANSWER_HEADER)).replace(/\0.*$/s, ""),
    buff: data.byteLength > ANSWER_HEADER ? data.slice(ANSWER_HEADER) : undefined,
  };
}
