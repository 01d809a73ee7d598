import { expect, test } from "vitest";
import { createHistogram } from "../../src/observe/counters.ts";

test("what took how long is counted from the first bound on that holds it, and the seconds are added up", () => {
  const histogram = createHistogram();
  for (const ms of [0, 0.5, 0.75, 10_000, 10_001]) histogram.observe(ms);
  const { upTo, sum } = histogram.read();
  expect(upTo.slice(0, 3)).toEqual([
    ["0.0005", 2],
    ["0.001", 3],
    ["0.0025", 3],
  ]);
  expect(upTo.slice(-2)).toEqual([
    ["10", 4],
    ["+Inf", 5],
  ]);
  expect(sum).toBeCloseTo(20.00225, 9);
});
