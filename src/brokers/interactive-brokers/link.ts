/**
 * One connection to TWS or IB Gateway: an SDK object of its own, thrown away when the connection ends.
 *
 * SDK fault (queue): what is asked of the object while it is not connected is sent after its next connect. Here an object
 * connects once, and everything asked of it later goes nowhere.
 */
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import type { Departure } from "../shared/pacing.ts";
import { CLIENT_ID_IN_USE, isReadOnly, SOCKET_RESET } from "./codes.ts";
import { createLengthCheck } from "./frame-lengths.ts";
import { EVENTS, type Message, parseMessage, type VendorContract } from "./messages.ts";
import { FIRST_REQUEST_ID } from "./order-ids.ts";
import { ClientIdInUse, LinkLost, notConnected, reasonOf } from "./refusals.ts";

/** An order as the SDK wants it; what is left out is not set. */
export interface OrderTicket {
  readonly action: string;
  readonly totalQuantity: number;
  readonly orderType: string;
  readonly lmtPrice?: number;
  readonly tif: string;
  readonly outsideRth: boolean;
  readonly account: string;
  readonly orderRef: string;
  readonly includeOvernight?: true;
  readonly transmit: true;
}

type ContractQuery = Partial<VendorContract>;

/** The requests of the SDK that are used. Each is handed to the socket before it returns. */
export interface GatewayApi {
  reqCurrentTime(): unknown;
  reqOpenOrders(): unknown;
  reqAllOpenOrders(): unknown;
  reqCompletedOrders(apiOnly: boolean): unknown;
  reqExecutions(reqId: number, filter: { readonly acctCode: string }): unknown;
  reqPositions(): unknown;
  cancelPositions(): unknown;
  reqAccountUpdatesMulti(reqId: number, account: string, model: string, ledgerAndNLV: boolean): unknown;
  cancelAccountUpdatesMulti(reqId: number): unknown;
  reqContractDetails(reqId: number, contract: ContractQuery): unknown;
  reqMarketDataType(type: number): unknown;
  reqMktData(
    reqId: number,
    contract: ContractQuery,
    genericTicks: string,
    snapshot: boolean,
    regulatory: boolean,
  ): unknown;
  cancelMktData(reqId: number): unknown;
  placeOrder(orderId: number, contract: ContractQuery, order: OrderTicket): unknown;
  cancelOrder(orderId: number): unknown;
}

interface GatewayClient extends GatewayApi {
  readonly isConnected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeAllListeners(): unknown;
}

type Constructor = new (options: {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly maxReqPerSec: number;
}) => GatewayClient;

/** The SDK, as far as it is used. */
export interface Library {
  readonly IBApi: Constructor;
}

/** What to do when the answer has come. */
export interface Settle<T> {
  done(value: T): void;
  fail(error: Error): void;
}

/** A request and how its answer is recognised. */
export interface Exchange<T> {
  /** For error messages: `open orders`. */
  readonly what: string;
  readonly ms: number;
  send(api: GatewayApi): void;
  /** Called with every message until it settles. */
  hear(message: Message, settle: Settle<T>): void;
  /** Ends the exchange early. */
  readonly signal?: AbortSignal;
  /** What an answer that did not come means. Default: a `Timeout`, or the loss of the connection. */
  silent?(reason: string): Error;
  /** Called when it ended, however it ended. */
  cleanUp?(): void;
  /** What is to be sent when it has ended: the end of a subscription. */
  farewell?(api: GatewayApi): void;
}

export interface Link {
  readonly accounts: readonly string[];
  /** Orders from this number on are new to the gateway. */
  readonly firstOrderId: number;
  readonly closed: Promise<string>;
  /** How many messages have come. */
  heard(): number;
  /** A number that no other request of this connection has. */
  nextRequestId(): number;
  /**
   * Sends and waits.
   *
   * @throws LinkLost when the connection ends first, or what the exchange has for silence; BrokerError `NotConnected` when nothing was sent.
   */
  exchange<T>(exchange: Exchange<T>, departure: Departure): Promise<T>;
  /** Sends what has no answer; nothing, and false, when the connection is gone. */
  tell(send: (api: GatewayApi) => void): boolean;
  close(reason: string): void;
}

export interface LinkOptions {
  readonly library: Library;
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Every message of the connection, from its first on. */
  onMessage(message: Message): void;
}

/** SDK fault (versions): of an older protocol it does not read a field of completed orders, and takes the next ones for it. */
const OLDEST_VERSION = 177;

