/**
 * The core and the Longport broker, over web standards, on an edge worker: bundled without anything of Node, and run in
 * workerd against the simulator.
 */
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  DEFAULT_ACCESS_TOKEN,
  DEFAULT_APP_KEY,
  DEFAULT_APP_SECRET,
  type LongportServer,
  startLongport,
} from "../../simulators/longport/server.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import type { ConformanceResult } from "../../src/testing/index.ts";
import { startSimulatorHost } from "../conformance/stages/simulator-host.ts";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { bundleWorker, fetchFrom } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance03", TOKEN: "workerToken_0003" };

/** Named one by one, as wrangler does: searching them, Miniflare stumbles over what is imported by a computed name. */
function modulesOf(script: string) {
  return [{ type: "ESModule" as const, path: "worker.js", contents: script }];
}

test("in workerd the broker keeps the contract", async () => {
  const host = await startSimulatorHost();
  onTestFinished(() => host.close());
  const suite = new Miniflare({
    modules: modulesOf(await bundleWorker("tests/runtimes/programs/longport-conformance-worker.ts")),
    bindings: { HOST: host.url },
    durableObjects: { SUITE: "Suite" },
    compatibilityDate: "2026-01-01",
  });
  onTestFinished(() => suite.dispose());
  const answer = await suite.dispatchFetch("http://127.0.0.1/");
  const results = (await answer.json()) as ConformanceResult[];
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(50);
}, 300_000);

describe("in workerd", () => {
  let script: string;
  let worker: Miniflare;
  let simulator: LongportServer;
  let context: SuiteContext;
  const request = (url: string, init?: RequestInit) => fetchFrom(worker, url, init);

  beforeAll(async () => {
    script = await bundleWorker("examples/longport-worker.ts");
    simulator = await startLongport({ now: demoTradingTime });
    const at = `127.0.0.1:${simulator.port}`;
    const bindings = {
      ...SECRETS,
      LONGPORT_APP_KEY: DEFAULT_APP_KEY,
      LONGPORT_APP_SECRET: DEFAULT_APP_SECRET,
      LONGPORT_ACCESS_TOKEN: DEFAULT_ACCESS_TOKEN,
      LONGPORT_HTTP_URL: `http://${at}`,
      LONGPORT_QUOTE_WS_URL: `ws://${at}/quote/v2`,
      LONGPORT_TRADE_WS_URL: `ws://${at}/trade/v2`,
    };
    worker = new Miniflare({
      modules: modulesOf(script),
      bindings,
      durableObjects: { GATEWAY: { className: "Gateway", useSQLite: true } },
      compatibilityDate: "2026-01-01",
    });
    const { INSTANCE_ID: instanceId, TOKEN: token } = SECRETS;
    context = { instanceId, token, fetch: request, broker: "longBridge", atOnce: 8 };
    await worker.ready;
  });
  afterAll(async () => {
    await worker.dispose();
    await simulator.close();
  });

  // A check may have to wait until the vendor's thirty calls in thirty seconds are its to use again.
  test.each(HTTP_SUITE)("$name", ({ run }) => run("http://127.0.0.1", context), 120_000);

  test("the bundle asks for nothing from outside", () => {
    const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
    process.stdout.write(
      `worker bundle with Longport: ${kilobytes(Buffer.byteLength(script))} minified, ${kilobytes(gzipSync(script).length)} gzipped\n`,
    );
    // The SDK and the file system are imported by computed names, for options that no worker gives.
    expect(script).not.toMatch(/\bimport\s*\(\s*["'`]|\bfrom\s*["']|\brequire\(/);
  });
});
