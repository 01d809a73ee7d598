/** A broker whose adapter comes later: in which order its calls reach the adapter, and what it says of itself before. */
import { expect, test } from "vitest";
import { type Adapter, loadedAtStart } from "../../../src/brokers/shared/loaded-at-start.ts";
import type { Broker, BrokerHost } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import type { Capabilities } from "../../../src/spec/capabilities.ts";

const HOST: BrokerHost = { onOrder: () => {}, onConnection: () => {} };
const CALL = { signal: new AbortController().signal };

function capabilitiesOf(account: string | null): Capabilities {
  const listing = { complete: true, settleMs: 0 };
  return { environment: "REAL", account, markets: [], orders: [], quotes: [], push: "none", listing };
}

/** An adapter that writes down what it is asked for, and the broker before it. */
function loading(load: (adapter: Adapter) => Promise<Adapter> = async (adapter) => adapter) {
  const heard: string[] = [];
  let started = false;
  const early = async () => {
    heard.push("early");
    throw new BrokerError("NotConnected", "not started", { outcome: "not_sent" });
  };
  const adapter: Adapter = {
    capabilities: () => capabilitiesOf("****5678"),
    queues: () => [{ name: "reads", waiting: 0, taken: 1, waitedMs: 0, refused: 0 }],
    async start() {
      heard.push("start");
      started = true;
    },
    async close() {
      heard.push("close");
    },
    ping: async () => started,
    async cancelOrder(orderId) {
      heard.push(`cancel ${orderId}`);
    },
    ...{ cash: early, positions: early, quote: early, marketStatus: early },
    ...{ placeOrder: early, replaceOrder: early, order: early, orders: early },
  };
  const outline = { kind: "late", display: "Late", capabilities: () => capabilitiesOf(null) };
  const broker = loadedAtStart(outline, () => {
    heard.push("load");
    return load(adapter);
  }) as Required<Broker>;
  return { broker, heard };
}

test("says before it is loaded what is known without the adapter, and loads nothing for that", async () => {
  const { broker, heard } = loading();
  expect(broker).toMatchObject({ kind: "late", display: "Late" });
  expect([broker.capabilities().account, broker.queues()]).toEqual([null, []]);
  await broker.close();
  expect(heard).toEqual([]);
  await broker.start(HOST);
  expect(broker.capabilities().account).toBe("****5678");
  expect(broker.queues()).toHaveLength(1);
});

test("is loaded once, however many ask at once, and hands on what it is asked", async () => {
  const { broker, heard } = loading();
  expect(await Promise.all([broker.start(HOST), broker.ping(CALL), broker.cancelOrder("7", CALL)])).toEqual([
    undefined,
    true,
    undefined,
  ]);
  expect(heard).toEqual(["load", "start", "cancel 7"]);
});

test("a call that comes too early is refused by the adapter", async () => {
  const { broker, heard } = loading();
  await expect(broker.orders({ status: "all" }, CALL)).rejects.toMatchObject({
    code: "NotConnected",
    outcome: "not_sent",
  });
  expect(heard).toEqual(["load", "early"]);
});

test("one that is closed while it is loaded is closed after it has started, so that nothing stays open", async () => {
  const gate = Promise.withResolvers<void>();
  const { broker, heard } = loading(async (adapter) => {
    await gate.promise;
    return adapter;
  });
  const starting = broker.start(HOST);
  const closing = broker.close();
  gate.resolve();
  await Promise.all([starting, closing]);
  expect(heard).toEqual(["load", "start", "close"]);
});

test("what could not be loaded fails the start, closes all the same, and is tried again at the next start", async () => {
  let missing = true;
  const { broker, heard } = loading(async (adapter) => {
    if (missing) throw new Error("a file is missing");
    return adapter;
  });
  const starting = broker.start(HOST);
  const closing = broker.close();
  await expect(starting).rejects.toThrow("a file is missing");
  await closing;
  missing = false;
  await broker.start(HOST);
  expect(heard).toEqual(["load", "load", "start"]);
});
