/** Programs that are measured, in processes of their own, and the side channel to them: lines of JSON on their pipes. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ROOT } from "./runtimes.ts";

/** A program that answers over its side channel. */
export interface Program {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Lets it do what its programs call `command`, and gives what it answers. One at a time. */
  ask(command: string, argument?: unknown): Promise<unknown>;
  /** Ends it at once; resolves when it is gone. */
  end(): Promise<void>;
}

/** Everything started here that has not ended: none may outlive the benchmark. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a program and waits until it is ready.
 *
 * @param command What runs it, and its path from the root of the project.
 * @param setup What it is to be: its first argument, as JSON.
 */
export async function startProgram(command: readonly string[], setup: unknown): Promise<Program> {
  const [file = "", ...args] = command;
  const child = spawn(file, [...args, JSON.stringify(setup)], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      errors += error.message;
      resolve();
    });
    child.once("close", () => resolve());
  });
  void ended.then(() => running.delete(child));

  const answers: ((answer: unknown) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => answers.shift()?.(JSON.parse(line)));
  const next = () =>
    Promise.race([
      new Promise<unknown>((resolve) => answers.push(resolve)),
      ended.then(() => {
        throw new Error(`${args.find((arg) => arg.endsWith(".ts")) ?? file} ended early:\n${errors}`);
      }),
    ]);

  const ready = (await next()) as Record<string, unknown>;
  return {
    ready,
    ask(name, argument) {
      const answer = next();
      child.stdin.write(`${JSON.stringify([name, argument])}\n`);
      return answer;
    },
    end() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
