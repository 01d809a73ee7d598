/** The same suite for every broker under every runtime, each in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConformanceResult } from "../../src/testing/index.ts";
import { STAGES } from "./stages/index.ts";
import { type OpenDHost, startOpenDHost } from "./stages/opend-host.ts";

const RUN = fileURLToPath(new URL("run.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RUNTIMES = {
  node: [],
  bun: [],
  deno: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read", "--allow-env", "--allow-sys"],
} as const satisfies Record<string, readonly string[]>;

let host: OpenDHost;
beforeAll(async () => {
  host = await startOpenDHost();
});
afterAll(() => host.close());

describe.concurrent.each(Object.entries(RUNTIMES))("under %s", (runtime, flags) => {
  for (const name of Object.keys(STAGES)) {
    test(`${name} keeps the contract`, async () => {
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
    }, 300_000);
  }
});
