/** A whole Tiger: the gateway, the push service, the control port and the exchange behind them, in this process. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { startControl, venueHolds } from "../shared/control.ts";
import { createFaults, type Faults } from "../shared/faults.ts";
import type { Listening } from "../shared/listening.ts";
import { createRestarts } from "../shared/restarts.ts";
import { createVenue, type Venue } from "../shared/venue.ts";
import {
  type Account,
  BOOKS,
  booksOf,
  DEFAULT_ACCOUNT,
  DEFAULT_PAPER_ACCOUNT,
  DEFAULT_TIGER_ID,
  type ExtraPosition,
} from "./accounts.ts";
import type { Desk } from "./desk.ts";
import { createGateway } from "./gateway.ts";
import { listenHttp } from "./http-server.ts";
import { CLIENT_PUBLIC_KEY, publicKeyOf, VENDOR_PRIVATE_KEY } from "./keys.ts";
import { createCallCounter, type LimitStyle } from "./limits.ts";
import { orderIdOf } from "./order-message.ts";
import { createOrderPushes } from "./order-pushes.ts";
import type { OwnFault } from "./own-faults.ts";
import { listenPush } from "./push-server.ts";

/** How a Tiger is set up. Ports: 0 (the default) takes a free one. */
export interface TigerOptions {
  /** Port of the HTTP gateway. */
  readonly port?: number;
  /** Port of the push service over TLS. */
  readonly pushPort?: number;
  /** Port of the push service without TLS. Default: none. */
  readonly plainPushPort?: number;
  readonly controlPort?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The developer's id. Default `20150001`. */
  readonly tigerId?: string;
  /** The standard account. Default `50190001`. */
  readonly account?: string;
  /** The paper account: seventeen digits or more. Default `20191106192858300`. */
  readonly paper?: string;
  /** The token that every request must carry, as of a Hong Kong licence. Default: none is asked for. */
  readonly token?: string;
  /** What requests are verified with, SPKI in base64. Default: the public half of `client.key.pem`. */
  readonly clientPublicKey?: string;
  /** What answers are signed with, PEM. Default: `vendor.key.pem`. */
  readonly privateKey?: string;
  /** Writes `data` as JSON text in a string instead of as an object. Default false. */
  readonly dataAsText?: boolean;
  /** Default: none. */
  readonly extraPositions?: readonly ExtraPosition[];
  /** True sends the pushes of a write before its answer. Default false. */
  readonly pushFirst?: boolean;
  /** False gives no `user_mark` back, as to developers for whom the vendor has not set that up. Default true. */
  readonly marks?: boolean;
  /**
   * Milliseconds from the answer to a cancel until the exchange hears of it: until then the order is only shown as asked to be
   * cancelled, and can still be filled. Default 0: it has ended before the answer.
   */
  readonly cancelLagMs?: number;
  /** Number that the orders of an account begin with. Default 1. */
  readonly firstOrder?: number;
  /** Where the exchange's clock begins, in milliseconds since the epoch. Default: the last US mid-morning. */
  readonly now?: number;
  /** False switches the rate limits off. Default true. */
  readonly limits?: boolean;
  /** How the answer to a call too many is written. Default `code-4`, which comes with HTTP 200. */
  readonly limitStyle?: LimitStyle;
  /** Milliseconds of the heartbeat that push clients are told, both ways. Default: what each asks for. */
  readonly heartbeatMs?: number;
}

/** A running Tiger. Its books are `LIVE` and `PAPER`. */
export interface TigerServer {
  readonly port: number;
  readonly pushPort: number;
  readonly plainPushPort: number | undefined;
  readonly controlPort: number;
  readonly venue: Venue;
  readonly faults: Faults<OwnFault>;
  /** What answers are verified with: SPKI in base64, no armour. */
  readonly vendorPublicKey: string;
  /** Push connections; HTTP has none to speak of. */
  connections(): { readonly open: number; readonly total: number };
  /** The services behind the gateway: without them every method answers with code 1. */
  setLoggedIn(loggedIn: boolean): void;
  /** Ends a `restart` that is under way before its time is over. */
  comeBack(): void;
  /** The licence has another token from now on, as once its last one has ended or somebody has taken a new one. */
  setToken(token: string): void;
  /** Shows fields of an order otherwise than they are, in answers and pushes from now on: states no exchange comes to. */
  showAs(orderId: string, fields: Readonly<Record<string, unknown>>): void;
  /** Another program connects to the push service with the same id. */
  kickOut(): void;
  close(): Promise<void>;
}

/**
 * Starts a Tiger on this machine.
 * @throws when a port is taken or a key cannot be used.
 */
