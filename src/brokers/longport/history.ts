/** Old orders, page by page. A file of its own beside `broker.ts`, since the two together would be too long. */
import type { Call } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import type { VendorOrder } from "./messages.ts";
import type { Wire } from "./wire.ts";

const DAY_MS = 86_400_000;
/** How far back orders are looked for. The vendor answers for ninety days. */
const HISTORY_DAYS = 90;
/** The vendor gives no more orders at once. */
const LONGEST_PAGE = 1_000;

export interface History {
  /** Orders of earlier days in these statuses, every page of them. @throws BrokerError */
  orders(statuses: readonly string[], fresh: boolean, call: Call): Promise<readonly VendorOrder[]>;
}

export function createHistory(wire: Pick<Wire, "read" | "clockOffset">): History {
  return {
    async orders(statuses, fresh, call) {
      const now = Date.now();
      const vendorNow = now + wire.clockOffset();
      // By the vendor's clock and by ours; midnights, so that equal reads share one call.
      const from = dayStart(Math.min(now, vendorNow) - HISTORY_DAYS * DAY_MS);
      const found = new Map<string, VendorOrder>();
      for (let to = dayStart(Math.max(now, vendorNow) + 2 * DAY_MS); ; ) {
        const query = { from, to, statuses };
        const page = await wire.read(
          {
            what: "order history",
            ...(fresh ? {} : { key: JSON.stringify(query) }),
            limit: "trade",
            act: (on, signal) => on.historyOrders(query, signal),
          },
          call,
        );
        const before = found.size;
        for (const order of page.orders) found.set(order.order_id, order);
        if (page.hasMore === false || (page.hasMore === undefined && page.orders.length === 0)) break;
        const isNew = found.size > before;
        const oldest = Math.min(...page.orders.map(({ submitted_at: at }) => at ?? Number.POSITIVE_INFINITY));
        const stuck = !isNew && (page.hasMore === true || page.orders.length >= LONGEST_PAGE);
        if (stuck || !(oldest <= to)) {
          throw new BrokerError(
            "BrokerFault",
            "Longport's order history cannot be paged: it goes on, and gives no more orders",
          );
        }
        // The next page may begin with more of the oldest one's second; where nobody says so, it is looked for behind too.
        to = isNew ? oldest : oldest - 1_000;
      }
      return [...found.values()];
    },
  };
}

function dayStart(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}
