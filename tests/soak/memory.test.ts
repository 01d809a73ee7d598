import { expect, test } from "vitest";
import { leaksOf, slopeOf } from "../../scripts/soak/memory.ts";
import { createRandom } from "../../scripts/soak/random.ts";

test("what there is more of is a leak, unless it is spare", () => {
  const before = { Timeout: 2, Socket: 1 };
  expect(leaksOf(before, { Timeout: 2, Socket: 1 })).toEqual([]);
  expect(leaksOf(before, { Timeout: 1 })).toEqual([]);
  expect(leaksOf(before, { Timeout: 4, Server: 1 })).toEqual([
    "Timeout: 2 before, 4 after",
    "Server: 0 before, 1 after",
  ]);
  expect(leaksOf(before, { Timeout: 4, Server: 1 }, { Timeout: 2 })).toEqual(["Server: 0 before, 1 after"]);
});

test("the slope is the growth in a minute, whatever the noise", () => {
  const samples = [0, 1, 2, 3].map((minute) => ({
    at: 1_000_000 + minute * 60_000,
    heapUsed: 50 + 10 * minute + (minute === 1 || minute === 2 ? 4 : 0),
    rss: 7,
  }));
  expect(slopeOf(samples, "heapUsed")).toBeCloseTo(10);
  expect(slopeOf(samples, "rss")).toBe(0);
  expect(slopeOf(samples.slice(0, 1), "heapUsed")).toBe(0);
});

test("a seed repeats its choices, and a fork has its own", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    const fork = random.fork();
    return [random.next(), random.int(1, 6), random.pick(["a", "b", "c"]), fork.weighted({ a: 1, b: 1, never: 0 })];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const random = createRandom(1);
  const dice = Array.from({ length: 600 }, () => random.int(1, 6));
  expect([...new Set(dice)].toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Array.from({ length: 600 }, () => random.weighted({ a: 1, never: 0 }))).not.toContain("never");
});
