/**
 * What OpenD keeps: funds, positions, and the orders of accounts that it hears nothing of. Of a simulated account it goes on
 * telling what was there before a fill, and a program that buys what it lacks would buy again.
 */
import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import { createSharedReads } from "../shared/pacing.ts";
import { MS } from "./timing.ts";
import type { Wire } from "./wire.ts";

interface Request extends Readonly<Record<string, unknown>> {
  readonly header: { readonly accID: string };
}

/** For how long an answer is taken for what is, and for how long one waits for another after a change. */
const KEPT = {
  // Nothing else draws on these budgets, for which reads would leave a third.
  GetFunds: { limit: "funds", kind: "write", ms: MS.keptHoldings, turnMs: MS.changedTurn },
  GetPositionList: { limit: "positions", kind: "write", ms: MS.keptHoldings, turnMs: MS.changedTurn },
  GetOrderList: { limit: "orders", kind: "read", ms: MS.keptOrders, turnMs: MS.idleTurn },
} as const;

export type Holdings = ReturnType<typeof createHoldings>;

export function createHoldings(wire: Pick<Wire, "read" | "write">) {
  const shared = createSharedReads();
  let changes = 0;
  /** Lists of orders that were asked for past what OpenD keeps: each may show fills that nobody told of, and holdings lack. */
  let lists = 0;
  /** The changes known when a question was last asked anew, and when that was. */
  const asked = new Map<string, { readonly changes: number; readonly at: number }>();

  /** To be called when an order has changed. */
  function changed(): void {
    changes += 1;
    // A read under way may have been answered before.
    shared.renew();
  }

  /** To be called with each such list. */
  function listed(): void {
    lists += 1;
    shared.renew();
  }

  return {
    changed,
    listed,

    /** Asks past what OpenD keeps after every change, and now and then, as often as the vendor lets it. */
    read<M extends keyof typeof KEPT>(method: M, request: Request, call: Call) {
      const { limit, kind, ms, turnMs } = KEPT[method];
      const accId = request.header.accID;
      // The orders are asked for anew all together.
      const key = `${method} ${method === "GetOrderList" ? accId : JSON.stringify(request)}`;
      return shared.read(`${method} ${JSON.stringify(request)}`, call.signal, async (signal) => {
        const own = { signal, deadline: call.deadline };
        const last = asked.get(key);
        const now = { changes: method === "GetOrderList" ? changes : changes + lists, at: performance.now() };
        const isChanged = last?.changes !== now.changes;
        if (isChanged || now.at - last.at > ms) {
          const pace = { limit, accId, kind, fresh: true, withinMs: isChanged ? turnMs : MS.idleTurn } as const;
          try {
            const reply = await wire.read(method, { ...request, refreshCache: true }, own, pace);
            asked.set(key, now);
            if (method === "GetOrderList") listed();
            return reply;
          } catch (error) {
            if (!isBrokerError(error) || error.code !== "RateLimited") throw error;
          }
        }
        return wire.read(method, request, own);
      });
    },

    /** As the wire does it; what is kept is older from then on. */
    write: ((...sent) => wire.write(...sent).finally(changed)) as Wire["write"],
  };
}
