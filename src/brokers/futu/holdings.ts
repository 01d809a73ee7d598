/**
 * Funds and positions. OpenD keeps them and is told of changes, but not of all: of a simulated account it goes on telling
 * what was there before a fill, and a program that buys what it lacks would buy again.
 */
import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import { createSharedReads } from "../shared/pacing.ts";
import { MS } from "./timing.ts";
import type { Wire } from "./wire.ts";

interface Request extends Readonly<Record<string, unknown>> {
  readonly header: { readonly accID: string };
}

const LIMIT = { GetFunds: "funds", GetPositionList: "positions" } as const;

export function createHoldings(wire: Pick<Wire, "read">) {
  const shared = createSharedReads();
  let changes = 0;
  /** The changes known when a question was last asked anew, and when that was. */
  const asked = new Map<string, { readonly changes: number; readonly at: number }>();

  return {
    /** To be called when an order has changed. */
    changed() {
      changes += 1;
      // A read under way may have been answered before.
      shared.renew();
    },

    /** Asks past what OpenD keeps after every change, and now and then, as often as the vendor lets it. */
    read<M extends keyof typeof LIMIT>(method: M, request: Request, call: Call) {
      const key = `${method} ${JSON.stringify(request)}`;
      return shared.read(key, call.signal, async (signal) => {
        const last = asked.get(key);
        const now = { changes, at: performance.now() };
        const isChanged = last?.changes !== changes;
        if (isChanged || now.at - last.at > MS.keptHoldings) {
          const withinMs = isChanged ? MS.holdingsTurn : MS.idleTurn;
          // Nothing else draws on these budgets, for which reads would leave a third.
          const pace = {
            limit: LIMIT[method],
            accId: request.header.accID,
            kind: "write",
            fresh: true,
            withinMs,
          } as const;
          try {
            const reply = await wire.read(method, { ...request, refreshCache: true }, { signal }, pace);
            asked.set(key, now);
            return reply;
          } catch (error) {
            if (!isBrokerError(error) || error.code !== "RateLimited") throw error;
          }
        }
        return wire.read(method, request, { signal });
      });
    },
  };
}
