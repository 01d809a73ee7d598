/** What nobody knows at a gateway in a Durable Object, which has no file and cannot be stopped, settled by an operator. */
import { Miniflare } from "miniflare";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ORDER } from "./order.ts";
import { bundleWorker, fetchFrom } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance05", TOKEN: "workerToken_0005", ADMIN_TOKEN: "workerAdmin_0005" };

let script: string;
let worker: Miniflare;

beforeAll(async () => {
  script = await bundleWorker("tests/runtimes/programs/by-hand-worker.ts");
});
beforeEach(async () => {
  worker = new Miniflare({
    modules: true,
    script,
    bindings: SECRETS,
    durableObjects: { GATEWAY: { className: "Gateway", useSQLite: true } },
    compatibilityDate: "2026-01-01",
  });
  await worker.ready;
});
afterEach(() => worker.dispose());

async function ask(path: string, body?: object, { token = SECRETS.TOKEN, key = "" } = {}) {
  const answer = await fetchFrom(worker, `http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "HT-TOKEN": token, "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  const json = (await answer.json()) as any;
  return { status: answer.status, replayed: answer.headers.get("Idempotent-Replayed"), json };
}

const place = (qty: number, key: string) => ask("order/place", { ...ORDER, qty }, { key });
const byOperator = (path: string, body: object) =>
  ask(path, { reason: "seen in the app", ...body }, { token: SECRETS.ADMIN_TOKEN });

/** What a host does now and then. */
async function endObject(): Promise<void> {
  expect((await fetchFrom(worker, "http://127.0.0.1/end")).status).toBe(500);
}

test.each([false, true])(
  "a write that nobody knows is settled, which the object knows when it was ended: %s",
  async (isEnded) => {
    const { status, json } = await place(1, "lost");
    expect([status, json.error.code]).toEqual([504, "OutcomeUnknown"]);
    const { tag } = json.error;
    if (isEnded) await endObject();
    expect((await ask("order/intents")).json.intents).toMatchObject([{ tag }]);
    expect(await byOperator("order/resolve", { tag, outcome: "accepted", orderId: "77" })).toMatchObject({
      status: 200,
      json: { resolved: true },
    });
    const settled = { status: 200, replayed: "true", json: { orderId: "77", tag } };
    expect(await place(1, "lost")).toMatchObject(settled);
    await endObject();
    expect(await place(1, "lost")).toMatchObject(settled);
    expect((await ask("order/intents")).json.intents).toEqual([]);
    expect(await byOperator("order/resolve", { tag, outcome: "not_sent" })).toMatchObject({ status: 409 });
  },
);

test("one that was not sent takes nothing of the limits, and its key is free", async () => {
  const { json } = await place(1, "lost");
  const { tag } = json.error;
  const refused = { status: 422, json: { error: { details: { rule: "risk.maxOpenOrders" } } } };
  expect(await place(20, "next")).toMatchObject(refused);
  expect(await byOperator("order/resolve", { tag, outcome: "not_sent" })).toMatchObject({ status: 200 });
  expect(await place(20, "next")).toMatchObject({ status: 200, replayed: null });
});

test("an order that its broker knows no more is ended, and takes nothing of the limits", async () => {
  const { json } = await place(10, "forgotten");
  const { orderId } = json;
  // The next object compares what it remembers with the broker's list.
  await endObject();
  await expect
    .poll(async () => (await ask("order/list")).json.orders)
    .toMatchObject([{ orderId, isCompleted: false, staleSince: expect.any(String) }]);
  expect(await place(10, "next")).toMatchObject({ status: 422 });
  const ended = await byOperator("order/end", { orderId, status: "CANCELED", fills: { qty: 4, price: 100 } });
  const order = { orderId, status: "CANCELED", filledQty: 4, isCompleted: true, staleSince: null };
  expect(ended).toMatchObject({ status: 200, json: { order } });
  expect(await place(10, "next")).toMatchObject({ status: 200 });
  await endObject();
  expect((await ask(`order/state?orderId=${orderId}`)).json).toMatchObject({ order });
});
