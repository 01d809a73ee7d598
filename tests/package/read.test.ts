/** What the READMEs tell a reader to do can be done: their programs hold their types, their commands and links lead somewhere. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import denoJson from "../../deno.json" with { type: "json" };
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");
const READMES = ["README.md", "README.zh-CN.md"];
const PAGES = [
  ...READMES,
  "ARCHITECTURE.md",
  "CHANGES.md",
  "SECURITY.md",
  "docs/deployment.md",
  "docs/faults.md",
  "simulators/README.md",
];

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const blocksOf = (file: string, language: string) =>
  [...textOf(file).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);

/** What an excerpt takes for granted. */
const GIVEN = `import { createHttpTrading, type Broker } from "httptrading";
import { futu } from "httptrading/futu";
import { tiger } from "httptrading/tiger";
declare const brokers: Broker[];
export { brokers, createHttpTrading, futu, tiger };
`;

/** A part of the package that no project of ours has. */
const EVENT_SOURCE = `declare module "eventsource" {
  class EventSource {
    constructor(url: string, init: { fetch(url: string | URL, init: RequestInit): Promise<Response> });
    addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  }
}
`;

test("every program and every excerpt of one holds its types, in a strict project", async () => {
  const folder = mkdtempSync(join(tmpdir(), "httptrading-read-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const names = Object.entries(denoJson.exports).map(([name, path]) => [
    name.replace(/^\./, packageJson.name),
    [join(ROOT, path)],
  ]);
  const { compilerOptions } = JSON.parse(textOf("tsconfig.json")) as { compilerOptions: object };
  const types = { typeRoots: [join(ROOT, "node_modules/@types")], paths: Object.fromEntries(names) };
  const options = { ...compilerOptions, ...types, module: "esnext", moduleResolution: "bundler" };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  writeFileSync(join(folder, "event-source.d.ts"), EVENT_SOURCE);
  const example = JSON.stringify(join(ROOT, "examples/custom-broker.ts"));
  writeFileSync(join(folder, "my-broker.ts"), `export { myBroker } from ${example};\n`);
  let count = 0;
  for (const file of [...READMES, "docs/deployment.md"]) {
    for (const code of blocksOf(file, "ts")) {
      // An excerpt leaves out, in so many words, what has been said before.
      const whole = code.replace("// …", 'port: 33333, tradeEnv: "SIMULATE",');
      const given = /^import /m.test(code) ? "" : GIVEN;
      count += 1;
      writeFileSync(join(folder, `block-${count}.ts`), `${given}${whole}export {};\n`);
    }
  }
  expect(count).toBeGreaterThan(10);
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder]).catch((error) => error);
  expect(stdout).toBe("");
});

test("the two READMEs give the same programs and commands", () => {
  const [english = [], chinese = []] = READMES.map((file) =>
    ["ts", "sh"].flatMap((language) => blocksOf(file, language).map(withoutRemarks)),
  );
  expect(chinese).toEqual(english);
});

/** Of a program and of a command: remarks are in the language of the page. */
function withoutRemarks(code: string): string {
  return code.replace(/ *(?:\/\/|#) .*$/gm, "");
}

test("the two READMEs give the same options and defaults", () => {
  const [english = [], chinese = []] = READMES.map((file) =>
    [...textOf(file).matchAll(/^\| (.*?) \|/gm)].map(([, first = ""]) => first.match(/`[^`]+`/g) ?? []),
  );
  expect(chinese).toEqual(english);
});

describe.each(PAGES)("%s", (file) => {
  const text = textOf(file);
  const prose = text.replace(/^```.*?^```$/gms, "");

  test("names scripts and files that there are", () => {
    const scripts = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name = ""]) => name);
    const files = [...text.matchAll(/(?:npx node|bun) ([\w/.-]+\.ts)/g)].map(([, name = ""]) => name);
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
    expect(files.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test("has no link that leads nowhere", () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = ""]) => href);
    expect(links.filter((href) => !href.startsWith("https://") && !leads(file, href))).toEqual([]);
  });
});

function leads(from: string, href: string): boolean {
  const [path = "", anchor] = href.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(decodeURIComponent(anchor));
}

/** The anchors that GitHub makes of the headings. */
function anchorsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
