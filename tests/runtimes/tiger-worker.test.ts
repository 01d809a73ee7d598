/** The core and the Tiger broker as a worker: bundled without anything of Node, and run in workerd against the simulator. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { ORDER } from "./order.ts";
import { ROOT } from "./program.ts";
import { tigerBindings } from "./tiger-bindings.ts";
import { bundleWorker, fetchFrom } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance02", TOKEN: "workerToken_0002" };

describe("in workerd", () => {
  let script: string;
  let worker: Miniflare;
  let simulator: TigerServer;
  let context: SuiteContext;
  const request = (url: string, init?: RequestInit) => fetchFrom(worker, url, init);

  beforeAll(async () => {
    script = await bundleWorker("examples/tiger-worker.ts");
    simulator = await startTiger({ now: demoTradingTime });
    const bindings = {
      ...SECRETS,
      ...tigerBindings(simulator),
    };
    const common = { modules: true, script, bindings, compatibilityDate: "2026-01-01" } as const;
    const durableObjects = { GATEWAY: { className: "Gateway", scriptName: "one", useSQLite: true } };
    // As a host runs one worker several times at once.
    worker = new Miniflare({
      workers: ["one", "other"].map((name) => ({ ...common, name, durableObjects, routes: [`${name}.test/*`] })),
    });
    const { INSTANCE_ID: instanceId, TOKEN: token } = SECRETS;
    context = { instanceId, token, fetch: request, broker: "tiger", atOnce: 8 };
    await worker.ready;
  });
  afterAll(async () => {
    await worker.dispose();
    await simulator.close();
  });

  test.each(HTTP_SUITE)("$name", ({ run }) => run("http://127.0.0.1", context));

  test("a write that is repeated under its key is one order, though it comes to another run of the worker", async () => {
    const headers = { "HT-TOKEN": SECRETS.TOKEN, "Content-Type": "application/json" };
    const place = async (name: string, key: string) => {
      const url = `http://${name}.test/httptrading/api/${SECRETS.INSTANCE_ID}/order/place`;
      const body = JSON.stringify(ORDER);
      return (await request(url, { method: "POST", headers: { ...headers, "Idempotency-Key": key }, body })).json();
    };
    // Each knows the account by then.
    for (const name of ["one", "other"]) expect(await place(name, `the first of ${name}`)).toMatchObject({ ex: null });
    const placed = await place("one", "a key");
    expect(placed).toMatchObject({ ex: null, orderId: expect.any(String) });
    expect(await place("other", "a key")).toEqual(placed);
  });

  test("changes of orders are polled, and the capabilities say so", async () => {
    const url = `http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}/capabilities`;
    const answer = await request(url, { headers: { "HT-TOKEN": SECRETS.TOKEN } });
    expect(await answer.text()).toContain('"push":"polling"');
  });

  test("the bundle asks for nothing from outside", () => {
    expect(script).not.toMatch(/\bimport\s*\(|\bfrom\s*["']|\brequire\(/);
  });

  test.each([
    ["README.md", /(\d+) KiB minified and (\d+) KiB gzipped/],
    ["README.zh-CN.md", /最小化后 (\d+) KiB, 再经 gzip 压缩为 (\d+) KiB/],
  ])("the bundle is as large as %s says, within a tenth", (file, sizes) => {
    const [, minified, gzipped] = sizes.exec(readFileSync(join(ROOT, file), "utf8")) ?? [];
    const real = { minified: Buffer.byteLength(script) / 1024, gzipped: gzipSync(script).length / 1024 };
    const off = Math.max(Math.abs(real.minified / Number(minified) - 1), Math.abs(real.gzipped / Number(gzipped) - 1));
    const seen = `it is ${real.minified.toFixed(0)} KiB minified and ${real.gzipped.toFixed(0)} KiB gzipped`;
    expect(off, seen).toBeLessThan(0.1);
  });
});
