/** The gateway's process, which may be killed and started again on the same port and journal. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { GatewaySetup, Order, Told } from "./gateway-program.ts";
import type { Counts, Sample } from "./memory.ts";

/** The gateway, whichever process it is at the moment. */
export interface Gateway {
  /** Where it serves, in every life. */
  readonly url: string;
  /** Ends it without a word and starts it again; resolves when it serves. */
  restart(): Promise<void>;
  sample(): Promise<Sample>;
  count(): Promise<Counts>;
  /** Closes it as `serve()` does; what was in the process before it was opened. */
  close(): Promise<{ readonly before: Counts }>;
  /** Warnings of the runtime, such as too many listeners, in every life. */
  warnings(): readonly string[];
  /** Rejects when it ends without having been asked to. */
  readonly crash: Promise<never>;
  /** Ends the process if it lives. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("gateway-program.ts", import.meta.url));

/** @throws when it ends before it serves. */
export async function startGateway(setup: GatewaySetup): Promise<Gateway> {
  const warnings: string[] = [];
  const { promise: crash, reject: tellCrash } = Promise.withResolvers<never>();
  // Whoever starts it may not wait for that.
  crash.catch(() => {});
  let child: ChildProcess;
  let killed: ChildProcess | undefined;
  let port = setup.port;

  async function begin(): Promise<string> {
    child = fork(PROGRAM, [JSON.stringify({ ...setup, port })], {
      execArgv: ["--no-warnings", "--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (told: Told) => {
      if (told.kind === "warning") warnings.push(told.text);
    });
    const life = child;
    child.once("exit", (code, signal) => {
      if (life !== killed) tellCrash(new Error(`the gateway ended by itself, with ${signal ?? `exit code ${code}`}`));
    });
    const { url } = await next("serving");
    port = Number(new URL(url).port);
    return url;
  }

  function next<K extends Told["kind"]>(kind: K): Promise<Extract<Told, { kind: K }>> {
    const process = child;
    return new Promise((resolve, reject) => {
      const onMessage = (told: Told) => {
        if (isOf(told, kind)) settle(() => resolve(told));
      };
      const onExit = (code: number | null) =>
        settle(() => reject(new Error(`the gateway ended, with exit code ${code}, when ${kind} was waited for`)));
      const settle = (end: () => void) => {
        process.off("message", onMessage).off("exit", onExit);
        end();
      };
      process.on("message", onMessage).on("exit", onExit);
    });
  }

  function ask<K extends Told["kind"]>(order: Order, kind: K): Promise<Extract<Told, { kind: K }>> {
    const told = next(kind);
    // One that has ended takes none, which its exit tells.
    child.send(order, () => {});
    return told;
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    killed = child;
    child.kill("SIGKILL");
    await gone;
  }

  return {
    url: await begin(),
    async restart() {
      await kill();
      await begin();
    },
    sample: async () => (await ask("sample", "sample")).sample,
    count: async () => (await ask("count", "count")).counts,
    close: () => ask("close", "closed"),
    warnings: () => warnings,
    crash,
    kill,
  };
}

function isOf<K extends Told["kind"]>(told: Told, kind: K): told is Extract<Told, { kind: K }> {
  return told.kind === kind;
}
