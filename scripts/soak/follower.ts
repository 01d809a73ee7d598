/** A client that follows `order/events`, goes away now and then, and resumes where it was. */
import { eventReader } from "../../tests/http/suite/event-reader.ts";
import { rest } from "./rest.ts";
import type { ClientSetup } from "./writes.ts";

/** An order as the events told it last. */
export interface Told {
  readonly orderId: string;
  readonly status: string;
  readonly filledQty: number;
}

export interface Follower {
  readonly name: string;
  /** Every order that was ever told. */
  told(): readonly Told[];
  /** Goes away for good. */
  stop(): Promise<void>;
}

/** How long it stays and how long it is away, in milliseconds. */
const STAYS_MS = { least: 5000, most: 60_000 } as const;
const AWAY_MS = { least: 0, most: 3000 } as const;

/** Begins to follow. */
export function startFollower(setup: Omit<ClientSetup, "stopping">): Follower {
  const { broker, name, url, token, http, random, counters } = setup;
  const orders = new Map<string, Told>();
  const stopped = new AbortController();
  let lastEventId: string | undefined;

  async function follow(signal: AbortSignal): Promise<void> {
    const headers = { "HT-TOKEN": token, ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }) };
    counters.count("requests", "order/events");
    const response = await http.open(`${url}/order/events`, { headers, signal });
    if (response.status !== 200) throw new Error(`order/events answered ${response.status}`);
    const reader = eventReader(response);
    for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
      const resumed = lastEventId !== undefined;
      const { kind, data } = event;
      counters.count("events", kind);
      if (kind === "reset")
        counters.broken(`${broker}: a follower could not resume after ${lastEventId}: ${data.reason}`);
      if (kind === "snapshot" && resumed) counters.broken(`${broker}: a follower that resumed got a snapshot`);
      if (kind === "anomaly") counters.broken(`${broker}: anomaly: ${data.message}`);
      if (resumed && numberOf(event.lastEventId) <= numberOf(lastEventId)) {
        counters.broken(`${broker}: event ${event.lastEventId} came after ${lastEventId}`);
      }
      lastEventId = event.lastEventId;
      const told: readonly Told[] = kind === "snapshot" ? data.orders : [data.order ?? []].flat();
      for (const { orderId, status, filledQty } of told) orders.set(orderId, { orderId, status, filledQty });
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const visit = AbortSignal.timeout(random.int(STAYS_MS.least, STAYS_MS.most));
      await follow(AbortSignal.any([visit, stopped.signal])).catch(() => {});
      await rest(random.int(AWAY_MS.least, AWAY_MS.most), stopped.signal);
    }
  }

  const running = run();
  return {
    name,
    told: () => [...orders.values()],
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

/** The number in an event's id, -1 where there is none. */
function numberOf(id: string | undefined): number {
  return Number(id?.split("-").at(-1) ?? -1);
}
