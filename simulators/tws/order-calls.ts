/** Placing, changing, cancelling and listing orders. */
import { add, divide, multiply } from "../../src/domain/money.ts";
import { isTerminal } from "../../src/domain/order.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type { ExchangeOrder, ExchangeRefusal } from "../../src/exchange/types.ts";
import type { VenueOrder } from "../shared/venue.ts";
import type { Client, Desk } from "./desk.ts";
import type { Message } from "./frames.ts";
import { RESPONSE, SINCE } from "./messages.ts";
import {
  commissionReport,
  completedOrder,
  execution,
  isWorking,
  type KnownOrder,
  openOrder,
  orderStatus,
  stateMessages,
} from "./order-messages.ts";
import type { OrderDraft } from "./order-records.ts";
import { type OrderTerms, readOrder, rejected } from "./order-request.ts";
import { errorMessage, Refusal } from "./refusal.ts";
import { nextOpening, startOfDay, twsTime } from "./times.ts";

const DAY_MS = 86_400_000;

/** True for a `placeOrder` that changes an order of the client. */
export function isReplace(desk: Desk, client: Client, fields: readonly string[]): boolean {
  return desk.records.find(client.id, Number(fields[1])) !== undefined;
}

/** 3: a new order, or a change of the one that has this number. */
export function placeOrder(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  requireLink(desk);
  const orderId = Number(fields[1]);
  const known = ownOrder(desk, client, orderId);
  if (known !== undefined) return modify(desk, client, known, fields);
  if (!Number.isSafeInteger(orderId) || !desk.records.isNew(client.id, orderId)) {
    throw new Refusal(103, "Duplicate order id");
  }
  const terms = readOrder(desk, client.version, fields);
  const { exchange, outsideRth } = terms;
  const draft: OrderDraft = { clientId: client.id, orderId, exchange, outsideRth };
  if (terms.whatIf) return [whatIf(desk, client, draft, terms)];
  try {
    const { account, contract, direction, orderType, timeInForce, lifecycle, qty, price, tag } = terms;
    const request = { contract, direction, orderType, timeInForce, lifecycle, qty, tag };
    const accepted = desk.records.placing(draft, () => {
      const placed = desk.venue.place(account, price === undefined ? request : { ...request, price });
      return { record: desk.records.of(placed), venueOrder: placed };
    });
    return [...notices(desk, accepted, terms), ...acknowledgement(desk, accepted, client.version)];
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    const refusal = refusalOf(desk, error.refusal, terms);
    if (refusal.code !== 201) throw refusal;
    const venueOrder = { book: terms.account, order: rejectedOrder(desk, terms, refusal.message) };
    const entry = desk.records.reject(draft, venueOrder);
    return [errorMessage(orderId, 201, refusal.message), ...stateMessages(desk, entry, client.version)];
  }
}

/** 4 */
export function cancelOrder(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  requireLink(desk);
  const orderId = cancelledId(client, fields);
  const known = ownOrder(desk, client, orderId);
  if (known === undefined) throw new Refusal(10147, `OrderId ${orderId} that needs to be cancelled is not found.`);
  const { order, wireId } = known.venueOrder;
  if (isTerminal(order.status) || desk.pendingCancels?.has(wireId)) {
    const [, status] = stateMessages(desk, known, client.version);
    throw new Refusal(
      10148,
      `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${String(status?.[2])}.`,
    );
  }
  const pending = orderStatus(known, "PendingCancel");
  if (desk.pendingCancels !== undefined) {
    desk.pendingCancels.add(wireId);
    return [pending];
  }
  return [pending, ...cancelled(desk, known, client.version)];
}

/** The number of the order that a `cancelOrder` names. */
export function cancelledId({ version }: Pick<Client, "version">, fields: readonly string[]): number {
  return Number(version >= SINCE.cmeTagging ? fields[1] : fields[2]);
}

