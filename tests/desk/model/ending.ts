/** What must hold once everything answers again: the desk, its journal and who follows tell what is so at the venue. */
import type { Desk } from "../../../src/desk/types.ts";
import { isFailure } from "../../../src/domain/failure.ts";
import { isCompleted, isTerminal, type Order, type OrderChange } from "../../../src/domain/order.ts";
import type { IntentRecord, Journal, NumberedEvent } from "../../../src/journal/journal.ts";
import { DIGEST, LIMIT_BUY } from "../desk-broker.ts";
import { canAsk, isWhole, type Setting } from "./history.ts";
import { dayOf, LATEST_MS, sellingOf, worth } from "./rules.ts";
import type { Venue, VenueOrder } from "./venue.ts";

export interface Ending {
  readonly setting: Setting;
  readonly venue: Venue;
  readonly journal: Journal;
  readonly desk: Desk;
  /** What a client that followed all the time has heard. */
  readonly heard: readonly NumberedEvent[];
  /** Whether a process may have told of an order again, since it could not read what was told before. */
  readonly isBlind: boolean;
  /** Whether an operator has said of an order that it is not there. */
  readonly isMisled: boolean;
  /** What is older may have been pruned. */
  readonly prunedBefore: number;
  violated(rule: string): void;
}

export async function checkEnding(ending: Ending): Promise<void> {
  const { venue, desk, journal, isBlind, isMisled, prunedBefore, violated, heard } = ending;
  const open = venue.open();
  const state = desk.state();
  const unknown = await desk.unknownIntents();
  // A cancel that was killed in the middle of being sent again without its line is settled by its order alone.
  const unsettled = [...unknown, ...(await journal.unsettled(DIGEST))];
  // Of one that went out without its line nothing can be found out where its order cannot be asked for.
  if (unsettled.length > 0 || (state.unknownIntents > 0 && canAsk(ending.setting)))
    violated(`unknown at the end: ${JSON.stringify(unsettled.map(({ action, state }) => [action, state]))}`);
  // What had ended is not told as open again, though it counts.
  const known = open.filter((order) => !order.isAwake || !hasEnded(desk.remembered(order.truth.orderId)));
  if (state.openOrders !== known.length)
    violated(`the desk has ${state.openOrders} open orders, the venue ${known.length}`);
  const { events } = await journal.events(DIGEST, 0, 100_000);
  await checkOrders(ending, checkEvents(events, ending.setting.hasTimes, isBlind ? () => {} : violated));
  checkFollower(events, heard, violated);
  for (const event of events) {
    if (event.kind !== "anomaly" || event.message.startsWith("an operator")) continue;
    if (!isMisled && !(ending.setting.hasNewIds && event.message.includes("exists beside")))
      violated(`an anomaly: ${event.message}`);
  }
  const intents = await journal.intentsSince(DIGEST, 0);
  for (const intent of intents) if (intent.action.kind === "place") checkPlace(ending, intent);
  if (!isMisled && prunedBefore <= 0) checkReplaced(ending, intents);
  const written = new Set(intents.map(({ id }) => id));
  for (const { truth, isOwn, shown, replaces } of venue.ledger.values()) {
    const isKept = prunedBefore <= 0 || (replaces === undefined && Number(shown[0]?.from) >= prunedBefore);
    if (isOwn && isKept && !written.has(truth.tag ?? "")) violated(`order ${truth.orderId} has no intent`);
  }
  await checkSums(ending, intents);
  await checkAllCanceled(ending);
}

/** Whoever turns the switch in the end is told that nothing is open where that is so. */
async function checkAllCanceled({ desk, venue, setting, violated }: Ending): Promise<void> {
  const { complete, failed } = await desk.cancelAll("operator");
  const isSaid = complete && failed.length === 0;
  const open = venue.open().filter(({ truth }) => venue.isHere(truth.orderId));
  if (isSaid && open.length > 0) violated(`all is canceled, and order ${open[0]?.truth.orderId} is open`);
  if (!isSaid && setting.lacks.length === 0 && !setting.hasAccounts)
    violated(`not all is canceled: ${JSON.stringify(failed)}`);
}

