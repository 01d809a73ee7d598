/** A whole TWS or IB Gateway: the API port, the control port and the exchange behind them, in this process. */
import { contractKey, normalizeContract } from "../../src/domain/contract.ts";
import { isTerminal, type TimeInForce } from "../../src/domain/order.ts";
import { startControl } from "../shared/control.ts";
import { createFaults, type Faults } from "../shared/faults.ts";
import { createRestarts } from "../shared/restarts.ts";
import { createVenue, type Venue } from "../shared/venue.ts";
import { booksOf, DEFAULT_ACCOUNT, type ExtraPosition } from "./accounts.ts";
import type { Desk, MarketDataAccess } from "./desk.ts";
import { createGateway } from "./gateway.ts";
import { HIGHEST_VERSION, LOWEST_VERSION } from "./messages.ts";
import { createOrderRecords } from "./order-records.ts";
import type { SilenceScope, VERSION_REPLY } from "./silences.ts";
import { listenTws } from "./tcp-server.ts";
import type { Holidays } from "./times.ts";

/** How a TWS is set up. Ports: 0 (the default) takes a free one. */
export interface TwsOptions {
  readonly port?: number;
  readonly controlPort?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The accounts behind the login; each has a book of its name. Default: {@link DEFAULT_ACCOUNT} alone. */
  readonly accounts?: readonly string[];
  /** The newest version of the protocol that it speaks, 178 to 193. Default 193. */
  readonly maxVersion?: number;
  /** Default: none. */
  readonly extraPositions?: readonly ExtraPosition[];
  /** What the account may see of the market. Default `live`. */
  readonly marketData?: MarketDataAccess;
  /** The client id that hears of every order. Default: none. */
  readonly masterClient?: number;
  /** Days without trading by region, `YYYY-MM-DD`. Default: none. */
  readonly holidays?: Holidays;
  /** True tells of a fill before it acknowledges the order that it filled, as TWS may. Default false. */
  readonly pushFirst?: boolean;
  /** The first `permId`. Default 1,000,000,001. */
  readonly firstOrder?: number;
  /** Where the exchange's clock begins, in milliseconds since the epoch. Default: the last US mid-morning. */
  readonly now?: number;
  /** False switches the limit of 50 messages a second off. Default true. */
  readonly limits?: boolean;
  /** Days of which it lists the fills, today included: what its trade log is set to, 7 at the most. Default 1. */
  readonly tradeLogDays?: number;
  /** The time in force that its order presets give every order, whatever it asks for (10349). Default: none. */
  readonly presetTif?: TimeInForce;
  /**
   * Dollars of the cash that IB has swept to banks: `CashBalance` counts them twice then, `TotalCashBalance` once. Default 0.
   */
  readonly sweptCash?: number;
  /**
   * True prepends `$LEDGER-` to the keys of the values by currency, as a TWS from 10.47 on does unless it was set up by an
   * older one. Default false.
   */
  readonly ledgerPrefix?: boolean;
  /**
   * Milliseconds within which a client that asks for the time again is not answered: 1000 at a TWS from 10.16 on, more at some
   * gateways. Default 0.
   */
  readonly timeEveryMs?: number;
  /**
   * False refuses with 504 what it is told to place and to change without its link to IB, instead of keeping it and sending
   * it on once the link is back, as TWS does from 10.28 on unless it is set otherwise. Default true.
   */
  readonly keepsOrders?: boolean;
}

/** A running TWS. */
export interface Tws {
  readonly port: number;
  readonly controlPort: number;
  readonly venue: Venue;
  readonly faults: Faults;
  connections(): { readonly open: number; readonly total: number };
  /**
   * TWS's link to IB's servers: 1100 when it goes, 1102 when it comes back, or 1101 where the market data
   * subscriptions are lost. Without it reads are not answered, orders and changes wait, cancels are refused with 504, and the
   * time is still told.
   */
  setLoggedIn(loggedIn: boolean, how?: { readonly dataLost: boolean }): void;
  /** Ends a `restart` that is under way before its time is over. */
  comeBack(): void;
  /** False tells from now on with the values of an account that it is not ready, as while IB's servers are being reset. */
  setAccountReady(ready: boolean): void;
  /** What the account may see of the market from now on; running streams stay as they are. */
  setMarketData(access: MarketDataAccess): void;
  /**
   * Never sends a message of this id again, or, with `connection`, nothing more at all on a connection on which one is
   * due. The reply to the hello is `version`. Gives the function that ends it; a connection that fell silent stays so.
   */
  silence(messageId: number | typeof VERSION_REPLY, scope?: SilenceScope): () => void;
  /**
   * Holds cancels back from now on, as while the exchange is closed: the order is `PendingCancel`, and may still be filled.
   * Gives the function that lets them through.
   */
  holdCancels(): () => void;
  /**
   * Holds changes back from now on of orders that wait for their session, as Interactive Brokers does after hours: the order
   * shows what it was for until then. Gives the function that lets them through.
   */
  holdChanges(): () => void;
  /** The button that lets order numbers begin at 1 again. */
  resetOrderIds(): void;
  close(): Promise<void>;
}

