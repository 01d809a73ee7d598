/** Tables of requests a second: reading, placing, a durable journal, many tokens and instances, the cost of every switch. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type Bench,
  type MeasureTable,
  measureStage,
  type PerRuntime,
  type Server,
  startBare,
  startGateway,
  startKeeping,
} from "../bench.ts";
import type { Metric, Table } from "../figures.ts";
import type { Ask } from "../load/load.ts";
import type { CpuAnswer } from "../programs/side-channel.ts";
import type { Measurable } from "../rounds.ts";
import { GUARDED, SETUPS, type SetupName } from "../setups.ts";
import { asksOf, type Request } from "./asks.ts";

const CLIENTS = 32;

const METRICS: readonly Metric[] = [
  { key: "requests", label: "requests/s", against: "share" },
  { key: "cpu", label: "CPU µs/request", against: "inverse", steady: true },
];

/** A server whose core is less busy than this waits for the load, so that its requests a second are not its own limit. */
const BUSY = 0.9;

/** Rows under load, and what is to be said of them. */
function underLoad(bench: Bench) {
  const servers: Server[] = [];
  const idle = new Map<string, number>();

  function row(name: string, server: Server, asks: readonly Ask[], least?: number): Measurable {
    servers.push(server);
    const targets = least === undefined ? [] : METRICS.map(({ key }) => ({ metric: key, value: least }));
    return {
      name,
      targets,
      async sample() {
        const { seconds, requests } = bench.effort;
        const before = (await server.ask("cpu")) as CpuAnswer;
        const result = await bench.load.run({ origin: server.origin, asks, clients: CLIENTS, seconds, requests });
        const { microseconds } = (await server.ask("cpu")) as CpuAnswer;
        const used = microseconds - before.microseconds;
        const busy = used / 1e6 / result.seconds;
        if (busy < BUSY) idle.set(name, busy);
        return { requests: result.requests / result.seconds, cpu: used / result.requests };
      },
    };
  }

  return {
    row,
    programs: servers,
    notes() {
      const rows = [...idle].map(([name, busy]) => `"${name}" (busy for ${Math.round(busy * 100)} % of its time)`);
      if (rows.length === 0) return [];
      return [
        `CPU time a request counts more than requests a second where a server waited for load: ${rows.join(", ")}.`,
      ];
    },
  };
}

/** A row of a table in which every server is asked the same. */
type PlainRow = (name: string, server: Server, least?: PerRuntime) => Measurable;

async function plainTable(
  bench: Bench,
  { request, ...about }: { readonly request: Request; readonly name: string; readonly title: string },
  rowsOf: (row: PlainRow) => Promise<readonly Measurable[]>,
): Promise<Table> {
  const { row, ...rest } = underLoad(bench);
  const asks = asksOf(request, SETUPS.plain);
  const rows = await rowsOf((name, server, least) => row(name, server, asks, least?.[bench.runtime.name]));
  return measureStage(bench, { ...about, metrics: METRICS, rows, ...rest });
}

const READ: PerRuntime = { node: 0.9, deno: 0.85, bun: 0.85 };
const PLACE: PerRuntime = { node: 0.75, deno: 0.65, bun: 0.65 };

const BARE = "bare Hono route";
/** What a route is called that does no more for an order than has to be done. */
const KEEPING = "Hono route that checks the order and keeps three records of it";

export const read: MeasureTable = (bench) =>
  plainTable(bench, { request: "read", name: "read", title: "GET cash/state" }, async (row) => [
    row(BARE, await startBare(bench)),
    row(`${BARE} again`, await startBare(bench)),
    row("gateway", await startGateway(bench, { setup: "plain" }), READ),
  ]);

const PLACE_TITLE = "POST order/place, journal in memory";

export const place: MeasureTable = (bench) =>
  plainTable(bench, { request: "place", name: "place", title: PLACE_TITLE }, async (row) => [
    row(BARE, await startBare(bench)),
    row(`${BARE} again`, await startBare(bench)),
    row(KEEPING, await startKeeping(bench)),
    row("gateway", await startGateway(bench, { setup: "plain" }), PLACE),
  ]);

/**
 * The same against the least that an order can cost. That alone is about as far from the bare route as the gateway was to
 * be: how near the gateway comes to it says what its desk costs, and is what the short form holds to its target.
 */
