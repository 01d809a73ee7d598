/** One connection of a link: requests and their answers, pushes, and its end. It never comes back. */
import { bodyOf, decodePacket, encodeRequest, type Packet } from "./frames.ts";
import { CMD, readError } from "./protobuf.ts";
import { NoAnswer, reasonOf, VendorRefusal } from "./refusals.ts";

export interface SocketOptions {
  readonly url: string;
  /** Ends the attempt, and later the connection. */
  readonly signal: AbortSignal;
  /** For the connection to come about. */
  readonly timeoutMs: number;
  onPush(cmd: number, body: Uint8Array): void;
}

export interface Socket {
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly closed: Promise<string>;
  /** Sends a request, and ends at the latest with the connection. @throws VendorRefusal, NoAnswer, Unreadable */
  request(cmd: number, body: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array>;
  close(reason: string): void;
}

interface Pending {
  readonly cmd: number;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The query that every client of the service opens a link with: version, protobuf, and a platform of the vendor's list. */
const HANDSHAKE = "version=1&codec=1&platform=9";

/** @throws NoAnswer when the connection does not come about. */
export async function openSocket({ url, signal, timeoutMs, onPush }: SocketOptions): Promise<Socket> {
  if (signal.aborted) throw new NoAnswer("closed", { sent: false });
  const pending = new Map<number, Pending>();
  const ended = Promise.withResolvers<string>();
  const opened = Promise.withResolvers<void>();
  let over: string | undefined;
  let serial = 0;
  /** Compressed bodies take a moment to unpack; what comes after them waits, so that nothing is overtaken. */
  let inbox: Promise<void> = Promise.resolve();

  const socket = new WebSocket(`${url}${url.includes("?") ? "&" : "?"}${HANDSHAKE}`);
  socket.binaryType = "arraybuffer";

  function end(reason: string): void {
    if (over !== undefined) return;
    over = reason;
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    // A socket that is closed before it opened says so in an event that nobody may handle any more.
    socket.onerror = () => {};
    try {
      socket.close();
    } catch {
      // It is closed.
    }
    signal.removeEventListener("abort", abort);
    for (const call of pending.values()) call.reject(new NoAnswer(reason));
    pending.clear();
    ended.resolve(reason);
  }
  const abort = () => end("closed");

  async function take(packet: Packet): Promise<void> {
    const body = await bodyOf(packet);
    if (packet.type === "push") {
      if (packet.cmd === CMD.close) return end(`Longport closed the link: ${readError(body).text}`);
      return onPush(packet.cmd, body);
    }
    const call = pending.get(packet.id);
    if (call === undefined || call.cmd !== packet.cmd) return;
    pending.delete(packet.id);
    if (packet.status === 0) return call.resolve(body);
    const { code, text } = readError(body);
    call.reject(new VendorRefusal(code, text || `status ${packet.status}`));
  }

  function receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    const taken = (async () => {
      const packet = decodePacket(data);
      await inbox;
      if (over === undefined) await take(packet);
    })();
    // What cannot be read leaves its request without an answer; the connection is of no more use.
    inbox = taken.catch((error: unknown) => end(`Longport sent what cannot be read: ${reasonOf(error)}`));
  }

  socket.onopen = () => opened.resolve();
  socket.onmessage = ({ data }: { data: unknown }) => receive(data);
  socket.onerror = () => end("the link failed");
  socket.onclose = () => end("Longport closed the link");
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => end("the link was not taken in time"), timeoutMs);
  const failed = await Promise.race([opened.promise, ended.promise]);
  clearTimeout(timer);
  if (failed !== undefined) throw new NoAnswer(failed, { sent: false });

  return {
    closed: ended.promise,
    close: end,
    request(cmd, body, ms, callSignal) {
      return new Promise((resolve, reject) => {
        if (over !== undefined) return reject(new NoAnswer(over, { sent: false }));
        if (callSignal?.aborted) return reject(new NoAnswer("given up", { sent: false, late: true }));
        serial = (serial + 1) % 0xffff_ffff;
        const id = serial;
        const settle = (act: () => void) => {
          clearTimeout(late);
          callSignal?.removeEventListener("abort", giveUp);
          pending.delete(id);
          act();
        };
        const fail = (error: Error) => settle(() => reject(error));
        const giveUp = () => fail(new NoAnswer("given up before Longport answered", { late: true }));
        const late = setTimeout(
          () => fail(new NoAnswer(`Longport did not answer within ${ms} ms`, { late: true })),
          ms,
        );
        callSignal?.addEventListener("abort", giveUp, { once: true });
        pending.set(id, { cmd, resolve: (answer) => settle(() => resolve(answer)), reject: fail });
        try {
          socket.send(encodeRequest(cmd, id, ms, body));
        } catch (error) {
          fail(new NoAnswer(reasonOf(error), { sent: false }));
        }
      });
    },
  };
}