/** 58: every open order of every account, whoever placed it. The client hears of its own. */
export function globalCancel(desk: Desk, client: Client): readonly Message[] {
  requireLink(desk);
  const open = openOrders(desk);
  return open.flatMap((known) => {
    const messages = [orderStatus(known, "PendingCancel"), ...cancelled(desk, known, client.version)];
    return known.record.clientId === client.id && known.record.orderId !== 0 ? messages : [];
  });
}

/** 5: the client's own; client 0 takes over those of the vendor's own window. */
export function reqOpenOrders(desk: Desk, client: Client): readonly Message[] {
  const own = openOrders(desk).filter(({ record }) => record.clientId === client.id);
  if (client.id === 0) for (const { venueOrder } of own) desk.records.bind(venueOrder);
  return [...own.flatMap((known) => stateMessages(desk, known, client.version)), [RESPONSE.openOrderEnd, 1]];
}

/** 16: whoever has asked this may place new orders only with numbers above those of all that it was told of. */
export function reqAllOpenOrders(desk: Desk, client: Client): readonly Message[] {
  const all = openOrders(desk);
  for (const { record } of all) desk.records.told(client.id, record.orderId);
  return [...all.flatMap((known) => stateMessages(desk, known, client.version)), [RESPONSE.openOrderEnd, 1]];
}

/** 99: those that ended today. With `apiOnly` none of the vendor's own window. */
export function reqCompletedOrders(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const apiOnly = fields[1] === "1";
  const since = startOfDay(desk.venue.now());
  const ended = allOrders(desk).filter(
    ({ record, venueOrder: { order } }) =>
      isTerminal(order.status) && order.updatedAt >= since && !(apiOnly && record.orderId <= 0),
  );
  return [...ended.map((known) => completedOrder(desk, known, client.version)), [RESPONSE.completedOrderEnd]];
}

/** 7: the fills of today, or of the days that the trade log shows, whoever's. */
export function reqExecutions(desk: Desk, _client: Client, fields: readonly string[]): readonly Message[] {
  const [, , reqId = "", clientId = "", account = "", time = "", symbol = "", secType = "", exchange = "", side = ""] =
    fields;
  const since = startOfDay(desk.venue.now() - (desk.tradeLogDays - 1) * DAY_MS);
  const messages: Message[] = [];
  for (const known of allOrders(desk)) {
    const { record, venueOrder } = known;
    if (Number(clientId) > 0 && record.clientId !== Number(clientId)) continue;
    let [qty, value] = [0, 0];
    for (const fill of desk.venue.book(venueOrder.book).fills()) {
      if (fill.orderId !== venueOrder.order.orderId) continue;
      qty = add(qty, fill.qty);
      value = add(value, multiply(fill.qty, fill.price));
      const told = execution(desk, known, fill, { qty, avgPrice: divide(value, qty) }, Number(reqId));
      const wanted =
        fill.at >= since &&
        isAfter(time, fill.at) &&
        matches(account, venueOrder.book) &&
        matches(symbol, told[4]) &&
        matches(secType, "STK") &&
        matches(exchange, told[17]) &&
        matches(sideWord(side), told[18]);
      if (wanted) messages.push(told, commissionReport(desk, known, fill));
    }
  }
  return [...messages, [RESPONSE.executionDetailsEnd, 1, Number(reqId)]];
}

/** Every order that IB knows, turned down ones too. */
function allOrders(desk: Desk): readonly KnownOrder[] {
  const accepted = desk.venue.orders().map((venueOrder) => ({ record: desk.records.of(venueOrder), venueOrder }));
  return [...accepted, ...desk.records.rejected()];
}

function openOrders(desk: Desk): readonly KnownOrder[] {
  return allOrders(desk).filter(({ venueOrder: { order } }) => !isTerminal(order.status));
}

function ownOrder(desk: Desk, client: Client, orderId: number): KnownOrder | undefined {
  const permId = desk.records.find(client.id, orderId);
  if (permId === undefined) return undefined;
  const venueOrder =
    desk.venue.find(permId) ?? desk.records.rejected().find((each) => each.venueOrder.wireId === permId)?.venueOrder;
  return venueOrder === undefined ? undefined : { record: desk.records.of(venueOrder), venueOrder };
}

