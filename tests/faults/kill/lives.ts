/**
 * A gateway is killed again and again while clients place orders through it, and runs under another runtime each time. What
 * a client was told must be so, no key may have bought twice, and the events must tell the same story as the broker's own
 * ledger.
 *
 * `KILLS` says how often; `npm run test:long` says 200.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, vi } from "vitest";
import type { Faults } from "../../../simulators/shared/faults.ts";
import type { Venue } from "../../../simulators/shared/venue.ts";
import { newFolder } from "../../journal/lines.ts";
import { RUNTIMES } from "../../runtimes/program.ts";
import { type Client, type FinalAnswer, type GatewayProcess, startGateway, untilAnswered } from "./gateway.ts";
import type { GatewaySetup } from "./gateway-setup.ts";
import { readRecords, replayUntil } from "./story.ts";

/** Of the short run, so many that each strike strikes under each runtime. */
const KILLS = Number(process.env["KILLS"] ?? 12);
/** Keys that begin in each life of the gateway: fewer than any vendor takes orders in half a minute. */
const KEYS_A_LIFE = 4;
/**
 * What was written down and not sent when the gateway was killed is proven absent only after the settle time of its vendor, 30 s.
 * One key after the other seldom leaves such behind, so that the short run seldom waits for that.
 */
const KEYS_AT_ONCE = KILLS > 10 ? 2 : 1;
export const TIMEOUT_MS = 120_000 + KILLS * 8_000;

const INSTANCE = { instanceId: "killInstance00000001", tokens: ["killInstanceToken001"] } as const;

/** A row of a broker's own list of all orders it ever accepted. */
export interface LedgerRow {
  readonly orderId: string;
  readonly tag: string | null;
  readonly symbol: string;
  readonly price: number | null;
  readonly status: string;
  readonly filledQty: number;
}

/** A key, what was asked under it, and what was answered in the end. */
interface Traded {
  readonly order: ReturnType<typeof orderOf>;
  readonly answers: readonly FinalAnswer[];
  readonly cancel: FinalAnswer | undefined;
}

/** Kills a gateway, or returns at the moment to do so. */
export type Strike = (gateway: GatewayProcess) => Promise<void>;

/** Each key asks for a price of its own: some orders rest, some fill at once. */
function orderOf(number: number) {
  const rests = number % 3 !== 0;
  return {
    tradeType: "Securities",
    region: "US",
    symbol: rests ? "AAPL" : "QQQ",
    direction: rests ? "BUY" : "SELL",
    price: ((rests ? 100 : 10_000) + number) / 100,
    qty: 1,
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
  };
}

/** Places under a key of its own, every other time from two clients at once, and cancels some again. */
async function trade(client: Client, number: number): Promise<Traded> {
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

/**
 * Runs a gateway through its lives while one key after the other is traded, and lets everybody be answered in the last
 * one; then holds the answers and the events against the broker's ledger.
 */
export async function liveThrough(
  broker: GatewaySetup["broker"],
  strikes: readonly Strike[],
  readLedger: (client: Client) => Promise<LedgerRow[]>,
) {
  const setup: GatewaySetup = { ...INSTANCE, journal: `${newFolder()}/journal.db`, broker };
  let url = "http://127.0.0.1:9";
  const client: Client = { url: () => url, instanceId: INSTANCE.instanceId, token: INSTANCE.tokens[0] };
  let keys = 0;
  const chains: Promise<Traded[]>[] = [];
  const chain = async () => {
    const traded: Traded[] = [];
    for (let key = 0; key < KEYS_A_LIFE / KEYS_AT_ONCE; key += 1) traded.push(await trade(client, keys++));
    return traded;
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const gateway = startGateway(setup, RUNTIMES[kill % RUNTIMES.length]);
    if (kill % 6 === 5) {
      // Killed before it serves.
      await pause(Math.random() * 1000);
    } else {
      url = await gateway.serving;
      const moment = strikes[kill % strikes.length]?.(gateway);
      for (let index = 0; index < KEYS_AT_ONCE; index += 1) chains.push(chain());
      await moment;
    }
    await gateway.kill();
  }

  const last = startGateway(setup);
  url = await last.serving;
  const traded = (await Promise.all(chains)).flat();
  const ledger = await readLedger(client);
  compareAnswers(ledger, traded);
  await compareEvents(client, ledger, setup.journal);
  expect(await last.stop()).toBe(0);
}

/** One order a key, and each answer is the order's. */
function compareAnswers(ledger: readonly LedgerRow[], traded: readonly Traded[]): void {
  expect(traded.length).toBeGreaterThan(KILLS);
  for (const { order, answers, cancel } of traded) {
    expect(answers.map(({ status, body }) => [status, body.ex])).toEqual(answers.map(() => [200, null]));
    const [orderId, ...others] = new Set(answers.map(({ body }) => body.orderId));
    expect(others, "twins were told of two orders").toEqual([]);
    const rows = ledger.filter(({ symbol, price }) => symbol === order.symbol && price === order.price);
    expect(rows.map((row) => [row.orderId, row.tag])).toEqual([[orderId, answers[0]?.body.tag]]);
    if (cancel === undefined) continue;
    const ended = order.direction === "BUY" ? [200, "CANCELED"] : [409, "FILLED"];
    expect([cancel.status, rows[0]?.status]).toEqual(ended);
  }
  expect(ledger).toHaveLength(traded.length);
}

/** The events from the first one on lead to where the ledger is, and nothing in the journal is left open. */
async function compareEvents(client: Client, ledger: readonly LedgerRow[], journal: string): Promise<void> {
  const { epoch } = await readRecords(journal);
  const expected = ledger.map(({ orderId, status, filledQty }) => ({ orderId, status, filledQty }));
  const replay = await replayUntil(client, epoch, expected);
  expect(replay.orders.toSorted(byOrderId)).toEqual(expected.toSorted(byOrderId));
  expect(replay.external).toEqual([]);

  const records = await readRecords(journal);
  expect(replay.numbers).toEqual(records.events.slice(0, replay.numbers.length));
  expect(records.lines).toEqual(records.lines.map((_, index) => index + 1));
  expect(records.anomalies).toEqual([]);
  expect(records.unsettled).toEqual([]);
}

function byOrderId(a: { orderId: string }, b: { orderId: string }): number {
  return a.orderId < b.orderId ? -1 : 1;
}

export const atRandom: Strike = () => pause(Math.random() * 400);

/** The moments between the hand-over of an order and the gateway's knowing what became of it. */
function strikesOn({ venue, faults }: Simulator): Strike[] {
  const known = new Set<string>();

  /** Calls back within the exchange, before the vendor's answer leaves, with the n-th order that it accepts from now on. */
  function atAcceptance(n: number, strike: () => void): Promise<void> {
    for (const { wireId } of venue.orders()) known.add(wireId);
    let left = n;
    return new Promise((resolve) => {
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
      // The order is on its way then: it arrives when nobody is there, or after the next gateway has looked for it.
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

/** A simulator in the test's hands. */
interface Simulator {
  readonly venue: Venue;
  readonly faults: Pick<Faults, "arm" | "armed">;
  readonly controlPort: number;
}

/** The same in front of a vendor's simulator, which must have been started without frequency limits. */
export async function liveThroughAt(simulator: Simulator, broker: GatewaySetup["broker"]): Promise<void> {
  await liveThrough(broker, strikesOn(simulator), async () => {
    const response = await fetch(`http://127.0.0.1:${simulator.controlPort}/orders`);
    return await response.json();
  });
}
