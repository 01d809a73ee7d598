/** What goes wrong, and what goes on in the markets, by a seed. */
import { FAULT_KINDS, FAULT_STAGES, faultProblem } from "../../simulators/shared/faults.ts";
import type { BrokerName } from "./brokers.ts";
import type { Counters } from "./counters.ts";
import type { Random } from "./random.ts";
import { rest } from "./rest.ts";
import type { Simulator } from "./simulators.ts";

export interface ChaosOptions {
  readonly simulators: ReadonlyMap<BrokerName, Simulator>;
  /** Which faults to choose from. Those that only one vendor has strike only that one. */
  readonly kinds: readonly string[];
  readonly random: Random;
  readonly counters: Counters;
  readonly stopping: AbortSignal;
  /** Mean of the milliseconds between two blows to one broker. */
  readonly everyMs: number;
}

/**
 * Faults that only one simulator has. Left out are those after which a vendor's account is another one: a token that has
 * expired, an order that is not the one that was sent.
 */
const OWN_FAULTS: Readonly<Record<BrokerName, readonly string[]>> = {
  futu: [],
  interactiveBrokers: [],
  longport: ["plain-429", "html-502", "late-502", "missing-data", "connection-limit", "no-ping", "forget-sessions"],
  tiger: ["tamper", "clock", "http-500", "html", "kick-out"],
};

/** Every kind that there is to choose from. */
export const SOAK_FAULTS: readonly string[] = [...FAULT_KINDS, ...Object.values(OWN_FAULTS).flat()];

/** What may happen, and how often. */
const BLOWS = { fault: 50, price: 25, fill: 12, end: 5, external: 5, logout: 3 } as const;

/** Strikes until it is told to stop, each broker by itself. */
export async function wreakHavoc(options: ChaosOptions): Promise<void> {
  const forks = [...options.simulators].map(([broker, simulator]) => {
    return strike(broker, simulator, { ...options, random: options.random.fork() });
  });
  await Promise.all(forks);
}

async function strike(broker: BrokerName, simulator: Simulator, options: ChaosOptions): Promise<void> {
  const { random, counters, stopping, everyMs } = options;
  while (true) {
    await rest(random.int(0, 2 * everyMs), stopping);
    if (stopping.aborted) return;
    const blow = random.weighted(BLOWS);
    if (blow === "fault") await fault(broker, simulator, options);
    else {
      counters.count("the world", blow);
      await WORLD[blow](simulator, options);
    }
  }
}

async function fault(broker: BrokerName, simulator: Simulator, { kinds, random, counters }: ChaosOptions) {
  const [first, ...others] = kinds.filter((kind) => isCommon(kind) || OWN_FAULTS[broker].includes(kind));
  if (first === undefined) return;
  const kind = random.pick([first, ...others]);
  const [stage, ...more] = isCommon(kind) ? FAULT_STAGES.filter((on) => faultProblem({ kind, on }) === undefined) : [];
  const on = stage === undefined || random.chance(0.3) ? undefined : random.pick([stage, ...more]);
  const order = { kind, count: random.int(1, 2), ms: random.int(200, 3000), ...(on === undefined ? {} : { on }) };
  if (await simulator.control("/faults", order)) {
    counters.count("faults", kind);
    counters.count(`faults at ${broker}`, on ?? "any");
  } else counters.broken(`the simulator of ${broker} takes no fault ${JSON.stringify(order)}`);
}

function isCommon(kind: string): boolean {
  return (FAULT_KINDS as readonly string[]).includes(kind);
}

type Blow = (simulator: Simulator, options: ChaosOptions) => Promise<unknown>;

const WORLD: Readonly<Record<Exclude<keyof typeof BLOWS, "fault">, Blow>> = {
  price: (simulator, { random }) => {
    const [symbol, price] = random.pick([
      ["AAPL", 201.5],
      ["QQQ", 520.25],
    ]);
    const moved = Math.round(price * (1 + (random.next() - 0.5) * 0.06) * 100) / 100;
    return simulator.control("/quotes", { region: "US", symbol, price: moved });
  },
  async fill(simulator, { random }) {
    const order = await openOrder(simulator, random);
    if (order === undefined) return;
    const { orderId, qty, filledQty, price } = order;
    await simulator.control("/fills", { orderId, qty: random.int(1, qty - filledQty), price: price ?? 100 });
  },
  async end(simulator, { random }) {
    const order = await openOrder(simulator, random);
    if (order === undefined) return;
    const status = random.pick(["CANCELED", "EXPIRED"]);
    await simulator.control(`/orders/${order.orderId}/end`, { status, reason: "the exchange says so" });
  },
  external: (simulator, { random }) =>
    simulator.control("/orders", {
      region: "US",
      symbol: "AAPL",
      direction: "BUY",
      qty: random.int(1, 5),
      price: random.int(150, 199),
      orderType: "Limit",
      book: simulator.book,
    }),
  async logout(simulator, { random, stopping }) {
    await simulator.control("/session", { brokerLogin: false });
    await rest(random.int(500, 3000), stopping);
    await simulator.control("/session", { brokerLogin: true });
  },
};

async function openOrder(simulator: Simulator, random: Random) {
  const ledger = await simulator.ledger();
  const [first, ...others] = ledger.filter(({ status }) => status === "OPEN" || status === "PARTIALLY_FILLED");
  return first === undefined ? undefined : random.pick([first, ...others]);
}
