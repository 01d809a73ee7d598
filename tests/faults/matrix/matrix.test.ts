/**
 * The fault matrix. `npm test` runs few cells that leave nothing out ({@link SHORT_RUN}), `CELLS=all`, which is
 * `npm run test:long`, all of them; `-t tiger` or `-t half-open` those of one broker or one fault.
 */
import { expect, test, vi } from "vitest";
import { runCell } from "./run-cell.ts";
import { CELLS, expectationOf, SHORT_RUN } from "./table.ts";

// Nearly all of their time cells wait: for deadlines, settle times and connections.
vi.setConfig({ maxConcurrency: 40 });

const cells = process.env["CELLS"] === "all" ? CELLS : SHORT_RUN;

// One list for all brokers, in one file: what waits in one cell leaves the machine to every other.
test.for(cells)("$broker: $fault × $operation", { concurrent: true, timeout: 600_000 }, async (cell) => {
  const expected = expectationOf(cell);
  const outcome = await runCell(cell);
  expect("may" in expected ? expected.may : []).toContain(outcome);
});
