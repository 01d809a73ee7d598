/** The suite for every broker under every runtime, each in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConformanceResult } from "../../src/testing/index.ts";
import { RUNTIMES } from "../runtime-flags.ts";
import { STAGES } from "./stages/index.ts";
import { type SimulatorHost, startSimulatorHost } from "./stages/simulator-host.ts";

const RUN = fileURLToPath(new URL("run.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What reaches its venue over a socket of its own has no proxy on the way that could answer in its place. */
const NO_PROXY = ["proxyError"];
/**
 * A paper account has no wire that could be silent or lost, no login behind it, holds only what it can name, and carries out
 * what it takes.
 */
const GAPS: Readonly<Record<string, readonly string[]>> = {
  paper: [
    "brokerLogin",
    "silence",
    "drop",
    "loseAnswer",
    "limit",
    "restart",
    "holdUnmappable",
    "holdCancels",
    "holdReplaces",
    ...NO_PROXY,
  ],
  "futu-simulate": NO_PROXY,
  "futu-real": NO_PROXY,
  // TWS answers a change in regular hours once it is made, and one after hours can be filled by nobody meanwhile.
  "interactive-brokers": ["holdReplaces", ...NO_PROXY],
};

let host: SimulatorHost;
beforeAll(async () => {
  host = await startSimulatorHost();
});
afterAll(() => host.close());

describe.concurrent.each(Object.entries(RUNTIMES))("under %s", (runtime, flags) => {
  test.each(Object.keys(STAGES))(
    "%s keeps the contract",
    async (name) => {
      const command = `${ROOT}node_modules/.bin/${runtime}`;
      const { stdout } = await promisify(execFile)(command, [...flags, RUN, name, host.url], {
        cwd: ROOT,
        maxBuffer: 16 * 1024 * 1024,
        timeout: 280_000,
      });
      const lastLine = stdout.trimEnd().split("\n").at(-1) ?? "";
      const results = JSON.parse(lastLine) as ConformanceResult[];
      expect(results.filter(({ status }) => status === "failed")).toEqual([]);
      expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(50);
      // What the stage cannot show is not shown to hold.
      const gaps = results.flatMap((one) =>
        one.status === "not applicable" && one.missing === "stage" ? [one.reason] : [],
      );
      const expected = GAPS[name] ?? [];
      expect(new Set(gaps)).toEqual(new Set(expected.map((power) => `the stage has no power ${power}`)));
    },
    300_000,
  );
});
