/** The table of what each broker can do, drawn from what it was seen to do in the conformance suite. */
import { LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../src/domain/order.ts";
import type { Operation, OrderCapability } from "../../src/spec/capabilities.ts";
import type { ConformanceResult, Need } from "../../src/testing/index.ts";
import { type Words, wordsFor } from "./words.ts";

/** What one broker's run of the suite gave. */
export interface BrokerRun {
  /** The broker's kind, and after a blank, where it is run more than once, which of its environments: `futu REAL`. */
  readonly name: string;
  readonly results: readonly ConformanceResult[];
}

/** The runs of one broker: a column. */
interface Column {
  readonly kind: string;
  readonly environments: readonly Environment[];
}

interface Environment {
  readonly name: string;
  readonly results: readonly ConformanceResult[];
}

const REGIONS = ["US", "HK", "CN"] as const;

/** Operations in the order of the routes, under the route that each serves. */
const ROUTES: Readonly<Record<Operation, string>> = {
  ping: "ping/state",
  quote: "market/quote",
  marketStatus: "market/state",
  cash: "cash/state",
  positions: "position/state",
  placeOrder: "order/place",
  replaceOrder: "order/replace",
  cancelOrder: "order/cancel",
  order: "order/state",
  orders: "order/list",
};

const YES = "✓";
const NO = "✗";

/**
 * Two tables in Markdown with a column for each broker: operation × region, and the kinds of orders that were taken.
 * Environments of a broker that agree share what the cell says; those that differ each have a line in it. Only what
 * passed a check counts as there.
 */
export function conformanceTable(runs: readonly BrokerRun[], words: Words = wordsFor("")): string {
  const columns = toColumns(runs);
  const head = columns.map(({ kind }) => words.brokers[kind] ?? kind);
  const row = (label: string, cellOf: (results: readonly ConformanceResult[]) => string) => [
    label,
    ...columns.map((column) => folded(column, cellOf)),
  ];
  const named = (route: string, operation: Operation | "push") =>
    `\`${route}\` ${words.operations?.[operation] ?? ""}`.trim();

  const operations = (Object.keys(ROUTES) as Operation[]).map((operation) =>
    row(named(ROUTES[operation], operation), (results) =>
      operationCell(results, (need) => "operation" in need && need.operation === operation),
    ),
  );
  const pushes = row(named("order/events", "push"), (results) =>
    operationCell(results, (need) => "capability" in need && need.capability === "push"),
  );
  const checks = row(words.checks, (results) => `${passed(results).length} / ${results.length}`);
  const orders = REGIONS.flatMap((region) =>
    ORDER_TYPES.flatMap((orderType) =>
      TIMES_IN_FORCE.map((timeInForce) =>
        row(`${region} ${orderType} ${timeInForce}`, (results) =>
          sessionsCell(results, { region, orderType, timeInForce }),
        ),
      ),
    ),
  );
  return [
    ...table([words.api, ...head], [...operations, pushes, checks]),
    "",
    ...table([words.order, ...head], orders),
  ].join("\n");
}

/** The checks that a broker did not pass though it offers what they look at, one line each. */
export function failuresOf(runs: readonly BrokerRun[]): string[] {
  return runs.flatMap(({ name, results }) =>
    results.flatMap((result) => (result.status === "failed" ? [`${name}: ${result.name}: ${result.error}`] : [])),
  );
}

function toColumns(runs: readonly BrokerRun[]): Column[] {
  const byKind = new Map<string, Environment[]>();
  for (const { name, results } of runs) {
    const [kind = "", ...rest] = name.split(" ");
    byKind.set(kind, [...(byKind.get(kind) ?? []), { name: rest.join(" "), results }]);
  }
  return [...byKind].map(([kind, environments]) => ({
    kind,
    environments: environments.sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

/** What all environments say; where they differ, a line for each answer with the environments that give it. */
function folded({ environments }: Column, cellOf: (results: readonly ConformanceResult[]) => string): string {
  const namesByCell = new Map<string, string[]>();
  for (const { name, results } of environments) {
    const cell = cellOf(results);
    namesByCell.set(cell, [...(namesByCell.get(cell) ?? []), name]);
  }
  const lines = [...namesByCell];
  if (lines.length === 1) return lines[0]?.[0] ?? NO;
  return lines.map(([cell, names]) => `${names.join(", ")}: ${cell}`).join("<br>");
}

/** The regions in which an operation passed, and those in which it is not there; a tick alone for one without regions. */
function operationCell(results: readonly ConformanceResult[], isWanted: (need: Need) => boolean): string {
  const seen = passed(results).filter(({ needs }) => needs.some(isWanted));
  if (seen.length === 0) return NO;
  const isSeen = (region: string) => seen.some(({ needs }) => needs.some((need) => isIn(need, region)));
  const [there, missing] = [REGIONS.filter(isSeen), REGIONS.filter((region) => !isSeen(region))];
  if (there.length === 0) return YES;
  return [YES, ...there, ...(missing.length === 0 ? [] : [NO, ...missing])].join(" ");
}

function isIn(need: Need, region: string): boolean {
  return "instrument" in need && need.instrument === region;
}

/** The sessions in which orders of a kind were taken. */
function sessionsCell(results: readonly ConformanceResult[], kind: Partial<OrderCapability>): string {
  const rows = passed(results).flatMap(({ needs }) => needs.flatMap((need) => ("row" in need ? [need.row] : [])));
  const isTaken = (lifecycle: string) => rows.some((row) => isRow(row, { ...kind, lifecycle }));
  return LIFECYCLES.filter(isTaken).join(" ") || NO;
}

function isRow(row: Partial<OrderCapability>, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries({ tradeType: "Securities", ...wanted }).every(
    ([field, value]) => row[field as keyof OrderCapability] === value,
  );
}

function passed(results: readonly ConformanceResult[]): readonly ConformanceResult[] {
  return results.filter(({ status }) => status === "passed");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
