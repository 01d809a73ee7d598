/**
 * Appends to a journal under a limit of file size until it fails for good; prints, as JSON, how many lines were
 * answered, how often it failed, and how often it worked again after a failure. Argument: the file.
 */
import { sqliteJournal } from "../../src/journal/sqlite.ts";

const [file = ""] = process.argv.slice(2);
const journal = sqliteJournal(file);
await journal.open();
let answered = 0;
let faults = 0;
let recoveries = 0;
for (let failedBefore = 0; failedBefore < 5; ) {
  const message = "x".repeat(3000);
  const line = { kind: "anomaly", message, orderId: null, tag: null, instance: "0f3a9c5d7b1e2468", at: 1 } as const;
  try {
    answered = await journal.append([line], answered % 2 === 0 ? "power-loss" : "process");
    if (failedBefore > 0) recoveries += 1;
    failedBefore = 0;
  } catch {
    faults += 1;
    failedBefore += 1;
  }
}
process.stdout.write(JSON.stringify({ answered, faults, recoveries }));
