/** A whole Longport: the HTTP service, both long links, the control port and the exchange behind them, in this process. */
import { Remembered } from "../../src/domain/remembered.ts";
import { demoAccount } from "../../src/exchange/demo-account.ts";
import { startControl, venueHolds } from "../shared/control.ts";
import { createFaults, type Faults } from "../shared/faults.ts";
import { createFrequencyLimiter } from "../shared/frequency.ts";
import { createRestarts } from "../shared/restarts.ts";
import { createVenue, type Venue } from "../shared/venue.ts";
import type { AttachedOrder, DaysByRegion, Desk } from "./desk.ts";
import { type Connections, createGateway, type Gateway } from "./gateway.ts";
import { attachedMessage, orderIdOf } from "./order-message.ts";
import { type LongportFault, ownFaults } from "./own-faults.ts";
import { BOOK, type ExtraPosition } from "./positions.ts";
import { watchPrices } from "./regular-close.ts";
import { createSessions } from "./sessions.ts";
import { createTokens, type Tokens } from "./tokens.ts";
import { listenWeb } from "./web-server.ts";

/** What a client is taken for where a start says nothing else. */
export const DEFAULT_APP_KEY = "longport-app-key";
export const DEFAULT_APP_SECRET = "longport-app-secret";
export const DEFAULT_ACCESS_TOKEN = "longport-access-token";

/** How a Longport is set up. Ports: 0 (the default) takes a free one. */
export interface LongportOptions {
  /** Port of HTTP and of the long links, `/quote/v2` and `/trade/v2`. */
  readonly port?: number;
  readonly controlPort?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default {@link DEFAULT_APP_KEY}. */
  readonly appKey?: string;
  /** Default {@link DEFAULT_APP_SECRET}. */
  readonly appSecret?: string;
  /** The token that clients begin with, valid for ninety days. Default {@link DEFAULT_ACCESS_TOKEN}. */
  readonly accessToken?: string;
  /** True where a refresh leaves the token before it valid. Default false, as the vendor says. */
  readonly keepsOldTokens?: boolean;
  /** Default: none. */
  readonly extraPositions?: readonly ExtraPosition[];
  /** True sends the pushes of a write before its answer. Default false. */
  readonly pushFirst?: boolean;
  /** Number that the account's orders begin with. Default 1. */
  readonly firstOrder?: number;
  /** Where the exchange's clock begins, in milliseconds since the epoch. Default: the last US mid-morning. */
  readonly now?: number;
  /** False switches the frequency limits off. Default true. */
  readonly limits?: boolean;
  /**
   * True refuses a request that is equal to one before and has the same time, as the vendor's list of codes says. Default
   * false, since its own client signs with whole seconds.
   */
  readonly refusesRepeats?: boolean;
  /** Milliseconds between two ping frames on a long link. Default 30000. */
  readonly pingMs?: number;
  /** True compresses the bodies of answers and pushes on the long links. Default false. */
  readonly gzip?: boolean;
  /** Most long links that may be authenticated at the same time. Default 10. */
  readonly sessionLimit?: number;
  /** Most orders or executions that one history answer gives. Default 1000. */
  readonly historyLimit?: number;
  /** True for a paper account: a request that wants no other is refused elsewhere. Default false. */
  readonly isPaper?: boolean;
  /** Milliseconds for which an order that was placed has no detail yet. Default 0. */
  readonly detailLagMs?: number;
  /**
   * True tells the hours of the night session too. Default false, as in the vendor's document of the call and as its users
   * have found.
   */
  readonly listsNight?: boolean;
  /** Days without trading by region, `YYYY-MM-DD`. Default: none. */
  readonly holidays?: DaysByRegion;
  /** Days that are told as half days; the exchange trades whole days. Default: none. */
  readonly halfDays?: DaysByRegion;
}

/** A running Longport. Its one book is `LB`. */
export interface LongportServer {
  readonly port: number;
  readonly controlPort: number;
  readonly venue: Venue;
  readonly faults: Faults<LongportFault>;
  readonly tokens: Tokens;
  /** The long links; HTTP connections are not counted. */
  connections(): Connections;
  /** False: the service behind the front is down. Every request is answered with a 500, and the long links are closed. */
  setLoggedIn(loggedIn: boolean): void;
  /** Ends a `restart` that is under way before its time is over. */
  comeBack(): void;
  /**
   * Shows an order otherwise than it is, in answers and in a push: fields of the vendor's order object by name, such as
   * `{ status: "WaitToCancel" }`. `null` shows it as it is again.
   * @throws when there is no such order.
   */
  showOrder(orderId: string, fields: Readonly<Record<string, string>> | null): void;
  /**
   * Attaches to an order what takes a profit or ends a loss, as in the vendor's app: fields that differ from those of one
   * that waits for its price. Told in answers from now on; gives their ids.
   * @throws when there is no such order.
   */
  attach(orderId: string, ...fields: readonly AttachedOrder[]): readonly string[];
  close(): Promise<void>;
}

