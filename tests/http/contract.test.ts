/** A public tool talks to a running gateway and holds every answer against the document that the gateway gives out. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { paper } from "../../src/brokers/paper/index.ts";
import { createHttpTrading } from "../../src/create-http-trading.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { HTTP_METHODS, type OpenApiDocument } from "../../src/http/openapi/types.ts";
import { serve } from "../../src/runtime/node.ts";
import { SCOPES } from "../../src/spec/policy.ts";

const tool = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
const DAY = join(import.meta.dirname, "contract.arazzo.yaml");

const ACCOUNT = {
  instanceId: "contractInstance0001",
  token: "contractToken0000001",
  operator: "contractOperator0001",
  root: "contractGateway00001",
};

const reportSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      executedWorkflows: z.array(
        z.object({
          workflowId: z.string(),
          executedSteps: z.array(
            z.object({
              stepId: z.string(),
              checks: z.array(z.object({ name: z.string(), status: z.string(), message: z.string().optional() })),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A gateway with a paper account in regular hours, and the folder in which the tool finds its document and the day. */
async function stage(change: (document: OpenApiDocument) => void = () => {}) {
  const trading = createHttpTrading({
    adminTokens: [ACCOUNT.root],
    brokers: [
      paper({
        instanceId: ACCOUNT.instanceId,
        tokens: [
          { name: "strategy", token: ACCOUNT.token, scopes: ["read", "trade", "cancel"] },
          { name: "operator", token: ACCOUNT.operator, scopes: [...SCOPES] },
        ],
        quotes: "fixed",
        clock: () => demoTradingTime,
      }),
    ],
  });
  const server = await serve(trading, { port: 0, signals: false, print: () => {} });
  onTestFinished(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), "contract-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const document: OpenApiDocument = await (await fetch(`${server.url}/httptrading/openapi.json`)).json();
  change(document);
  await writeFile(join(folder, "openapi.json"), JSON.stringify(document));
  await copyFile(DAY, join(folder, "day.yaml"));
  return { url: server.url, folder, document };
}

/** Runs the day; gives back every check that failed, in words, and how many were made. */
async function respect({ url, folder }: { url: string; folder: string }) {
  const inputs = Object.entries(ACCOUNT).flatMap(([name, value]) => ["-i", `${name}=${value}`]);
  const args = [tool, "respect", "day.yaml", "-S", `gateway=${url}`, ...inputs, "-J", "report.json"];
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 1e8 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  const text = await readFile(join(folder, "report.json"), "utf8").catch(() => Promise.reject(new Error(output)));
  const workflows = Object.values(reportSchema.parse(JSON.parse(text)).files).flatMap((file) => file.executedWorkflows);
  const checks = workflows.flatMap(({ workflowId, executedSteps }) =>
    executedSteps.flatMap((step) =>
      step.checks.map(({ name, status, message }) => ({
        status,
        text: `${workflowId}/${step.stepId}: ${name}: ${message}`,
      })),
    ),
  );
  return { made: checks.length, failed: checks.filter(({ status }) => status !== "success").map(({ text }) => text) };
}

test("every answer of the gateway is as its document says", async () => {
  const { made, failed } = await respect(await stage());
  expect(failed).toEqual([]);
  expect(made).toBeGreaterThan(100);
});

test("no operation is left out", async () => {
  const { document } = await stage();
  const operations = Object.values(document.paths).flatMap((item) =>
    HTTP_METHODS.flatMap((method) => item[method]?.operationId ?? []),
  );
  const day = await readFile(DAY, "utf8");
  const asked = new Set(Array.from(day.matchAll(/operationId: (\w+)/g), ([, id]) => id));
  expect([...asked].toSorted()).toEqual(operations.toSorted());
});

test("the tool does look: a document that promises another field finds its gateway out", async () => {
  const wrong = await stage((document) => {
    const schema = document.components.schemas["Order"];
    if (schema !== undefined) Object.assign(schema, { required: ["colour"] });
  });
  const { failed } = await respect(wrong);
  expect(failed.join("\n")).toMatch(/orders\/state-open: schema check: .*colour/s);
});