function modify(desk: Desk, client: Client, known: KnownOrder, fields: readonly string[]): readonly Message[] {
  const { order, book } = known.venueOrder;
  if (order.status === "FILLED") throw new Refusal(104, "Cannot modify a filled order.");
  if (isTerminal(order.status))
    throw new Refusal(
      161,
      `Cancel attempted when order is not in a cancellable state.  Order permId =${known.record.permId}`,
    );
  const terms = readOrder(desk, client.version, fields);
  if (terms.whatIf) return [whatIf(desk, client, known.record, terms)];
  const matchesOriginal =
    terms.account === book &&
    terms.contract.region === order.contract.region &&
    terms.contract.symbol === order.contract.symbol &&
    terms.direction === order.direction &&
    terms.orderType === order.orderType &&
    terms.timeInForce === order.timeInForce &&
    terms.lifecycle === order.lifecycle &&
    terms.tag === order.tag &&
    terms.exchange === (known.record.exchange || terms.found.exchange);
  if (!matchesOriginal) throw new Refusal(105, "Order being modified does not match original order.");
  const { qty, price } = terms;
  const change = (): void => {
    desk.venue.book(book).replace(order.orderId, price === undefined ? { qty } : { qty, price });
  };
  if (desk.pendingChanges !== undefined && !isWorking(desk, order)) {
    desk.pendingChanges.set(known.venueOrder.wireId, change);
    return stateMessages(desk, known, client.version);
  }
  try {
    change();
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    throw refusalOf(desk, error.refusal, terms);
  }
  return stateMessages(desk, withoutNewFills(nowOf(desk, known), order), client.version);
}

/** The order as it was told before what has now filled it, which is told by itself. */
function withoutNewFills({ record, venueOrder }: KnownOrder, before: ExchangeOrder): KnownOrder {
  const { filledQty, avgPrice, status } = before;
  const { order } = venueOrder;
  const shown = order.filledQty > filledQty ? { ...order, filledQty, avgPrice, status } : order;
  return { record, venueOrder: { ...venueOrder, order: shown } };
}

/** What follows when IB has taken an order: first in its own system, then at the exchange if that is open. */
function acknowledgement(desk: Desk, { record, venueOrder }: KnownOrder, version: number): readonly Message[] {
  const { order } = venueOrder;
  // An order that was filled at once was told as open before that.
  const open = { ...order, status: "OPEN", filledQty: 0, avgPrice: 0 } as const;
  const known = { record, venueOrder: { ...venueOrder, order: open } };
  const received = stateMessages(desk, known, version, "PreSubmitted");
  return isWorking(desk, order) ? [...received, ...stateMessages(desk, known, version, "Submitted")] : received;
}

function notices(desk: Desk, { record, venueOrder }: KnownOrder, terms: OrderTerms): readonly Message[] {
  const notes: Message[] = [];
  if (terms.ignoresOutsideRth) {
    const text =
      "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. PlaceOrder is now being processed.";
    notes.push(errorMessage(record.orderId, 2109, text));
  }
  if (terms.tifIsPreset) {
    notes.push(errorMessage(record.orderId, 10349, `Order TIF was set to ${terms.timeInForce} based on order preset.`));
  }
  const { order } = venueOrder;
  if (!isTerminal(order.status) && !isWorking(desk, order)) {
    const lifecycle = order.orderType === "Market" ? "RTH" : order.lifecycle;
    const at = nextOpening(order.contract.region, lifecycle, desk.venue.now(), desk.holidays);
    const side = `${order.direction} ${order.qty} ${terms.found.symbol} ${terms.found.primaryExchange}`;
    const when = at === undefined ? "its session opens" : twsTime(at);
    const text = `Order Message:\n${side}\nWarning: Your order will not be placed at the exchange until ${when}.`;
    notes.push(errorMessage(record.orderId, 399, text));
  }
  return notes;
}

