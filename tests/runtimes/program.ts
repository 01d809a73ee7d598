/** Programs in processes of their own, under each runtime. Only what was started here is ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** What stands before the path of a program. */
export const COMMANDS = {
  node: ["node"],
  bun: ["bun"],
  deno: [
    "deno",
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-net",
    "--allow-env",
    "--allow-read",
    "--allow-write",
    "--allow-sys",
  ],
} as const satisfies Record<string, readonly string[]>;

export type Runtime = keyof typeof COMMANDS;
export const RUNTIMES = Object.keys(COMMANDS) as readonly Runtime[];

/** How a process ended: with a code of its own, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program extends AsyncDisposable {
  /** Everything that was written so far, to standard output and error. */
  output(): string;
  /** Resolves with the first match in the output; rejects when the program ends without. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ending>;
}

/**
 * Starts a program.
 *
 * @param path From the root of the project.
 * @param denoFlags What it needs under Deno beyond {@link COMMANDS}.
 */
export function start(
  runtime: Runtime,
  path: string,
  env: Readonly<Record<string, string>> = {},
  denoFlags: readonly string[] = [],
): Program {
  const [command, ...common] = COMMANDS[runtime];
  const flags = runtime === "deno" ? [...common, ...denoFlags] : common;
  return startCommand([join(ROOT, "node_modules/.bin", command), ...flags, path], env);
}

/** Starts a program with a command of its own. What is `undefined` in `env` is not set. */
export function startCommand(
  [file = "", ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  cwd = ROOT,
): Program {
  const { npm_lifecycle_event: _, ...inherited } = process.env;
  const child = spawn(file, args, {
    cwd,
    env: { ...inherited, JOURNAL: "memory", ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return watch(child);
}

function watch(child: ChildProcess): Program {
  let text = "";
  const onText = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of onText) look();
    });
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  // An unhandled rejection would end the whole run; who waits for the end is told.
  ended.catch(() => {});

  return {
    output: () => text,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text);
          if (match === null) return;
          onText.delete(look);
          resolve(match);
        };
        onText.add(look);
        look();
        ended.then(
          ({ code }) => reject(new Error(`ended with ${code} before it printed ${pattern}:\n${text}`)),
          reject,
        );
      }),
    signal: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The address in the first line of a banner. */
export async function addressOf(program: Program): Promise<string> {
  const [, url = ""] = await program.printed(/listens on (https?:\/\/[^\s]+)/);
  return url;
}