/** Every view of every order shows what it is. */
async function checkOrders(
  { venue, desk, journal, setting, isBlind, isMisled, prunedBefore, violated }: Ending,
  told: ReadonlyMap<string, Order>,
): Promise<void> {
  const { orders } = setting.lacks.includes("orders")
    ? { orders: undefined }
    : await desk.orders({ status: "all" }, {});
  const isOld = (one: VenueOrder["shown"][number] | undefined) => one !== undefined && one.from < prunedBefore;
  for (const order of venue.ledger.values()) {
    if (isCompleted(order.truth) && isOld(order.shown.at(-1))) continue;
    const { orderId, status, qty, filledQty, price, tag } = order.truth;
    // Whose one is that was met while the journal was away is asked again where it is listed, and the journal still knows.
    const isPruned = isOld(order.shown[0]) || (prunedBefore > 0 && order.replaces !== undefined);
    const isOver = order.isAwake || isCompleted(order.truth);
    // What an operator has wrongly settled is pruned as what has ended, though its order may be open.
    const isVague = isPruned ? isOver || isBlind || isMisled : isOver && isBlind && !isWhole(setting);
    const views = {
      ...(orders && venue.isHere(orderId) && { list: orders.find((one) => one.orderId === orderId) }),
      memory: desk.remembered(orderId),
      journal: await journal.order(DIGEST, orderId),
      events: told.get(orderId),
    };
    for (const [name, view] of Object.entries(views)) {
      // One that was placed elsewhere and has ended before it was heard of is not told any more.
      if (
        view === undefined &&
        !order.isOwn &&
        (name === "journal" || name === "events") &&
        told.get(orderId) === undefined
      )
        continue;
      if (view === undefined && name === "events" && isOld(order.shown[0])) continue;
      // Nor is one that has ended, where lists do not show those.
      if (view === undefined && isOver && (isPruned || !isWhole(setting) || !venue.isHere(orderId))) continue;
      const expected = {
        status,
        qty,
        filledQty,
        price,
        ...(isVague ? {} : { tag }),
        ...(isVague || name === "events" ? {} : { external: !order.isOwn }),
      };
      const wrong = Object.entries(expected).filter(
        ([field, value]) =>
          view === undefined || (Reflect.get(view, field) !== value && !(order.isAwake && mayStay(field, view))),
      );
      if (wrong.length > 0)
        violated(
          `order ${orderId} in the ${name}: ${wrong.map(([field, value]) => `${field} is not ${value} but ${view && Reflect.get(view, field)}`).join(", ")}`,
        );
    }
  }
}

/** Nor is one that had ended remembered for ever. */
const hasEnded = (order: Order | undefined) => order === undefined || isTerminal(order.status);

/** Of an order that had ended nothing but its fills is told anew, and those that an operator has seen only where they are dated. */
function mayStay(field: string, view: Order): boolean {
  const isByHand = view.warning?.startsWith("an operator") === true;
  return hasEnded(view) && field !== "tag" && field !== "external" && (field !== "filledQty" || isByHand);
}

/** Fills never go back, and what has ended is not open again. The last event of each order. */
function checkEvents(
  events: readonly NumberedEvent[],
  hasTimes: boolean,
  violated: Ending["violated"],
): Map<string, Order> {
  // Without times a late report of an order before it was made larger looks like a new one of an order that is filled.
  const hasEnded = (order: Order) => (hasTimes ? isCompleted(order) : isTerminal(order.status));
  const last = new Map<string, Order>();
  for (const event of events) {
    if (!("order" in event)) continue;
    const { order } = event;
    const known = last.get(order.orderId);
    last.set(order.orderId, order);
    if (known === undefined) continue;
    if (order.filledQty < known.filledQty && order.busted !== true)
      violated(`event ${event.sequence} takes fills of order ${order.orderId} back`);
    if (hasEnded(known) && !isCompleted(order)) violated(`event ${event.sequence} opens order ${order.orderId} again`);
  }
  return last;
}

