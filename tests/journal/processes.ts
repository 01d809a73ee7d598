/** Programs run as child processes on the runtimes of this package. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const bin = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "..", ".bin");

const COMMANDS = {
  node: [process.execPath, "--no-warnings"],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "--quiet", "--allow-all"],
} as const;

/** A runtime that programs can be run on. */
export type Runtime = keyof typeof COMMANDS;

export const RUNTIMES = Object.keys(COMMANDS) as Runtime[];

function commandOf(runtime: Runtime, program: string, args: readonly string[]): [string, string[]] {
  const [command, ...flags] = COMMANDS[runtime];
  return [command, [...flags, fileURLToPath(new URL(program, import.meta.url)), ...args]];
}

/** Runs a program of this folder to its end; resolves with what it printed. */
export async function runProgram(runtime: Runtime, program: string, ...args: readonly string[]): Promise<string> {
  const [command, flags] = commandOf(runtime, program, args);
  const { stdout } = await promisify(execFile)(command, flags, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** Runs a program of this folder on Node under a limit to the size of every file that it writes. */
export async function runProgramWithin(
  { kibibytes }: { readonly kibibytes: number },
  program: string,
  ...args: readonly string[]
): Promise<string> {
  const [command, flags] = commandOf("node", program, args);
  const script = `ulimit -f ${kibibytes * 2}; exec "$@"`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script, "sh", command, ...flags]);
  return stdout;
}

/** Starts a program of this folder; its lines are read from its standard output. */
export function startProgram(
  runtime: Runtime,
  program: string,
  ...args: readonly string[]
): ChildProcess & { lines(): AsyncIterable<string> } {
  const [command, flags] = commandOf(runtime, program, args);
  const child = spawn(command, flags, { stdio: ["ignore", "pipe", "inherit"] });
  return Object.assign(child, { lines: () => linesOf(child) });
}

async function* linesOf({ stdout }: ChildProcess): AsyncIterable<string> {
  if (stdout === null) return;
  let rest = "";
  for await (const chunk of stdout.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
