/** The table of what each broker can do, drawn from what it was seen to do in the conformance suite. */
import { LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../src/domain/order.ts";
import type { Operation, OrderCapability } from "../../src/spec/capabilities.ts";
import type { ConformanceResult, Need } from "../../src/testing/index.ts";

/** What one broker's run of the suite gave. */
export interface BrokerRun {
  /** Heads its column. */
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

const NONE = "–";

/**
 * Two tables in Markdown: operation × region, and the kinds of orders that were taken. Only what passed a check is in
 * them. A dash says that the broker does not offer the thing, or that nothing was there to look at it with.
 */
export function conformanceTable(runs: readonly BrokerRun[]): string {
  const head = runs.map(({ name }) => name);
  const operations = Object.entries(ROUTES).map(([operation, route]) => [
    `\`${route}\``,
    ...runs.map((run) => operationCell(run, (need) => "operation" in need && need.operation === operation)),
  ]);
  const pushes = runs.map((run) => operationCell(run, (need) => "capability" in need && need.capability === "push"));
  const counts = runs.map(({ results }) => {
    const { length } = passed(results);
    return `${length}, ${results.length - length} do not apply`;
  });
  const orders = REGIONS.flatMap((region) =>
    ORDER_TYPES.map((orderType) => [`${region} ${orderType}`, ...runs.map((run) => orderCell(run, region, orderType))]),
  );
  return [
    ...table(["Operation", ...head], [...operations, ["changes of orders", ...pushes], ["checks passed", ...counts]]),
    "",
    ...table(["Order", ...head], orders),
  ].join("\n");
}

/** The checks that a broker did not pass though it offers what they look at, one line each. */
export function failuresOf(runs: readonly BrokerRun[]): string[] {
  return runs.flatMap(({ name, results }) =>
    results.flatMap((result) => (result.status === "failed" ? [`${name}: ${result.name}: ${result.error}`] : [])),
  );
}

/** The regions in which an operation passed; a tick for one that knows no regions. */
function operationCell({ results }: BrokerRun, isWanted: (need: Need) => boolean): string {
  const seen = passed(results).filter(({ needs }) => needs.some(isWanted));
  if (seen.length === 0) return NONE;
  const regions = REGIONS.filter((region) => seen.some(({ needs }) => needs.some((need) => isIn(need, region))));
  return regions.length === 0 ? "✓" : regions.join(" ");
}

function isIn(need: Need, region: string): boolean {
  return "instrument" in need && need.instrument === region;
}

/** The times in force and sessions of the rows that were taken: `DAY RTH ETH, GTC RTH`. */
function orderCell({ results }: BrokerRun, region: string, orderType: string): string {
  const rows = passed(results).flatMap(({ needs }) => needs.flatMap((need) => ("row" in need ? [need.row] : [])));
  const kinds = TIMES_IN_FORCE.flatMap((timeInForce) => {
    const isTaken = (lifecycle: string) =>
      rows.some((row) => isRow(row, { region, orderType, timeInForce, lifecycle }));
    const sessions = LIFECYCLES.filter(isTaken);
    return sessions.length === 0 ? [] : [`${timeInForce} ${sessions.join(" ")}`];
  });
  return kinds.join(", ") || NONE;
}

function isRow(row: Partial<OrderCapability>, wanted: Readonly<Record<string, string>>): boolean {
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
