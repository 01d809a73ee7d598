/** Intents of which nobody knows yet what became of them: showing them, and settling one by an operator's word. */
import { isSettled } from "../journal/intent-record.ts";
import type { IntentRecord, JournalLine, OrderRecord, ProgressLine } from "../journal/journal.ts";
import { readJournal, sqliteJournal } from "../journal/sqlite.ts";
import { orderText, timeText } from "./texts.ts";
import { demandEnd, demandReason, UsageError } from "./usage-error.ts";

/** What comes with a command by name. */
export interface Given {
  readonly reason?: string | undefined;
  readonly instance?: string | undefined;
}

/** What an operator found out about an intent. */
export interface Settlement {
  readonly tag: string;
  /** The order at the broker; `null` when there is none. */
  readonly orderId: string | null;
  readonly reason: string;
  readonly instance: string | undefined;
}

/** What the arguments say became of an intent. @throws UsageError */
export function settlementOf(words: readonly string[], options: Given): Settlement {
  const [tag, outcome, ...rest] = words;
  if (tag === undefined || outcome === undefined) throw new UsageError("say which intent, and what became of it");
  demandEnd(rest);
  // No client could ask for another id; and the word of the usage, pasted, is none.
  const orderId = /^accepted=(?!ORDERID$)([\x21-\x7e]{1,64})$/.exec(outcome)?.[1];
  if (orderId === undefined && outcome !== "not_sent") {
    throw new UsageError(`"${outcome}" is neither accepted= with an order's id nor not_sent`);
  }
  return { tag, orderId: orderId ?? null, reason: demandReason(options.reason), instance: options.instance };
}

function actionText({ action }: IntentRecord): string {
  if (action.kind === "cancel") return `cancel order ${action.orderId}`;
  if (action.kind === "replace") {
    const { qty, price } = action.change;
    const parts = [qty === undefined ? [] : `quantity ${qty}`, price === undefined ? [] : `price ${price}`].flat();
    return `replace order ${action.orderId}: ${parts.join(", ")}`;
  }
  return `place ${orderText(action.request)}`;
}

/** What is unknown, in words. */
export function unknownText(file: string, intents: readonly IntentRecord[]): string {
  if (intents.length === 0) return "Nothing is unknown: every intent in this journal is settled.\n";
  const blocks = intents.map((intent) => {
    const { id, state, at, updatedAt, instance, principal, number, failure } = intent;
    const lines = [
      `${id}  ${state} since ${timeText(updatedAt)}`,
      `  ${actionText(intent)}`,
      ...(number === undefined ? [] : [`  sent with the broker's order number ${number}`]),
      `  asked at ${timeText(at)} by ${principal}, instance ${instance}`,
      ...(failure === null ? [] : [`  ${failure.code}: ${failure.message}`]),
    ];
    return `${lines.join("\n")}\n`;
  });
  return `${blocks.join("\n")}
${intents.length} unsettled. While a gateway runs, what is sending may be under way, and the gateway goes on looking for
what is unknown. What it cannot find: look at the broker for an order with the tag, stop the gateway, and run one of
  npx httptrading journal ${file} resolve TAG accepted=ORDERID --reason TEXT
  npx httptrading journal ${file} resolve TAG not_sent --reason TEXT
`;
}

/** The one intent that is meant; throws for one that is not there, is settled, or is one of several. */
function intentToResolve(intents: readonly IntentRecord[], { tag, instance, orderId }: Settlement): IntentRecord {
  const found = intents.filter((intent) => instance === undefined || intent.instance === instance);
  const [intent, ...more] = found.length > 1 ? found.filter((one) => !isSettled(one)) : found;
  if (intent === undefined) {
    throw new Error(`there is no ${found.length > 1 ? "unsettled " : ""}intent ${tag} in this journal`);
  }
  if (more.length > 0) {
    const digests = [intent, ...more].map((one) => one.instance).join(", ");
    throw new Error(`several instances have an unsettled intent ${tag}: say which with --instance (${digests})`);
  }
  if (isSettled(intent)) {
    throw new Error(`intent ${tag} is ${intent.state} already; only one that is sending or unknown can be resolved`);
  }
  const { action } = intent;
  if (action.kind === "cancel" && orderId !== null && orderId !== action.orderId) {
    throw new Error(`intent ${tag} cancels order ${action.orderId}, not ${orderId}`);
  }
  return intent;
}

