/**
 * A link that is kept up: one connection after the other, resumed where the service still knows the session, and watched,
 * since nothing tells of a connection whose other end has gone without a word.
 */
import { type Ending, keepTrying } from "../shared/attempts.ts";
import { CMD, type LinkSession, readSession, writeCredential } from "./protobuf.ts";
import { isTokenRefusal, NoAnswer, reasonOf, VendorRefusal } from "./refusals.ts";
import { openSocket, type Socket } from "./socket.ts";
import { MS } from "./timing.ts";

export interface LinkOptions {
  readonly url: string;
  /** What the service should know of the client. */
  readonly metadata: Readonly<Record<string, string>>;
  /** A new one-time password. */
  otp(signal: AbortSignal): Promise<string>;
  /** A request that is always answered and changes nothing. The vendor answers packets of heartbeats only over TCP. */
  readonly beat: { readonly cmd: number; readonly body: Uint8Array };
  /** Called on each connection that is authenticated, before the link counts as up. */
  prepare(socket: Socket): Promise<void>;
  onUp(): void;
  /** Called when a connection has ended, and when one did not come about. */
  onDown(reason: string): void;
  onPush(cmd: number, body: Uint8Array): void;
}

export interface Link {
  /** Resolves when the first attempt has ended, well or badly. */
  start(): Promise<void>;
  /** Gives connection and session up and begins anew. */
  renew(): void;
  close(): void;
  /** A round trip. One that is not answered in time ends the connection. @throws NoAnswer, VendorRefusal */
  probe(cmd: number, body: Uint8Array): Promise<void>;
  /** @throws NoAnswer `sent: false` while there is no connection; else as {@link Socket.request}. */
  request(cmd: number, body: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Uint8Array>;
}

export function createLink(options: LinkOptions): Link {
  const { url, metadata, otp, beat, prepare, onUp, onDown, onPush } = options;
  const stop = new AbortController();
  let session: LinkSession | undefined;
  let live: Socket | undefined;
  let down = "not connected yet";
  /** Ends the pause behind the attempt under way. */
  let hurry = new AbortController();
  let renewals = 0;

  async function authenticate(socket: Socket): Promise<void> {
    const known = session;
    const began = renewals;
    // A session serves once more; when that fails the next attempt begins a new one.
    session = undefined;
    const resumable = known !== undefined && known.expires > Date.now();
    const body = writeCredential(resumable ? known.id : await otp(stop.signal), metadata);
    const cmd = resumable ? CMD.resume : CMD.auth;
    const fresh = readSession(await socket.request(cmd, body, MS.probe));
    // Else it belongs to the token of before.
    if (began === renewals) session = fresh;
  }

  /** One connection from its beginning to its end. @returns why it ended. */
  async function connect(onReady: () => void): Promise<string> {
    const socket = await openSocket({ url, signal: stop.signal, timeoutMs: MS.connect, onPush });
    const began = renewals;
    try {
      await authenticate(socket);
      await prepare(socket);
      if (began !== renewals) return "the token has changed";
      live = socket;
      onUp();
      onReady();
      const heartbeat = watch(socket);
      const reason = await socket.closed;
      clearInterval(heartbeat);
      return reason;
    } finally {
      live = undefined;
      socket.close("given up");
    }
  }

  /** A half-open connection takes the request and answers nothing. */
  function watch(socket: Socket): ReturnType<typeof setInterval> {
    return setInterval(() => void probe(socket, beat.cmd, beat.body).catch(() => {}), MS.heartbeat);
  }

  async function probe(socket: Socket, cmd: number, body: Uint8Array): Promise<void> {
    try {
      await socket.request(cmd, body, MS.probe);
    } catch (error) {
      if (error instanceof NoAnswer && error.late) socket.close("Longport does not answer");
      throw error;
    }
  }

  async function keepUp(onFirst: () => void): Promise<void> {
    async function attempt(onUp: () => void): Promise<Ending> {
      let refused = false;
      let wasUp = false;
      const known = session;
      down = await connect(() => {
        wasUp = true;
        onUp();
        onFirst();
      }).catch((error: unknown) => {
        refused = error instanceof VendorRefusal && isTokenRefusal(error.code) && known === undefined;
        return reasonOf(error);
      });
      onDown(down);
      onFirst();
      // A session that was tried and is no longer known says nothing about a new one.
      const isSpent = known !== undefined && session === undefined;
      if (isSpent && !wasUp) return "again";
      return refused ? "refused" : "ended";
    }

    await keepTrying({ attempt, times: MS, stop: stop.signal, hurry: () => hurry.signal });
  }

  return {
    start: () => new Promise((resolve) => void keepUp(resolve)),
    renew() {
      session = undefined;
      renewals += 1;
      live?.close("the token has changed");
      hurry.abort();
      hurry = new AbortController();
    },
    close() {
      down = "closed";
      stop.abort();
    },
    async probe(cmd, body) {
      if (live === undefined) throw new NoAnswer(down, { sent: false });
      await probe(live, cmd, body);
    },
    request(cmd, body, timeoutMs, signal) {
      if (live === undefined) return Promise.reject(new NoAnswer(down, { sent: false }));
      return live.request(cmd, body, timeoutMs, signal);
    },
  };
}