/** SDK fault (limiter): it delays what is sent, after we have checked that there is a connection. The wire paces instead. */
const NO_LIMIT = 1_000_000;

export async function loadLibrary(byHand: unknown): Promise<Library> {
  let module = byHand;
  if (module === undefined) {
    try {
      module = (await import("@stoqey/ib")) as unknown;
    } catch (cause) {
      throw new BrokerError(
        "NotSupported",
        `cannot load the library of Interactive Brokers; run: npm install @stoqey/ib (${reasonOf(cause)})`,
        { cause },
      );
    }
  }
  const byDefault = isRecord(module) ? module["default"] : undefined;
  // Some bundlers give the default export, which is the class itself.
  for (const candidate of [module, byDefault, { IBApi: module }, { IBApi: byDefault }]) {
    if (isLibrary(candidate)) return candidate;
  }
  const what =
    byHand === undefined
      ? "the library of Interactive Brokers that is installed is not one this gateway knows"
      : "the option sdk is not the library @stoqey/ib";
  throw new BrokerError("NotSupported", `${what}; run: npm install @stoqey/ib@1.6`);
}

const METHODS = [
  "connect disconnect on removeAllListeners reqCurrentTime reqOpenOrders reqAllOpenOrders reqCompletedOrders",
  "reqExecutions reqPositions cancelPositions reqAccountUpdatesMulti cancelAccountUpdatesMulti reqContractDetails",
  "reqMarketDataType reqMktData cancelMktData placeOrder cancelOrder",
].flatMap((names) => names.split(" "));

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isLibrary(value: unknown): value is Library {
  const found = isRecord(value) ? value["IBApi"] : undefined;
  if (typeof found !== "function") return false;
  const methods: unknown = found.prototype;
  return isRecord(methods) && METHODS.every((name) => typeof methods[name] === "function");
}

