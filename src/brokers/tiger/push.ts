/**
 * The connection to the push service: one at a time, logged in and subscribed to the account's orders, kept up for as long
 * as it runs. For runtimes with TCP sockets.
 */
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { type Ending, keepTrying } from "../shared/attempts.ts";
import { conceal, type TigerConfig } from "./config.ts";
import type { Sign } from "./keys.ts";
import {
  CODE,
  COMMAND,
  createFrameReader,
  encodeRequest,
  ORDER_STATUS_DATA,
  type PushedOrder,
  type PushRequest,
  type PushResponse,
} from "./push-frames.ts";
import { notConnected, reasonOf } from "./refusals.ts";
import { builtin, type Socket } from "./runtime.ts";
import { MS } from "./timing.ts";

export interface PushHandlers {
  onOrder(order: PushedOrder): void;
  /** Pushes come, or come no more. */
  onUp(up: boolean, reason?: string): void;
}

export interface Push {
  /** Resolves when the first attempt has ended, well or badly. */
  start(sign: Sign): Promise<void>;
  stop(): void;
}

/** Trying again at once would not help: a person has to do something first. */
class PushRefused extends BrokerError {
  constructor(message: string) {
    super("AuthenticationFailed", message, { outcome: "not_sent" });
  }
}

type PushConfig = Pick<TigerConfig, "tigerId" | "account" | "secretKey" | "token" | "pushUrl" | "pushTls">;

export function createPush(config: PushConfig, handlers: PushHandlers): Push {
  let running: AbortController | undefined;
  let starting: Promise<void> | undefined;

  /** One connection from its beginning to its end; resolves with why it ended. */
  function connect(sign: string, signal: AbortSignal, onUp: () => void): Promise<BrokerError> {
    return new Promise((resolve) => {
      const frames = createFrameReader();
      let socket: Socket | undefined;
      let lastId = 0;
      let subscription = -1;
      let up = false;
      let ended = false;
      let heartbeat: ReturnType<typeof setInterval> | undefined;
      let silence: ReturnType<typeof setTimeout> | undefined;
      let silenceMs = 0;

      const end = (reason: BrokerError): void => {
        if (ended) return;
        ended = true;
        clearInterval(heartbeat);
        clearTimeout(silence);
        signal.removeEventListener("abort", leave);
        socket?.destroy();
        resolve(reason);
      };
      const leave = (): void => {
        if (up) send({ command: COMMAND.DISCONNECT });
        end(notConnected("closed"));
      };
      const send = (request: Omit<PushRequest, "id">): number => {
        lastId += 1;
        socket?.write(encodeRequest({ ...request, id: lastId }));
        return lastId;
      };
      const endAfter = (ms: number, what: string): void => {
        clearTimeout(silence);
        silence = setTimeout(() => end(notConnected(`the push service ${what} ${ms} ms`)), ms);
      };
      /** A connection that says nothing for longer than its heartbeats are apart is half open. */
      const listen = (): void => endAfter(silenceMs, "said nothing for");

      const refused = ({ code, message }: PushResponse): BrokerError =>
        refusal({ code, message: conceal(message, config) }, up);

      /** There is only one, and the vendor's own clients know its answer by the code alone. */
      const isAboutSubscription = ({ id, code }: PushResponse): boolean =>
        subscription >= 0 && (id === subscription || code === CODE.subscribed || code === CODE.error);

      const answer = (response: PushResponse): void => {
        const { command, code, message, order } = response;
        if (command === COMMAND.ERROR) end(refused(response));
        else if (command === COMMAND.DISCONNECT) end(notConnected("the push service ended the connection"));
        else if (command === COMMAND.CONNECTED && subscription < 0) {
          const intervals = heartbeatsOf(message);
          silenceMs = Math.ceil(Math.max(...intervals) * 1.5);
          heartbeat = setInterval(() => send({ command: COMMAND.HEARTBEAT }), Math.min(...intervals));
          subscription = send({
            command: COMMAND.SUBSCRIBE,
            subscribe: { dataType: ORDER_STATUS_DATA, account: config.account },
          });
        } else if (command === COMMAND.MESSAGE && !up && order === undefined && isAboutSubscription(response)) {
          if (code === CODE.subscribed) {
            up = true;
            listen();
            onUp();
          } else end(refused(response));
        } else if (order !== undefined) handlers.onOrder(order);
      };

      // Whatever else it says meanwhile.
      endAfter(MS.pushConnect, "did not take the login and the subscription within");
      signal.addEventListener("abort", leave, { once: true });
      try {
        socket = open(config);
      } catch (error) {
        return end(notConnected(`the push service: ${reasonOf(error)}`));
      }
      socket.on("error", (error) => end(notConnected(`the push service: ${reasonOf(error)}`)));
      socket.on("close", () => end(notConnected("the push service closed the connection")));
      socket.on(config.pushUrl.startsWith("tcp:") ? "connect" : "secureConnect", () => {
        socket?.setNoDelay(true);
        const { tigerId } = config;
        send({
          command: COMMAND.CONNECT,
          connect: { tigerId, sign, sendInterval: MS.heartbeat, receiveInterval: MS.heartbeat },
        });
      });
      socket.on("data", (bytes) => {
        if (ended) return;
        if (up) listen();
        try {
          for (const response of frames.take(bytes)) if (!ended) answer(response);
        } catch (error) {
          end(notConnected(`the push service speaks another language: ${reasonOf(error)}`));
        }
      });
    });
  }

  /** Connects again and again, one connection after the other, until it is stopped. */
  async function keepUp(sign: Sign, signal: AbortSignal, attempted: () => void): Promise<void> {
    const signature = await sign(config.tigerId);
    async function attempt(onUp: () => void): Promise<Ending> {
      const reason = await connect(signature, signal, () => {
        onUp();
        handlers.onUp(true);
        attempted();
      });
      if (!signal.aborted) handlers.onUp(false, reason.message);
      attempted();
      return reason instanceof PushRefused ? "refused" : "ended";
    }

    await keepTrying({ attempt, times: MS, stop: signal });
    attempted();
  }

  return {
    start(sign) {
      if (starting === undefined) {
        running = new AbortController();
        const { signal } = running;
        starting = new Promise((resolve) => void keepUp(sign, signal, resolve));
      }
      return starting;
    },
    stop() {
      running?.abort();
      running = undefined;
      starting = undefined;
    },
  };
}