/** As long as IB's own numbers. */
const FIRST_PERM_ID = 1_000_000_001;

/**
 * Starts a TWS on this machine.
 * @throws {RangeError} for a version that it does not speak.
 * @throws when a port is taken.
 */
export async function startTws(options: TwsOptions = {}): Promise<Tws> {
  const { host = "127.0.0.1", accounts = [DEFAULT_ACCOUNT], maxVersion = HIGHEST_VERSION } = options;
  if (!(Number.isInteger(maxVersion) && maxVersion >= LOWEST_VERSION && maxVersion <= HIGHEST_VERSION)) {
    throw new RangeError(`the version must be between ${LOWEST_VERSION} and ${HIGHEST_VERSION}, not ${maxVersion}`);
  }
  const records = createOrderRecords(options.firstOrder ?? FIRST_PERM_ID);
  const exchange = createVenue({
    books: booksOf(accounts, options.holidays),
    wireId: records.permIdOf,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const venue: Venue = {
    ...exchange,
    setPrice(contract, price) {
      exchange.setPrice(contract, price);
      gateway.quoteChanged(contractKey(normalizeContract(contract)));
    },
    suspend(contract, suspended) {
      exchange.suspend(contract, suspended);
      gateway.quoteChanged(contractKey(normalizeContract(contract)));
    },
  };
  const desk: Desk = {
    venue,
    accounts,
    extraPositions: options.extraPositions ?? [],
    records,
    holidays: options.holidays ?? {},
    pendingCancels: undefined,
    pendingChanges: undefined,
    loggedIn: true,
    accountReady: true,
    tradeLogDays: options.tradeLogDays ?? 1,
    presetTif: options.presetTif,
    sweptCash: options.sweptCash ?? 0,
    ledgerPrefix: options.ledgerPrefix ?? false,
    timeEveryMs: options.timeEveryMs ?? 0,
    keepsOrders: options.keepsOrders ?? true,
    marketData: options.marketData ?? "live",
  };
  const faults = createFaults((ms) => restarts.restart(ms));
  const gateway = createGateway({
    desk,
    faults,
    maxVersion,
    masterClient: options.masterClient,
    pushFirst: options.pushFirst ?? false,
    limits: options.limits ?? true,
    restart: (ms) => restarts.restart(ms),
  });

  let listening = await listenTws(gateway, options.port ?? 0, host).catch((error: unknown) => {
    venue.close();
    throw error;
  });
  const { port } = listening;

  const down = async (): Promise<void> => {
    const end = listening.close();
    gateway.reset();
    await end;
  };
  const restarts = createRestarts({
    down,
    async up() {
      listening = await listenTws(gateway, port, host);
    },
  });

  const setLoggedIn = (loggedIn: boolean, how = { dataLost: false }): void => {
    gateway.setLoggedIn(loggedIn, how.dataLost);
  };
  const holdCancels = (): (() => void) => {
    const held = new Set<string>();
    desk.pendingCancels = held;
    return () => {
      desk.pendingCancels = undefined;
      for (const { book, order } of venue.orders().filter(({ wireId }) => held.has(wireId))) {
        if (!isTerminal(order.status)) venue.book(book).cancel(order.orderId);
      }
    };
  };
  let letCancelsThrough = (): void => undefined;
  const control = await startControl(
    {
      venue,
      faults,
      externalBook: accounts[0] ?? DEFAULT_ACCOUNT,
      connections: () => gateway.connections(),
      setBrokerLogin: (loggedIn) => setLoggedIn(loggedIn),
      // A change in regular hours is made before it is answered; one that waits for its session is `holdChanges()`.
      holds: {
        cancel(held) {
          if (held) letCancelsThrough = holdCancels();
          else letCancelsThrough();
        },
      },
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
    controlPort: control.port,
    venue,
    faults,
    connections: () => gateway.connections(),
    setLoggedIn,
    comeBack: () => restarts.comeBack(),
    setAccountReady(ready) {
      desk.accountReady = ready;
    },
    setMarketData(access) {
      desk.marketData = access;
    },
    silence: (messageId, scope = "message") => gateway.silences.add(messageId, scope),
    holdCancels,
    holdChanges() {
      const held = new Map<string, () => void>();
      desk.pendingChanges = held;
      return () => {
        desk.pendingChanges = undefined;
        for (const change of held.values()) change();
      };
    },
    resetOrderIds: () => records.resetIds(),
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
