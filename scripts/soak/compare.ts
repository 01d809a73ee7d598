/** Whether everybody tells the same story: the broker's ledger, the journal, the gateway's list, and every client. */
import type { LedgerRow } from "../../simulators/shared/control.ts";
import type { IntentRecord, OrderRecord } from "../../src/journal/journal.ts";
import type { Belief } from "./client.ts";
import type { Told } from "./follower.ts";

/** What everybody tells of one broker. */
export interface Stories {
  readonly ledger: readonly LedgerRow[];
  readonly journal: {
    readonly intents: readonly IntentRecord[];
    /** The last record of each order. */
    readonly orders: readonly OrderRecord[];
  };
  /** `order/list?status=all`. */
  readonly listed: readonly Told[];
  readonly beliefs: readonly (Belief & { readonly tag: string })[];
  readonly followers: readonly { readonly name: string; readonly told: readonly Told[] }[];
}

const ENDED: ReadonlySet<string> = new Set(["FILLED", "CANCELED", "EXPIRED", "REJECTED"]);

/** Every contradiction, in a sentence that names the order. Empty when all agree. */
export function contradictions(stories: Stories): string[] {
  return [...ofClients(stories), ...ofIntents(stories), ...ofOrders(stories)];
}

/** One key makes at most one order; what was accepted is there as it was asked for, and nothing else is. */
function ofClients({ ledger, listed, beliefs }: Stories): string[] {
  const refused = refusedAtTheDoor(listed);
  const byTag = Map.groupBy(ledger, ({ tag }) => tag);
  const asked = new Set(beliefs.map(({ tag }) => tag));
  const unasked = ledger.filter(({ tag }) => tag !== null && !asked.has(tag));
  return [
    ...unasked.map(({ orderId, tag }) => `order ${orderId} (${tag}) was asked for by nobody`),
    ...beliefs.flatMap((belief) => {
      const { client, key, tag, outcome, orderId } = belief;
      const rows = byTag.get(tag) ?? [];
      const [row] = rows;
      const write = `key ${key} of ${client} (${tag})`;
      if (rows.length > 1) return `${write} made ${rows.length} orders: ${rows.map((one) => one.orderId).join(", ")}`;
      if (outcome !== "accepted") {
        const isThere = row !== undefined && !isRefused(row, outcome);
        return isThere ? `${write} was told ${outcome}, but there is order ${row.orderId}, ${row.status}` : [];
      }
      if (row === undefined) {
        return refused.has(orderId) ? [] : `${write} was told of order ${orderId}, but there is none`;
      }
      return differences(`${write}, order ${orderId}`, expectedOf(belief, row), row);
    }),
  ];
}

/** What a client expects of the row of an order that was accepted. */
function expectedOf({ orderId = "", qty, price, canceled, ended }: Belief, row: LedgerRow): Partial<LedgerRow> {
  // Which end an order came to, its client was not told.
  const status = canceled ? "CANCELED" : ended && !ENDED.has(row.status) ? "ended" : row.status;
  return { orderId, qty, price, status };
}

/** What the broker wrote down as refused agrees with a client that was told so. */
function isRefused({ status, filledQty }: Told, outcome: Belief["outcome"]): boolean {
  return outcome === "rejected" && status === "REJECTED" && filledQty === 0;
}

/**
 * What a vendor refuses at its own door it may list, and the exchange never hears of it. Where the answer was lost, such
 * an order is found by its tag, and is the one that was asked for.
 */
function refusedAtTheDoor(listed: readonly Told[]): ReadonlySet<string | undefined> {
  return new Set(listed.filter((order) => isRefused(order, "rejected")).map(({ orderId }) => orderId));
}

/** Every intent in the journal is settled as the ledger has it. */
function ofIntents({ ledger, listed, journal, beliefs }: Stories): string[] {
  const refused = refusedAtTheDoor(listed);
  const byTag = new Map(ledger.map((row) => [row.tag, row]));
  const byIntent = new Map(journal.intents.map((intent) => [intent.id, intent]));
  return [
    ...beliefs.flatMap(({ outcome, tag }) =>
      outcome === "accepted" && !byIntent.has(tag) ? `the journal has nothing of the accepted ${tag}` : [],
    ),
    ...journal.intents.flatMap((intent) => {
      const { id, state, action, placed, failure } = intent;
      if (state === "sending" || state === "unknown") return `the ${action.kind} ${id} is ${state} in the journal`;
      if (action.kind !== "place") return [];
      const row = byTag.get(id);
      if (placed !== null) {
        if (row?.orderId === placed.orderId || (row === undefined && refused.has(placed.orderId))) return [];
        return `the journal has ${id} as order ${placed.orderId}, the ledger has ${row?.orderId ?? "none"}`;
      }
      const isThere = row !== undefined && !isRefused(row, failure?.outcome === "rejected" ? "rejected" : "not_sent");
      return isThere ? `the journal has ${id} as ${failure?.outcome}, but there is order ${row.orderId}` : [];
    }),
  ];
}

/** Everybody who knows of orders knows of all, and how each stands. */
function ofOrders({ ledger, journal, listed, followers }: Stories): string[] {
  const journalled = journal.orders.map(({ orderId, status, filledQty, qty, price, tag, external }) => {
    return { orderId, status, filledQty, qty, price, tag, external };
  });
  const whole = ledger.map((row) => ({ ...row, external: row.tag === null }));
  return [
    ...compared("the journal", whole, journalled),
    ...compared("order/list", ledger, listed),
    ...followers.flatMap(({ name, told }) => compared(`follower ${name}`, ledger, told)),
  ];
}

function compared(
  who: string,
  ledger: readonly (LedgerRow & { readonly external?: boolean })[],
  told: readonly (Told & Partial<LedgerRow>)[],
): string[] {
  const byId = new Map(told.map((order) => [order.orderId, order]));
  const known = new Set(ledger.map(({ orderId }) => orderId));
  return [
    ...told.flatMap((order) => {
      if (known.has(order.orderId) || isRefused(order, "rejected")) return [];
      return `${who} tells of order ${order.orderId}, which is nowhere`;
    }),
    ...ledger.flatMap((row) => {
      const order = byId.get(row.orderId);
      if (order === undefined) return `${who} knows nothing of order ${row.orderId} (${row.tag}), ${row.status}`;
      return differences(`${who}, order ${row.orderId}`, order, row);
    }),
  ];
}

/** The fields of `told` that differ from those of the row. */
function differences(about: string, told: object, row: object): string[] {
  const actual = new Map(Object.entries(row));
  const wrong = Object.entries(told).flatMap(([field, value]) => {
    if (!actual.has(field) || actual.get(field) === value) return [];
    // Not every vendor has a word of its own for an order that has expired.
    const isSame = field === "status" && value === "CANCELED" && actual.get(field) === "EXPIRED";
    return isSame ? [] : `${field} ${value}, not ${actual.get(field)}`;
  });
  return wrong.length === 0 ? [] : [`${about}: ${wrong.join(", ")}`];
}
