/** Targets with every fault that fuzzing is for: what finds these finds others. */
import fc from "fast-check";
import { must } from "../oracles.ts";
import { defineTarget, type Target } from "../target.ts";

const inputs = fc.record({ number: fc.nat(10_000) });

const wrong = defineTarget("wrong", 1_000, () => ({
  inputs,
  check: ({ number }) => must(number < 700, "a number that is too large", number),
}));

const hanging = defineTarget("hanging", 1_000, () => ({
  inputs,
  check({ number }) {
    while (number % 100 === 77);
  },
}));

const crashing = defineTarget("crashing", 1_000, () => ({
  inputs,
  check({ number }) {
    if (number % 100 === 77) void Promise.reject(new Error("nobody looks at this"));
  },
}));

const greedy = defineTarget("greedy", 1_000, () => ({
  inputs,
  check({ number }) {
    const kept: number[][] = [];
    while (number % 100 === 77) kept.push(new Array(1 << 16).fill(number));
  },
}));

const kept: unknown[] = [];
const leaking = defineTarget("leaking", 3_000, () => ({
  inputs,
  check: ({ number }) => void kept.push(new Array(128).fill(number)),
}));

const sound = defineTarget("sound", 1_000, () => ({
  inputs,
  check: ({ number }) => must(number >= 0, "a number below 0"),
}));

export const TARGETS: readonly Target[] = [wrong, hanging, crashing, greedy, leaking, sound];