function checkFollower(
  events: readonly NumberedEvent[],
  heard: readonly NumberedEvent[],
  violated: Ending["violated"],
): void {
  // Of what was heard the first may have been pruned, and of what there is not all be heard.
  const first = Math.max(heard[0]?.sequence ?? 0, events[0]?.sequence ?? 0);
  const numbers = heard
    .map(({ sequence }) => sequence)
    .filter((sequence) => sequence >= first)
    .join(" ");
  const expected = events.map(({ sequence }) => sequence).filter((sequence) => sequence >= first);
  if (heard.length > 0 && numbers !== expected.join(" "))
    violated(`who followed heard ${numbers}, not ${expected.join(" ")}`);
}

/** The intent says that there is an order where there is one, and where there is none that there is none. */
function checkPlace({ venue, isMisled, violated }: Ending, intent: IntentRecord): void {
  const order = orderOf(venue, intent);
  const isTaken = hasTaken(intent);
  if (isTaken !== (order !== undefined) && !isMisled)
    violated(`an intent is ${intent.state}, and its order is ${order?.truth.orderId ?? "not there"}`);
  const placed = venue.ledger.get(intent.placed?.orderId ?? "");
  if (isTaken && placed?.truth.tag !== intent.id)
    violated(`an intent has become order ${intent.placed?.orderId}, which has another tag`);
}

/** The id of the order that a write has made, or made another; `null` where it has not. */
export function madeOf(venue: Venue, intent: IntentRecord): string | null {
  const { action } = intent;
  const order = orderOf(venue, intent);
  if (order === undefined) return null;
  const { status, qty, price, orderId } = order.truth;
  if (action.kind === "cancel") return status.endsWith("CANCEL") || status === "CANCELED" ? action.orderId : null;
  if (action.kind === "place") return orderId;
  const made = [...venue.ledger.values()].find(({ replaces }) => replaces === action.orderId);
  if (made !== undefined) return isAt(action.change, made.shown[0]?.order) ? made.truth.orderId : null;
  return isAt(action.change, { qty, price }) ? orderId : null;
}

const isAt = (change: OrderChange, order: Pick<Order, "qty" | "price"> | undefined) =>
  (change.qty ?? order?.qty) === order?.qty && (change.price ?? order?.price) === order?.price;

/**
 * True for a write that may be unknown for good though every order can be asked for: a change of an order that is canceled now,
 * which may have given it a new id that nothing shows any more, and what else was to be done with that order.
 */
export function isDoubtful({ venue, setting }: Pick<Ending, "venue" | "setting">, { action }: IntentRecord): boolean {
  if (!setting.hasNewIds || action.kind === "place") return false;
  const order = venue.ledger.get(action.orderId);
  if (order?.truth.status !== "CANCELED") return false;
  // Where lists are whole, they show of one with a tag whether there is another, but not which of two has become of it.
  const isShown = setting.listing === "whole" && !setting.lacks.includes("orders") && order.isOwn;
  const { tag, createdAt } = order.truth;
  const mayBeIts = ({ truth }: VenueOrder) => truth.tag === tag && Number(truth.createdAt) >= Number(createdAt);
  return !isShown || [...venue.ledger.values()].filter(mayBeIts).length > 1;
}

const hasTaken = ({ state, placed }: IntentRecord) => state === "accepted" || (state === "resolved" && placed !== null);

function orderOf(venue: Venue, { id, action }: IntentRecord): VenueOrder | undefined {
  const all = [...venue.ledger.values()];
  let order = all.find(({ truth, replaces }) =>
    action.kind === "place" ? truth.tag === id && replaces === undefined : truth.orderId === action.orderId,
  );
  for (let next = order; next !== undefined; next = all.find(({ replaces }) => replaces === order?.truth.orderId))
    order = next;
  return order;
}

/** No change of an order says that it came to nothing while another is in its place. */
function checkReplaced({ venue, violated }: Ending, intents: readonly IntentRecord[]): void {
  for (const { replaces, truth } of venue.ledger.values()) {
    if (replaces === undefined) continue;
    const its = intents.filter(({ action }) => action.kind === "replace" && action.orderId === replaces);
    const isTold = (one: IntentRecord) => hasTaken(one) || one.failure?.message.includes("was changed into") === true;
    if (!its.some(isTold))
      violated(
        `order ${replaces} is order ${truth.orderId} now: ${its.map(({ failure }) => failure?.message).join(", ")}`,
      );
  }
}

