/** A gateway in a Durable Object that its host ends: what it must not forget stands in the object's storage. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { eventReader } from "../http/suite/event-reader.ts";
import { ORDER } from "./order.ts";
import { tigerBindings } from "./tiger-bindings.ts";
import { bundleWorker, fetchFrom } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance04", TOKEN: "workerToken_0004", ADMIN_TOKEN: "workerAdmin_0004" };

let script: string;
let folder: string;
let simulator: TigerServer;
let worker: Miniflare;

beforeAll(async () => {
  script = await bundleWorker("tests/runtimes/programs/lasting-worker.ts");
});

function startWorker(maxBytes = 1e9): Miniflare {
  return new Miniflare({
    modules: true,
    script,
    bindings: {
      ...SECRETS,
      ...tigerBindings(simulator),
      MAX_BYTES: maxBytes,
    },
    durableObjects: { GATEWAY: { className: "Gateway", useSQLite: true } },
    durableObjectsPersist: folder,
    compatibilityDate: "2026-01-01",
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "httptrading-objects-"));
  simulator = await startTiger({ now: demoTradingTime });
  worker = startWorker();
  await worker.ready;
});
afterEach(async () => {
  await worker.dispose();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = (path: string, init: RequestInit = {}, token = SECRETS.TOKEN) =>
  fetchFrom(worker, `http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}/${path}`, {
    ...init,
    headers: { "HT-TOKEN": token, "Content-Type": "application/json", ...init.headers },
  });

async function ask(path: string, init: RequestInit = {}, token = SECRETS.TOKEN) {
  const answer = await open(path, init, token);
  return {
    status: answer.status,
    replayed: answer.headers.get("Idempotent-Replayed"),
    json: (await answer.json()) as Record<string, unknown>,
  };
}

const place = (key: string, own: object = {}) =>
  ask("order/place", {
    method: "POST",
    headers: { "Idempotency-Key": key },
    body: JSON.stringify({ ...ORDER, ...own }),
  });

const turn = (state: string, reason: string) =>
  ask("guard/state", { method: "POST", body: JSON.stringify({ state, reason }) }, SECRETS.ADMIN_TOKEN);

async function startAgain(maxBytes?: number): Promise<void> {
  await worker.dispose();
  worker = startWorker(maxBytes);
  await worker.ready;
}

/** What a host does now and then: it ends an object, or the program that all of them run in. */
const ENDINGS: Readonly<Record<string, () => Promise<void>>> = {
  async "the object"() {
    expect((await fetchFrom(worker, "http://127.0.0.1/end")).status).toBe(500);
  },
  "all that runs": () => startAgain(),
};

describe.each(Object.entries(ENDINGS))("when the host has ended %s", (_what, end) => {
  test("a switch that was turned stands as it was turned", async () => {
    expect((await turn("HALTED", "drawdown")).json).toMatchObject({ written: true });
    await end();
    expect((await ask("guard/state", {}, SECRETS.ADMIN_TOKEN)).json).toMatchObject({
      guard: { state: "HALTED", instance: { state: "HALTED", principal: "operator", reason: "drawdown" } },
    });
    expect(await place("after it")).toMatchObject({ status: 422, json: { error: { code: "Halted" } } });
    expect(simulator.venue.orders()).toEqual([]);
  });

  test("what was answered under a key is answered again, and sent no second time", async () => {
    const placed = await place("taken");
    simulator.faults.arm({ kind: "refuse", on: "place" });
    const refused = await place("refused", { qty: 1 });
    expect([placed.status, refused.status]).toEqual([200, 422]);
    await end();
    expect(await place("taken")).toEqual({ ...placed, replayed: "true" });
    // The vendor would take it now.
    expect(await place("refused", { qty: 1 })).toEqual({ ...refused, replayed: "true" });
    expect(simulator.venue.orders()).toHaveLength(1);
  });

  test("the day counts on", async () => {
    expect((await place("the first")).status).toBe(200);
    await end();
    expect(await place("too much", { qty: 9 })).toMatchObject({
      status: 422,
      json: { error: { code: "LimitExceeded", details: { rule: "risk.maxDailyValue" } } },
    });
    expect(await place("as much as is left", { qty: 8 })).toMatchObject({ status: 200 });
  });

  test("who followed orders goes on after the last event that was seen", async () => {
    const following = eventReader(await open("order/events"));
    const { lastEventId } = await following.until(({ kind }) => kind === "snapshot");
    await following.cancel();
    const { json } = await place("meanwhile");
    await end();
    const back = eventReader(await open("order/events", { headers: { "Last-Event-ID": lastEventId } }));
    const seen: string[] = [];
    const { data } = await back.until(({ kind }) => seen.push(kind) > 0 && kind === "order");
    await back.cancel();
    expect(seen).not.toContain("reset");
    expect(seen).not.toContain("snapshot");
    expect(data.order.orderId).toBe(json["orderId"]);
  });

  test("an order that was on its way is known, and is looked for at the vendor", async () => {
    expect((await place("before it")).status).toBe(200);
    simulator.faults.arm({ kind: "stall", on: "place" });
    const lost = place("on its way", { qty: 1 }).catch(() => "ended");
    await expect.poll(() => simulator.faults.armed()).toBe(0);
    await end();
    expect((await ask("order/intents?state=unknown")).json["intents"]).toMatchObject([{ args: { qty: 1 } }]);
    await lost;
  });
});

test("where there is no room left, orders are refused, and cancels go on", async () => {
  const { json } = await place("while there is room");
  await startAgain(1);
  expect(await place("too late", { qty: 1 })).toMatchObject({
    status: 503,
    json: { error: { code: "JournalUnavailable", outcome: "not_sent" } },
  });
  const { orderId } = json;
  const canceled = await ask("order/cancel", { method: "POST", body: JSON.stringify({ orderId }) });
  expect(canceled).toMatchObject({ status: 200, json: { canceled: true } });
  expect(simulator.venue.orders()).toMatchObject([{ order: { status: "CANCELED" } }]);
});
