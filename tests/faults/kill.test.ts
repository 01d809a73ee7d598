/**
 * A gateway is killed again and again while clients place orders through it. What a client was told must be so, no key may
 * have bought twice, and the journal must tell the same story as the broker's own ledger.
 *
 * `KILLS` says how often; `npm run test:long` says 200.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import type { LedgerRow } from "../../simulators/shared/control.ts";
import { newFolder } from "../journal/lines.ts";
import { type Client, type FinalAnswer, type GatewayProcess, startGateway, untilAnswered } from "./gateway.ts";
import type { GatewaySetup } from "./gateway-program.ts";
import { readStory } from "./story.ts";

const KILLS = Number(process.env["KILLS"] ?? 10);
/** Keys that begin in each life of the gateway: fewer than Futu takes orders in half a minute. */
const KEYS_A_LIFE = 4;
/** A life, and what the settle time of the broker adds once. */
const TIMEOUT_MS = 120_000 + KILLS * 8_000;

const INSTANCE = { instanceId: "killInstance00000001", tokens: ["killInstanceToken001"] } as const;

/** A key, what was asked under it, and what was answered in the end. */
interface Intent {
  readonly order: { readonly symbol: string; readonly direction: string; readonly price: number };
  readonly answers: readonly FinalAnswer[];
  readonly cancel: FinalAnswer | undefined;
}

/** Each key asks for a price of its own: some orders rest, some fill at once. */
function orderOf(number: number) {
  const resting = number % 3 !== 0;
  return {
    tradeType: "Securities",
    region: "US",
    symbol: resting ? "AAPL" : "QQQ",
    direction: resting ? "BUY" : "SELL",
    price: ((resting ? 100 : 10_000) + number) / 100,
    qty: 1,
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
  };
}

/** Places under a key of its own, some of them from two clients at once, and cancels some again. */
async function trade(client: Client, number: number): Promise<Intent> {
  const order = orderOf(number);
  const twins = number % 2 === 0 ? 2 : 1;
  const answers = await Promise.all(
    Array.from({ length: twins }, () => untilAnswered(client, "order/place", `place-${number}`, order)),
  );
  const orderId: unknown = answers[0]?.body.orderId;
  const cancels = number % 4 === 1 && orderId !== undefined;
  const cancel = cancels ? await untilAnswered(client, "order/cancel", `cancel-${number}`, { orderId }) : undefined;
  return { order, answers, cancel };
}

/** Runs a gateway through its lives, while more and more keys are traded; gives back what became of each. */
async function liveThrough(
  setup: GatewaySetup,
  strikes: readonly ((gateway: GatewayProcess) => Promise<void>)[],
): Promise<Intent[]> {
  let url = "http://127.0.0.1:9";
  const client: Client = { url: () => url, instanceId: INSTANCE.instanceId, token: INSTANCE.tokens[0] };
  const intents: Promise<Intent>[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const gateway = startGateway(setup);
    // Killed in every sixth life before it is there.
    if (kill % 6 === 5) {
      await pause(Math.random() * 1000);
    } else {
      url = await gateway.serving;
      const strike = strikes[kill % strikes.length]?.(gateway);
      for (let key = 0; key < KEYS_A_LIFE; key += 1) intents.push(trade(client, intents.length));
      await strike;
    }
    await gateway.kill();
  }
  const last = startGateway(setup);
  url = await last.serving;
  const settled = await Promise.all(intents);
  // What the broker reported last is still being written down.
  expect(await last.stop()).toBe(0);
  return settled;
}

async function atRandom(): Promise<void> {
  await pause(Math.random() * 400);
}

/** Holds the clients' answers and the journal against what the broker itself has. */
async function compare(ledger: readonly LedgerRow[], intents: readonly Intent[], journal: string): Promise<void> {
  expect(intents).toHaveLength(KILLS * KEYS_A_LIFE - Math.floor(KILLS / 6) * KEYS_A_LIFE);
  const rows = new Map(ledger.map((row) => [row.orderId, row]));
  for (const { order, answers, cancel } of intents) {
    const [orderId, ...others] = new Set(answers.map(({ body }) => body.orderId));
    expect(answers.map(({ status, body }) => [status, body.ex])).toEqual(answers.map(() => [200, null]));
    expect(others, "twins were told of two orders").toEqual([]);
    const same = ledger.filter(({ symbol, price }) => symbol === order.symbol && price === order.price);
    expect(same.map((row) => row.orderId)).toEqual([orderId]);
    expect(rows.get(orderId)?.tag).toBe(answers[0]?.body.tag);
    if (cancel !== undefined) {
      const wasResting = order.direction === "BUY";
      expect([cancel.status, rows.get(orderId)?.status]).toEqual(wasResting ? [200, "CANCELED"] : [409, "FILLED"]);
    }
  }
  expect(ledger).toHaveLength(intents.length);

  const story = await readStory(journal);
  expect(story.sequences).toEqual(story.sequences.map((_, index) => index + 1));
  expect(story.anomalies).toEqual([]);
  expect(story.unsettled).toEqual([]);
  expect(story.external).toEqual([]);
  const told = [...story.orders.values()].map(({ orderId, status, filledQty }) => ({ orderId, status, filledQty }));
  const expected = ledger.map(({ orderId, status, filledQty }) => ({ orderId, status, filledQty }));
  expect(told.toSorted(byOrderId)).toEqual(expected.toSorted(byOrderId));
}

function byOrderId(a: { orderId: string }, b: { orderId: string }): number {
  return a.orderId < b.orderId ? -1 : 1;
}

/** The moments at which it matters most. */
function strikesOn({ venue, faults }: OpenD): ((gateway: GatewayProcess) => Promise<void>)[] {
  const known = new Set<string>();
  venue.subscribe(({ wireId }) => {
    queueMicrotask(() => known.add(wireId));
  });

  /** Calls back within the exchange, before the vendor's answer leaves, with the n-th order that it accepts. */
  function atAcceptance(n: number, strike: () => void): Promise<void> {
    return new Promise((resolve) => {
      let left = n;
      const stop = venue.subscribe(({ wireId }) => {
        if (known.has(wireId)) return;
        known.add(wireId);
        left -= 1;
        if (left > 0) return;
        stop();
        strike();
        resolve();
      });
    });
  }

  return [
    (gateway) => atAcceptance(1 + Math.floor(Math.random() * KEYS_A_LIFE), () => void gateway.kill()),
    async () => {
      // Killed while the order is on its way: it arrives when nobody is there, or after the next gateway has looked.
      faults.arm({ kind: "delay", on: "place", ms: 100 + Math.random() * 3000 });
      await vi.waitUntil(() => faults.armed() === 0, { interval: 5, timeout: 20_000 });
    },
    async () => {
      faults.arm({ kind: "lose-answer", on: "place" });
      await atAcceptance(1, () => {});
      await pause(Math.random() * 300);
    },
    atRandom,
  ];
}

test("a gateway over OpenD that is killed has made one order a key, and forgets none", {
  timeout: TIMEOUT_MS,
}, async () => {
  const opend = await startOpenD({ limits: false });
  onTestFinished(() => opend.close());
  const journal = `${newFolder()}/journal.db`;
  const setup: GatewaySetup = { ...INSTANCE, journal, broker: { kind: "futu", port: opend.port } };
  const intents = await liveThrough(setup, strikesOn(opend));
  const ledger = await fetch(`http://127.0.0.1:${opend.controlPort}/orders`).then((response) => response.json());
  await compare(ledger, intents, journal);
});
