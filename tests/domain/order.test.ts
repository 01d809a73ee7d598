import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isTerminal,
  mergeOrder,
  ORDER_STATUSES,
  type Order,
  type OrderStatus,
  orderFlags,
} from "../../src/domain/order.ts";
import { anOrder as order } from "../an-order.ts";

/** The table of what each status means on the wire: canceled, filled, completed, cancelable, has a reason. */
const FLAGS: Record<OrderStatus, [boolean, boolean, boolean, boolean, boolean]> = {
  PENDING: [false, false, false, true, false],
  OPEN: [false, false, false, true, false],
  PARTIALLY_FILLED: [false, false, false, true, false],
  PENDING_REPLACE: [false, false, false, true, false],
  PENDING_CANCEL: [false, false, false, false, false],
  FILLED: [false, true, true, false, false],
  CANCELED: [true, false, true, false, false],
  EXPIRED: [false, false, true, false, true],
  REJECTED: [false, false, true, false, true],
  UNKNOWN: [false, false, false, true, false],
};

describe("orderFlags", () => {
  test.each(ORDER_STATUSES.map((status) => [status, FLAGS[status]] as const))("%s", (status, expected) => {
    const filledQty = status === "FILLED" ? 12 : status === "PARTIALLY_FILLED" ? 5 : 0;
    const flags = orderFlags(order({ status, filledQty, errorReason: "the last error text" }));
    expect([
      flags.isCanceled,
      flags.isFilled,
      flags.isCompleted,
      flags.isCancelable,
      flags.errorReason === "the last error text",
    ]).toEqual(expected);
    expect(flags.isCompleted).toBe(isTerminal(status));
  });

  test("a failed order always says why", () => {
    expect(orderFlags(order({ status: "REJECTED", errorReason: "", originStatus: "Failed" })).errorReason).toBe(
      "Failed",
    );
    expect(orderFlags(order({ status: "EXPIRED", errorReason: "", originStatus: "" })).errorReason).toBe("EXPIRED");
  });

  test("a canceled order keeps its fills and is not filled", () => {
    const flags = orderFlags(order({ status: "CANCELED", filledQty: 12 }));
    expect([flags.isCanceled, flags.isFilled]).toEqual([true, false]);
  });

  test("an order filled whole is filled whatever its status lags behind with", () => {
    const flags = orderFlags(order({ status: "PARTIALLY_FILLED", filledQty: 12 }));
    expect([flags.isFilled, flags.isCompleted, flags.isCancelable]).toEqual([true, true, false]);
  });

  test.each([1, 0.5])("an order of %s is filled by as much", (qty) => {
    expect(orderFlags(order({ status: "FILLED", qty, filledQty: qty }))).toMatchObject({ isFilled: true });
    expect(orderFlags(order({ status: "OPEN", qty, filledQty: qty }))).toMatchObject({ isCompleted: true });
  });

  test("an order that its broker cannot cancel from here says so", () => {
    expect(orderFlags(order({ cancelable: false })).isCancelable).toBe(false);
  });
});