/** @throws Error when the runtime refuses the address or a certificate. */
function open({ pushUrl, pushTls }: PushConfig): Socket {
  const { hostname, port } = new URL(pushUrl.replace(/^\w+:/, "http:"));
  const host = hostname.replace(/^\[|\]$/g, "");
  // The default port of the scheme above is left out of what is parsed.
  const address = { host, port: Number(port || 80) };
  if (pushUrl.startsWith("tcp:")) {
    const net = builtin("node:net");
    if (net === undefined) throw notConnected("this runtime has no TCP sockets");
    return net.connect(address);
  }
  const tls = builtin("node:tls");
  if (tls === undefined) throw notConnected("this runtime has no TLS sockets");
  const { ca, rejectUnauthorized = true, servername = isAddress(host) ? undefined : host } = pushTls;
  return tls.connect({
    ...address,
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
  });
}

/** TLS takes no number for the name of a server. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}

function refusal({ code, message }: Pick<PushResponse, "code" | "message">, up: boolean): BrokerError {
  const said = `${message || "no reason given"} (code ${code})`;
  if (code === CODE.kickedOut) {
    return new PushRefused(
      `another program connected to Tiger's push service with the same tigerId and took this one's place: ${said}; ` +
        "give one of them push: polling, or a developer number of its own",
    );
  }
  if (up) return notConnected(`the push service: ${said}`);
  return new PushRefused(`Tiger's push service refused the login or the subscription: ${said}`);
}

/**
 * Milliseconds between heartbeats in either direction, as the service wants them. The vendor's own clients differ in which
 * of the two is which.
 */
function heartbeatsOf(message: string): readonly number[] {
  let wanted: unknown;
  try {
    wanted = (JSON.parse(message) as { "heart-beat"?: unknown })["heart-beat"];
  } catch (error) {
    if (isBrokerError(error)) throw error;
  }
  const [one = 0, other = 0] = typeof wanted === "string" ? wanted.split(",").map(Number) : [];
  return [one, other].map((ms) => (ms > 0 ? Math.min(ms, MS.longestHeartbeat) : MS.heartbeat));
}
