/** A whole OpenD: both wires, the control port and the exchange behind them, in this process. */
import { startControl, venueHolds } from "../shared/control.ts";
import { createFaults, type Faults } from "../shared/faults.ts";
import { createFrequencyLimiter } from "../shared/frequency.ts";
import type { Listening } from "../shared/listening.ts";
import { createRestarts } from "../shared/restarts.ts";
import { createVenue, type Venue } from "../shared/venue.ts";
import { type Account, booksOf, DEFAULT_ACCOUNTS, type ExtraPosition } from "./accounts.ts";
import { rsaCipher } from "./cipher.ts";
import { type Desk, SERVER_VERSION } from "./desk.ts";
import { createGateway, type OwnFault } from "./gateway.ts";
import { orderIdEx } from "./order-message.ts";
import { md5 } from "./session-calls.ts";
import { listenTcp } from "./tcp-server.ts";
import { listenWebSocket, type TlsOptions } from "./ws-server.ts";

/** How an OpenD is set up. Ports: 0 (the default) takes a free one. */
export interface OpenDOptions {
  /** Port of the WebSocket. */
  readonly port?: number;
  /** Port of the plain TCP protocol. */
  readonly tcpPort?: number;
  readonly controlPort?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** WebSocket key in plain text. Default: none needed. */
  readonly key?: string;
  /** Trade password that unlocks real accounts. Default `123456`. */
  readonly unlockPin?: string;
  /** Default {@link DEFAULT_ACCOUNTS}. */
  readonly accounts?: readonly Account[];
  /** Default: none. */
  readonly extraPositions?: readonly ExtraPosition[];
  /** Certificate and key (PEM) that turn the WebSocket into `wss`. */
  readonly tls?: TlsOptions;
  /** RSA private key of 1024 bits (PEM) that turns on the encryption of the TCP protocol. */
  readonly rsaKey?: string;
  /** False switches the frequency limits off. Default true. */
  readonly limits?: boolean;
  /** True sends the pushes of a write before its answer, as OpenD may. Default false. */
  readonly pushFirst?: boolean;
  /**
   * Milliseconds that a change takes to reach the exchange after OpenD has answered it, and news of an order to reach
   * OpenD: until then it pushes nothing and lists the order as it was, or not at all, unless it is told to refresh.
   * Default 0.
   */
  readonly lagMs?: number;
  /**
   * True lists funds and positions as they were when they were first asked for, or last with `refreshCache`, whatever has
   * been filled since, as users see it of simulated accounts. Default false.
   */
  readonly keepsHoldings?: boolean;
  /** OpenD's version as it tells it: 902 for 9.2, which knows no sessions, 706 for 7.6, which knows no `orderIDEx`. Default: 10.11. */
  readonly version?: number;
  /** Number that the orders of an account begin with. Default 1. */
  readonly firstOrder?: number;
  /** Where the exchange's clock begins, in milliseconds since the epoch. Default: the last US mid-morning. */
  readonly now?: number;
}

/** A running OpenD. Its books are `SIMULATE` and `REAL`, and `REAL-US` where the account of a second firm is on. */
export interface OpenD {
  readonly port: number;
  readonly tcpPort: number;
  readonly controlPort: number;
  readonly venue: Venue;
  readonly faults: Faults<OwnFault>;
  connections(): { readonly open: number; readonly total: number };
  /** OpenD's link to the vendor's own servers: those of trading, and those of quotes, which by default go with them. */
  setLoggedIn(loggedIn: boolean, quotes?: boolean): void;
  /** Ends a `restart` that is under way before its time is over. */
  comeBack(): void;
  close(): Promise<void>;
}

const DEFAULT_PIN = "123456";

/**
 * Starts an OpenD on this machine.
 * @throws when a port is taken or a key cannot be used.
 */
export async function startOpenD(options: OpenDOptions = {}): Promise<OpenD> {
  const { host = "127.0.0.1", accounts = DEFAULT_ACCOUNTS, lagMs = 0 } = options;
  const rsa = options.rsaKey === undefined ? undefined : rsaCipher(options.rsaKey);
  const venue = createVenue({
    books: booksOf(accounts),
    wireId: orderIdEx,
    ...(options.firstOrder === undefined ? {} : { firstOrder: options.firstOrder }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const desk: Desk = {
    venue,
    accounts,
    extraPositions: options.extraPositions ?? [],
    limiter: options.limits === false ? undefined : createFrequencyLimiter(),
    pinMd5: md5(options.unlockPin ?? DEFAULT_PIN),
    keyMd5: options.key ? md5(options.key) : "",
    unlockedFirms: new Set(),
    version: options.version ?? SERVER_VERSION,
    loggedIn: true,
    quotesLoggedIn: true,
    cache: lagMs > 0 ? new Map() : undefined,
    kept: new Map(),
    keepsHoldings: options.keepsHoldings ?? false,
    later: (act) => (lagMs > 0 ? gateway.later(lagMs, act) : act()),
  };
  const faults = createFaults<OwnFault>((ms) => restarts.restart(ms), {
    "cut-off": { stages: ["read", "place", "replace", "cancel"] },
  });
  const gateway = createGateway({
    desk,
    faults,
    pushFirst: options.pushFirst ?? false,
    restart: (ms) => restarts.restart(ms),
  });

  const open = async (port: number, tcpPort: number): Promise<readonly [Listening, Listening]> => {
    const ws = await listenWebSocket(gateway, port, host, options.tls);
    try {
      return [ws, await listenTcp(gateway, tcpPort, host, rsa)];
    } catch (error) {
      await ws.close();
      throw error;
    }
  };
  let listening = await open(options.port ?? 0, options.tcpPort ?? 0).catch((error: unknown) => {
    venue.close();
    throw error;
  });
  const [ws, tcp] = listening;

  const down = async (): Promise<void> => {
    const ends = listening.map((each) => each.close());
    gateway.reset();
    await Promise.all(ends);
  };
  const restarts = createRestarts({
    down,
    async up() {
      listening = await open(ws.port, tcp.port);
    },
  });

  const control = await startControl(
    {
      venue,
      faults,
      externalBook: "SIMULATE",
      connections: () => gateway.connections(),
      setBrokerLogin: (loggedIn) => gateway.setLoggedIn(loggedIn),
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
    port: ws.port,
    tcpPort: tcp.port,
    controlPort: control.port,
    venue,
    faults,
    connections: () => gateway.connections(),
    setLoggedIn: (loggedIn, quotes) => gateway.setLoggedIn(loggedIn, quotes),
    comeBack: () => restarts.comeBack(),
    async close() {
      if (restarts.hasEnded) return;
      const ended = restarts.end();
      venue.close();
      gateway.close();
      await control.close();
      await ended;
      await down();
    },
  };
}