export const desk: MeasureTable = (bench) => {
  const title = `${PLACE_TITLE}, against the least that an order can cost`;
  return plainTable(bench, { request: "place", name: "desk", title }, async (row) => [
    row(KEEPING, await startKeeping(bench)),
    row(`${KEEPING} again`, await startKeeping(bench)),
    row("gateway", await startGateway(bench, { setup: "plain" }), PLACE),
  ]);
};

const DURABLE: PerRuntime = { node: 0.6, deno: 0.4, bun: 0.4 };

export const durable: MeasureTable = async (bench) => {
  const { row, ...rest } = underLoad(bench);
  const asks = asksOf("place", SETUPS.plain);
  const folder = mkdtempSync(join(bench.folder, "httptrading-bench-"));
  try {
    const memory = { setup: "plain" } as const;
    const sqlite = { ...memory, journal: join(folder, "journal.db") };
    const rows = [
      row("journal in memory", await startGateway(bench, memory), asks),
      row("journal in memory again", await startGateway(bench, memory), asks),
      row("journal in SQLite", await startGateway(bench, sqlite), asks, DURABLE[bench.runtime.name]),
    ];
    const title = `POST order/place, ${CLIENTS} clients, every intent durable before it is handed over`;
    return await measureStage(bench, { name: "durable", title, metrics: METRICS, rows, ...rest });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Rows against the gateway with one instance and one token, with a least share or without. */
async function againstPlain(
  bench: Bench,
  { name, title, request, note = [] }: { name: string; title: string; request: Request; note?: readonly string[] },
  compared: readonly SetupName[],
  least?: number,
): Promise<Table> {
  const { row, notes, programs } = underLoad(bench);
  const gateway = async (name: string, setup: SetupName, least?: number) =>
    row(name, await startGateway(bench, { setup }), asksOf(request, SETUPS[setup]), least);
  const rows = [await gateway("1 token, 1 instance", "plain"), await gateway("1 token, 1 instance again", "plain")];
  for (const setup of compared) rows.push(await gateway(setup, setup, least));
  return measureStage(bench, { name, title, metrics: METRICS, rows, programs, notes: () => [...note, ...notes()] });
}

export const scale: MeasureTable = (bench) =>
  againstPlain(
    bench,
    {
      name: "scale",
      title: "GET cash/state, tokens and instances by turns",
      request: "read",
      note: [
        "By turns, what is known of each of 100 instances has left the core's caches when it is asked again; one alone stays there.",
      ],
    },
    ["100 tokens", "100 instances", "100 instances, one of them asked"],
    0.95,
  );

/** Measured on an order's way, which passes every guard. */
export const guards: MeasureTable = (bench) =>
  againstPlain(
    bench,
    {
      name: "guards",
      title: "POST order/place, with one switch of an operator's turned on",
      request: "place",
      note: ["The kill switch is in every row, the first too: no gateway is without it."],
    },
    GUARDED,
  );

/** Another gateway beside the bare route and ours. It runs wherever it runs: on no core of its own, and its CPU time is not known. */
export const peer: MeasureTable = async (bench) => {
  const { peer } = bench;
  if (peer === undefined) throw new Error("the table needs --peer URL");
  const request = peer.method === "GET" ? "read" : "place";
  const { row, programs } = underLoad(bench);
  const asks = asksOf(request, SETUPS.plain);
  const { method, headers, body, url } = peer;
  const path = `${url.pathname}${url.search}`;
  const ask: Ask = { method, path, headers, ...(body === undefined ? {} : { body }) };
  const metrics = METRICS.filter(({ key }) => key === "requests");
  const rows: Measurable[] = [
    row("bare Hono route", await startBare(bench), asks),
    row("bare Hono route again", await startBare(bench), asks),
    row("gateway", await startGateway(bench, { setup: "plain" }), asks),
    {
      name: peer.name,
      async sample() {
        const { seconds } = bench.effort;
        const result = await bench.load.run({ origin: url.origin, asks: [ask], clients: CLIENTS, seconds });
        return { requests: result.requests / result.seconds };
      },
    },
  ];
  const notes = () => [`${peer.name} runs where it was started, not on the server's core.`];
  const title = `${request === "read" ? "GET cash/state" : "POST order/place"} beside ${peer.name}`;
  return measureStage(bench, { name: "peer", title, metrics, rows, programs, notes });
};
