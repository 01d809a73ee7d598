import { isCompleted, ORDER_STATUSES } from "../../domain/order.ts";
import type { OrderRecord } from "../../journal/journal.ts";
import { expectEqual } from "../expect.ts";
import type { JournalCheck } from "./check.ts";
import {
  anomalyLine,
  connectionLine,
  guardLine,
  intentLine,
  OTHER_INSTANCE,
  orderLine,
  orderRecord,
  progressLine,
} from "./lines.ts";
import { check, type JournalScene } from "./scene.ts";

const FILLED = { status: "FILLED", filledQty: 12, avgPrice: 201.49, asOf: 2000 } as const;

async function openIds(scene: JournalScene, instance?: string): Promise<string[]> {
  return (await scene.openOrders(instance)).map(({ orderId }: OrderRecord) => orderId).sort();
}

/** Orders, and the events that clients follow. */
export const eventChecks: readonly JournalCheck[] = [
  check("an open order is known by its last record", async (scene) => {
    const first = orderRecord("1", { tag: "htaaaaaaaaaaaaaaaaaaaaaaaa", price: null, orderType: null });
    const last = { ...first, status: "PARTIALLY_FILLED", filledQty: 5, avgPrice: 201.4, staleSince: 7 } as const;
    await scene.append([orderLine(first), orderLine(orderRecord("2")), orderLine(last)]);
    expectEqual(await scene.order("1"), last, "the record");
    expectEqual(await openIds(scene), ["1", "2"], "open orders");
    expectEqual(
      (await scene.openOrders()).find(({ orderId }) => orderId === "1"),
      last,
      "the record among the open",
    );
    expectEqual(await scene.order("3"), undefined, "an order that it has not seen");
  }),
  check(
    "an order is known as it was written down, in every status and with all that may be said of it",
    async (scene) => {
      const odd = [
        { external: true, tag: "htaaaaaaaaaaaaaaaaaaaaaaaa", cancelable: false, staleSince: 7 },
        { number: "9007199254740993", timeInForce: null, lifecycle: null, createdAt: null, updatedAt: null },
        { qty: 0.00000001, filledQty: 0, price: 0.0001, avgPrice: 123456.789 },
        { qty: 9_007_199_254_740_991, currency: "CNY", warning: "“价格” \n 警告", direction: "SELL" },
      ] as const;
      const ids = ["a", "A", "2026-05-28/1", "号"];
      const orders = [
        ...odd.map((more, index) => orderRecord(ids[index] ?? "", more)),
        ...ORDER_STATUSES.map((status) => orderRecord(status, { status, originStatus: `vendor's ${status}` })),
      ];
      await scene.append(orders.map((order) => orderLine(order)));
      for (const order of orders) expectEqual(await scene.order(order.orderId), order, `the order ${order.orderId}`);
      const open = orders.filter((order) => !isCompleted(order)).map(({ orderId }) => orderId);
      expectEqual(await openIds(scene), open.sort(), "open orders");
    },
  ),
  check("an order that is completed leaves the open ones and stays known", async (scene) => {
    const endings = [
      FILLED,
      { status: "CANCELED" },
      { status: "EXPIRED" },
      { status: "REJECTED", errorReason: "no" },
      // Wholly filled, whatever its status says.
      { status: "PENDING_CANCEL", filledQty: 12 },
    ] as const;
    const ids = endings.map((_, index) => `${index}`);
    await scene.append([...ids, "open"].map((id) => orderLine(orderRecord(id))));
    await scene.append(endings.map((ending, index) => orderLine(orderRecord(`${index}`, ending))));
    expectEqual(await openIds(scene), ["open"], "open orders");
    for (const [index, ending] of endings.entries()) {
      expectEqual(await scene.order(`${index}`), orderRecord(`${index}`, ending), `the order that is ${ending.status}`);
    }
  }),
  check("a correction changes an ended order's record and opens nothing", async (scene) => {
    const busted = orderRecord("1", { ...FILLED, filledQty: 4, warning: "busted" });
    await scene.append([orderLine(orderRecord("1", FILLED)), orderLine(busted, { kind: "correction" })]);
    expectEqual(await scene.order("1"), busted, "the record");
    expectEqual(await openIds(scene), [], "open orders");
    expectEqual(
      (await scene.events()).map(({ kind }) => kind),
      ["order", "correction"],
      "events",
    );
  }),
  check(
    "events are the lines of orders, anomalies, the connection and the kill switch, as they were written",
    async (scene) => {
      const events = [
        orderLine(orderRecord("1")),
        anomalyLine("an order that nobody knows"),
        connectionLine(false),
        orderLine(orderRecord("1", FILLED), { kind: "correction" }),
        connectionLine(true),
        guardLine("HALTED"),
      ];
      await scene.append([intentLine("a"), ...events.slice(0, 2), progressLine("a", "accepted"), ...events.slice(2)]);
      const numbers = [2, 3, 5, 6, 7, 8];
      expectEqual(
        await scene.events(),
        events.map((event, index) => ({ ...event, sequence: numbers[index] })),
        "events",
      );
    },
  ),
  check("events come in pages: after a number, at most so many", async (scene) => {
    await scene.append([anomalyLine("1"), intentLine("a"), anomalyLine("3"), anomalyLine("4"), intentLine("b")]);
    await scene.append([anomalyLine("6")]);
    const pages = [
      [0, 2, [1, 3]],
      [1, 2, [3, 4]],
      [2, 1, [3]],
      [4, 10, [6]],
      [6, 10, []],
      [99, 10, []],
    ] as const;
    for (const [after, limit, numbers] of pages) {
      expectEqual(await scene.page(after, limit), { numbers, complete: true }, `${limit} after ${after}`);
    }
  }),
  check("instances do not see each other's orders and events", async (scene) => {
    const elsewhere = { instance: OTHER_INSTANCE };
    await scene.append([orderLine(orderRecord("1")), orderLine(orderRecord("1", { qty: 3 }), elsewhere)]);
    await scene.append([orderLine(orderRecord("2"), elsewhere), orderLine(orderRecord("1", FILLED))]);
    expectEqual(await openIds(scene), [], "open orders of one");
    expectEqual(await openIds(scene, OTHER_INSTANCE), ["1", "2"], "open orders of the other");
    expectEqual((await scene.order("1", OTHER_INSTANCE))?.qty, 3, "quantity at the other");
    expectEqual(await scene.order("2"), undefined, "an order of the other");
    expectEqual((await scene.page(0, 10)).numbers, [1, 4], "events of one");
    expectEqual((await scene.page(0, 10, OTHER_INSTANCE)).numbers, [2, 3], "events of the other");
  }),
];
