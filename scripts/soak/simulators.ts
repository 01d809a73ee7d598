/** The vendors' simulators, each a process of its own, and their control ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { LedgerRow } from "../../simulators/shared/control.ts";
import { BOOKS } from "../../simulators/tiger/accounts.ts";
import type { BrokerName } from "./brokers.ts";
import { createHttpClient } from "./http.ts";

/** A simulator that runs. */
export interface Simulator {
  /** Its ports, by what its first line calls them. */
  readonly ports: Readonly<Record<string, number>>;
  /** Every order that it ever accepted. */
  /** The account that is served, where the vendor has several and another one is meant by default. */
  readonly book?: string | undefined;
  ledger(): Promise<readonly LedgerRow[]>;
  /** Moves it; what the control port refuses, because an order has just ended for example, gives `false`. */
  control(path: string, body: unknown): Promise<boolean>;
  /** Disarms every fault. */
  disarm(): Promise<void>;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../simulators/main.ts", import.meta.url));

const ARGS: Readonly<Record<BrokerName, readonly string[]>> = {
  futu: ["opend", "--port", "0", "--tcp-port", "0", "--control", "0"],
  interactiveBrokers: ["tws", "--port", "0", "--control", "0"],
  longport: ["longport", "--port", "0", "--control", "0"],
  tiger: ["tiger", "--port", "0", "--push-port", "0", "--control", "0"],
};

/** @throws when it ends before it serves. */
export async function startSimulator(name: BrokerName): Promise<Simulator> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, ...ARGS[name]], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const killNow = () => void child.kill("SIGKILL");
  process.once("exit", killNow);
  ended.then(
    () => process.off("exit", killNow),
    () => {},
  );
  const line = await Promise.race([
    once(child.stdout, "data").then(([chunk]) => String(chunk)),
    ended.then(() => Promise.reject(new Error(`the simulator of ${name} ended before it served`))),
  ]);
  const ports = Object.fromEntries(
    [...line.matchAll(/(\w+) (\d+)/g)].map(([, what = "", port]): [string, number] => [what, Number(port)]),
  );
  const url = `http://127.0.0.1:${ports["control"]}`;
  const http = createHttpClient({ keepAlive: false });
  return {
    ports,
    ...(name === "tiger" ? { book: BOOKS.live } : {}),
    async ledger() {
      return (await http.ask(`${url}/orders`)).body;
    },
    async control(path, body) {
      const { status } = await http.ask(`${url}${path}`, { body });
      if (status >= 500) throw new Error(`the simulator of ${name} failed at ${path}`);
      return status === 200;
    },
    async disarm() {
      const answer = await fetch(`${url}/faults`, { method: "DELETE" });
      await answer.body?.cancel();
    },
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await ended;
}