/** Connects and waits for the accounts and the first order number. @throws BrokerError `NotConnected`, ClientIdInUse */
export function openLink(options: LinkOptions): Promise<Link> {
  const { library, host, port, clientId, timeoutMs, signal, onMessage } = options;
  const api = new library.IBApi({ host, port, clientId, maxReqPerSec: NO_LIMIT });
  const opening = Promise.withResolvers<Link>();
  const closed = Promise.withResolvers<string>();
  const listeners = new Set<(message: Message) => void>();
  const mourners = new Set<(reason: string) => void>();
  let ended: string | undefined;
  let count = 0;
  let sent = 0;
  let accounts: readonly string[] | undefined;
  let firstOrderId: number | undefined;
  let requestIds = FIRST_REQUEST_ID;
  let refusal: Error | undefined;
  let lastError = "";

  function close(reason: string): void {
    if (ended !== undefined) return;
    ended = reason;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    api.removeAllListeners();
    // Its own complaints about a socket that is gone are of no interest.
    api.on("error", () => {});
    destroy(api);
    for (const mourn of [...mourners]) mourn(reason);
    opening.reject(refusal ?? notConnected(reason));
    closed.resolve(reason);
  }

  function receive(event: string, args: readonly unknown[]): void {
    if (ended !== undefined) return;
    count += 1;
    const message = parseMessage(event, args);
    if (message === undefined) return;
    if (message.kind === "greeting" && message.version < OLDEST_VERSION) {
      const oldest = `of version ${message.version}, which the library misreads before ${OLDEST_VERSION}`;
      close(`TWS is too old and has to be updated: it speaks a protocol ${oldest}`);
      return;
    }
    if (message.kind === "notice") {
      if (message.code === CLIENT_ID_IN_USE) refusal = new ClientIdInUse(clientId, message.text);
      if (message.code === SOCKET_RESET) {
        close(`TWS resets its socket port: ${message.text}`);
        return;
      }
      if (isReadOnly(message)) {
        close(`TWS lists no orders while "Read-Only API" is on in its API settings: ${message.text}`);
        return;
      }
      if (message.code >= 500 && message.code < 600) lastError = message.text;
    }
    if (message.kind === "accounts") accounts = message.accounts;
    if (message.kind === "nextOrderId") firstOrderId ??= message.orderId;
    onMessage(message);
    for (const listener of [...listeners]) listener(message);
    if (refusal !== undefined) close(refusal.message);
    else if (accounts !== undefined && firstOrderId !== undefined) opening.resolve(link);
  }

  const link: Link = {
    get accounts() {
      return accounts ?? [];
    },
    get firstOrderId() {
      return firstOrderId ?? 1;
    },
    closed: closed.promise,
    heard: () => count,
    nextRequestId: () => requestIds++,
    close,

    tell(send) {
      if (ended !== undefined || !api.isConnected) return false;
      try {
        send(api);
      } catch {
        // A socket that goes at this very moment says so by itself.
      }
      return true;
    },

    exchange<T>(
      { what, ms, send, hear, signal: given, silent, cleanUp }: Exchange<T>,
      { leaves }: Departure,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (ended !== undefined || !api.isConnected) return reject(notConnected(ended ?? "the connection is gone"));
        const end = (act: () => void) => {
          clearTimeout(timeout);
          listeners.delete(listen);
          mourners.delete(mourn);
          given?.removeEventListener("abort", giveUp);
          cleanUp?.();
          act();
        };
        const settle: Settle<T> = {
          done: (value) => end(() => resolve(value)),
          fail: (error) => end(() => reject(error)),
        };
        const listen = (message: Message) => {
          if (!listeners.has(listen)) return;
          hear(message, settle);
        };
        const lost = `the connection to TWS ended before it answered ${what}`;
        const mourn = (reason: string) => settle.fail(silent?.(`${lost}: ${reason}`) ?? new LinkLost(reason));
        const quiet = (reason: string) => settle.fail(silent?.(reason) ?? new BrokerError("Timeout", reason));
        const giveUp = () => quiet(`${what}: given up before TWS answered`);
        const timeout = setTimeout(() => quiet(`TWS did not answer ${what} within ${ms} ms`), ms);
        listeners.add(listen);
        mourners.add(mourn);
        given?.addEventListener("abort", giveUp, { once: true });
        const before = sent;
        try {
          send(api);
        } catch (error) {
          if (sent === before) settle.fail(notConnected(reasonOf(error)));
        }
        // SDK fault (send): it may refuse in silence; only its event tells that the socket has the message.
        if (sent > before) leaves();
        else settle.fail(notConnected(lastError || `${what} was not sent`));
      });
    },
  };

  const abort = () => close("closed");
  const timer = setTimeout(() => close(`TWS at ${host}:${port} did not answer within ${timeoutMs} ms`), timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  for (const event of EVENTS)
    api.on(
      event,
      guarded((...args) => receive(event, args)),
    );
  api.on("sent", () => {
    sent += 1;
  });
  api.on(
    "disconnected",
    guarded(() => close(lastError || "the connection ended")),
  );
  if (signal.aborted) close("closed");
  else {
    try {
      api.connect();
      guardDecoder(api, close);
      guardLengths(api, close);
    } catch (error) {
      close(reasonOf(error));
    }
  }
  opening.promise.then(
    () => clearTimeout(timer),
    () => {},
  );
  return opening.promise;

  /** SDK fault (listeners): what one throws ends the process. */
  function guarded(listener: (...args: unknown[]) => void): (...args: unknown[]) => void {
    return (...args) => {
      try {
        listener(...args);
      } catch (error) {
        close(`a message of TWS could not be read: ${isBrokerError(error) ? error.message : reasonOf(error)}`);
      }
    };
  }
}

interface Internals {
  readonly controller?: {
    processIngressQueue?: () => void;
    readonly socket?: { readonly client?: { destroy?: () => void }; onData?: (data: Uint8Array) => void };
  };
}

/** SDK fault (decoder): a message with broken JSON in it ends the process; here it ends the connection. */
function guardDecoder(api: unknown, close: (reason: string) => void): void {
  const { controller } = api as Internals;
  const decode = controller?.processIngressQueue;
  if (controller === undefined || typeof decode !== "function") return;
  controller.processIngressQueue = () => {
    try {
      decode.call(controller);
    } catch (error) {
      close(`a message of TWS could not be read: ${reasonOf(error)}`);
    }
  };
}

/** SDK fault (lengths): one below zero makes it read the same bytes for ever, and the process with it. */
function guardLengths(api: unknown, close: (reason: string) => void): void {
  const { socket } = (api as Internals).controller ?? {};
  const take = socket?.onData;
  if (socket === undefined || typeof take !== "function") return;
  const isSound = createLengthCheck();
  let sound = true;
  socket.onData = (data) => {
    sound &&= isSound(data);
    if (sound) take.call(socket, data);
    else close("TWS sent a message of a length that none has");
  };
}

/** SDK fault (disconnect): a socket that the other side has half closed is left open. */
function destroy(api: GatewayClient): void {
  try {
    api.disconnect();
    (api as Internals).controller?.socket?.client?.destroy?.();
  } catch {
    // It was gone already.
  }
}
