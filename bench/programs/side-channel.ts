/** The end of the side channel inside a program that is measured. */
import process from "node:process";
import { createInterface } from "node:readline";

/** What a program can be asked for, by name. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** Processor time of this process since its start. */
export interface CpuAnswer {
  readonly microseconds: number;
}

/** What this program is to be: its first argument. */
export function setupOf<Setup>(): Setup {
  return JSON.parse(process.argv[2] ?? "null");
}

/** Says that the program is ready, then answers one command after the other; ends with whoever started it. */
export function serveSideChannel(ready: object, commands: Commands = {}): void {
  const all: Commands = { cpu, memory, ...commands };
  const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const [name, argument] = JSON.parse(line) as [string, never];
    say(await all[name]?.(argument));
  });
  lines.on("close", () => process.exit());
  say(ready);
}

function cpu(): CpuAnswer {
  const { user, system } = process.cpuUsage();
  return { microseconds: user + system };
}

declare const Bun: { gc(force: boolean): void } | undefined;
declare const gc: (() => void) | undefined;

/** Bytes of the heap in use after everything was collected that can be. */
function memory(): { heap: number } {
  for (let round = 0; round < 3; round += 1) {
    if (typeof Bun !== "undefined") Bun.gc(true);
    else gc?.();
  }
  return { heap: process.memoryUsage().heapUsed };
}
