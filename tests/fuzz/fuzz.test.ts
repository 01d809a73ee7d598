/** Fuzzing in short: every target from one seed, what was found before first. In long it is `npm run fuzz`. */
import { afterAll, expect, test } from "vitest";
import { allowedGrowth, fuzz, type Outcome } from "./host.ts";
import { TARGETS } from "./targets/index.ts";

/** The same for everybody, so that nobody is stopped by what another change did; `FUZZ_SEED` takes another one. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_250_528);
/** What all of it may take on a machine that does other things too. */
const PATIENCE_MS = 600_000;

const stop = new AbortController();
const outcomes = new Map(TARGETS.map(({ name }) => [name, Promise.withResolvers<Outcome>()]));
const rounds = TARGETS.map(({ name: target, runs }) => ({ target, seed: SEED, runs }));
const running = fuzz(rounds, (outcome) => outcomes.get(outcome.target)?.resolve(outcome), { signal: stop.signal });
running.catch((error) => {
  for (const { promise, reject } of outcomes.values()) {
    promise.catch(() => {});
    reject(error);
  }
});

afterAll(() => stop.abort());

test.for(TARGETS)(`$name: $runs inputs from seed ${SEED}`, { timeout: PATIENCE_MS }, async ({ name, runs }) => {
  const outcome = await outcomes.get(name)?.promise;
  expect(outcome?.failures).toEqual([]);
  expect(outcome?.inputs).toBeGreaterThanOrEqual(runs);
  const memory = outcome?.memory ?? { start: 0, end: Number.POSITIVE_INFINITY, inputs: 0 };
  expect(memory.end - memory.start).toBeLessThan(allowedGrowth(memory));
});

test("20,000 inputs and more", { timeout: PATIENCE_MS }, async () => {
  const all = await Promise.all([...outcomes.values()].map(({ promise }) => promise));
  expect(all.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThan(20_000);
  await running;
});
