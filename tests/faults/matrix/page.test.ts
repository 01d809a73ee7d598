/** The committed page is about this matrix, and shows nothing that would not be green now. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cellName, faultsPage, readPage } from "./page.ts";
import { CELLS, expectationOf, SHORT_RUN } from "./table.ts";

const page = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");

test("docs/faults.md has exactly the cells of the table, each with an outcome that it permits", () => {
  const seen = readPage(page);
  expect([...seen.keys()].toSorted()).toEqual(CELLS.map(cellName).toSorted());
  for (const cell of CELLS) {
    const expected = expectationOf(cell);
    expect("may" in expected ? expected.may : [], cellName(cell)).toContain(seen.get(cellName(cell)));
  }
});

test("docs/faults.md is what is printed from its cells today: if not, npm run faults", () => {
  expect(faultsPage(readPage(page))).toBe(page);
});

test("the short run leaves out no broker, no fault and no operation under a fault", () => {
  const named = (key: (cell: (typeof CELLS)[number]) => string, cells: typeof CELLS) =>
    [...new Set(cells.map(key))].toSorted();
  for (const key of [
    ({ broker, fault }: (typeof CELLS)[number]) => `${broker} ${fault}`,
    ({ fault, operation }: (typeof CELLS)[number]) => `${fault} ${operation}`,
  ]) {
    expect(named(key, SHORT_RUN)).toEqual(named(key, CELLS));
  }
  expect(new Set(SHORT_RUN.map(cellName)).size).toBe(SHORT_RUN.length);
});