const DEFAULT_PING_MS = 30_000;
const DEFAULT_LINKS = 10;
const DEFAULT_HISTORY = 1000;
const KEPT_SIGNATURES = 10_000;

/**
 * Starts a Longport on this machine.
 * @throws when a port is taken.
 */
export async function startLongport(options: LongportOptions = {}): Promise<LongportServer> {
  const { host = "127.0.0.1", holidays = {} } = options;
  // What the gateway does for those that are made before it.
  let gateway: Gateway | undefined;
  const { venue, closes } = watchPrices(
    createVenue({
      books: { [BOOK]: { cash: demoAccount.cash, positions: demoAccount.positions } },
      wireId: orderIdOf,
      holidays,
      ...(options.firstOrder === undefined ? {} : { firstOrder: options.firstOrder }),
      ...(options.now === undefined ? {} : { now: options.now }),
    }),
    (contract) => gateway?.priced(contract),
  );
  const sessions = createSessions(options.sessionLimit ?? DEFAULT_LINKS, () => gateway?.online() ?? 0);
  const faults = createFaults(
    (ms) => restarts.restart(ms),
    ownFaults({ stopPings: () => gateway?.stopPings(), forgetSessions: () => sessions.forget() }),
  );
  const tokens = createTokens(options.accessToken ?? DEFAULT_ACCESS_TOKEN, options.keepsOldTokens ?? false);
  const desk: Desk = {
    venue,
    appKey: options.appKey ?? DEFAULT_APP_KEY,
    appSecret: options.appSecret ?? DEFAULT_APP_SECRET,
    tokens,
    extraPositions: options.extraPositions ?? [],
    limiter: options.limits === false ? undefined : createFrequencyLimiter(),
    notes: new Map(),
    shownAs: new Map(),
    attached: new Map(),
    clientRequests: new Map(),
    signatures: options.refusesRepeats ? new Remembered(KEPT_SIGNATURES) : undefined,
    historyLimit: options.historyLimit ?? DEFAULT_HISTORY,
    detailLagMs: options.detailLagMs ?? 0,
    isPaper: options.isPaper ?? false,
    listsNight: options.listsNight ?? false,
    holidays,
    halfDays: options.halfDays ?? {},
    up: true,
  };
  const running = createGateway({
    services: { desk, sessions, closes },
    faults,
    pushFirst: options.pushFirst ?? false,
    gzip: options.gzip ?? false,
    pingMs: options.pingMs ?? DEFAULT_PING_MS,
    restart: (ms) => restarts.restart(ms),
  });
  gateway = running;

  const abandon = (error: unknown): never => {
    venue.close();
    running.close();
    throw error;
  };
  let listening = await listenWeb(running, options.port ?? 0, host, venue.now).catch(abandon);
  const { port } = listening;

  const down = async (): Promise<void> => {
    const end = listening.close();
    running.reset();
    await end;
  };
  const restarts = createRestarts({
    down,
    async up() {
      listening = await listenWeb(running, port, host, venue.now);
    },
  });
  const setLoggedIn = (loggedIn: boolean): void => running.setUp(loggedIn);

  const control = await startControl(
    {
      venue,
      faults,
      externalBook: BOOK,
      connections: running.connections,
      setBrokerLogin: setLoggedIn,
      holds: venueHolds(venue),
    },
    options.controlPort ?? 0,
    host,
  ).catch(async (error: unknown) => {
    await down();
    return abandon(error);
  });

  return {
    port,
    controlPort: control.port,
    venue,
    faults,
    tokens,
    connections: running.connections,
    setLoggedIn,
    comeBack: () => restarts.comeBack(),
    showOrder(orderId, fields) {
      const found = venue.find(orderId);
      if (found === undefined) throw new Error(`there is no order ${orderId}`);
      if (fields === null) desk.shownAs.delete(orderId);
      else desk.shownAs.set(orderId, fields);
      running.tell({ ...found, fill: null });
    },
    attach(orderId, ...fields) {
      const found = venue.find(orderId);
      if (found === undefined) throw new Error(`there is no order ${orderId}`);
      const attached = fields.map((each, index) => ({ ...attachedMessage(found, index), ...each }));
      desk.attached.set(orderId, attached);
      return attached.map(({ order_id }) => order_id);
    },
    async close() {
      if (restarts.hasEnded) return;
      const ended = restarts.end();
      venue.close();
      await control.close();
      await ended;
      await down();
      running.close();
    },
  };
}
