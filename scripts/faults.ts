/**
 * Runs the whole fault matrix and writes what was seen.
 *
 *     node scripts/faults.ts docs/faults.md
 *
 * Ends with 1, and writes nothing, when something was seen in a cell that the table does not permit. Takes some minutes,
 * nearly all of which is waiting.
 */
import { writeFile } from "node:fs/promises";
import { cellName, faultsPage } from "../tests/faults/matrix/page.ts";
import { runCell } from "../tests/faults/matrix/run-cell.ts";
import { CELLS, expectationOf } from "../tests/faults/matrix/table.ts";

/** Cells that run at the same time. */
const AT_ONCE = 40;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("say into which file: node scripts/faults.ts docs/faults.md");

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
