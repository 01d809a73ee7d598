/** One run: load, faults, silence, and then the question whether everybody tells the same story. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyedTag } from "../../src/desk/tag.ts";
import { type BrokerName, digestOf, instanceIdOf, tokenOf } from "./brokers.ts";
import { wreakHavoc } from "./chaos.ts";
import { type Belief, startClient } from "./client.ts";
import { contradictions, type Stories } from "./compare.ts";
import { type Counters, createCounters } from "./counters.ts";
import { type Follower, startFollower } from "./follower.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { createHttpClient, type HttpClient } from "./http.ts";
import { recordsOf } from "./journal.ts";
import { type Counts, leaksOf, type Sample, SPARE_CLOSED } from "./memory.ts";
import { createRandom } from "./random.ts";
import { rest } from "./rest.ts";
import { type Simulator, startSimulator } from "./simulators.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Of all choices; the same one chooses the same again, though not at the same moments. */
  readonly seed: number;
  readonly clients: number;
  readonly brokers: readonly BrokerName[];
  /** Kinds of faults to choose from. */
  readonly faults: readonly string[];
  /** Mean of the milliseconds between two blows to one broker. */
  readonly faultEveryMs: number;
  /** How often the gateway is killed. */
  readonly kills: number;
  readonly transport: "web" | "native";
  /** Milliseconds until every write is settled when the load is over, and then again until everybody agrees. */
  readonly patienceMs: number;
  /** File of the journal, which is then kept. Default: one that goes with the run. */
  readonly journal?: string;
  /** Told what is going on. */
  readonly print: (line: string) => void;
}

export interface SoakResult {
  readonly options: SoakOptions;
  readonly counters: Counters;
  /** Orders in each ledger. */
  readonly orders: Readonly<Partial<Record<BrokerName, number>>>;
  /** Memory from the end of the warm-up on, in one life of the gateway. */
  readonly samples: readonly Sample[];
  /** What lived in the gateway when the warm-up was over; empty if it was being killed at that moment. */
  readonly loaded: Counts;
  /** What lived in it before the load, and when the load was over. */
  readonly idle: { readonly before: Counts; readonly after: Counts };
  /** What lived in its process before it was opened, just after it was closed, and when its peers had ended too. */
  readonly closed: { readonly before: Counts; readonly unanswered: Counts; readonly after: Counts };
  /** What is wrong, in sentences; empty for a good run. */
  readonly faults: readonly string[];
}

/** The part of a run that is warm-up: caches fill, code is compiled. */
const WARM_UP = 0.2;
/** Between two samples of memory, in milliseconds. */
const SAMPLE_MS = 5000;
/** Every other client of so many follows events too. */
const FOLLOWERS = 5;
/** Between two times that everybody is asked for their stories, in milliseconds. */
const ASK_MS = 2000;
/** What a gateway that rests has by turns: heartbeats, polls, deadlines, a reconciliation under way. */
const SPARE_IDLE = {
  Timeout: 6,
  TCPSocketWrap: 4,
  TLSWrap: 2,
  "running timers": 20,
  "sockets in memory": 10,
  "signals in memory": 40,
};
/** So long a closed gateway has until its last socket is gone, in milliseconds: a read may be at its deadline. */
const LET_GO_MS = 20_000;

interface Seat {
  readonly broker: BrokerName;
  readonly simulator: Simulator;
  readonly clients: readonly string[];
}

