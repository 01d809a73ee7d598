/** What is said of figures: medians, ratios that are paired per round, and when a difference is none. */
import { describe, expect, test } from "vitest";
import { missedByHalf } from "../../bench/check.ts";
import { coresIn } from "../../bench/cores.ts";
import { type Metric, percentile, rowsOf, spreadOf, type Table } from "../../bench/figures.ts";
import { readOptions } from "../../bench/options.ts";
import { chartOf } from "../../bench/report/chart.ts";
import { ratiosTable } from "../../bench/report/markdown.ts";
import { type Results, resultsOf } from "../../bench/report/results.ts";
import { terminalTable } from "../../bench/report/terminal.ts";
import { measureByTurns } from "../../bench/rounds.ts";

const METRICS: readonly Metric[] = [
  { key: "requests", label: "requests/s", against: "share" },
  { key: "cpu", label: "CPU µs/request", against: "inverse", steady: true },
];

/** A table of three rounds: the baseline varies by a tenth, the gateway has `share` of it. */
function tableOf(share: number, target = 0.9): Table {
  const samples = (factor: number, extra: readonly number[]) =>
    [100, 200, 300].map((base, round) => {
      const requests = base * factor * (extra[round] ?? 1);
      return { requests, cpu: 1000 / requests };
    });
  const targets = METRICS.map(({ key }) => ({ metric: key, value: target }));
  const rows = rowsOf(METRICS, [
    { name: "bare", samples: samples(1, [1, 1, 1]) },
    { name: "bare again", samples: samples(1, [0.95, 1, 1.05]) },
    { name: "gateway", samples: samples(share, [1, 1, 1]), targets },
  ]);
  return { name: "read", title: "GET cash/state", runtime: "bun", metrics: METRICS, rows, notes: [] };
}

describe("figures", () => {
  test("the median of an even and of an odd number of rounds", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
  });

  test("a percentile is one of the values", () => {
    const sorted = Array.from({ length: 101 }, (_, index) => index);
    expect([percentile(sorted, 0.5), percentile(sorted, 0.99)]).toEqual([50, 99]);
  });

  test("ratios are paired per round, so that a slow round does not count against one row", () => {
    const [, , gateway] = tableOf(0.5).rows;
    expect(gateway?.ratios["requests"]).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
    expect(gateway?.ratios["cpu"]?.median).toBeCloseTo(0.5);
  });

  test("a difference inside the spread of the baseline against itself is none", () => {
    expect(tableOf(0.97).rows[2]?.none).toEqual(["requests", "cpu"]);
    expect(tableOf(0.9).rows[2]?.none).toEqual([]);
  });

  test("a table without its baseline twice is refused", () => {
    expect(() => rowsOf(METRICS, [{ name: "bare", samples: [] }])).toThrow("baseline twice");
  });
});

describe("rounds", () => {
  test("rows take turns in who is first, after the warm-up of all", async () => {
    const asked: string[] = [];
    const row = (name: string) => ({
      name,
      async sample() {
        asked.push(name);
        return { requests: asked.length };
      },
    });
    const measured = await measureByTurns([row("a"), row("b")], { rounds: 2, warmUps: 1 });
    expect(asked.join("")).toBe("ababba");
    expect(measured.map(({ samples }) => samples)).toEqual([
      [{ requests: 3 }, { requests: 6 }],
      [{ requests: 4 }, { requests: 5 }],
    ]);
  });
});

describe("the check", () => {
  test("nothing is said of a target that is missed by less than half", () => {
    expect(missedByHalf([tableOf(0.46)])).toEqual([]);
  });

  test("a share below half its target is told, by what holds on a busy machine only", () => {
    expect(missedByHalf([tableOf(0.4)])).toEqual([
      "bun: GET cash/state: gateway came to 0.40 by CPU µs/request, far from its target of 0.9",
    ]);
  });

  test("a row that was not measured is told", () => {
    expect(missedByHalf([tableOf(Number.NaN)])).toHaveLength(1);
  });
});

describe("the report", () => {
  const results: Results = {
    ...{
      date: "2026-01-01",
      versions: { bun: "1.4.5" },
      load: "autocannon",
      cores: "on one core",
      rounds: 3,
      seconds: 1,
    },
    machine: { system: "linux", processor: "a processor", cores: 2, memoryGb: 8 },
    tables: [tableOf(0.8)],
  };

  test("every figure stands beside its target", () => {
    expect(ratiosTable(results).split("\n")).toContain(
      "| GET cash/state | gateway | requests/s | – | – | **0.80 (0.90)** |",
    );
    expect(terminalTable(tableOf(0.95))).toContain("0.95 (0.95 to 0.95, none; target 0.90 reached)");
  });

  test("the chart is an SVG with a bar for each figure", async () => {
    const svg = await chartOf(results);
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("GET cash/state: gateway, CPU µs/request");
  });

  test("results without a runtime are refused", () => {
    expect(() => resultsOf([], [], {})).toThrow("no runtime");
  });
});

describe("options", () => {
  test("all runtimes in one order, and five rounds", () => {
    const { runtimes, effort } = readOptions(["--runtime", "bun", "--runtime", "node"]);
    expect([runtimes, effort.rounds]).toEqual([["node", "bun"], 5]);
  });

  test("a peer, and how it is asked", () => {
    const { peer } = readOptions(["--peer", "http://127.0.0.1:1/x?y=1", "--peer-header", "X-Key: a: b"]);
    expect(peer).toMatchObject({ name: "127.0.0.1:1", method: "GET", headers: { "X-Key": "a: b" } });
  });

  test.each([
    ["--runtime", "ruby"],
    ["--rounds", "0"],
    ["--rounds", "2.5"],
    ["--seconds", "Infinity"],
    ["--only", "all"],
    ["--folder", "/there/is/none"],
    ["--out", "/there/is/none/bench.json"],
    ["--peer", "127.0.0.1"],
    ["--seconds", "x"],
    ["--load", "curl"],
    ["--unknown", "1"],
  ])("%s %s is refused", (option, value) => {
    expect(() => readOptions([option, value])).toThrow(option);
  });

  test.each([
    ["--only", "peer"],
    ["--peer-method", "POST"],
  ])("%s %s needs a peer", (option, value) => {
    expect(() => readOptions([option, value])).toThrow("--peer URL is missing");
  });
});

test("the cores in a list of them", () => {
  expect([coresIn(" 0-3\n"), coresIn("1,4-5")]).toEqual([
    [0, 1, 2, 3],
    [1, 4, 5],
  ]);
});
