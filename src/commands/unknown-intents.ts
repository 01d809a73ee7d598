/** Intents of which nobody knows yet what became of them: showing them, and settling one by an operator's word. */
import { demandPossible, demandUnsettled, type Resolution, resolutionLines } from "../journal/by-hand.ts";
import { isSettled } from "../journal/intent-record.ts";
import type { IntentRecord } from "../journal/journal.ts";
import { readJournal, sqliteJournal } from "../journal/sqlite.ts";
import { orderText, timeText } from "./texts.ts";
import { demandEnd, demandReason, UsageError } from "./usage-error.ts";

/** What comes with a command by name. */
export interface Given {
  readonly reason?: string | undefined;
  readonly instance?: string | undefined;
}

/** What the arguments say became of an intent, and of which instance that is. @throws UsageError */
export function resolutionOf(words: readonly string[], { reason, instance }: Given): Resolution & Given {
  const [tag, outcome, ...rest] = words;
  if (tag === undefined || outcome === undefined) throw new UsageError("say which intent, and what became of it");
  demandEnd(rest);
  // No client could ask for another id; and the word of the usage, pasted, is none.
  const orderId = /^accepted=(?!ORDERID$)([\x21-\x7e]{1,64})$/.exec(outcome)?.[1];
  if (orderId === undefined && outcome !== "not_sent") {
    throw new UsageError(`"${outcome}" is neither accepted= with an order's id nor not_sent`);
  }
  return { tag, orderId: orderId ?? null, reason: demandReason(reason), instance };
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
function intentToResolve(intents: readonly IntentRecord[], { tag, instance }: Resolution & Given): IntentRecord {
  const found = intents.filter((intent) => instance === undefined || intent.instance === instance);
  const [intent, ...more] = found.length > 1 ? found.filter((one) => !isSettled(one)) : found;
  if (intent === undefined && found.length > 1) throw new Error(`there is no unsettled intent ${tag} in this journal`);
  if (intent !== undefined && more.length > 0) {
    const digests = [intent, ...more].map((one) => one.instance).join(", ");
    throw new Error(`several instances have an unsettled intent ${tag}: say which with --instance (${digests})`);
  }
  demandUnsettled(tag, intent);
  return intent;
}

/** Settles the intent, and says so. */
export async function resolve(file: string, resolution: Resolution & Given): Promise<string> {
  const { tag, orderId } = resolution;
  const reader = await readJournal(file);
  const journal = sqliteJournal(file);
  try {
    const { instance } = intentToResolve(reader.intents(tag), resolution);
    await journal.open();
    // Looked up once more: only from here on nobody else can settle it.
    const intent = intentToResolve([journal.intent(instance, tag) ?? []].flat(), resolution);
    const { action } = intent;
    const named = orderId === null ? undefined : journal.order(instance, orderId);
    const changed = action.kind === "place" ? undefined : journal.order(instance, action.orderId);
    const open = journal.openOrders(instance).find((order) => order.tag === tag);
    const own = open ?? (named?.tag === tag ? named : reader.orderOf(instance, tag));
    demandPossible(intent, orderId, { named, changed, own });
    const at = Date.now();
    const lines = resolutionLines(intent, resolution, { named, changed }, at);
    await journal.append(
      lines.map((line) => ({ ...line, instance, at })),
      "power-loss",
    );
    const outcome = orderId === null ? "not sent" : `accepted as order ${orderId}`;
    return `${tag} (${actionText(intent)}) is resolved: ${outcome}.\n`;
  } finally {
    reader.close();
    await journal.close();
  }
}
