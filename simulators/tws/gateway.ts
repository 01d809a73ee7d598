/** TWS above its socket: sessions, requests, faults and what clients are told without asking. */
import type { Fault, Faults } from "../shared/faults.ts";
import type { VenueEvent } from "../shared/venue.ts";
import { accountChanged } from "./account-calls.ts";
import { answer, idOf, managedAccounts, nextValidId, stageOf } from "./calls.ts";
import type { Client, Desk } from "./desk.ts";
import type { Message, Received } from "./frames.ts";
import { createMessageLimit, type MessageLimit } from "./limits.ts";
import { HIGHEST_VERSION, LOWEST_VERSION, REQUEST } from "./messages.ts";
import { eventMessages } from "./order-messages.ts";
import { errorMessage, invalid, NO_ID, NOTICE, Refusal } from "./refusal.ts";
import { createSilences, type Silences } from "./silences.ts";
import { twsTime } from "./times.ts";

/** One connection's way back. */
export interface Wire {
  readonly send: (message: Message) => void;
  /** Closes the connection after what was sent. */
  readonly end: () => void;
  /** Closes the connection at once, without a farewell. */
  readonly terminate: () => void;
  /** Stops reading, so that not even the other end's farewell is noticed. */
  readonly freeze: () => void;
}

/** A connection as the gateway keeps it. */
export interface Connection {
  readonly receive: (received: Received) => void;
  /** The wire is gone. */
  readonly closed: () => void;
}

export interface Gateway {
  connect(wire: Wire): Connection;
  connections(): { readonly open: number; readonly total: number };
  setLoggedIn(loggedIn: boolean, dataLost: boolean): void;
  /** A price or a halt has changed. */
  quoteChanged(contractKey: string): void;
  readonly silences: Silences;
  /** Ends every connection and forgets what a process forgets. */
  reset(): void;
  close(): void;
}

/** What the gateway stands on. */
export interface GatewayOptions {
  readonly desk: Desk;
  readonly faults: Faults;
  readonly maxVersion: number;
  /** The client id that hears of every order, as set in TWS's API settings. Default: none. */
  readonly masterClient: number | undefined;
  /** Tells of a fill before it acknowledges the order that it filled. */
  readonly pushFirst: boolean;
  readonly limits: boolean;
  readonly restart: (ms: number) => void;
}

