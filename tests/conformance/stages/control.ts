/** The powers over a venue that a simulator's control port gives, over HTTP, from any runtime. */
import type { HeldCash, LedgerRow, Venue } from "../../../src/testing/index.ts";

/** All powers that every simulator's control port has a request for. */
export type ControlledVenue = Required<Omit<Venue, "holdUnmappable" | "proxyError" | "holdReplaces">>;

/** Moves the simulator behind a control port; orders "placed elsewhere" go to the given one of its books. */
export function controlledVenue(url: string, book: string): ControlledVenue {
  const ask = asking(url);

  return {
    setPrice: async ({ tradeType, region, symbol }, price) => {
      await ask("POST", "/quotes", { tradeType, region, symbol, price });
    },
    fill: async (orderId, qty, price) => {
      await ask("POST", "/fills", { orderId, qty, price });
    },
    end: async (orderId, status, reason) => {
      await ask("POST", `/orders/${encodeURIComponent(orderId)}/end`, { status, reason });
    },
    placeElsewhere: async ({ contract, ...order }) => {
      const row = (await ask("POST", "/orders", { ...contract, ...order, book })) as LedgerRow;
      return row.orderId;
    },
    brokerLogin: async (loggedIn) => {
      await ask("POST", "/session", { brokerLogin: loggedIn });
    },
    setClock: async (now) => {
      await ask("POST", "/clock", { now });
    },
    silence: async (on) => {
      await ask("POST", "/faults", { kind: "stall", on, count: 1_000_000 });
    },
    drop: async (on) => {
      await ask("POST", "/faults", { kind: "drop", on });
    },
    loseAnswer: async (on) => {
      await ask("POST", "/faults", { kind: "lose-answer", on });
    },
    limit: async (on) => {
      await ask("POST", "/faults", { kind: "rate-limit", on });
    },
    holdCancels: () => hold(ask, "cancel"),
    restart: async (ms) => {
      await ask("POST", "/faults", { kind: "restart", ms });
    },
    cash: async () => {
      const books = (await ask("GET", "/cash")) as Readonly<Record<string, HeldCash>>;
      const held = books[book];
      if (held === undefined) throw new Error(`the simulator has no book ${book}`);
      return held;
    },
    ledger: async () => (await ask("GET", "/orders")) as readonly LedgerRow[],
  };
}

/** The power of what stands before a simulator that is reached over HTTP. */
export function proxyBefore(url: string): NonNullable<Venue["proxyError"]> {
  return async (on, status) => {
    await asking(url)("POST", "/faults", { kind: `late-${status}`, on });
  };
}

/** The power of a simulator whose venue can hold changes back. */
export function heldReplaces(url: string): NonNullable<Venue["holdReplaces"]> {
  return () => hold(asking(url), "replace");
}

async function hold(ask: ReturnType<typeof asking>, on: "cancel" | "replace"): Promise<() => Promise<void>> {
  await ask("POST", "/holds", { on, held: true });
  return async () => {
    await ask("POST", "/holds", { on, held: false });
  };
}

function asking(url: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  };
}
