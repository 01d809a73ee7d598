/**
 * Runs the conformance suite on every broker and draws the table of what was seen.
 *
 *     node scripts/conformance-table.ts                         prints it
 *     node scripts/conformance-table.ts README.md …             puts it between the marks of these files, in Chinese
 *                                                               where the name ends in .zh-CN.md
 *     node scripts/conformance-table.ts --check README.md …     says whether it stands there already
 *
 * Ends with 1 when a broker fails a check, or when `--check` finds an older table.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runConformance } from "../src/testing/index.ts";
import { STAGES } from "../tests/conformance/stages/index.ts";
import { startSimulatorHost } from "../tests/conformance/stages/simulator-host.ts";
import { betweenMarks } from "./conformance/between-marks.ts";
import { type BrokerRun, conformanceTable, failuresOf } from "./conformance/table.ts";
import { wordsFor } from "./conformance/words.ts";

const { values, positionals: files } = parseArgs({
  options: { check: { type: "boolean", default: false } },
  allowPositionals: true,
});

const host = await startSimulatorHost();
const runs: BrokerRun[] = await Promise.all(
  Object.values(STAGES).map(async (stageOf) => {
    const stage = stageOf(host.url);
    return { name: stage.name, results: await runConformance(stage) };
  }),
);
await host.close();

const faults = failuresOf(runs);
if (faults.length === 0) {
  if (files.length === 0) process.stdout.write(`${conformanceTable(runs)}\n`);
  for (const file of files) faults.push(...(await place(file, conformanceTable(runs, wordsFor(file)))));
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
// The SDK of Longport holds a call whose venue has gone for ever, and the process with it.
process.exit(faults.length === 0 ? 0 : 1);

/** Writes the table into a file, or says what is wrong with the one that is there. */
async function place(file: string, table: string): Promise<string[]> {
  const text = await readFile(file, "utf8");
  let wanted: string;
  try {
    wanted = betweenMarks(text, table);
  } catch (error) {
    return [`${file}: ${error instanceof Error ? error.message : String(error)}`];
  }
  if (wanted === text) return [];
  if (values.check) return [`${file}: the table is out of date; run node scripts/conformance-table.ts ${file}`];
  await writeFile(file, wanted);
  return [];
}
