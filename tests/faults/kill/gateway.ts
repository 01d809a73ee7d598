/** Gateways as processes, and clients that do not give up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { COMMANDS, ROOT, type Runtime } from "../../runtimes/program.ts";
import type { GatewaySetup } from "./gateway-setup.ts";

/** A gateway between its start and its end. */
export interface GatewayProcess {
  /** Resolves with its URL when it serves; rejects if it ends before that. */
  readonly serving: Promise<string>;
  /** Ends it at once, from within any callback, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL("gateway-program.ts", import.meta.url));

/** Starts a gateway, which ends with the test at the latest. */
export function startGateway(setup: GatewaySetup, runtime: Runtime = "node"): GatewayProcess {
  const [command, ...flags] = COMMANDS[runtime];
  // A vendor's native module.
  const more = runtime === "deno" ? ["--allow-ffi"] : [];
  const child = spawn(join(ROOT, "node_modules/.bin", command), [...flags, ...more, PROGRAM, JSON.stringify(setup)], {
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  onTestFinished(() => void child.kill("SIGKILL"));
  const serving = Promise.race([
    once(child.stdout, "data").then(([chunk]) => String(chunk).trim()),
    exit.then((code) => Promise.reject(new Error(`the gateway ended before it served, with exit code ${code}`))),
  ]);
  // Whoever kills a gateway that starts does not wait for it.
  serving.catch(() => undefined);
  return {
    serving,
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async stop() {
      child.kill("SIGTERM");
      return await exit;
    },
  };
}

/** What a client was answered in the end. */
export interface FinalAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers have every shape
  readonly body: any;
  readonly replayed: boolean;
}

/** A client of one instance, wherever its gateway is at the moment. */
export interface Client {
  readonly url: () => string;
  readonly instanceId: string;
  readonly token: string;
}

/** Between two tries. */
const RETRY_MS = 100;

/** Sends a write under a key, again and again, until the answer is final: not one that says to try again, nor a fault. */
export async function untilAnswered(
  { url, instanceId, token }: Client,
  path: string,
  key: string,
  body: unknown,
): Promise<FinalAnswer> {
  for (;;) {
    let wait = RETRY_MS;
    try {
      const response = await fetch(`${url()}/httptrading/api/${instanceId}/${path}`, {
        method: "POST",
        headers: { "HT-TOKEN": token, "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      const { status } = response;
      const answer = await response.json();
      // Everything else is asked again at once, to make the most of each of the gateway's lives.
      if (status === 429) wait = 1000 * Number(response.headers.get("Retry-After"));
      const isFinal = status < 500 && answer.error?.retryable !== true;
      if (isFinal) {
        return { status, body: answer, replayed: response.headers.get("Idempotent-Replayed") === "true" };
      }
    } catch {
      // Killed while it answered, or not there at all: the key makes it safe to ask again.
    }
    await pause(wait);
  }
}
