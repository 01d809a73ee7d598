/** The package as its users get it: packed, installed into an empty project, imported on every runtime, type-checked. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { pack } from "../../scripts/package.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";

const run = promisify(execFile);
const TOOLS = join(import.meta.dirname, "../../node_modules/.bin");
const ENTRYPOINTS = Object.keys(packageJson.exports).map((name) => name.replace(/^\./, packageJson.name));

const folder = mkdtempSync(join(tmpdir(), "httptrading-install-"));
const project = join(folder, "project");
const inProject = (tool: string, args: readonly string[]) =>
  run(join(TOOLS, tool), args, { cwd: project, env: { ...process.env, NO_COLOR: "1" }, timeout: 60_000 });

/** Prints how many names each entrypoint has, then what a missing SDK is answered with; ends when nothing is left to do. */
const IMPORTS = `
const names = ${JSON.stringify(ENTRYPOINTS)};
const sizes = {};
for (const name of names) sizes[name] = Object.keys(await import(name)).length;
console.log(JSON.stringify(sizes));
const { futu } = await import("httptrading/futu");
const broker = futu({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], port: 1, tradeEnv: "SIMULATE" });
await broker.start({ onOrder() {}, onConnection() {} }).then(
  () => console.log("started"),
  (error) => console.log(\`\${error.name}: \${error.message}\`),
);
await broker.close();
`;

const CONSUMER = `
import { createHttpTrading, type HttpTrading } from "httptrading";
import { serve as serveBun } from "httptrading/bun";
import { serve as serveDeno } from "httptrading/deno";
import { futu } from "httptrading/futu";
import { interactiveBrokers } from "httptrading/interactive-brokers";
import { durableObjectJournal } from "httptrading/journal/durable-object";
import { readJournal, sqliteJournal } from "httptrading/journal/sqlite";
import { logTape } from "httptrading/logs";
import { longport } from "httptrading/longport";
import { serve, type RunningServer } from "httptrading/node";
import { paper } from "httptrading/paper";
import type { Broker } from "httptrading/spec";
import { runConformance } from "httptrading/testing";
import { tiger } from "httptrading/tiger";
import { worker } from "httptrading/worker";

const instance = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] };
const brokers: Broker[] = [paper(instance), futu({ ...instance, port: 1, tradeEnv: "SIMULATE" })];
const trading: HttpTrading = createHttpTrading({ brokers, journal: sqliteJournal("journal.db"), observers: [logTape] });
export const server: Promise<RunningServer> = serve(trading, { port: 0 });
export const others: unknown[] = [serveBun, serveDeno, runConformance, interactiveBrokers, longport, readJournal, tiger];
/** Shaped as in the host's own types. */
declare const ctx: {
  readonly storage: {
    readonly sql: {
      exec<T extends Record<string, ArrayBuffer | string | number | null>>(
        query: string,
        ...bindings: unknown[]
      ): { toArray(): T[]; one(): T };
      get databaseSize(): number;
    };
    transactionSync<T>(closure: () => T): T;
    sync(): Promise<void>;
  };
};
export const lasting: HttpTrading = createHttpTrading({ brokers, journal: durableObjectJournal(ctx.storage) });
export default worker((env: { TOKEN: string }) => createHttpTrading({ brokers: [paper({ ...instance, tokens: [env.TOKEN] })] }));
// @ts-expect-error real money or not has to be said
futu({ ...instance, port: 1 });
// @ts-expect-error a port is a number
serve(trading, { port: "8080" });
`;

beforeAll(async () => {
  const tarball = pack(folder);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  writeFileSync(join(project, "imports.mjs"), IMPORTS);
  writeFileSync(join(project, "consumer.ts"), CONSUMER);
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--omit=dev", tarball], { cwd: project });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the tarball brings the built package and nothing else", () => {
  const installed = join(project, "node_modules/httptrading");
  const expected = ["CHANGES.md", "LICENSE", "README.md", "README.zh-CN.md", "dist", "package.json"];
  expect(readdirSync(installed).sort()).toEqual(expected);
  expect(readdirSync(join(installed, "dist")).sort()).toEqual(["mod.d.ts", "mod.js", "shared", "src"]);
});

/** What stands in each file of the built package. */
function built(): readonly string[] {
  const dist = join(project, "node_modules/httptrading/dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  expect(files.length).toBeGreaterThan(ENTRYPOINTS.length);
  return files.map((file) => readFileSync(join(dist, file), "utf8"));
}

test("no file asks for another of which it takes nothing: a worker would carry the adapters of all brokers for it", () => {
  expect(built().filter((code) => /^import "\.{1,2}\//m.test(code))).toEqual([]);
});

test("what is imported under a name that is made up at run time is left to that by bundlers, which would have it fail", () => {
  const asked = built().flatMap((code) => code.match(/\bimport\(\s*[^"\s)][^)]*/g) ?? []);
  expect(asked).not.toEqual([]);
  expect(asked.filter((name) => !name.includes("webpackIgnore: true"))).toEqual([]);
});

test("no vendor's library is pulled in", () => {
  for (const sdk of Object.keys(packageJson.peerDependencies)) {
    expect(existsSync(join(project, "node_modules", sdk))).toBe(false);
  }
});

/** What npm makes of `bin`. */
const COMMANDS = "node_modules/.bin/httptrading";

describe.each([
  ["node", []],
  ["bun", []],
  ["deno", ["run", "--quiet", "--no-prompt", "--allow-read"]],
])("on %s", (runtime, args) => {
  test("every entrypoint can be imported, keeps nothing running, and a missing library is named", async () => {
    const { stdout, stderr } = await inProject(runtime, [...args, "imports.mjs"]);
    const [sizes = "", missing] = stdout.trimEnd().split("\n");
    expect(stderr).toBe("");
    expect(Object.keys(JSON.parse(sizes))).toEqual(ENTRYPOINTS);
    expect(Object.values(JSON.parse(sizes))).not.toContain(0);
    expect(missing).toMatch(/^BrokerError: .*npm install futu-api/);
  });

  test("the commands of an operator are there", async () => {
    const { stdout } = await inProject(runtime, [...args, COMMANDS, "token", "bot"]);
    expect(stdout).toMatch(/^token {3}\S{43}\nsha256 {2}[0-9a-f]{64}\n/);
    const journal = sqliteJournal(join(folder, `${runtime}.db`));
    await journal.open();
    await journal.close();
    const looked = await inProject(runtime, [...args, COMMANDS, "journal", join(folder, `${runtime}.db`)]);
    expect(looked.stdout).toBe("Nothing is unknown: every intent in this journal is settled.\n");
  });
});

describe.each([
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
])("with module %s", (module, moduleResolution) => {
  test("the types are found and hold, also in strict projects that check their libraries", async () => {
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--noEmit"];
    const target = ["--target", "es2024", "--lib", "es2024,esnext.disposable,dom,dom.iterable", "--types", ""];
    const resolution = ["--module", module, "--moduleResolution", moduleResolution];
    const { stdout } = await inProject("tsc", [...strict, ...target, ...resolution, "consumer.ts"]).catch(
      (error) => error,
    );
    expect(stdout).toBe("");
  });
});
