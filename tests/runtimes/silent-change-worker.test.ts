/** Whoever ends in workerd what another request has begun: the signal of that is not his to end. */
import { Miniflare } from "miniflare";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleWorker } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance03", TOKEN: "workerToken_0003", ADMIN_TOKEN: "workerAdmin_0003" };
let worker: Miniflare;

beforeEach(async () => {
  const script = await bundleWorker("tests/runtimes/programs/silent-change-worker.ts");
  worker = new Miniflare({ modules: true, script, bindings: SECRETS, compatibilityDate: "2026-01-01" });
  await worker.ready;
});
afterEach(() => worker.dispose());

async function ask(path: string, body?: object, token = SECRETS.TOKEN) {
  const answer = await worker.dispatchFetch(`http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}/${path}`, {
    headers: { "HT-TOKEN": token, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

/** Begins a change that is never answered, and lets it reach its broker. */
async function beginChange() {
  const before = await ask("calls");
  const changing = ask("order/replace", { orderId: "1", qty: 13 });
  await expect.poll(() => ask("calls")).not.toEqual(before);
  return { changing };
}

test("a cancel lets go of a change of its order that its broker leaves unanswered", async () => {
  const { changing } = await beginChange();
  expect(await ask("order/cancel", { orderId: "1" })).toMatchObject({ status: 200, canceled: true });
  expect(await changing).toMatchObject({
    status: 504,
    error: { message: expect.stringContaining("did not answer before its order was to be canceled") },
  });
});

test("the kill switch is turned and cancels while a change is under way", async () => {
  const { changing } = await beginChange();
  const turned = await ask("guard/state", { state: "HALTED", reason: "a test", cancelAll: true }, SECRETS.ADMIN_TOKEN);
  expect(turned).toMatchObject({ status: 200, guard: { state: "HALTED" }, canceled: { orderIds: ["1"] } });
  await changing;
});