export async function startTiger(options: TigerOptions = {}): Promise<TigerServer> {
  const { host = "127.0.0.1", privateKey = VENDOR_PRIVATE_KEY, limitStyle = "code-4" } = options;
  const desk = openDesk(options, limitStyle);
  const { venue } = desk;
  const faults = createFaults<OwnFault>((ms) => restarts.restart(ms), {
    tamper: { stages: ["read", "place", "replace", "cancel"] },
    clock: { stages: ["read", "place", "replace", "cancel"] },
    "expired-token": { stages: ["read", "place", "replace", "cancel"] },
    "refuse-within": { stages: ["place", "replace", "cancel"] },
    "http-500": { stages: ["read", "place", "replace", "cancel"] },
    "late-429": { stages: ["read", "place", "replace", "cancel"] },
    "late-502": { stages: ["read", "place", "replace", "cancel"] },
    "late-503": { stages: ["read", "place", "replace", "cancel"] },
    "late-504": { stages: ["read", "place", "replace", "cancel"] },
    html: { stages: ["read", "place", "replace", "cancel"] },
    "kick-out": { atOnce: () => pushes.kickOut() },
  });
  const pushes = createOrderPushes({
    desk,
    faults,
    heartbeatMs: options.heartbeatMs,
    restart: (ms) => restarts.restart(ms),
  });
  const gateway = createGateway({
    desk,
    faults,
    pushes,
    dataAsText: options.dataAsText ?? false,
    limitStyle,
    pushFirst: options.pushFirst ?? false,
    restart: (ms) => restarts.restart(ms),
  });

  type Port = (port: number) => Promise<Listening>;
  const doors: readonly { readonly open: Port; readonly wanted: number | undefined }[] = [
    { open: (port) => listenHttp(gateway, port, host), wanted: options.port ?? 0 },
    { open: (port) => listenPush(pushes, port, host, true), wanted: options.pushPort ?? 0 },
    { open: (port) => listenPush(pushes, port, host, false), wanted: options.plainPushPort },
  ];
  const openAll = async (ports: readonly (number | undefined)[]): Promise<(Listening | undefined)[]> => {
    const opened: (Listening | undefined)[] = [];
    try {
      for (const [index, { open }] of doors.entries()) {
        const port = ports[index];
        opened.push(port === undefined ? undefined : await open(port));
      }
      return opened;
    } catch (error) {
      for (const each of opened) await each?.close();
      throw error;
    }
  };
  let listening = await openAll(doors.map(({ wanted }) => wanted)).catch((error: unknown) => {
    venue.close();
    throw error;
  });
  const ports = listening.map((each) => each?.port);
  const [port = 0, pushPort = 0, plainPushPort] = ports;

  const down = async (): Promise<void> => {
    desk.counter?.reset();
    gateway.reset();
    pushes.reset();
    await Promise.all(listening.map((each) => each?.close()));
    listening = [];
  };
  const restarts = createRestarts({
    down,
    async up() {
      listening = await openAll(ports);
    },
  });

  const setLoggedIn = (loggedIn: boolean): void => {
    desk.isUp = loggedIn;
  };
  const control = await startControl(
    {
      venue,
      faults,
      externalBook: BOOKS.paper,
      connections: () => pushes.connections(),
      setBrokerLogin: setLoggedIn,
      holds: venueHolds(venue),
    },
    options.controlPort ?? 0,
    host,
  ).catch(async (error: unknown) => {
    await down();
    venue.close();
    throw error;
  });

  return {
    port,
    pushPort,
    plainPushPort,
    controlPort: control.port,
    venue,
    faults,
    vendorPublicKey: publicKeyOf(privateKey),
    connections: () => pushes.connections(),
    setLoggedIn,
    comeBack: () => restarts.comeBack(),
    setToken(token) {
      desk.token = token;
    },
    showAs: (orderId, fields) => void desk.shownAs.set(orderId, fields),
    kickOut: () => pushes.kickOut(),
    async close() {
      if (restarts.hasEnded) return;
      const ended = restarts.end();
      for (const timer of desk.cancels) clearTimeout(timer);
      venue.close();
      pushes.close();
      await control.close();
      await ended;
      await down();
    },
  };
}

function openDesk(options: TigerOptions, limitStyle: LimitStyle): Desk {
  const { clientPublicKey = CLIENT_PUBLIC_KEY, privateKey = VENDOR_PRIVATE_KEY, firstOrder, now } = options;
  const accounts: readonly Account[] = [
    { number: options.account ?? DEFAULT_ACCOUNT, book: BOOKS.live, isPaper: false },
    { number: options.paper ?? DEFAULT_PAPER_ACCOUNT, book: BOOKS.paper, isPaper: true },
  ];
  return {
    venue: createVenue({
      books: booksOf(accounts),
      wireId: orderIdOf,
      ...(firstOrder === undefined ? {} : { firstOrder }),
      ...(now === undefined ? {} : { now }),
    }),
    tigerId: options.tigerId ?? DEFAULT_TIGER_ID,
    token: options.token,
    clientKey: createPublicKey({ key: Buffer.from(clientPublicKey, "base64"), format: "der", type: "spki" }),
    vendorKey: createPrivateKey(privateKey),
    accounts,
    extraPositions: options.extraPositions ?? [],
    counter: options.limits === false ? undefined : createCallCounter(limitStyle),
    notes: new Map(),
    shownAs: new Map(),
    usedNumbers: new Map(),
    // The vendor's order numbers are small; an id's seconds keep those of two runs apart.
    nextOrderNumber: BigInt(1 + Math.floor((firstOrder ?? 0) / 1000)),
    quoteDevice: undefined,
    givesMarks: options.marks ?? true,
    cancelLagMs: options.cancelLagMs ?? 0,
    cancels: new Set(),
    isUp: true,
  };
}
