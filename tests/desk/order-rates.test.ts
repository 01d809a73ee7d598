import fc from "fast-check";
import { expect, test } from "vitest";
import { createOrderRates } from "../../src/desk/risk/recent.ts";

test("each principal waits until the oldest of its last so many orders is a minute old", () => {
  const step = fc.record({
    passed: fc.integer({ min: 0, max: 40_000 }),
    principal: fc.constantFrom("a", "b"),
    perMinute: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rates = createOrderRates();
      const sent: { readonly principal: string; readonly at: number }[] = [];
      let now = 0;
      for (const { passed, principal, perMinute } of steps) {
        now += passed;
        const recent = sent.filter((order) => order.principal === principal && now - order.at < 60_000);
        const oldest = recent[recent.length - perMinute]?.at ?? now;
        const wait = recent.length < perMinute ? 0 : oldest + 60_000 - now;
        expect(rates.wait(principal, perMinute, now)).toBe(wait);
        if (wait > 0) continue;
        rates.add(principal, now);
        sent.push({ principal, at: now });
      }
    }),
  );
});
