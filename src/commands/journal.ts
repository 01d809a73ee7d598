/**
 * `httptrading journal FILE [unknown|resolve|stale|end|export …]`: what an operator can see in a journal and settle by hand.
 * Reading is allowed while the gateway runs; to settle, it has to be stopped.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type JournalReader, readJournal } from "../journal/sqlite.ts";
import { endingOf, endOrder, staleText } from "./stale-orders.ts";
import { resolutionOf, resolve, unknownText } from "./unknown-intents.ts";
import { UsageError } from "./usage-error.ts";

const USAGE = `Usage:
  npx httptrading journal FILE unknown
      lists the intents of which nobody knows yet what became of them
  npx httptrading journal FILE resolve TAG accepted=ORDERID --reason TEXT
  npx httptrading journal FILE resolve TAG not_sent --reason TEXT
      settles one of the unknown, after looking at the broker
  npx httptrading journal FILE stale
      lists the open orders that their broker knows no more
  npx httptrading journal FILE end ORDERID filled=QTY@PRICE --reason TEXT
  npx httptrading journal FILE end ORDERID canceled|expired|rejected --reason TEXT
      ends one of the stale, after looking at the broker; of what ended with a part filled, canceled=QTY@PRICE
  npx httptrading journal FILE export
      prints every line of the journal as one line of JSON

To resolve and to end, the gateway must be stopped. [--instance DIGEST] says which one is meant, where several instances
have an intent or an order of this name.
`;

const EXIT_USAGE = 2;
/** Lines that are read at a time, so that a long export never keeps the gateway from tidying up its file. */
const PAGE = 500;

async function* exported(reader: JournalReader): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const page = reader.lines(after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map(({ sequence, line }) => `${JSON.stringify({ sequence, ...line })}\n`).join("");
    after = last.sequence;
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
  if (command === "resolve") {
    yield await resolve(file, resolutionOf(words, values));
    return;
  }
  if (command === "end") {
    yield await endOrder(file, endingOf(words, values));
    return;
  }
  if (!["unknown", "stale", "export"].includes(command)) throw new UsageError(`there is no command "${command}"`);
  if (words.length > 0 || values.reason !== undefined || values.instance !== undefined) {
    throw new UsageError(`${command} takes no more arguments`);
  }
  const reader = await readJournal(file);
  try {
    if (command === "export") yield* exported(reader);
    else if (command === "stale") yield staleText(file, reader.openOrders());
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
