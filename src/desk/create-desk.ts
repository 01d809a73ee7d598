import type { Order } from "../domain/order.ts";
import type { Journal, OrderRecord } from "../journal/journal.ts";
import type { Broker } from "../spec/broker.ts";
import { OPERATIONS } from "../spec/capabilities.ts";
import { DEFAULT_DEADLINE_MS, type InstanceOptions } from "../spec/define-broker.ts";
import { type Alarm, ownTimer } from "./alarm.ts";
import type { ByHand } from "./by-hand.ts";
import { Deadline, type NewDeadline } from "./deadline.ts";
import { createEventLog } from "./event-log.ts";
import { createFollowers } from "./follow.ts";
import { marketOf } from "./guards.ts";
import { createHandOver } from "./hand-over.ts";
import { harmless } from "./harmless.ts";
import { createKeys } from "./idempotency.ts";
import { instanceDigest, instanceJournal, journalMs } from "./instance-journal.ts";
import { createGatewaySwitch, createKillSwitch, type KillSwitch } from "./kill-switch.ts";
import { createOrderBook, isClosed } from "./order-book.ts";
import { queueLoads } from "./queue-loads.ts";
import { createReads, orderNotRead } from "./reads.ts";
import { createReconciler } from "./reconciler.ts";
import { messageOf } from "./report.ts";
import { createRisk } from "./risk/admission.ts";
import { createFillLog } from "./risk/fill-log.ts";
import { createSeat } from "./seat.ts";
import { createTracker } from "./tracker.ts";
import { cancelAll, stateOf } from "./trading-state.ts";
import type { Desk } from "./types.ts";
import { createUnknowns } from "./unknowns.ts";
import { fromCapabilities } from "./write-outcome.ts";
import { createWrites } from "./writes.ts";

/** What a desk stands on. */
export interface DeskOptions {
  readonly broker: Broker;
  readonly instance: InstanceOptions;
  readonly journal: Journal;
  /** Refuses writes without an `Idempotency-Key`. Default false. */
  readonly requireIdempotencyKey?: boolean;
  /** The kill switch of all instances on this journal. Default: one that nobody else turns. */
  readonly gatewaySwitch?: KillSwitch;
}

/** After the deadline a broker has so many milliseconds to say that a waiting write has not left. */
const WITHDRAWAL_MS = 250;

/** Milliseconds that a broker may take to close: the journal waits for it, and so do all who end the gateway. */
const CLOSING_MS = 10_000;
/** Milliseconds in which calls that a closed broker has given up end; a silent one may never. */
const ENDING_MS = 1000;

