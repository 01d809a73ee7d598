/**
 * Runs targets in a child process, so that what hangs, crashes or eats the memory is found as well.
 *
 * A child that says nothing for long hangs. A hang and a crash are run once more with every input told
 * beforehand: the last one is the culprit.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** So many inputs of a target, from a seed. */
export interface Round {
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
}

export interface Job {
  readonly rounds: readonly Round[];
  /** Tells of each input before it is tried. Default false. */
  readonly trace?: boolean;
  /** Where the targets are, from this folder. Default `targets/index.ts`. */
  readonly module?: string;
}

export interface FuzzOptions {
  readonly module?: string;
  /** So many milliseconds without a word of a child that has begun are a hang. Default {@link SILENCE_MS}. */
  readonly silenceMs?: number;
  /** Ends the child, and rejects. */
  readonly signal?: AbortSignal;
}

/** Bytes held before and after so many inputs, warmed up and collected. */
export interface Memory {
  readonly start: number;
  readonly end: number;
  readonly inputs: number;
}

export interface Failure {
  readonly target: string;
  readonly seed: number;
  /** In its written form, as `seeds.ts` keeps it; empty where it could not be found out. */
  readonly input: string;
  readonly error: string;
}

/** What a child tells. */
export type Report =
  | ({ readonly kind: "begin" } & Round)
  | { readonly kind: "alive"; readonly inputs: number }
  | { readonly kind: "input"; readonly input: string }
  | ({ readonly kind: "found" } & Failure)
  | { readonly kind: "end"; readonly target: string; readonly inputs: number; readonly memory: Memory };

/** What came of a target. */
export interface Outcome {
  readonly target: string;
  readonly inputs: number;
  readonly failures: readonly Failure[];
  /** Absent when the round did not come to its end. */
  readonly memory?: Memory;
}

/** Longer than any input takes on a busy machine. */
const SILENCE_MS = 60_000;
/** More than any target needs; who goes beyond it allocates without bound. */
const HEAP_MB = 384;

/** Runs the rounds one after the other; `onOutcome` is called as each ends. Goes on with the next after a crash. */
export async function fuzz(
  rounds: readonly Round[],
  onOutcome: (outcome: Outcome) => void,
  options: FuzzOptions = {},
): Promise<void> {
  let left = rounds;
  while (left.length > 0) {
    const ended = await runChild({ rounds: left }, onOutcome, options);
    left = left.slice(ended.rounds);
    const [broken] = left;
    if (broken === undefined) return;
    const traced = await runChild({ rounds: [broken], trace: true }, () => undefined, options);
    const error = `${ended.how}${traced.how === "" ? ", but not when it was run again" : ""}`;
    const { target, seed } = broken;
    const failure = { target, seed, input: traced.how === "" ? "" : traced.last, error };
    onOutcome({ target, inputs: ended.inputs, failures: [...ended.failures, failure] });
    left = left.slice(1);
  }
}

interface Ended {
  /** So many rounds came to their end. */
  readonly rounds: number;
  /** Of the round that did not: how it ended, its inputs as last told, its last traced input, and what it had found. */
  readonly how: string;
  readonly inputs: number;
  readonly last: string;
  readonly failures: readonly Failure[];
}

function runChild(
  job: Job,
  onOutcome: (outcome: Outcome) => void,
  { module, silenceMs = SILENCE_MS, signal }: FuzzOptions,
): Promise<Ended> {
  const program = join(import.meta.dirname, "child.ts");
  const flags = ["--expose-gc", `--max-old-space-size=${HEAP_MB}`, "--disable-warning=ExperimentalWarning"];
  const whole: Job = module === undefined ? job : { ...job, module };
  const child = spawn(process.execPath, [...flags, program, JSON.stringify(whole)], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, TZ: "UTC" },
    ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" as const }),
  });
  let rounds = 0;
  let inputs = 0;
  let last = "";
  let failures: Failure[] = [];
  let complaint = "";
  let hung = false;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const watch = (ms: number) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, ms);
  };

  function hear(line: Report): void {
    watch(silenceMs);
    if (line.kind === "begin") {
      inputs = 0;
      failures = [];
    } else if (line.kind === "alive") inputs = line.inputs;
    else if (line.kind === "input") last = line.input;
    else if (line.kind === "found") failures.push(line);
    else {
      rounds += 1;
      onOutcome({ target: line.target, inputs: line.inputs, memory: line.memory, failures });
    }
  }

  // Loading everything takes its time on a busy machine.
  watch(SILENCE_MS);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const reports = child.stdio[3] as Readable;
  const lines = createInterface({ input: reports });
  lines.on("line", (line) => hear(JSON.parse(line)));
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      clearTimeout(watchdog);
      reject(error);
    });
    child.once("close", async (code, signal) => {
      await read;
      clearTimeout(watchdog);
      const crash = `the process ended with ${signal ?? code}: ${complaint.trim()}`;
      const how = code === 0 ? "" : hung ? `an input hangs for more than ${silenceMs} ms` : crash;
      resolve({ rounds, how, inputs, last, failures });
    });
  });
}

/** What a target may hold more after its inputs than before, in bytes: noise, and far less an input than any leak. */
export function allowedGrowth({ inputs }: Memory): number {
  return 1_000_000 + 200 * inputs;
}
