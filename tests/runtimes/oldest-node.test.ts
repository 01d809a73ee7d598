/** The oldest Node that the package promises to run on, which is none of those that the project is developed with. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { ConformanceResult, JournalResult } from "../../src/testing/index.ts";
import { STAGES } from "../conformance/stages/index.ts";
import { HTTP_SUITE } from "../http/suite.ts";
import { addressOf, type Program, ROOT, startCommand } from "./program.ts";

const run = promisify(execFile);

const [, OLDEST = ""] = /^>=(\d+\.\d+)$/.exec(packageJson.engines.node) ?? [];
/** Node as npm has it: a package for each system, with nothing but the program in it. */
const PACKAGE = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

const folder = mkdtempSync(join(tmpdir(), "httptrading-oldest-node-"));
/** It reads TypeScript when it is told to. */
const command = [join(folder, "node_modules", PACKAGE, "bin/node"), "--experimental-strip-types", "--no-warnings"];

async function resultsOf<T>(program: string, ...args: readonly string[]): Promise<T> {
  const [file = "", ...flags] = command;
  const { stdout } = await run(file, [...flags, program, ...args], {
    cwd: ROOT,
    maxBuffer: 16 * 1024 * 1024,
    timeout: 280_000,
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as T;
}

beforeAll(async () => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `${PACKAGE}@${OLDEST}.0`], {
    cwd: folder,
  });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("is what the package says", async () => {
  const { stdout } = await run(command[0] ?? "", ["--version"]);
  expect(stdout.trim()).toBe(`v${OLDEST}.0`);
});

describe.concurrent("keeps the contract of", () => {
  // An adapter each; the accounts that only differ in whose money it is share all of their code.
  test.each(Object.keys(STAGES).filter((name) => !["futu-simulate", "tiger-paper"].includes(name)))(
    "%s",
    async (name) => {
      const results = await resultsOf<ConformanceResult[]>("tests/conformance/run.ts", name);
      expect(results.filter(({ status }) => status === "failed")).toEqual([]);
      expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(50);
    },
    300_000,
  );

  test("the journals", async () => {
    const { memory, sqlite } = await resultsOf<Record<"memory" | "sqlite", JournalResult[]>>(
      "tests/journal/conformance-program.ts",
    );
    expect(memory.filter(({ status }) => status === "failed")).toEqual([]);
    expect(sqlite.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(sqlite.length).toBeGreaterThan(20);
  });
});

describe("serves", () => {
  let program: Program;
  let url: string;
  beforeAll(async () => {
    program = startCommand([...command, "examples/paper.ts"], { PORT: "0", JOURNAL: join(folder, "journal.db") });
    url = await addressOf(program);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  test.each(HTTP_SUITE)("$name", ({ run }) => run(url, { instanceId: DEMO.instanceId, token: DEMO.tokens[0] }));
});
