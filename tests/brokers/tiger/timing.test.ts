/** The vendor's classes: how many calls of each method leave in a minute, and how many of each purpose. */
import { expect, test } from "vitest";
import { createBudgets, type Method } from "../../../src/brokers/tiger/timing.ts";
import { createManualClock } from "../shared/manual-clock.ts";

type Purpose = "read" | "write" | "cancel";

/** Takes turns, each of which has arrived before the next, until one would have to wait; gives how many there were. */
async function granted(budgets: ReturnType<typeof createBudgets>, method: Method, purpose: Purpose, now: number) {
  for (let count = 0; ; count += 1) {
    try {
      (await budgets.of(method).take(purpose, { deadline: now })).arrived();
    } catch (error) {
      expect(error).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
      return count;
    }
  }
}

test.each([
  ["order_no", "write", 108],
  ["place_order", "write", 108],
  ["modify_order", "write", 108],
  ["cancel_order", "cancel", 120],
  ["orders", "read", 80],
  ["active_orders", "read", 80],
  ["quote_real_time", "read", 80],
  ["positions", "read", 40],
  ["prime_assets", "read", 40],
  ["market_state", "read", 6],
  ["grab_quote_permission", "read", 6],
] as const)("%s leaves as a %s at most %i times a minute", async (method, purpose, most) => {
  const clock = createManualClock();
  const budgets = createBudgets(false, clock);
  expect(await granted(budgets, method, purpose, clock.now())).toBe(most);
  clock.advance(59_999);
  expect(await granted(budgets, method, purpose, clock.now())).toBe(0);
  clock.advance(1);
  expect(await granted(budgets, method, purpose, clock.now())).toBe(most);
});

test("orders of a paper account share one window, and cancels have the rest of it", async () => {
  const clock = createManualClock();
  const budgets = createBudgets(true, clock);
  expect(await granted(budgets, "place_order", "write", clock.now())).toBe(108);
  expect(await granted(budgets, "modify_order", "write", clock.now())).toBe(0);
  expect(await granted(budgets, "cancel_order", "cancel", clock.now())).toBe(12);
  expect(await granted(budgets, "order_no", "write", clock.now())).toBe(108);
});

test("methods of an account with real money are counted each for itself", async () => {
  const clock = createManualClock();
  const budgets = createBudgets(false, clock);
  expect(await granted(budgets, "place_order", "write", clock.now())).toBe(108);
  expect(await granted(budgets, "modify_order", "write", clock.now())).toBe(108);
});
