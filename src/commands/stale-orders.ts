/** Orders that a journal has as open and that their broker knows no more: showing them, and ending one by an operator's word. */
import { demandStale, type Ending, endingLines } from "../journal/by-hand.ts";
import { type InstanceOrder, readJournal, sqliteJournal } from "../journal/sqlite.ts";
import { orderText, timeText } from "./texts.ts";
import type { Given } from "./unknown-intents.ts";
import { demandEnd, demandReason, UsageError } from "./usage-error.ts";

/** How the arguments say that an order has ended, and of which instance it is. @throws UsageError */
export function endingOf(words: readonly string[], options: Given): Ending & Given {
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
function orderToEnd(open: readonly InstanceOrder[], { orderId, instance }: Ending & Given): InstanceOrder {
  const found = open.filter((one) => one.order.orderId === orderId && (instance ?? one.instance) === one.instance);
  const [only, ...more] = found.length > 1 ? found.filter(isStale) : found;
  if (only !== undefined && more.length > 0) {
    const digests = [only, ...more].map((one) => one.instance).join(", ");
    throw new Error(`several instances have an open order ${orderId}: say which with --instance (${digests})`);
  }
  demandStale(orderId, only?.order);
  return only;
}

/** Ends the order, and says so. */
export async function endOrder(file: string, ending: Ending & Given): Promise<string> {
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
    const lines = endingLines(orderToEnd(open, ending).order, ending, at);
    await journal.append(
      lines.map((line) => ({ ...line, instance, at })),
      "power-loss",
    );
    const [{ order }] = lines;
    return `${order.orderId} (${orderText(order)}) has ended: ${order.status}, filled ${order.filledQty}.\n`;
  } finally {
    await journal.close();
  }
}
