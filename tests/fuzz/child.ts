/** Tries the inputs of some targets in a process of its own, and tells the host line by line what comes of it. */
import { writeSync } from "node:fs";
import type { Job, Report } from "./host.ts";
import { SEEDS } from "./seeds.ts";
import { type OpenTarget, type Target, told } from "./target.ts";

const REPORTS = 3;
/** How often it is told that inputs go on being tried. */
const ALIVE_MS = 250;

const job: Job = JSON.parse(process.argv[2] ?? "{}");
const { TARGETS }: { readonly TARGETS: readonly Target[] } = await import(`./${job.module ?? "targets/index.ts"}`);

function report(line: Report): void {
  try {
    writeSync(REPORTS, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody listens any more.
    process.exit(1);
  }
}

/** Bytes that are held, after everything that can go has gone. */
async function held(): Promise<number> {
  // What ends with its own time, such as a closed connection, is let end.
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Rejections that nobody handles end the process when the event loop turns: in a traced run, before the next input. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

let toldAt = 0;
let inputs = 0;

async function before(input: () => string): Promise<void> {
  inputs += 1;
  if (job.trace === true) {
    await turn();
    report({ kind: "input", input: input() });
  } else if (Date.now() - toldAt > ALIVE_MS) {
    await turn();
    toldAt = Date.now();
    report({ kind: "alive", inputs });
  }
}

async function replays(name: string, target: OpenTarget): Promise<void> {
  for (const { target: of, seed, input, found } of SEEDS) {
    if (of !== name) continue;
    await before(() => input);
    try {
      await target.replay(input);
    } catch (error) {
      report({ kind: "found", target: name, seed, input, error: `it is back, ${found}: ${told(error)}` });
    }
  }
}

for (const { target: name, seed, runs } of job.rounds) {
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined)
    throw new Error(`no target ${name}; there are ${TARGETS.map((each) => each.name).join(", ")}`);
  report({ kind: "begin", target: name, seed, runs });
  const open = await target.open();
  inputs = 0;
  await replays(name, open);
  // What grows at the beginning is caches and compiled code; what still grows afterwards is a leak.
  const warmUp = Math.ceil(runs / 3);
  const found = await open.round(seed, warmUp, before);
  const start = await held();
  const later = found === undefined ? await open.round(seed + 1, runs - warmUp, before) : undefined;
  const end = await held();
  for (const each of [found, later]) if (each !== undefined) report({ kind: "found", target: name, ...each });
  await open.close();
  report({ kind: "end", target: name, inputs, memory: { start, end, inputs: runs - warmUp } });
}
// What is left open, such as the client's side of a socket, must not keep the host waiting.
process.exit(0);
