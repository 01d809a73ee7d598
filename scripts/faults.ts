/** `npm run faults`: see HELP. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { cellName, faultsPage } from "../tests/faults/matrix/page.ts";
import { runCell } from "../tests/faults/matrix/run-cell.ts";
import { CELLS, expectationOf } from "../tests/faults/matrix/table.ts";
import { orUsage } from "./or-usage.ts";

const HELP = `usage: npm run faults

Strikes every broker with every fault and writes what was seen into docs/faults.md. Takes some minutes, nearly all of which
is waiting. Ends with 1, and writes nothing, when something was seen in a cell that the table does not permit.`;

/** Cells that run at the same time. */
const AT_ONCE = 40;

const file = orUsage(HELP, fileAskedFor);
if (file !== undefined) await strike(file);

/** The file that is to be written; `undefined` where nothing is to be done. */
function fileAskedFor(): string | undefined {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(HELP);
    return undefined;
  }
  if (positionals.length !== 1) throw new TypeError("one file is written, no more");
  return positionals[0];
}

async function strike(file: string): Promise<void> {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  const waiting = CELLS.values();

  async function work(): Promise<void> {
    for (const cell of waiting) {
      const name = cellName(cell);
      try {
        const outcome = await runCell(cell);
        const expected = expectationOf(cell);
        seen.set(name, outcome);
        if (!("may" in expected && expected.may.includes(outcome))) faults.push(`${name}: ${outcome} is not permitted`);
        process.stdout.write(`${seen.size + faults.length}/${CELLS.length} ${name}: ${outcome}\n`);
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (faults.length === 0) await writeFile(file, faultsPage(seen));
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  // A context of Longport's SDK that was closed may keep the process alive until the runtime clears it away.
  process.exit(faults.length === 0 ? 0 : 1);
}