/** Runs to the end, and leaves no process behind, whatever happens. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), "httptrading-soak-"));
  const tidy = () => rmSync(folder, { recursive: true, force: true });
  // One that is interrupted has no other end.
  process.once("exit", tidy);
  const http = createHttpClient();
  const seats: Seat[] = [];
  let gateway: Gateway | undefined;
  try {
    for (const [index, broker] of options.brokers.entries()) {
      seats.push({ broker, simulator: await startSimulator(broker), clients: clientsOf(options, index) });
    }
    const journal = options.journal ?? join(folder, "journal.db");
    const instances = seats.map(({ broker, simulator: { ports }, clients }) => {
      return { broker, ports, clients, transport: options.transport };
    });
    gateway = await startGateway({ journal, port: 0, instances });
    return await Promise.race([load(options, { seats, gateway, journal, http }), gateway.crash]);
  } finally {
    http.close();
    await gateway?.kill();
    await Promise.all(seats.map(({ simulator }) => simulator.stop()));
    process.off("exit", tidy);
    tidy();
  }
}

interface Stage {
  readonly seats: readonly Seat[];
  readonly gateway: Gateway;
  readonly journal: string;
  readonly http: HttpClient;
}

async function load(options: SoakOptions, stage: Stage): Promise<SoakResult> {
  const { seats, gateway, journal, http } = stage;
  const { print } = options;
  const counters = createCounters();
  const random = createRandom(options.seed);
  const begun = Date.now();
  const ms = options.minutes * 60_000;
  const before = await gateway.count();

  const stopping = new AbortController();
  const setups = seats.flatMap(({ broker, clients }) =>
    clients.map((name) => ({
      broker,
      name,
      url: `${gateway.url}/httptrading/api/${instanceIdOf(broker)}`,
      token: tokenOf(name),
      http,
      random: random.fork(),
      counters,
      stopping: stopping.signal,
    })),
  );
  const followers = setups
    .filter((_, index) => index % FOLLOWERS === 0)
    .map((setup) => ({ broker: setup.broker, follower: startFollower({ ...setup, random: random.fork() }) }));
  const clients = setups.map((setup) => ({ broker: setup.broker, name: setup.name, ...startClient(setup) }));
  const chaos = wreakHavoc({
    simulators: new Map(seats.map(({ broker, simulator }) => [broker, simulator])),
    kinds: options.faults,
    random: random.fork(),
    counters,
    stopping: stopping.signal,
    everyMs: options.faultEveryMs,
  });
  const murders = killNowAndThen(gateway, options, counters, stopping.signal);
  const sampling = sample(gateway, begun + ms * WARM_UP, stopping.signal);

  // Ends with the load; whatever fails before that ends the run at once.
  const working = Promise.all([chaos, murders, ...clients.map(({ done }) => done)]);
  await Promise.race([working, rest(ms * WARM_UP)]);
  const loaded = await gateway.count().catch(() => ({}));
  await Promise.race([working, rest(begun + ms - Date.now())]);
  stopping.abort();
  const samples = await sampling;
  await Promise.all([chaos, murders]);
  print("the load is over: faults are disarmed, and every write is asked for until it is settled");
  for (const { simulator } of seats) {
    await simulator.disarm();
    await simulator.control("/session", { brokerLogin: true });
  }
  const beliefs = new Map<BrokerName, Belief[]>();
  const settling = new AbortController();
  const patience = rest(options.patienceMs, settling.signal).then(() => undefined);
  for (const { broker, name, done } of clients) {
    const settled = await Promise.race([done, patience]);
    if (settled === undefined) counters.broken(`${broker}: a write of ${name} is not settled`);
    beliefs.set(broker, [...(beliefs.get(broker) ?? []), ...(settled ?? [])]);
  }

  settling.abort();
  print("ledgers, journal, lists, clients and followers are compared");
  const endings = await Promise.all(
    seats.map(async (seat) => {
      const { broker } = seat;
      const told = followers.filter((one) => one.broker === broker).map(({ follower }) => follower);
      const { stories, wrong } = await agreed(
        seat,
        { gateway, journal, http },
        beliefs.get(broker) ?? [],
        told,
        options,
      );
      return { broker, orders: stories.ledger.length, wrong: wrong.map((text) => `${broker}: ${text}`) };
    }),
  );

  await Promise.all(followers.map(({ follower }) => follower.stop()));
  http.close();
  // The gateway hears of connections that were ended a moment later.
  await rest(1000);
  const idle = { before, after: await gateway.count() };
  const { before: unopened } = await gateway.close();
  const unanswered = await gateway.count();
  await Promise.all(seats.map(({ simulator }) => simulator.stop()));
  const closed = { before: unopened, unanswered, after: await lastCount(gateway, unopened) };
  // A WebSocket of Node whose peer is half-open stays until that peer ends: its close() waits for an answer, and it has no other.
  const halfOpen = new Map(counters.of("faults")).get("half-open") ?? 0;
  const spareIdle = { ...SPARE_IDLE };
  for (const kind of ["TCPSocketWrap", "sockets in memory"] as const) spareIdle[kind] += 2 * halfOpen;
  return {
    options,
    counters,
    orders: Object.fromEntries(endings.map((ending) => [ending.broker, ending.orders])),
    samples,
    loaded,
    idle,
    closed,
    faults: [
      ...endings.flatMap(({ wrong }) => wrong),
      ...counters.violations(),
      ...gateway.warnings().map((text) => `a warning of the gateway's runtime: ${text}`),
      ...leaksOf(idle.before, idle.after, spareIdle).map((text) => `left after the load: ${text}`),
      ...leaksOf(closed.before, closed.after, SPARE_CLOSED).map((text) => `left after close(): ${text}`),
    ],
  };
}

/** What is left in the gateway's process once it has let go of everything, or has had time enough to. */
async function lastCount(gateway: Gateway, before: Counts): Promise<Counts> {
  const deadline = Date.now() + LET_GO_MS;
  for (;;) {
    const counts = await gateway.count();
    if (leaksOf(before, counts, SPARE_CLOSED).length === 0 || Date.now() > deadline) return counts;
    await rest(500);
  }
}

