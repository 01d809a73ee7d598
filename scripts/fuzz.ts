/** `npm run fuzz`: see HELP. Every pass over the targets has seeds of its own, counted up from the one that is printed. */
import { parseArgs } from "node:util";
import { allowedGrowth, type Failure, fuzz, type Memory, type Outcome } from "../tests/fuzz/host.ts";
import type { Target } from "../tests/fuzz/target.ts";
import { TARGETS } from "../tests/fuzz/targets/index.ts";
import { orUsage } from "./or-usage.ts";

const HELP = `usage: npm run fuzz -- [options]

Sends every route and every decoder of a vendor's messages what nobody should send them. Ends with 1 if a fault was found.

      --seconds N    for how long (default 60)
      --seed N       of the first inputs (default: a new one, which is printed)
      --target NAME  only this target; may be given more than once. There are
                     ${TARGETS.map(({ name }) => name).join(", ")}
      --input TEXT   tries this input of the one target, in the form in which a fault prints it`;

/** A pass as `npm test` makes it takes about so long. */
const PASS_SECONDS = 30;
/** Longer passes would tell too late. */
const LONGEST_PASS = 2;

const asked = orUsage(HELP, askedFor);
if (asked !== undefined) await asked();

/** What the arguments ask for, all of them checked. */
function askedFor(): () => Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      target: { type: "string", multiple: true, default: TARGETS.map(({ name }) => name) },
      input: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return async () => console.log(HELP);
  const [seconds, seed] = [wholeNumber("seconds", values.seconds), wholeNumber("seed", values.seed)];
  const targets = values.target.map(targetOf);
  const { input } = values;
  if (input === undefined) return () => passes(targets, seconds, seed);
  const [first, second] = targets;
  if (first === undefined || second !== undefined) throw new TypeError("--input needs the --target that it is for");
  return () => tryOne(first, input);
}

function targetOf(name: string): Target {
  const found = TARGETS.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new TypeError(`--target ${name} is none; there are ${TARGETS.map((each) => each.name).join(", ")}`);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} must be a whole number, not ${text}`);
}

async function tryOne(target: Target, input: string): Promise<void> {
  const open = await target.open();
  try {
    await open.replay(input);
  } finally {
    await open.close();
  }
  console.log(`${target.name}: every rule holds of this input`);
  // What a target may leave open must not keep this waiting.
  process.exit(0);
}

interface Sum {
  inputs: number;
  failures: number;
  memory: readonly Memory[];
}

async function passes(targets: readonly Target[], seconds: number, seed: number): Promise<void> {
  console.log(`seed ${seed}: ${targets.length} targets for ${seconds} s`);
  const sums = new Map<string, Sum>(targets.map(({ name }) => [name, { inputs: 0, failures: 0, memory: [] }]));
  const end = performance.now() + seconds * 1000;
  let next = seed;
  do {
    const left = (end - performance.now()) / 1000;
    const factor = Math.min(LONGEST_PASS, Math.max(0.05, left / PASS_SECONDS));
    const rounds = targets.map(({ name, runs }) => ({ target: name, seed: next, runs: Math.ceil(runs * factor) }));
    await fuzz(rounds, (outcome) => count(sums.get(outcome.target), outcome, next, factor >= 1));
    // A round takes two seeds: one to warm up, one to go on.
    next += 2;
  } while (performance.now() < end);
  let all = 0;
  for (const [name, { inputs, failures, memory }] of sums) {
    all += inputs;
    const [begin, last] = [memory[0], memory.at(-1)];
    const held =
      begin && last ? `${megabytes(begin.start)} MB held at the start, ${megabytes(last.end)} MB at the end` : "";
    console.log(`${name}: ${inputs} inputs, ${failures} failures, ${held}`);
  }
  const found = [...sums.values()].reduce((total, { failures }) => total + failures, 0);
  console.log(`${all} inputs, ${found} failures, seeds ${seed} to ${next - 1}`);
  process.exitCode = found === 0 ? 0 : 1;
}

/** A pass that is not whole is over before caches and compiled code have stopped growing: that tells of no leak. */
function count(
  sum: Sum | undefined,
  { target, inputs, failures, memory }: Outcome,
  seed: number,
  whole: boolean,
): void {
  if (sum === undefined) return;
  sum.inputs += inputs;
  const all: Failure[] = [...failures];
  if (memory !== undefined) {
    sum.memory = [...sum.memory, memory];
    const grown = memory.end - memory.start;
    if (whole && grown > allowedGrowth(memory)) {
      all.push({ target, seed, input: "", error: `${grown} bytes more are held after ${memory.inputs} inputs` });
    }
  }
  sum.failures += all.length;
  for (const failure of all)
    console.log(`${target}, seed ${failure.seed}: ${failure.error}\ninput: ${failure.input}\n`);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
