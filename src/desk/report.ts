/** Taking in what a broker says: it may be written in JavaScript, so that types alone promise nothing. */
import type { Contract } from "../domain/contract.ts";
import { FAILURE_CODES, Failure, isFailure } from "../domain/failure.ts";
import { DIRECTIONS, LIFECYCLES, ORDER_STATUSES, ORDER_TYPES, type Order, TIMES_IN_FORCE } from "../domain/order.ts";
import type { ConnectionState, Placed } from "../spec/broker.ts";

/**
 * The order in a broker's report: its fields and nothing beside them, so that it can be written down whatever else was
 * there, in an object that the broker does not have. An amount may be `NaN`: the order is known all the same.
 *
 * @throws Failure (`BrokerFault`) that names the first field that is no part of an order.
 */
export function readReport(given: Order): Order {
  if (typeof given !== "object" || given === null) {
    throw new Failure("BrokerFault", `the broker told of ${kindOf(given)} instead of an order`);
  }
  const { number, cancelable, busted, dated, holdsChanges } = given;
  const order: Order = {
    orderId: text(given, "orderId"),
    contract: contractOf(given),
    currency: text(given, "currency"),
    direction: word(given, "direction", DIRECTIONS),
    orderType: wordOrNull(given, "orderType", ORDER_TYPES),
    price: given.price === null ? null : amount(given, "price"),
    timeInForce: wordOrNull(given, "timeInForce", TIMES_IN_FORCE),
    lifecycle: wordOrNull(given, "lifecycle", LIFECYCLES),
    qty: amount(given, "qty"),
    filledQty: amount(given, "filledQty"),
    avgPrice: amount(given, "avgPrice"),
    status: word(given, "status", ORDER_STATUSES),
    originStatus: text(given, "originStatus"),
    errorReason: text(given, "errorReason"),
    warning: textOrNull(given, "warning"),
    tag: textOrNull(given, "tag"),
    createdAt: given.createdAt === null ? null : amount(given, "createdAt"),
    updatedAt: given.updatedAt === null ? null : amount(given, "updatedAt"),
  };
  if ((number ?? cancelable ?? busted ?? dated ?? holdsChanges) === undefined) return order;
  return {
    ...order,
    ...(number === undefined ? {} : { number: text(given, "number") }),
    ...(cancelable === undefined ? {} : { cancelable: cancelable === true }),
    ...(busted === undefined ? {} : { busted: busted === true }),
    ...(dated === undefined ? {} : { dated: dated === true }),
    ...(holdsChanges === undefined ? {} : { holdsChanges: holdsChanges === true }),
  };
}

/**
 * A broker's list of orders or positions, which is none where a part of it is missing: it would say of nothing that it is
 * not there.
 *
 * @throws Failure (`BrokerFault`) that names the part.
 */
export function readListing<Name extends "orders" | "positions", Listing extends Listed<Name>>(
  given: Listing,
  name: Name,
): Listing {
  for (const part of [name, "unmapped"] as const) {
    const list: unknown = given?.[part];
    if (!Array.isArray(list)) {
      throw new Failure(
        "BrokerFault",
        `the broker listed its ${name} with ${kindOf(list)} as ${part}, which is no list`,
      );
    }
  }
  return given;
}

type Listed<Name extends string> = Readonly<Record<Name | "unmapped", readonly unknown[]>>;

/**
 * What a broker answered to a write that it took: its fields and nothing beside them, so that it can be written down.
 *
 * @throws TypeError where it named no order: then nobody knows what became of the write.
 */
export function readPlaced(placed: Placed): Placed {
  const { orderId, effective } = placed;
  if (typeof orderId !== "string" || orderId === "") {
    throw new TypeError(`it answered with ${kindOf(orderId)} as the id of the order`);
  }
  if (typeof effective !== "object" || effective === null) return { orderId };
  const read = readEffective(effective);
  return Object.keys(read).length > 0 ? { orderId, effective: read } : { orderId };
}

/** What cannot be what it should is left out: the order was taken all the same. */
function readEffective({ lifecycle, timeInForce, price }: Effective): Effective {
  return {
    ...(LIFECYCLES.some((known) => known === lifecycle) ? { lifecycle } : {}),
    ...(TIMES_IN_FORCE.some((known) => known === timeInForce) ? { timeInForce } : {}),
    ...(Number.isFinite(price) ? { price } : {}),
  };
}

type Effective = NonNullable<Placed["effective"]>;

/** What a broker says of its connection. What does not say that it stands says that it is lost. */
export function readConnection(told: ConnectionState): ConnectionState {
  const { connected, reason }: Partial<ConnectionState> = told ?? {};
  return { connected: connected === true, ...(typeof reason === "string" ? { reason } : {}) };
}

const OUTCOMES = ["not_sent", "rejected", "unknown"] as const;

/**
 * A failure that a broker threw, made anew of what can be written down and read back; `undefined` for everything else that
 * it may throw, and for a failure that cannot be read. It may be of another copy of the package, which knows more codes.
 */
export function readFailure(thrown: unknown): Failure | undefined {
  try {
    if (!isFailure(thrown)) return undefined;
    const { code, message, outcome: given, retryAfterMs } = thrown;
    const outcome = OUTCOMES.find((known) => known === given);
    const details = readDetails(thrown.details);
    return new Failure(FAILURE_CODES.includes(code) ? code : "BrokerFault", message, {
      cause: thrown,
      ...(outcome === undefined ? {} : { outcome }),
      ...(details === undefined ? {} : { details }),
      ...(typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
    });
  } catch {
    return undefined;
  }
}

/** What was thrown, in words. Whoever threw it may have put anything there. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return `a thrown ${typeof thrown}`;
  }
}

/** What a broker says beside a failure, as far as it can be written down: the failure stands without it too. */
function readDetails(details: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(details ?? null)) ?? undefined;
  } catch {
    return undefined;
  }
}

function contractOf(given: Order): Contract {
  const contract: unknown = given.contract;
  if (typeof contract !== "object" || contract === null) return fail(given, "contract");
  const { tradeType, region, symbol } = given.contract;
  const fits = typeof tradeType === "string" && typeof region === "string" && typeof symbol === "string";
  return fits ? { tradeType, region, symbol } : fail(given, "contract");
}

type Field = keyof Order;

function text<F extends Field>(given: Order, field: F): Order[F] & string {
  const value = given[field];
  return typeof value === "string" ? value : fail(given, field);
}

function textOrNull(given: Order, field: "warning" | "tag"): string | null {
  const value = given[field];
  return value === null || typeof value === "string" ? value : fail(given, field);
}

function amount<F extends Field>(given: Order, field: F): Order[F] & number {
  const value = given[field];
  return typeof value === "number" ? value : fail(given, field);
}

function word<F extends "direction" | "status">(given: Order, field: F, words: readonly Order[F][]): Order[F] {
  const value = given[field];
  return words.includes(value) ? value : fail(given, field);
}

function wordOrNull<F extends "orderType" | "timeInForce" | "lifecycle">(
  given: Order,
  field: F,
  words: readonly Order[F][],
): Order[F] {
  const value = given[field];
  return value === null || words.includes(value) ? value : fail(given, field);
}

function fail(given: Order, field: Field): never {
  const { orderId }: { orderId: unknown } = given;
  const order = typeof orderId === "string" ? `order ${orderId}` : "an order";
  throw new Failure("BrokerFault", `the broker told of ${order} with ${kindOf(given[field])} as its ${field}`);
}

/** A value in a message: a word is shown, of the rest only what it is. */
function kindOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return value === null || value === undefined ? `${value}` : `a ${typeof value}`;
}
