import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { betweenMarks } from "../../scripts/conformance/between-marks.ts";
import { type BrokerRun, conformanceTable, failuresOf } from "../../scripts/conformance/table.ts";
import { wordsFor } from "../../scripts/conformance/words.ts";
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
    expect(lines.slice(0, 3)).toEqual(["| API | full | poor |", "| --- | --- | --- |", "| `ping/state` | ✓ | ✗ |"]);
    expect(lines).toContain("| `cash/state` | ✗ | ✗ |");
    expect(lines).toContain("| `order/events` | ✓ | ✗ |");
    expect(lines).toContain("| checks passed, of all | 7 / 8 | 0 / 1 |");
  });

  test("names the regions that were seen and those that were not, always in one order", () => {
    expect(lines).toContain("| `market/quote` | ✓ US HK ✗ CN | ✗ |");
  });

  test("names the sessions of the kinds of orders that were taken, and no others", () => {
    expect(lines).toContain("| US Limit DAY | RTH ETH | ✗ |");
    expect(lines).toContain("| US Limit GTC | RTH | ✗ |");
    expect(lines).toContain("| US Market DAY | ✗ | ✗ |");
    expect(lines).toContain("| HK Limit DAY | ✗ | ✗ |");
  });

  test("folds the environments of a broker into its column, and says where they differ", () => {
    const runs = [
      { name: "futu WEB", results: poor.results },
      { name: "futu SIMULATE", results: poor.results },
      { name: "futu REAL", results: full.results },
      full,
    ];
    const folded = conformanceTable(runs).split("\n");
    expect(folded[0]).toBe("| API | Futu | full |");
    expect(folded).toContain("| `ping/state` | REAL: ✓<br>SIMULATE, WEB: ✗ | ✓ |");
    expect(folded).toContain("| `cash/state` | ✗ | ✗ |");
    expect(folded).toContain("| US Limit GTC | REAL: RTH<br>SIMULATE, WEB: ✗ | RTH |");
  });

  test("speaks Chinese in a Chinese document", () => {
    const runs = [{ name: "tiger", results: full.results }];
    const chinese = conformanceTable(runs, wordsFor("docs/README.zh-CN.md")).split("\n");
    expect(chinese[0]).toBe("| 接口 | 老虎证券 |");
    expect(chinese).toContain("| `market/quote` 报价快照 | ✓ US HK ✗ CN |");
    expect(conformanceTable(runs, wordsFor("README.md"))).toBe(conformanceTable(runs));
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
      expect(real).toContain(`| \`${route}\` | ✓ US HK CN |`);
    }
    expect(real).toContain("| US Limit DAY | RTH ETH OVERNIGHT |");
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

describe("the arguments of npm run conformance", () => {
  const script = fileURLToPath(new URL("../../scripts/conformance-table.ts", import.meta.url));
  const run = (argument: string) => promisify(execFile)(process.execPath, [script, argument], { timeout: 50_000 });

  test("--help says what is done, and does none of it", { timeout: 60_000 }, async () => {
    const { stdout } = await run("--help");
    expect(stdout).toMatch(/^usage: npm run conformance/);
  });

  test("an unknown option: usage and exit code 2", { timeout: 60_000 }, async () => {
    await expect(run("--only")).rejects.toMatchObject({ code: 2, stdout: "" });
  });
});
