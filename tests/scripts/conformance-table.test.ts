import { describe, expect, test } from "vitest";
import { betweenMarks } from "../../scripts/conformance/between-marks.ts";
import { type BrokerRun, conformanceTable, failuresOf } from "../../scripts/conformance/table.ts";
import { type ConformanceResult, type Need, runConformance } from "../../src/testing/index.ts";
import { paperStage } from "../conformance/stages/paper.ts";

function result(status: "passed" | "failed" | "not applicable", ...needs: Need[]): ConformanceResult {
  const base = { name: "a check", needs };
  if (status === "failed") return { ...base, status, error: "saw 1, expected 2" };
  return status === "passed" ? { ...base, status } : { ...base, status, missing: "broker", reason: "no such method" };
}

function limit(region: string, timeInForce: "DAY" | "GTC", lifecycle: "RTH" | "ETH"): Need {
  return { row: { tradeType: "Securities", region, orderType: "Limit", timeInForce, lifecycle } };
}

const full: BrokerRun = {
  name: "full",
  results: [
    result("passed", { operation: "ping" }),
    result("passed", { operation: "quote" }, { quotes: "HK" }, { instrument: "HK" }),
    result("passed", { operation: "quote" }, { quotes: "US" }, { instrument: "US" }),
    result("passed", { operation: "placeOrder" }, limit("US", "GTC", "RTH"), { instrument: "US" }),
    result("passed", { operation: "placeOrder" }, limit("US", "DAY", "ETH"), { instrument: "US" }),
    result("passed", { operation: "placeOrder" }, limit("US", "DAY", "RTH"), { instrument: "US" }),
    result("not applicable", { operation: "placeOrder" }, limit("US", "GTC", "ETH"), { instrument: "US" }),
    result("passed", { operation: "placeOrder" }, { row: { orderType: "Limit" } }, { capability: "push" }),
  ],
};
const poor: BrokerRun = { name: "poor", results: [result("not applicable", { operation: "ping" })] };

describe("the table", () => {
  const lines = conformanceTable([full, poor]).split("\n");

  test("has a column a broker and a row an operation", () => {
    expect(lines.slice(0, 3)).toEqual([
      "| Operation | full | poor |",
      "| --- | --- | --- |",
      "| `ping/state` | ✓ | – |",
    ]);
    expect(lines).toContain("| `cash/state` | – | – |");
    expect(lines).toContain("| changes of orders | ✓ | – |");
    expect(lines).toContain("| checks passed | 7, 1 do not apply | 0, 1 do not apply |");
  });

  test("names the regions that were seen, always in one order", () => {
    expect(lines).toContain("| `market/quote` | US HK | – |");
  });

  test("names the kinds of orders that were taken, and no others", () => {
    expect(lines).toContain("| US Limit | DAY RTH ETH, GTC RTH | – |");
    expect(lines).toContain("| US Market | – | – |");
    expect(lines).toContain("| HK Limit | – | – |");
  });

  test("finds what the real suite says of the paper broker", async () => {
    const run = { name: "paper", results: await runConformance(paperStage) };
    expect(failuresOf([run])).toEqual([]);
    const real = conformanceTable([run]);
    for (const route of [
      "market/quote",
      "market/state",
      "order/place",
      "order/replace",
      "order/cancel",
      "order/list",
    ]) {
      expect(real).toContain(`| \`${route}\` | US HK CN |`);
    }
    expect(real).toContain("| US Limit | DAY RTH ETH OVERNIGHT, GTC RTH ETH |");
  });
});

test("a failed check is told, with its broker", () => {
  const run: BrokerRun = { name: "odd", results: [result("failed", { operation: "ping" })] };
  expect(failuresOf([full, run])).toEqual(["odd: a check: saw 1, expected 2"]);
});

describe("between the marks", () => {
  const [start, end] = ["<!-- conformance:start -->", "<!-- conformance:end -->"];

  test("the table takes the place of what was there, and again", () => {
    const once = betweenMarks(`a\n${start}\nold\n${end}\nb`, "| new |");
    expect(once).toBe(`a\n${start}\n\n| new |\n\n${end}\nb`);
    expect(betweenMarks(once, "| new |")).toBe(once);
  });

  test.each(["", start, end, `${end}${start}`, `${start}${start}${end}`, `${start}${end}${end}`])(
    "a text without one pair of marks is refused: %j",
    (text) => {
      expect(() => betweenMarks(text, "| new |")).toThrow("conformance:start");
    },
  );
});