/** Cancels and tells of it. */
function cancelled(desk: Desk, known: KnownOrder, version: number): readonly Message[] {
  const { order, book } = known.venueOrder;
  desk.venue.book(book).cancel(order.orderId);
  const after = nowOf(desk, known);
  const [, status] = stateMessages(desk, after, version);
  return [
    ...(status === undefined ? [] : [status]),
    errorMessage(known.record.orderId, 202, "Order Canceled - reason:"),
  ];
}

function nowOf(desk: Desk, { record, venueOrder }: KnownOrder): KnownOrder {
  return { record, venueOrder: desk.venue.find(venueOrder.wireId) ?? venueOrder };
}

function whatIf(desk: Desk, client: Client, draft: OrderDraft, terms: OrderTerms): Message {
  const venueOrder: VenueOrder = { book: terms.account, wireId: "0", order: unplacedOrder(desk, terms, "OPEN", "") };
  return openOrder(desk, { record: { ...draft, permId: 0 }, venueOrder }, client.version, "PreSubmitted", {
    whatIf: true,
  });
}

function rejectedOrder(desk: Desk, terms: OrderTerms, reason: string): ExchangeOrder {
  return unplacedOrder(desk, terms, "REJECTED", reason.replace(/^Order rejected - reason:/, ""));
}

/** An order that never came to the exchange. */
function unplacedOrder(desk: Desk, terms: OrderTerms, status: "OPEN" | "REJECTED", errorReason: string): ExchangeOrder {
  const { contract, direction, orderType, timeInForce, lifecycle, qty, price = null, tag, found } = terms;
  const at = desk.venue.now();
  return {
    ...{ orderId: "", contract, currency: found.currency, direction, orderType, price, timeInForce, lifecycle, qty },
    ...{ filledQty: 0, avgPrice: 0, status, originStatus: status, errorReason, warning: null, tag },
    ...{ createdAt: at, updatedAt: at },
  };
}

/** Orders go nowhere while TWS has lost its servers. */
function requireLink(desk: Desk): void {
  if (!desk.loggedIn) throw new Refusal(504, "Not connected");
}

function refusalOf(desk: Desk, refusal: ExchangeRefusal, terms: OrderTerms): Refusal {
  const { found } = terms;
  switch (refusal) {
    case "unknown-contract":
      return new Refusal(200, "No security definition has been found for the request");
    case "bad-price":
      return new Refusal(110, "The price does not conform to the minimum price variation for this contract.");
    case "insufficient-funds":
      return rejected(beyondMeans(desk, terms));
    case "short-sale":
      return rejected("The contract is not available for short sale.");
    case "bad-quantity":
      return rejected(`The order size does not conform to the lot size of ${found.lotSize}.`);
    case "order-not-open":
    case "unknown-order":
      return new Refusal(104, "Cannot modify a filled order.");
    case "unsupported-session":
    case "market-closed":
      return rejected("The exchange is closed.");
  }
}

/** In the vendor's words and no others: clients look for the reason in them. */
function beyondMeans({ venue }: Desk, { account, contract, qty, price, found }: OrderTerms): string {
  const equity = `[${venue.book(account).totalCash("USD").toFixed(2)} USD]`;
  const margin = multiply(qty, price ?? venue.quote(contract)?.latest ?? 0);
  return `YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE ${equity} MUST EXCEED THE INITIAL MARGIN [${margin.toFixed(2)} ${found.currency}]`;
}

function matches(asked: string, has: unknown): boolean {
  return asked === "" || asked === has;
}

function sideWord(side: string): string {
  if (side === "BUY") return "BOT";
  return side === "SELL" || side === "SSHORT" ? "SLD" : side;
}

/** `yyyymmdd hh:mm:ss` or `yyyymmdd-hh:mm:ss`, on New York's clock. */
function isAfter(time: string, at: number): boolean {
  const asked = time.replace("-", " ").slice(0, 17);
  return asked === "" || twsTime(at).slice(0, asked.length) >= asked;
}