/** Opens a desk for one broker. Does nothing until it is used. */
export function createDesk(options: DeskOptions): Desk {
  const { broker, instance } = options;
  const deadlineMs = instance.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const digest = instanceDigest(instance.instanceId);
  const operations = OPERATIONS.filter((operation) => broker[operation] !== undefined);

  let alarm: Alarm = ownTimer;
  const newDeadline: NewDeadline = (clientSignal) => new Deadline(deadlineMs, { alarm, clientSignal });
  const journal = instanceJournal(options.journal, digest, () => new Deadline(journalMs(deadlineMs), { alarm }));
  const events = createEventLog(journal, digest);
  const book = createOrderBook();
  const ownSwitch = createKillSwitch({ journal, events, all: false });
  const gatewaySwitch = options.gatewaySwitch ?? createGatewaySwitch(options.journal);
  gatewaySwitch.onTurn((line) => events.record(line));
  const unknowns = createUnknowns(book, journal, {
    onAbsent: (tag) => tracker.forget(tag),
    onSettled(write, refused) {
      // The order that it was to become does not exist, and nothing else would ever take it from those that are expected.
      if (refused) tracker.forget(write.id);
      risk.settled(write, refused);
    },
  });
  const fills = createFillLog();
  const tracker = createTracker({
    book,
    journal,
    events,
    account: () => seat.account(),
    onTracked(order, known) {
      unknowns.seen(order, known);
      risk.seen(order);
      fills.seen(order, known);
    },
    onAdopted: (intent) => risk.adopted(intent),
    onUnwritten(intent, placed) {
      unknowns.addKnown(intent, { placed });
      reconciler.hurry();
    },
  });
  const seat = createSeat(broker, {
    onOrder: told,
    onConnection({ connected, reason }) {
      events.record({ kind: "connection", connected, reason: reason ?? null });
      reconciler.connection(connected);
    },
  });

  /** Takes in a push. One that makes no sense is told, but never to the broker, whose connection it came through. */
  function told(order: Order): void {
    const failed = (error: unknown) => {
      const message = `the broker told of an order that makes no sense: ${messageOf(error)}`;
      events.record({ kind: "anomaly", message, orderId: null, tag: null });
    };
    try {
      const received = tracker.receive(order);
      if (received instanceof Promise) received.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  const reconciler = createReconciler({
    seat,
    journal,
    events,
    book,
    tracker,
    unknowns,
    deadlineMs,
    newDeadline,
    onRemembered: (intent) => risk.remembered(intent),
  });
  const reads = createReads({
    seat,
    book,
    tracker,
    isReconciled: reconciler.isReconciled,
    deadlineMs,
    newDeadline,
  });
  const keys = createKeys({
    instance: digest,
    journal,
    required: options.requireIdempotencyKey ?? false,
    isUnknown: unknowns.has,
  });
  const switchesRecovered = () => Promise.all([ownSwitch.recover(), gatewaySwitch.recover()]);
  const risk = createRisk({
    options: instance.risk,
    journal,
    book,
    state: () => stateOf(ownSwitch, gatewaySwitch),
    stateKnown: () => (ownSwitch.isRecovered && gatewaySwitch.isRecovered ? undefined : switchesRecovered()),
    unknowns: unknowns.all,
    marketOf: ({ contract }) => marketOf(broker.capabilities(), contract),
    settleMs: seat.settleMs,
    quote: ({ contract }) => reads.quote(contract, { forWrite: true }),
    positions: async () => (await reads.positions({ forWrite: true })).positions,
    fills,
  });
  ownSwitch.onTurn(risk.turned);
  gatewaySwitch.onTurn(risk.turned);
  const newWithdrawal = () => new Deadline(WITHDRAWAL_MS, { alarm });
  const handOver = createHandOver({ journal, tracker, unknowns, reconciler, deadlineMs, newWithdrawal });
  const writes = createWrites({
    seat,
    reads,
    keys,
    book,
    journal,
    tracker,
    unknowns,
    reconciler,
    risk,
    handOver,
    deadlineMs,
    newDeadline,
  });
  const followers = createFollowers({ book, journal, events });
  let byHand: ByHand | undefined;

  /** Loaded once somebody settles something: most gateways never need it. */
  async function settling(): Promise<ByHand> {
    const { createByHand } = await import("./by-hand.ts");
    byHand ??= createByHand({ seat, journal, events, book, tracker, unknowns, reconciler });
    return byHand;
  }

  return {
    kind: broker.kind,
    display: broker.display,
    name: instance.name ?? broker.kind,
    capabilities: () => fromCapabilities(() => ({ ...broker.capabilities(), operations })),
    start: seat.start,
    async close() {
      reconciler.close();
      followers.close();
      try {
        const deadline = new Deadline(CLOSING_MS, { alarm });
        await deadline.limit(seat.close(), `the broker did not close within ${CLOSING_MS} ms`);
      } finally {
        // What clients are told of the writes that this has ended stands in the journal too.
        await new Deadline(ENDING_MS, { alarm }).within(unknowns.quiet());
        // What a silent journal has not taken by then it takes without us, or never.
        await journal.inTime(events.settled());
        events.close();
      }
    },
    ...reads,
    order: (orderId, context) =>
      reads.order(orderId, context).catch((error: unknown) => orderNotRead(book, journal, orderId, error)),
    positions: (context) => fills.during(() => reads.positions(context)),
    ...writes,
    async tradingState() {
      await switchesRecovered().catch(() => undefined);
      return {
        state: stateOf(ownSwitch, gatewaySwitch),
        instance: ownSwitch.position,
        gateway: gatewaySwitch.position,
        known: ownSwitch.isRecovered && gatewaySwitch.isRecovered,
      };
    },
    turn: ownSwitch.turn,
    cancelAll: (principal, cancel = writes.cancel) =>
      cancelAll({ seat, book, unknowns, cancel, newDeadline, recover: reconciler.recover }, { principal }),
    async unknownIntents() {
      await reconciler.recover();
      reconciler.wake();
      const unsettled = await journal.unsettled();
      return unsettled.filter(({ id, state }) => state === "unknown" || unknowns.has(id));
    },
    resolveIntent: async (resolution) => (await settling()).resolve(resolution),
    endOrder: async (ending) => (await settling()).end(ending),
    async follow(lastEventId) {
      await newDeadline().limit(seat.start(), "the broker did not start in time");
      // A snapshot without what the journal remembers would hide open orders from whoever starts with it.
      await reconciler.recover();
      return followers.follow(lastEventId);
    },
    watch(listener, believed) {
      let watching = true;
      let asking = false;
      let told = false;
      const tell = (orders: readonly OrderRecord[]) => {
        if (watching) harmless(() => listener(orders));
      };
      const tellEnded = async () => {
        for (const orderId of (await believed?.()) ?? []) {
          const remembered = await journal.order(orderId);
          const order = book.get(orderId) ?? remembered;
          if (order !== undefined && isClosed(order)) tell([order]);
        }
      };
      const tellOpen = () => {
        told = true;
        tell(book.open());
        harmless(tellEnded);
      };
      const askOpen = () => {
        if (asking || told) return;
        asking = true;
        reconciler
          .recover()
          .then(tellOpen, () => undefined)
          .finally(() => {
            asking = false;
          });
      };
      const unsubscribe = events.subscribe((published) => {
        const changed = published.flatMap((event) => ("order" in event ? [event.order] : []));
        if (changed.length > 0) tell(changed);
        // What is written shows that the journal can be read again, if it could not before.
        askOpen();
      });
      askOpen();
      return () => {
        watching = false;
        unsubscribe();
      };
    },
    async reconcile() {
      const deadline = newDeadline();
      await deadline.limit(seat.start(), "the broker did not start in time");
      await reconciler.ensure(deadline);
    },
    state: () => ({
      tradingState: stateOf(ownSwitch, gatewaySwitch),
      connected: seat.connection()?.connected,
      reason: seat.connection()?.reason ?? null,
      reconciled: reconciler.isReconciled(),
      openOrders: book.open().length,
      unknownIntents: unknowns.size,
      followers: followers.size,
      queues: queueLoads(broker),
    }),
    remembered: book.get,
    serveWith(server) {
      followers.wakeWith(server.later);
      alarm = server.alarm;
    },
    endFollowing: followers.close,
  };
}
