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

/** Takes turns as fast as an account may place and change orders, until one would have to wait for longer. */
async function written(
  budgets: ReturnType<typeof createBudgets>,
  methods: readonly Method[],
  clock: ReturnType<typeof createManualClock>,
) {
  const counts = new Map(methods.map((method) => [method, 0]));
  for (let left = [...methods]; left.length > 0; clock.advance(250)) {
    const [method = "place_order", ...rest] = left;
    try {
      (await budgets.of(method).take("write", { deadline: clock.now() })).arrived();
      counts.set(method, (counts.get(method) ?? 0) + 1);
      left = [...rest, method];
    } catch (error) {
      expect(error).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
      left = rest;
    }
  }
  return methods.map((method) => counts.get(method));
}

test("orders of a paper account share one window, and cancels have the rest of it", async () => {
  const clock = createManualClock();
  const budgets = createBudgets(true, clock);
  expect(await written(budgets, ["place_order"], clock)).toEqual([108]);
  expect(await written(budgets, ["modify_order"], clock)).toEqual([0]);
  expect(await granted(budgets, "cancel_order", "cancel", clock.now())).toBe(12);
  expect(await written(budgets, ["order_no"], clock)).toEqual([108]);
});

test("a burst takes no more of a minute than leaves: what finds no room in its second is not counted", async () => {
  const clock = createManualClock();
  const budgets = createBudgets(false, clock);
  for (const method of ["order_no", "place_order"] as const) {
    const burst = Array.from({ length: 200 }, () => budgets.of(method).take("write", { deadline: clock.now() }));
    expect((await Promise.allSettled(burst)).filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    clock.advance(1_050);
    expect(await written(budgets, [method], clock)).toEqual([104]);
  }
});

test("methods of an account with real money are counted each for itself", async () => {
  const clock = createManualClock();
  const budgets = createBudgets(false, clock);
  const [placed = 0, changed = 0] = await written(budgets, ["place_order", "modify_order"], clock);
  expect([placed, changed]).toEqual([108, 108]);
});

test.each([true, false])("orders are placed and changed four a second together (paper: %s)", async (isPaper) => {
  const clock = createManualClock();
  const budgets = createBudgets(isPaper, clock);
  expect(await granted(budgets, "place_order", "write", clock.now())).toBe(4);
  expect(await granted(budgets, "modify_order", "write", clock.now())).toBe(0);
  clock.advance(1000);
  expect(await granted(budgets, "modify_order", "write", clock.now())).toBe(4);
  expect(await granted(budgets, "cancel_order", "cancel", clock.now())).toBeGreaterThan(100);
});
