/** `npm run conformance`: see HELP. */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runConformance } from "../src/testing/index.ts";
import { STAGES } from "../tests/conformance/stages/index.ts";
import { startSimulatorHost } from "../tests/conformance/stages/simulator-host.ts";
import { betweenMarks } from "./conformance/between-marks.ts";
import { type BrokerRun, conformanceTable, failuresOf } from "./conformance/table.ts";
import { wordsFor } from "./conformance/words.ts";
import { orUsage } from "./or-usage.ts";

const HELP = `usage: npm run conformance -- [options]

Runs the conformance suite on every broker and puts the table of what was seen between the marks of README.md and
README.zh-CN.md. Ends with 1 when a broker fails a check.

      --check   writes nothing, and ends with 1 where an older table stands there`;

const asked = orUsage(HELP, askedFor);
if (asked !== undefined) await draw(asked);

/** Where the table is to stand. */
interface Asked {
  /** In Chinese where a name ends in `.zh-CN.md`; none: it is printed. */
  readonly files: readonly string[];
  /** Whether only to say if it stands there already. */
  readonly isCheck: boolean;
}

/** What the arguments ask for; `undefined` where nothing is to be done. */
function askedFor(): Asked | undefined {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help !== true) return { files: positionals, isCheck: values.check };
  console.log(HELP);
  return undefined;
}

async function draw({ files, isCheck }: Asked): Promise<void> {
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
    for (const file of files) faults.push(...(await place(file, conformanceTable(runs, wordsFor(file)), isCheck)));
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  // The SDK of Longport holds a call whose venue has gone for ever, and the process with it.
  process.exit(faults.length === 0 ? 0 : 1);
}

/** Writes the table into a file, or says what is wrong with the one that is there. */
async function place(file: string, table: string, isCheck: boolean): Promise<string[]> {
  const text = await readFile(file, "utf8");
  let wanted: string;
  try {
    wanted = betweenMarks(text, table);
  } catch (error) {
    return [`${file}: ${error instanceof Error ? error.message : String(error)}`];
  }
  if (wanted === text) return [];
  if (isCheck) return [`${file}: the table is out of date; run node scripts/conformance-table.ts ${file}`];
  await writeFile(file, wanted);
  return [];
}
