/** The document is put before a public linter, in a process of its own and without a network. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineApi } from "../../src/http/api.ts";
import { documentOf } from "./openapi-fixture.ts";

/** The linter's recommended rules; examples are held to their schemas strictly, so that a wrong key is found too. */
const CONFIG = `extends: [recommended]
telemetry: off
rules:
  no-invalid-media-type-examples: { severity: error, allowAdditionalProperties: false }
  no-invalid-schema-examples: error
  no-invalid-parameter-examples: error
`;

const linter = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "openapi-"));
  await writeFile(join(folder, "redocly.yaml"), CONFIG);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const reportSchema = z.object({ problems: z.array(z.object({ ruleId: z.string(), message: z.string() })) });

/** What the linter has to say against a document, warnings included. */
async function problems(name: string, document: object): Promise<string[]> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(document));
  const args = [linter, "lint", file, "--config", join(folder, "redocly.yaml"), "--format", "json"];
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 1e8 }, (_error, stdout, stderr) =>
      resolve(stdout === "" ? stderr : stdout),
    );
  });
  return reportSchema.parse(JSON.parse(output)).problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

test("the linter has nothing against the document of the standard APIs", async () => {
  expect(await problems("standard", await documentOf())).toEqual([]);
});

test("nor when all failures come with status 200", async () => {
  expect(await problems("status-200", await documentOf([], { errorStatus: 200 }))).toEqual([]);
});

test("nor when custom APIs of every kind are added", async () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  const custom = [
    defineApi({
      name: "treeWrite",
      method: "PUT",
      path: "trees/write",
      schema: {
        summary: "Write a tree",
        query: z.object({ depth: z.coerce.number(), since: z.iso.datetime().optional() }),
        body: z.object({ tree, when: z.date(), note: z.string().transform((text) => text.length) }),
        answer: z.object({ tree: tree.nullable(), tuple: z.tuple([z.string(), z.number()]) }),
        failures: ["Halted", "LimitExceeded", "NotReconciled", "IdempotencyConflict", "Forbidden"],
      },
      handler: ({ respond }) => respond(),
    }),
    defineApi({
      name: "treeDelete",
      method: "DELETE",
      path: "trees/write",
      schema: { summary: "Cut a tree" },
      handler: ({ respond }) => respond(),
    }),
  ];
  expect(await problems("custom", await documentOf(custom))).toEqual([]);
});

test("the linter does look: a wrong example and a missing component are found", async () => {
  const document = structuredClone<object>(await documentOf());
  const broken = JSON.parse(JSON.stringify(document).replace('"direction":"BUY"', '"direction":"UP"'));
  delete broken.components.headers;
  const found = (await problems("broken", broken)).join("\n");
  expect(found).toContain("no-unresolved-refs");
  expect(found).toContain("example");
});