describe("mergeOrder", () => {
  test("the same again changes nothing", () => {
    const known = order();
    expect(mergeOrder(known, order({ updatedAt: 2 })).kind).toBe("none");
  });

  test("an ended order that is told of again later, with as many fills, is no correction", () => {
    const known = order({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 5 });
    const { order: merged, kind } = mergeOrder(known, { ...known, updatedAt: 6 });
    expect([merged.warning, kind]).toEqual([null, "none"]);
  });

  test("a report of fewer fills within the same moment is from before, and takes no change of the price back", () => {
    const known = order({ status: "PARTIALLY_FILLED", price: 201, filledQty: 4, avgPrice: 200, updatedAt: 5 });
    const late = order({ status: "PARTIALLY_FILLED", price: 200, filledQty: 2, avgPrice: 200, updatedAt: 5 });
    expect(mergeOrder(known, late)).toEqual({ order: known, kind: "none" });
    const unknown = { ...known, status: "UNKNOWN" } as const;
    expect(mergeOrder(unknown, late).order.status).toBe("UNKNOWN");
    // A later one may be of a vendor that took fills back, and says so elsewhere.
    expect(mergeOrder(known, { ...late, updatedAt: 6 }).order).toMatchObject({ price: 200, filledQty: 4 });
  });

  test("an amount that is no number any more is a change", () => {
    expect(mergeOrder(order({ qty: 12 }), order({ qty: Number.NaN })).kind).toBe("order");
  });

  test("a late fill is applied to a canceled order, which stays canceled", () => {
    const known = order({ status: "CANCELED", filledQty: 3, avgPrice: 199, updatedAt: 5 });
    const { order: merged, kind } = mergeOrder(
      known,
      order({ status: "PARTIALLY_FILLED", filledQty: 8, avgPrice: 200, updatedAt: 4 }),
    );
    expect([merged.status, merged.filledQty, merged.avgPrice, kind]).toEqual(["CANCELED", 8, 200, "correction"]);
  });

  test.each([
    ["CANCELED", 0],
    ["CANCELED", 4],
    ["EXPIRED", 4],
  ] as const)(
    "an order that ended %s is still for what it was where only the %i filled are told",
    (status, filledQty) => {
      const known = order({ filledQty: 2, avgPrice: 200, status: "PARTIALLY_FILLED" });
      const { order: merged } = mergeOrder(known, order({ status, qty: filledQty, filledQty, avgPrice: 200 }));
      expect([merged.qty, merged.filledQty, merged.status]).toEqual([12, Math.max(2, filledQty), status]);
      expect(mergeOrder(known, order({ status: "CANCELED", qty: 8, filledQty: 4 })).order.qty).toBe(8);
    },
  );

  test("a bust lowers what is filled and warns", () => {
    const known = order({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 5 });
    const { order: merged, kind } = mergeOrder(
      known,
      order({ status: "FILLED", filledQty: 10, avgPrice: 200, updatedAt: 6 }),
    );
    expect([merged.filledQty, kind]).toEqual([10, "correction"]);
    expect(merged.warning).toContain("12");
  });

  test("a bust is not undone by a report from before it that comes late", () => {
    const filled = order({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 5 });
    const busted = order({ status: "CANCELED", filledQty: 10, avgPrice: 200, updatedAt: 6 });
    const known = mergeOrder(filled, busted).order;
    const { order: merged, kind } = mergeOrder(known, filled);
    expect([merged.status, merged.filledQty, kind]).toEqual(["CANCELED", 10, "none"]);
    const again = mergeOrder(merged, order({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 7 }));
    expect([again.order.status, again.order.filledQty, again.kind]).toEqual(["FILLED", 12, "correction"]);
  });

  test("a bust of a working order is not undone either, whatever has been told of it since", () => {
    const filled = order({ status: "PARTIALLY_FILLED", filledQty: 6, avgPrice: 200, updatedAt: 5 });
    const reports = [
      order({ status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200, busted: true, updatedAt: 6 }),
      order({ status: "PENDING_CANCEL", filledQty: 4, avgPrice: 200, updatedAt: 7 }),
      filled,
    ];
    const merged = reports.reduce((known, report) => mergeOrder(known, report).order, filled);
    expect([merged.status, merged.filledQty]).toEqual(["PENDING_CANCEL", 4]);
  });

  test("fewer fills in a later report are a bust where the broker's times put its reports in a row, and nothing elsewhere", () => {
    const known = order({ status: "PARTIALLY_FILLED", filledQty: 6, avgPrice: 200, updatedAt: 5 });
    const filledAfter = (report: Partial<Order>) =>
      mergeOrder(known, order({ status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200, ...report })).order.filledQty;
    expect(filledAfter({ dated: true, updatedAt: 6 })).toBe(4);
    for (const updatedAt of [4, 5, null]) expect(filledAfter({ dated: true, updatedAt })).toBe(6);
    expect(filledAfter({ updatedAt: 6 })).toBe(6);
  });

  test("a bust that is told late takes no fill back that came after it", () => {
    const busted = { status: "PARTIALLY_FILLED", avgPrice: 200, busted: true } as const;
    const reports = [6, 7, 6].map((updatedAt) => order({ ...busted, filledQty: updatedAt - 2, updatedAt }));
    const filled = order({ status: "PARTIALLY_FILLED", filledQty: 6, avgPrice: 200, updatedAt: 5 });
    expect(reports.reduce((known, report) => mergeOrder(known, report).order, filled).filledQty).toBe(5);
  });

  test("what takes back that an order was wholly filled is a correction, whatever its status lagged behind with", () => {
    const filled = order({ status: "PARTIALLY_FILLED", filledQty: 12, avgPrice: 200, updatedAt: 5 });
    const busted = order({ status: "PARTIALLY_FILLED", filledQty: 10, avgPrice: 200, busted: true, updatedAt: 6 });
    expect(mergeOrder(filled, busted).kind).toBe("correction");
    expect(mergeOrder(filled, { ...filled, status: "FILLED", updatedAt: 6 }).kind).toBe("order");
  });

  test("what else is told of an ended order than its end and its fills is no correction", () => {
    const fill = order({ status: "FILLED", filledQty: 12, avgPrice: 200, originStatus: "Submitted", createdAt: null });
    expect(mergeOrder(fill, { ...fill, originStatus: "Filled", createdAt: 1 }).kind).toBe("order");
    expect(mergeOrder(fill, { ...fill, originStatus: "Filled", avgPrice: 199.5 }).kind).toBe("correction");
  });

  test("a stale report does not take a working order back", () => {
    const known = order({ status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200, updatedAt: 9 });
    const { order: merged, kind } = mergeOrder(known, order({ status: "OPEN", updatedAt: 3 }));
    expect([merged.status, merged.filledQty, kind]).toEqual(["PARTIALLY_FILLED", 4, "none"]);
  });

  test("whatever reports come in whatever order, an ended order stays ended and fills only grow without a bust", () => {
    const report = fc.record({
      status: fc.constantFrom(...ORDER_STATUSES),
      filledQty: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 12 }), (reports) => {
        let known = order();
        for (const fields of reports) {
          const before = known;
          // All of one moment: none of them proves to be newer, so none is a bust.
          known = mergeOrder(known, order({ ...fields, avgPrice: fields.filledQty > 0 ? 200 : 0 })).order;
          if (isTerminal(before.status)) expect(isTerminal(known.status)).toBe(true);
          expect(known.filledQty).toBeGreaterThanOrEqual(before.filledQty);
        }
      }),
    );
  });

  test("an order with fills stays one when an earlier report of it, from before them, comes in the same second", () => {
    const known = order({ status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200, updatedAt: 1000 });
    for (const status of ["PENDING", "OPEN"] as const) {
      const { order: merged } = mergeOrder(known, order({ status, updatedAt: 1000 }));
      expect(merged).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 4 });
    }
  });

  test("a report of fewer than are filled is from before a change, also where the vendor says no times", () => {
    const changed = order({ qty: 30, price: 210, filledQty: 20, status: "PARTIALLY_FILLED", updatedAt: null });
    const merged = mergeOrder(changed, order({ qty: 12, price: 200, updatedAt: null }));
    expect(merged).toMatchObject({ kind: "none", order: { qty: 30, price: 210, status: "PARTIALLY_FILLED" } });
    const busted = mergeOrder(changed, order({ qty: 12, filledQty: 5, busted: true, updatedAt: null }));
    expect(busted.order).toMatchObject({ qty: 12, filledQty: 5, status: "PARTIALLY_FILLED" });
  });

  test("a report that comes late is older than one that changed nothing", () => {
    const known = mergeOrder(order({ updatedAt: 1 }), order({ updatedAt: 5 })).order;
    const { order: merged, kind } = mergeOrder(known, order({ status: "PENDING_CANCEL", updatedAt: 3 }));
    expect([merged.status, kind]).toEqual(["OPEN", "none"]);
  });

  test("a filled quantity that was no number is known from the first that is one", () => {
    const { order: merged, kind } = mergeOrder(
      order({ filledQty: Number.NaN }),
      order({ filledQty: 5, avgPrice: 200 }),
    );
    expect([merged.filledQty, merged.avgPrice, kind]).toEqual([5, 200, "order"]);
    expect(mergeOrder(merged, order({ filledQty: Number.NaN })).order.filledQty).toBe(5);
  });

  test("what is still no number is no change", () => {
    const known = order({ filledQty: Number.NaN, avgPrice: Number.NaN });
    expect(mergeOrder(known, order({ filledQty: Number.NaN, avgPrice: Number.NaN })).kind).toBe("none");
  });

  test("an order that could not be canceled can be once its broker no longer says so", () => {
    const { order: merged, kind } = mergeOrder(order({ cancelable: false }), order());
    expect([merged.cancelable, kind]).toEqual([undefined, "order"]);
  });

  test("an average price that a report does not have is the one that is known of as many fills", () => {
    const known = order({ status: "PARTIALLY_FILLED", filledQty: 5, avgPrice: 10.5 });
    const { order: ended } = mergeOrder(known, order({ status: "CANCELED", filledQty: 5, avgPrice: 0, updatedAt: 9 }));
    expect(ended).toMatchObject({ status: "CANCELED", filledQty: 5, avgPrice: 10.5 });
    const corrected = mergeOrder(known, order({ status: "CANCELED", filledQty: 5, avgPrice: 10.4, updatedAt: 9 }));
    expect(corrected.order.avgPrice).toBe(10.4);
  });

  test("keeps the tag that a push leaves out", () => {
    expect(mergeOrder(order({ tag: "ht1" }), order({ status: "FILLED", filledQty: 12 })).order.tag).toBe("ht1");
  });
});
