/** Logs, metrics and readiness in workerd, where each request is a world of its own. */
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ORDER } from "./order.ts";
import { bundleWorker } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance03", TOKEN: "workerToken_0003", ADMIN_TOKEN: "workerAdmin_0003" };
let worker: Miniflare;

beforeAll(async () => {
  const script = await bundleWorker("tests/runtimes/programs/observed-worker.ts");
  worker = new Miniflare({ modules: true, script, bindings: SECRETS, compatibilityDate: "2026-01-01" });
  await worker.ready;
});
afterAll(() => worker.dispose());

const operate = (path: string) =>
  worker.dispatchFetch(`http://127.0.0.1/httptrading/${path}`, { headers: { "HT-TOKEN": SECRETS.ADMIN_TOKEN } });

const ask = (path: string, body?: object) =>
  worker.dispatchFetch(`http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}/${path}`, {
    headers: { "HT-TOKEN": SECRETS.TOKEN, "Content-Type": "application/json", "X-Request-Id": "mine-1" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });

test("logs what was written, and counts it", async () => {
  const placed = await ask("order/place", ORDER);
  const { tag } = (await placed.json()) as { tag: string };
  expect(placed.headers.get("x-request-id")).toBe("mine-1");
  const { records } = (await (await ask("logs")).json()) as { records: { properties: object }[] };
  const write = { action: "place", outcome: "accepted", instance: "paper", requestId: "mine-1", tag };
  expect(records.map(({ properties }) => properties)).toContainEqual(expect.objectContaining(write));
  const metrics = await (await operate("metrics")).text();
  expect(metrics).toContain(
    'httptrading_writes_total{instance="paper",action="place",outcome="accepted",code="none"} 1',
  );
  for (const secret of Object.values(SECRETS)) expect(metrics + JSON.stringify(records)).not.toContain(secret);
});

test("is ready for one request and for the next, and for several at once", async () => {
  for (const count of [1, 1, 4]) {
    const answers = await Promise.all(Array.from({ length: count }, () => operate("health/ready")));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }
});