function dealText({ direction, contract }: Pick<OrderRecord, "direction" | "contract">): string {
  return `${direction} of ${contract.tradeType} ${contract.region} ${contract.symbol}`;
}

/** Throws for an order that is another intent's: whoever repeats the key would be told of that, and may cancel it. */
function demandItsOwn({ id, action }: IntentRecord, named: OrderRecord, changed: OrderRecord | undefined): void {
  const { orderId, tag } = named;
  const wanted = dealText(action.kind === "place" ? action.request : (changed ?? named));
  const its = action.kind === "place" ? id : (changed?.tag ?? tag);
  if (tag !== null && tag !== its) {
    throw new Error(`order ${orderId} carries the tag ${tag} in this journal, and so is not that of intent ${id}`);
  }
  if (dealText(named) !== wanted) {
    throw new Error(`order ${orderId} is no ${wanted} in this journal, and so is not that of intent ${id}`);
  }
}

/** What is written down of an intent that an operator settles. */
export function resolutionLines(
  intent: IntentRecord,
  { orderId, reason }: Pick<Settlement, "orderId" | "reason">,
  at: number,
): JournalLine[] {
  const { id, instance, action, state } = intent;
  const found = orderId === null ? "not sent" : `accepted as order ${orderId}`;
  const result: Pick<ProgressLine, "placed" | "failure"> =
    orderId === null
      ? { failure: { code: "BrokerFault", outcome: "not_sent", message: "an operator found that it was not sent" } }
      : { placed: { orderId } };
  const message = `an operator settled the ${state} ${action.kind} ${id} as ${found}: ${reason}`;
  const about = {
    orderId: orderId ?? (action.kind === "place" ? null : action.orderId),
    tag: action.kind === "place" ? id : null,
  };
  return [
    { kind: "progress", id, instance, at, state: "resolved", ...result, reason: `an operator: ${reason}` },
    { kind: "anomaly", message, ...about, instance, at },
  ];
}

/** Settles the intent, and says so. */
export async function resolve(file: string, settlement: Settlement): Promise<string> {
  const reader = await readJournal(file);
  const journal = sqliteJournal(file);
  try {
    const { instance, id } = intentToResolve(reader.intents(settlement.tag), settlement);
    await journal.open();
    // Looked up once more: only from here on nobody else can settle it.
    const intent = intentToResolve([journal.intent(instance, id) ?? []].flat(), settlement);
    const { action } = intent;
    const named = settlement.orderId === null ? undefined : journal.order(instance, settlement.orderId);
    const changed = action.kind === "place" ? undefined : journal.order(instance, action.orderId);
    if (named !== undefined) demandItsOwn(intent, named, changed);
    const open = journal.openOrders(instance).find(({ tag }) => tag === id);
    const order = open ?? (named?.tag === id ? named : reader.orderOf(instance, id));
    // Its key would be free, and whoever repeats it would buy again.
    const cameAbout = order !== undefined && (order.status !== "REJECTED" || order.filledQty > 0);
    if (cameAbout && settlement.orderId !== order.orderId) {
      const found = `order ${order.orderId} ${open === undefined ? "has ended" : "is open"} in this journal`;
      throw new Error(`${found} and carries the tag ${id}: resolve it as accepted`);
    }
    await journal.append(resolutionLines(intent, settlement, Date.now()), "power-loss");
    const outcome = settlement.orderId === null ? "not sent" : `accepted as order ${settlement.orderId}`;
    return `${id} (${actionText(intent)}) is resolved: ${outcome}.\n`;
  } finally {
    reader.close();
    await journal.close();
  }
}