/** What is counted of the day, and what may still be sold, as refusals tell it. */
async function checkSums(ending: Ending, intents: readonly IntentRecord[]): Promise<void> {
  const { desk, venue, setting, violated } = ending;
  const { risk } = setting;
  if (risk?.maxDailyValue !== undefined) {
    let least = 0;
    let most = setting.hasNewIds ? Number.POSITIVE_INFINITY : 0;
    for (const intent of intents) {
      const order = orderOf(venue, intent);
      if (intent.value === undefined || dayOf(intent.at) !== dayOf(Date.now()) || !hasTaken(intent)) continue;
      const value = worthOf(intent, intents, ending) ?? intent.value;
      const isGivenBack = order?.truth.status === "REJECTED" && order.truth.filledQty === 0;
      // A change of an order that was placed elsewhere is given back only if that had been rejected before.
      // Nor is that known of one that was placed the day before, or is not listed, once the desk was restarted.
      const isSeen = isWhole(setting) && dayOf(order?.truth.createdAt ?? 0) === dayOf(Date.now());
      if (!isGivenBack || !order.isOwn || !isSeen) most += value;
      // What was let through just before midnight, and sent after it, is of the day before.
      const isSure = dayOf(intent.at) === dayOf(intent.at - LATEST_MS);
      if (!isGivenBack && isSure) least += value;
    }
    const told = await breach(desk, "risk.maxDailyValue", { direction: "BUY", price: 1 });
    const counted = told === undefined ? least : told.value - QTY_TOO_LARGE;
    if (counted < least - 0.001 || counted > most + 0.001)
      violated(`the day counts ${counted}, not ${least} to ${most}`);
  }
  if (risk !== undefined && !risk.allowShort) {
    // What had ended, and is not known where one is logged in, does not count there.
    const isHere = ({ truth: { orderId }, isAwake }: VenueOrder) =>
      !isAwake || venue.isHere(orderId) || !hasEnded(desk.remembered(orderId));
    const open = venue.open().filter(isHere);
    const room = Math.max(0, (venue.held["AAPL"] ?? 0) - sellingOf(open, "AAPL"));
    const told = await breach(desk, "risk.allowShort", { direction: "SELL", price: 300 });
    if (told?.limit !== room) violated(`${told?.limit} may be sold, not ${room}`);
    const count = open.length + 1;
    const most = await breach(desk, "risk.maxOpenOrders", { direction: "SELL", price: 300 });
    if (most ? most.value !== count : count > (risk.maxOpenOrders ?? count))
      violated(`${most?.value} orders would be open, not ${count}`);
  }
}

/** What an intent counts, where that does not depend on how late which other one became known. */
function worthOf(
  { action }: IntentRecord,
  intents: readonly IntentRecord[],
  { venue: { ledger }, prunedBefore }: Ending,
): number | undefined {
  if (action.kind === "place") return worth(action.request);
  if (prunedBefore > 0) return undefined;
  const others = intents.filter((other) => other.action.kind === "replace" && other.action.orderId === action.orderId);
  const { shown, isAmended } = ledger.get(action.orderId) ?? {};
  const placed = shown?.[0]?.order;
  if (action.kind === "cancel" || others.length > 1 || placed === undefined || isAmended) return undefined;
  return Math.max(0, worth({ ...placed, ...action.change }) - worth(placed));
}

const QTY_TOO_LARGE = 1_000_000;

interface Breach {
  readonly rule: string;
  readonly value: number;
  readonly limit: number;
}

/** What a rule says of an order that is far too large; nothing where others refuse it before. */
async function breach(
  desk: Desk,
  rule: string,
  fields: { direction: "BUY" | "SELL"; price: number },
): Promise<Breach | undefined> {
  try {
    await desk.place({ ...LIMIT_BUY, qty: QTY_TOO_LARGE, ...fields }, { principal: "probe" });
  } catch (error) {
    if (!isFailure(error) || error.code !== "LimitExceeded") throw error;
    const { breaches } = error.details as { readonly breaches: readonly Breach[] };
    return breaches.find((one) => one.rule === rule);
  }
  throw new Error("an order that is far too large was sent");
}