function clientsOf({ clients, brokers }: SoakOptions, index: number): string[] {
  const count = Math.floor(clients / brokers.length) + (index < clients % brokers.length ? 1 : 0);
  return Array.from({ length: count }, (_, number) => `${brokers[index]}-${number + 1}`);
}

async function killNowAndThen(gateway: Gateway, options: SoakOptions, counters: Counters, stopping: AbortSignal) {
  for (let kill = 0; kill < options.kills; kill += 1) {
    await rest((options.minutes * 60_000) / (options.kills + 1), stopping);
    if (stopping.aborted) return;
    await gateway.restart();
    counters.count("the world", "gateway killed");
  }
}

/** Samples from a moment on. A life that was ended takes its samples with it: memory begins anew. */
async function sample(gateway: Gateway, from: number, stopping: AbortSignal): Promise<readonly Sample[]> {
  let samples: Sample[] = [];
  await rest(from - Date.now(), stopping);
  while (!stopping.aborted) {
    await gateway.sample().then(
      (one) => void samples.push(one),
      () => {
        samples = [];
      },
    );
    await rest(SAMPLE_MS, stopping);
  }
  return samples;
}

/** Asks everybody until they agree, or have had time enough to; then what they still disagree on is wrong. */
async function agreed(
  { broker, simulator }: Seat,
  { gateway, journal, http }: Omit<Stage, "seats">,
  beliefs: readonly Belief[],
  followers: readonly Follower[],
  { patienceMs }: SoakOptions,
): Promise<{ readonly stories: Stories; readonly wrong: readonly string[] }> {
  const instance = digestOf(broker);
  const [first] = beliefs;
  const headers = { "HT-TOKEN": tokenOf(first?.client ?? "") };
  const url = `${gateway.url}/httptrading/api/${instanceIdOf(broker)}/order/list?status=all`;
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const list = await http.ask(url, { headers }).catch(() => undefined);
    const stories: Stories = {
      ledger: await simulator.ledger(),
      journal: await recordsOf(journal, instance),
      listed: list?.body?.orders?.map(toldOf) ?? [],
      beliefs: beliefs.map((belief) => ({ ...belief, tag: keyedTag(instance, belief.client, belief.key) })),
      followers: followers.map((follower) => ({ name: follower.name, told: follower.told() })),
    };
    const wrong = first === undefined ? [] : contradictions(stories);
    if (wrong.length === 0 || Date.now() > deadline) return { stories, wrong };
    await rest(list?.retryAfterMs ?? ASK_MS);
  }
}

function toldOf({ orderId, status, filledQty }: { orderId: string; status: string; filledQty: number }) {
  return { orderId, status, filledQty };
}
