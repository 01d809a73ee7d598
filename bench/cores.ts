/** Which processor core the server runs on, and which the load: shared, each would take from the other what is measured. */
import { spawnSync } from "node:child_process";

/** Puts a command on a core. */
export interface Cores {
  /** Said beside the figures, in a sentence. */
  readonly note: string;
  readonly server: (command: readonly string[]) => readonly string[];
  readonly load: (command: readonly string[]) => readonly string[];
}

/** Takes the first two cores that this process may use, where `taskset` (Linux) can hold a process to one. */
export function findCores(): Cores {
  const free = (command: readonly string[]) => command;
  const { status, stdout } = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  if (status !== 0) {
    return { note: "not held to cores of their own, since there is no taskset here", server: free, load: free };
  }
  const [first, second] = coresIn(stdout.split(":").at(-1) ?? "");
  if (first === undefined || second === undefined) {
    return { note: "on one and the same core, since there is no second", server: free, load: free };
  }
  const on = (core: number) => (command: readonly string[]) => ["taskset", "-c", String(core), ...command];
  return { note: `server on core ${first}, load on core ${second}`, server: on(first), load: on(second) };
}

/** The numbers in a list such as `0,2-5`. */
export function coresIn(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((part) => {
      const [from = Number.NaN, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}
