/** What the limits have counted, against sums of its own. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createDayValues } from "../../src/desk/risk/day-values.ts";

test("a day's sum is exact: what was counted and given back leaves nothing, and a restart counts the same", () => {
  const value = fc.double({ min: 1e-7, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.record({ value, isGivenBack: fc.boolean() }), { maxLength: 40 }), (orders) => {
      const values = createDayValues({} as never, {} as never);
      orders.forEach((order, id) => void values.reserve(String(id), "bot", order.value));
      orders.forEach(({ isGivenBack }, id) => void (isGivenBack && values.release(String(id))));
      const left = orders.filter(({ isGivenBack }) => !isGivenBack);
      const again = createDayValues({} as never, {} as never);
      left.toReversed().forEach((order, id) => void again.reserve(String(id), "bot", order.value));
      expect([values.total(), values.total("bot")]).toEqual([again.total(), again.total("bot")]);
      if (left.length === 0) expect(values.total()).toBe(0);
    }),
  );
});