interface Member {
  readonly wire: Wire;
  readonly limit: MessageLimit | undefined;
  version: number | undefined;
  client: Client | undefined;
  /** What the session is refused with once the client has said who it is. */
  refusal: Refusal | undefined;
  /** True once a half-open fault struck: nothing is answered or told any more. */
  silent: boolean;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { desk, faults, pushFirst, restart } = options;
  const members = new Set<Member>();
  const timers = new Set<NodeJS.Timeout>();
  /** What happened while TWS had lost its servers. */
  const missed: VenueEvent[] = [];
  /** What it was told to place and to change meanwhile. */
  const kept: (() => void)[] = [];
  const silences = createSilences();
  let total = 0;
  let held: VenueEvent[] | undefined;

  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };

  const send = (member: Member, messages: readonly Message[]): void => {
    for (const message of messages) {
      if (member.silent || !members.has(member)) return;
      const scope = silences.of(message);
      if (scope === "connection") silence(member);
      else if (scope === undefined) member.wire.send(message);
    }
  };

  const push = (member: Member, messages: readonly Message[], fault: Fault | undefined): void => {
    if (member.silent || fault?.kind === "stall") return;
    if (fault?.kind === "drop") member.wire.terminate();
    else if (fault?.kind === "half-open") silence(member);
    else if (fault?.kind === "late-push" || fault?.kind === "delay") later(fault.ms, () => send(member, messages));
    else {
      send(member, messages);
      if (fault?.kind === "duplicate-push") send(member, messages);
    }
  };

  /**
   * Tells the order's owner of a change, and who follows the account of what a fill did to it.
   *
   * @param knowing who has it in an answer
   */
  const publish = (event: VenueEvent, knowing?: Member): void => {
    if (!desk.loggedIn) {
      missed.push(event);
      return;
    }
    const found = desk.records.of(event);
    const hearers = [...members].filter(
      (member) => member !== knowing && member.client !== undefined && hears(member.client, event),
    );
    const record = hearers.some(({ client }) => client?.bindsOrders) ? desk.records.bind(event) : found;
    const fault = hearers.length === 0 ? undefined : faults.take("push");
    for (const member of hearers) {
      const version = member.client?.version ?? HIGHEST_VERSION;
      push(member, eventMessages(desk, { record, venueOrder: event }, event, version), fault);
    }
    if (event.fill === null) return;
    for (const member of members) {
      if (member.client !== undefined) send(member, accountChanged(desk, member.client, event.book));
    }
  };

  /** An order is told to the client that placed it; the vendor's own window's to client 0, where it has asked for them. */
  const hears = (client: Client, event: VenueEvent): boolean => {
    const { clientId, orderId } = desk.records.of(event);
    if (client.id === options.masterClient) return true;
    return client.id === clientId && (orderId !== 0 || client.bindsOrders);
  };

  const unsubscribe = desk.venue.subscribe((event) => {
    // Writes down whose order it is while the call that places it is still running.
    desk.records.of(event);
    if (held === undefined) publish(event);
    else held.push(event);
  });

  const perform = (member: Member, client: Client, fields: readonly string[], answers: boolean): void => {
    if (!desk.loggedIn && desk.keepsOrders && Number(fields[0]) === REQUEST.placeOrder) {
      kept.push(() => perform(member, client, fields, answers));
      return;
    }
    const events: VenueEvent[] = [];
    held = events;
    let messages: readonly Message[];
    try {
      messages = answer(desk, client, fields);
    } catch (error) {
      messages = [refused(client, fields, error)];
    } finally {
      held = undefined;
    }
    const publishAll = (): void => {
      for (const event of events) publish(event, isAnswered(client, event) ? member : undefined);
    };
    if (pushFirst) publishAll();
    if (answers) send(member, messages);
    if (!pushFirst) publishAll();
  };

  /** What the client itself has just done is in the answer; what the market or the clock did is told as ever. */
  const isAnswered = (client: Client, event: VenueEvent): boolean => {
    const { status } = event.order;
    const itself = event.fill === null && status !== "EXPIRED" && status !== "REJECTED";
    return itself && desk.records.of(event).clientId === client.id;
  };

  const strike = (fault: Fault, member: Member, client: Client, fields: readonly string[]): void => {
    const id = idOf(client, fields);
    switch (fault.kind) {
      case "drop":
        member.wire.terminate();
        break;
      case "half-open":
        silence(member);
        break;
      case "stall":
        break;
      case "delay":
        later(fault.ms, () => perform(member, client, fields, true));
        break;
      case "refuse":
        send(member, [refusalOf(id, invalid("The request was refused"))]);
        break;
      case "rate-limit":
        send(member, [errorMessage(id, 100, overLimitText(1))]);
        break;
      case "lose-answer":
        // Not even the fill may get through before the connection is gone.
        member.silent = true;
        perform(member, client, fields, false);
        member.wire.terminate();
        break;
      case "restart":
        restart(fault.ms);
        break;
      default:
        perform(member, client, fields, true);
    }
  };

  const greet = (member: Member, { min, max }: { readonly min: number; readonly max: number }): void => {
    if (max < LOWEST_VERSION || min > options.maxVersion) {
      send(member, [errorMessage(NO_ID, 506, `Unsupported version: ${min}..${max}`)]);
      member.wire.end();
      return;
    }
    member.version = Math.min(options.maxVersion, max);
    send(member, [[member.version, twsTime(desk.venue.now())]]);
  };

  const greeted = (member: Member, hello: { readonly min: number; readonly max: number }): void => {
    const fault = faults.take("connect");
    switch (fault?.kind) {
      case "drop":
      case "lose-answer":
        member.wire.terminate();
        break;
      case "half-open":
        silence(member);
        break;
      case "stall":
        break;
      case "delay":
        later(fault.ms, () => greet(member, hello));
        break;
      case "restart":
        restart(fault.ms);
        break;
      case "refuse":
        member.refusal = idInUse();
        greet(member, hello);
        break;
      case "rate-limit":
        member.refusal = new Refusal(100, overLimitText(1));
        greet(member, hello);
        break;
      default:
        greet(member, hello);
    }
  };

  const startApi = (member: Member, version: number, fields: readonly string[]): void => {
    const id = Number(fields[2]);
    // The id of a connection that went half-open is free: IB's own watch on such ones is not modelled.
    const taken = [...members].some(({ client, silent }) => client?.id === id && !silent);
    const refusal = member.refusal ?? (taken ? idInUse() : undefined);
    if (refusal !== undefined) {
      send(member, [refusalOf(NO_ID, refusal)]);
      member.wire.end();
      return;
    }
    const client: Client = {
      id,
      version,
      marketDataType: 1,
      bindsOrders: false,
      summaries: new Map(),
      accountUpdates: undefined,
      accountUpdatesMulti: new Map(),
      wantsPositions: false,
      positionsMulti: new Map(),
      tickers: new Map(),
      toldTimeAt: Number.NEGATIVE_INFINITY,
      send: (messages) => send(member, messages),
    };
    member.client = client;
    const farms = desk.loggedIn
      ? [NOTICE.marketDataFarm, NOTICE.historyFarm, NOTICE.definitionFarm]
      : [NOTICE.linkBroken];
    send(member, [
      managedAccounts(desk),
      nextValidId(desk, client),
      ...farms.map(([code, text]) => errorMessage(NO_ID, code, text)),
    ]);
  };

  const receive = (member: Member, received: Received): void => {
    if (member.silent || !members.has(member)) return;
    if ("hello" in received) {
      greeted(member, received.hello);
      return;
    }
    const { fields } = received;
    const breach = member.limit?.count();
    if (breach !== undefined) {
      send(member, [errorMessage(NO_ID, 100, overLimitText(breach.times))]);
      if (breach.final) member.wire.end();
      return;
    }
    const { version, client } = member;
    if (client !== undefined) {
      const stage = stageOf(desk, client, fields);
      const fault = stage === undefined ? undefined : faults.take(stage);
      if (fault === undefined) perform(member, client, fields, true);
      else strike(fault, member, client, fields);
    } else if (version !== undefined && Number(fields[0]) === REQUEST.startApi) startApi(member, version, fields);
    else member.wire.terminate();
  };

  return {
    silences,
    connect(wire) {
      total += 1;
      const limit = options.limits ? createMessageLimit() : undefined;
      const member: Member = {
        wire,
        limit,
        version: undefined,
        client: undefined,
        refusal: undefined,
        silent: false,
      };
      members.add(member);
      return {
        receive: (received) => receive(member, received),
        closed: () => {
          members.delete(member);
        },
      };
    },
    connections: () => ({ open: members.size, total }),
    setLoggedIn(loggedIn, dataLost) {
      if (desk.loggedIn === loggedIn) return;
      desk.loggedIn = loggedIn;
      const restored = dataLost ? NOTICE.linkRestoredDataLost : NOTICE.linkRestored;
      const [code, text] = loggedIn ? restored : NOTICE.linkLost;
      for (const member of members) {
        if (loggedIn && dataLost) member.client?.tickers.clear();
        if (member.client !== undefined) send(member, [errorMessage(NO_ID, code, text)]);
      }
      if (!loggedIn) return;
      for (const event of missed.splice(0)) publish(event);
      for (const act of kept.splice(0)) act();
    },
    quoteChanged(key) {
      if (!desk.loggedIn) return;
      for (const { client } of members) {
        for (const ticker of client?.tickers.values() ?? []) if (ticker.contractKey === key) ticker.changed();
      }
    },
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      missed.length = 0;
      kept.length = 0;
      for (const { wire } of members) wire.terminate();
      members.clear();
    },
    close() {
      unsubscribe();
      this.reset();
    },
  };
}

function silence(member: Member): void {
  member.silent = true;
  member.wire.freeze();
}

function idInUse(): Refusal {
  return new Refusal(326, "Unable to connect as the client id is already in use. Retry with a unique client id.");
}

function overLimitText(times: number): string {
  return `Max rate of messages per second has been exceeded:max=50 rec=51 (${times})`;
}

function refused(client: Client, fields: readonly string[], error: unknown): Message {
  if (error instanceof Refusal) return refusalOf(idOf(client, fields), error);
  throw error;
}

function refusalOf(id: number, { code, message }: Refusal): Message {
  return errorMessage(id, code, message);
}
