/**
 * `httptrading journal FILE [export|unknown|resolve …]`: what an operator can see in a journal and settle by hand.
 * Reading is allowed while the gateway runs; to resolve, it has to be stopped.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { isSettled } from "../journal/intent-record.ts";
import type { IntentRecord, JournalLine, ProgressLine } from "../journal/journal.ts";
import { type JournalReader, readJournal, sqliteJournal } from "../journal/sqlite.ts";

const USAGE = `Usage:
  npx httptrading journal FILE unknown
      lists the intents of which nobody knows yet what became of them
  npx httptrading journal FILE export
      prints every line of the journal as one line of JSON
  npx httptrading journal FILE resolve TAG accepted=ORDERID --reason TEXT
  npx httptrading journal FILE resolve TAG not_sent --reason TEXT
      settles one of the unknown, after looking at the broker; the gateway must be stopped
      [--instance DIGEST]  which one, where several instances have an intent of this tag
`;

const EXIT_USAGE = 2;
/** Lines that are read at a time, so that a long export never keeps the gateway from tidying up its file. */
const PAGE = 500;

class UsageError extends Error {}

interface Settlement {
  readonly tag: string;
  /** The order at the broker; `null` when there is none. */
  readonly orderId: string | null;
  readonly reason: string;
  readonly instance: string | undefined;
}

function settlementOf(words: readonly string[], options: { reason?: string; instance?: string }): Settlement {
  const [tag, outcome, ...rest] = words;
  if (tag === undefined || outcome === undefined) throw new UsageError("say which intent, and what became of it");
  if (rest.length > 0) throw new UsageError(`"${rest.join(" ")}" is too much; put the reason in quotes`);
  // No client could ask for another id; and the word of the usage, pasted, is none.
  const orderId = /^accepted=(?!ORDERID$)([\x21-\x7e]{1,64})$/.exec(outcome)?.[1];
  if (orderId === undefined && outcome !== "not_sent") {
    throw new UsageError(`"${outcome}" is neither accepted= with an order's id nor not_sent`);
  }
  const reason = options.reason?.trim() ?? "";
  if (reason === "") throw new UsageError("say with --reason how you know");
  return { tag, orderId: orderId ?? null, reason, instance: options.instance };
}

async function* exported(reader: JournalReader): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const page = reader.lines(after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map(({ sequence, line }) => `${JSON.stringify({ sequence, ...line })}\n`).join("");
    after = last.sequence;
  }
}

function actionText({ action }: IntentRecord): string {
  if (action.kind === "cancel") return `cancel order ${action.orderId}`;
  if (action.kind === "replace") {
    const { qty, price } = action.change;
    const parts = [qty === undefined ? [] : `quantity ${qty}`, price === undefined ? [] : `price ${price}`].flat();
    return `replace order ${action.orderId}: ${parts.join(", ")}`;
  }
  const { contract, direction, orderType, timeInForce, lifecycle, qty, price } = action.request;
  const limit = price === undefined ? "" : ` ${price}`;
  return `place ${direction} ${qty} ${contract.region} ${contract.symbol} ${orderType}${limit} ${timeInForce} ${lifecycle}`;
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}

function unknownText(file: string, intents: readonly IntentRecord[]): string {
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

function resolutionLines(intent: IntentRecord, { orderId, reason }: Settlement, at: number): JournalLine[] {
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

async function resolve(file: string, settlement: Settlement): Promise<string> {
  const reader = await readJournal(file);
  const intents = reader.intents(settlement.tag);
  reader.close();
  const { instance, id } = intentToResolve(intents, settlement);
  const journal = sqliteJournal(file);
  await journal.open();
  try {
    // Looked up once more: only from here on nobody else can settle it.
    const intent = intentToResolve([journal.intent(instance, id) ?? []].flat(), settlement);
    await journal.append(resolutionLines(intent, settlement, Date.now()), "power-loss");
    const outcome = settlement.orderId === null ? "not sent" : `accepted as order ${settlement.orderId}`;
    return `${id} (${actionText(intent)}) is resolved: ${outcome}.\n`;
  } finally {
    await journal.close();
  }
}

function argumentsOf(args: string[]) {
  try {
    const options = {
      reason: { type: "string" },
      instance: { type: "string" },
      help: { type: "boolean", short: "h" },
    } as const;
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** What is to be printed. All arguments are checked before the file is touched. */
async function* run(args: string[]): AsyncGenerator<string> {
  const { values, positionals } = argumentsOf(args);
  if (values.help === true) {
    yield USAGE;
    return;
  }
  const [file, command = "unknown", ...words] = positionals;
  if (file === undefined) throw new UsageError("say which file");
  if (!["unknown", "export", "resolve"].includes(command)) throw new UsageError(`there is no command "${command}"`);
  if (command !== "resolve" && (words.length > 0 || values.reason !== undefined || values.instance !== undefined)) {
    throw new UsageError(`${command} takes no more arguments`);
  }
  if (command === "resolve") {
    yield await resolve(file, settlementOf(words, values));
    return;
  }
  const reader = await readJournal(file);
  try {
    if (command === "export") yield* exported(reader);
    else yield unknownText(file, reader.unsettled());
  } finally {
    reader.close();
  }
}

/** Does what the arguments say, and sets the exit code: 2 for arguments that cannot be followed, 1 for what failed. */
export async function journalCommand(args: string[]): Promise<void> {
  try {
    await pipeline(Readable.from(run(args)), process.stdout, { end: false });
  } catch (error) {
    const closed = error instanceof Error && "code" in error && error.code === "EPIPE";
    const message = error instanceof Error ? error.message : String(error);
    // Whoever reads the export may have seen enough.
    if (!closed) process.stderr.write(`${message}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    if (!closed) process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
  }
}
