/** Orders that a journal has as open and that their broker knows no more: showing them, and ending one by an operator's word. */
import type { JournalLine, OrderRecord } from "../journal/journal.ts";
import { type InstanceOrder, readJournal, sqliteJournal } from "../journal/sqlite.ts";
import { orderText, timeText } from "./texts.ts";
import type { Given } from "./unknown-intents.ts";
import { demandEnd, demandReason, UsageError } from "./usage-error.ts";

/** How an operator found that an order has ended. */
export interface Ending {
  readonly orderId: string;
  readonly status: "FILLED" | "CANCELED" | "EXPIRED" | "REJECTED";
  /** What was filled of it in all; absent where that is what the journal has. */
  readonly fills: { readonly qty: number; readonly price: number } | undefined;
  readonly reason: string;
  readonly instance: string | undefined;
}

/** How the arguments say that an order has ended. @throws UsageError */
export function endingOf(words: readonly string[], options: Given): Ending {
  const [orderId, ending, ...rest] = words;
  if (orderId === undefined || ending === undefined) throw new UsageError("say which order, and how it ended");
  demandEnd(rest);
  const [, word, qty, price] = /^(filled|canceled|expired|rejected)(?:=([\d.]+)@([\d.]+))?$/.exec(ending) ?? [];
  if (word === undefined) {
    throw new UsageError(`"${ending}" is none of filled=QTY@PRICE, canceled, expired and rejected`);
  }
  const fills = qty === undefined ? undefined : { qty: Number(qty), price: Number(price) };
  if (fills !== undefined && !(fills.qty > 0 && fills.price > 0)) throw new UsageError(`"${ending}" says no amounts`);
  if (word === "filled" && fills === undefined) throw new UsageError("say what was filled: filled=QTY@PRICE");
  if (word === "rejected" && fills !== undefined) throw new UsageError("what is rejected has no fills");
  const status = word.toUpperCase() as Ending["status"];
  return { orderId, status, fills, reason: demandReason(options.reason), instance: options.instance };
}

const isStale = ({ order }: InstanceOrder) => order.staleSince !== null;

/** What is stale, in words. */
export function staleText(file: string, open: readonly InstanceOrder[]): string {
  const stale = open.filter(isStale);
  if (stale.length === 0) return "Nothing is stale: brokers know every order that is open in this journal.\n";
  const blocks = stale.map(({ instance, order }) => {
    const { orderId, tag, filledQty, avgPrice, staleSince } = order;
    const lines = [
      `${orderId}  not known to its broker since ${timeText(staleSince ?? 0)}`,
      `  ${orderText(order)}`,
      `  filled ${filledQty}${filledQty > 0 ? ` at ${avgPrice}` : ""} when it was last heard of`,
      `  tag ${tag ?? "none"}, instance ${instance}`,
    ];
    return `${lines.join("\n")}\n`;
  });
  return `${blocks.join("\n")}
${stale.length} stale. While a gateway runs, it goes on looking for them. Look in the vendor's statements how an order has
ended, stop the gateway, and run one of
  npx httptrading journal ${file} end ORDERID filled=QTY@PRICE --reason TEXT
  npx httptrading journal ${file} end ORDERID canceled|expired|rejected --reason TEXT
`;
}

/** The one order that is meant; throws for one that is not open, is known to its broker, or is one of several. */
function orderToEnd(open: readonly InstanceOrder[], { orderId, instance }: Ending): InstanceOrder {
  const found = open.filter((one) => one.order.orderId === orderId && (instance ?? one.instance) === one.instance);
  const [only, ...more] = found.length > 1 ? found.filter(isStale) : found;
  if (only === undefined) throw new Error(`no order ${orderId} is open in this journal`);
  if (more.length > 0) {
    const digests = [only, ...more].map((one) => one.instance).join(", ");
    throw new Error(`several instances have an open order ${orderId}: say which with --instance (${digests})`);
  }
  if (!isStale(only))
    throw new Error(`order ${orderId} is known to its broker, which tells how it ends; cancel it there`);
  return only;
}

/** The order as it ended. @throws Error for fills that it cannot have had */
function ended(order: OrderRecord, { status, fills, reason }: Ending, at: number): OrderRecord {
  const { orderId, qty } = order;
  const filledQty = fills?.qty ?? order.filledQty;
  if (filledQty < order.filledQty)
    throw new Error(`${order.filledQty} of order ${orderId} were filled, not ${filledQty}`);
  if (filledQty > qty) throw new Error(`order ${orderId} was for ${qty}, not ${filledQty}`);
  if (status === "FILLED" && filledQty < qty) {
    throw new Error(`order ${orderId} was for ${qty}: what ended with ${filledQty} filled is canceled or expired`);
  }
  if (status === "REJECTED" && filledQty > 0) throw new Error(`${filledQty} of order ${orderId} were filled`);
  const { cancelable: _, ...rest } = order;
  return {
    ...rest,
    status,
    filledQty,
    avgPrice: fills?.price ?? order.avgPrice,
    errorReason: status === "REJECTED" || status === "EXPIRED" ? reason : "",
    warning: `an operator ended it: ${reason}`,
    asOf: at,
    staleSince: null,
  };
}

/** Ends the order, and says so. */
export async function endOrder(file: string, ending: Ending): Promise<string> {
  const reader = await readJournal(file);
  const before = reader.openOrders();
  reader.close();
  const { instance } = orderToEnd(before, ending);
  const journal = sqliteJournal(file);
  await journal.open();
  try {
    // Looked up once more: only from here on nobody else can write of it.
    const open = journal.openOrders(instance).map((order) => ({ instance, order }));
    const at = Date.now();
    const order = ended(orderToEnd(open, ending).order, ending, at);
    const { orderId, tag, status, filledQty } = order;
    const message = `an operator ended order ${orderId} as ${status}, filled ${filledQty}: ${ending.reason}`;
    const lines: JournalLine[] = [
      { kind: "order", order, instance, at },
      { kind: "anomaly", message, orderId, tag, instance, at },
    ];
    await journal.append(lines, "power-loss");
    return `${orderId} (${orderText(order)}) has ended: ${status}, filled ${filledQty}.\n`;
  } finally {
    await journal.close();
  }
}
