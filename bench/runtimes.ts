/** The runtimes that are measured, as programs of their own: the wrappers that npm puts in front would be measured too. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const RUNTIMES = ["node", "deno", "bun"] as const;
export type Runtime = (typeof RUNTIMES)[number];

export const ROOT: string = join(import.meta.dirname, "..");

/** How each runtime names its own file, and what stands before a program's path. */
const ASKING = {
  node: { ask: ["-p", "process.execPath"], flags: ["--expose-gc"] },
  deno: {
    ask: ["eval", "console.log(Deno.execPath())"],
    flags: [
      "run",
      "--quiet",
      "--no-prompt",
      "--v8-flags=--expose-gc",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-write",
      "--allow-sys",
    ],
  },
  bun: { ask: ["-e", "console.log(process.execPath)"], flags: [] },
} as const satisfies Record<Runtime, { ask: readonly string[]; flags: readonly string[] }>;

/** A runtime as it is started. */
export interface RuntimeProgram {
  readonly name: Runtime;
  readonly version: string;
  /** The file, and what stands before the path of a program. */
  readonly command: readonly string[];
}

/** Finds a runtime among the project's development dependencies. */
export function findRuntime(name: Runtime): RuntimeProgram {
  const { ask, flags } = ASKING[name];
  const run = (file: string, args: readonly string[]) =>
    execFileSync(file, args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  const file = run(join(ROOT, "node_modules", ".bin", name), ask).trim();
  const [version = "unknown"] = /\d+\.\d+\.\d+/.exec(run(file, ["--version"])) ?? [];
  return { name, version, command: [file, ...flags] };
}
