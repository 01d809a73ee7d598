import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createBudget,
  createSharedReads,
  type Departure,
  latestTurn,
  type PacingClass,
  pacingShare,
  underTurn,
} from "../../../src/brokers/shared/pacing.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";
import { createManualClock } from "./manual-clock.ts";

/** Lets promise reactions run; no time passes on the manual clock. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

/** Lets time pass from timer to timer, so that what a timer grants is seen at its own moment. */
async function pass(clock: ReturnType<typeof createManualClock>, ms: number): Promise<void> {
  for (let left = ms; ; ) {
    const step = Math.min(left, clock.next() ?? left);
    clock.advance(step);
    await settle();
    left -= step;
    if (left <= 0) return;
  }
}

/** So narrow that few calls fill it. */
const NARROW = {
  name: "x",
  windows: [
    { limit: 3, perMs: 300 },
    { limit: 6, perMs: 1000 },
  ],
  minSpacingMs: 20,
};

function recorder() {
  const log: string[] = [];
  return {
    log,
    watch(name: string, promise: Promise<unknown>) {
      promise.then(
        () => log.push(name),
        (error) => log.push(`${name}: ${isBrokerError(error) ? `${error.code} ${error.outcome}` : error}`),
      );
    },
  };
}

describe("a budget", () => {
  test.each([
    ["read", 15, 10],
    ["read", 10, 6],
    ["write", 15, 13],
    ["write", 20, 18],
    ["cancel", 20, 20],
    ["read", 1, 1],
    ["write", 1, 1],
  ] as const)("%s may use of %i calls %i", (kind, limit, share) => {
    expect(pacingShare(limit, kind)).toBe(share);
  });

  test("lets each class fill its share of a window, and more when the window has moved on", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "orders", windows: [{ limit: 10, perMs: 1000 }], transitMs: 0, clock });
    const { log, watch } = recorder();
    for (let i = 0; i < 8; i += 1) watch("read", budget.take("read"));
    for (let i = 0; i < 4; i += 1) watch("write", budget.take("write"));
    for (let i = 0; i < 2; i += 1) watch("cancel", budget.take("cancel"));
    await settle();
    expect(log).toEqual([...Array(6).fill("read"), ...Array(3).fill("write"), "cancel"]);
    clock.advance(1000);
    await settle();
    expect(log.slice(10)).toEqual(["cancel", "write", "read", "read"]);
  });

  test("lets calls leave together where no spacing is asked for, however long each is on its way", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "orders", windows: [{ limit: 10, perMs: 1000 }], transitMs: 50, clock });
    const { log, watch } = recorder();
    for (let i = 0; i < 12; i += 1) watch("cancel", budget.take("cancel"));
    watch("late", budget.take("cancel", { deadline: clock.now() + 1049 }));
    await settle();
    expect(log).toEqual([...Array(10).fill("cancel"), "late: RateLimited not_sent"]);
    clock.advance(1050);
    await settle();
    expect(log.slice(11)).toEqual(["cancel", "cancel"]);
  });

  test("keeps the least spacing, and lets a cancel overtake what waits", async () => {
    const clock = createManualClock();
    const budget = createBudget({
      name: "modify",
      windows: [{ limit: 20, perMs: 30_000 }],
      minSpacingMs: 40,
      transitMs: 0,
      clock,
    });
    const { log, watch } = recorder();
    watch("write 1", budget.take("write"));
    watch("write 2", budget.take("write"));
    watch("cancel", budget.take("cancel"));
    await settle();
    expect(log).toEqual(["write 1"]);
    clock.advance(39);
    await settle();
    expect(log).toEqual(["write 1"]);
    clock.advance(1);
    await settle();
    expect(log).toEqual(["write 1", "cancel"]);
    clock.advance(40);
    await settle();
    expect(log).toEqual(["write 1", "cancel", "write 2"]);
  });

  test("refuses nothing since answers may be late, and sends nothing that they have made too late", async () => {
    const clock = createManualClock();
    const options = { name: "x", windows: [{ limit: 30, perMs: 30_000 }], minSpacingMs: 25, transitMs: 1_000, clock };
    const budget = createBudget(options);
    const { log, watch } = recorder();
    for (let i = 0; i < 30; i += 1) watch("cancel", budget.take("cancel", { deadline: clock.now() + 10_000 }));
    await settle();
    expect(log).toEqual(["cancel"]);
    clock.advance(20_000);
    await settle();
    expect(log.filter((line) => line === "cancel")).toHaveLength(10);
    expect(log.filter((line) => line !== "cancel")).toEqual(Array(20).fill("cancel: RateLimited not_sent"));
  });

  test("keeps a call whose time is shorter than one on its way may take, for the case that it is answered sooner", async () => {
    const clock = createManualClock();
    const options = { name: "x", windows: [{ limit: 30, perMs: 30_000 }], minSpacingMs: 25, transitMs: 1_000, clock };
    const budget = createBudget(options);
    const { log, watch } = recorder();
    const { arrived } = await budget.take("read");
    for (const ms of [24, 300, 310]) watch(`${ms}`, budget.take("read", { deadline: clock.now() + ms }));
    await settle();
    expect(log).toEqual(["24: RateLimited not_sent"]);
    await pass(clock, 100);
    arrived();
    await pass(clock, 24);
    expect(log.slice(1)).toEqual([]);
    await pass(clock, 1);
    expect(log.slice(1)).toEqual(["300"]);
    // Of that one nothing is heard.
    await pass(clock, 185);
    expect(log.slice(2)).toEqual(["310: RateLimited not_sent"]);
    expect(clock.waiting()).toBe(0);
  });

  test("counts a call as late as it may arrive, until its answer shows that it had", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [], minSpacingMs: 20, transitMs: 50, clock });
    const { log, watch } = recorder();
    const first = await budget.take("write");
    watch("unanswered", budget.take("write"));
    clock.advance(69);
    await settle();
    expect(log).toEqual([]);
    clock.advance(1);
    await settle();
    expect(log).toEqual(["unanswered"]);
    first.arrived();
    clock.advance(70);
    const third = await budget.take("write");
    clock.advance(5);
    third.arrived();
    watch("answered", budget.take("write"));
    clock.advance(19);
    await settle();
    expect(log).toEqual(["unanswered"]);
    clock.advance(1);
    await settle();
    expect(log).toEqual(["unanswered", "answered"]);
  });

  test("counts a call that was longer on its way than its window from its answer on", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 2, perMs: 1000 }], transitMs: 50, clock });
    const { log, watch } = recorder();
    const slow = await budget.take("cancel");
    clock.advance(1100);
    const next = await budget.take("cancel");
    clock.advance(400);
    slow.arrived();
    next.arrived();
    watch("third", budget.take("cancel"));
    clock.advance(999);
    await settle();
    expect(log).toEqual([]);
    clock.advance(1);
    await settle();
    expect(log).toEqual(["third"]);
  });

  test("sends nothing of a caller who has gone, also where two of its calls wait", async () => {
    const clock = createManualClock();
    const waits = createBudget({
      name: "x",
      windows: [],
      minSpacingMs: 1000,
      transitMs: 0,
      // A timer that is late, as in a process that was busy.
      clock: { now: clock.now, after: () => () => undefined },
    });
    const { log, watch } = recorder();
    await waits.take("write");
    const abort = new AbortController();
    watch("first", waits.take("write", { signal: abort.signal }));
    watch("second", waits.take("write", { signal: abort.signal }));
    clock.advance(1000);
    abort.abort();
    await settle();
    expect(log).toEqual(["first: RateLimited not_sent", "second: RateLimited not_sent"]);
  });

  test("refuses at once what would wait past its deadline, and says how long the wait is", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "place order", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    await budget.take("write");
    clock.advance(400);
    const late = budget.take("write", { deadline: clock.now() + 599 });
    await expect(late).rejects.toMatchObject({ code: "RateLimited", outcome: "not_sent", retryAfterMs: 600 });
    const inTime = budget.take("write", { deadline: clock.now() + 600 });
    clock.advance(600);
    await inTime;
  });

  test("refuses a waiting read whose turn a cancel has taken", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    const { log, watch } = recorder();
    await budget.take("read");
    watch("read", budget.take("read", { deadline: clock.now() + 1500 }));
    watch("cancel", budget.take("cancel"));
    await settle();
    expect(log).toEqual(["read: RateLimited not_sent"]);
    clock.advance(1000);
    await settle();
    expect(log).toEqual(["read: RateLimited not_sent", "cancel"]);
  });

  test("takes an aborted call out of the queue, so that its turn is the next one's", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    const { log, watch } = recorder();
    await budget.take("write");
    const abort = new AbortController();
    watch("first", budget.take("write", { signal: abort.signal }));
    watch("second", budget.take("write"));
    abort.abort();
    await settle();
    expect(log).toEqual(["first: RateLimited not_sent"]);
    clock.advance(1000);
    await settle();
    expect(log).toEqual(["first: RateLimited not_sent", "second"]);
    expect(clock.waiting()).toBe(0);
    await expect(budget.take("write", { signal: AbortSignal.abort() })).rejects.toMatchObject({ outcome: "not_sent" });
  });

  test("refuses what waits when it is cleared, and leaves no timer behind", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    await budget.take("read");
    const waiting = budget.take("read");
    budget.clear();
    await expect(waiting).rejects.toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    expect(clock.waiting()).toBe(0);
  });

  test("never exceeds a window or a share, whatever comes in whatever order", async () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      kind: fc.constantFrom<PacingClass>("read", "write", "cancel"),
      patience: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = createManualClock();
        const budget = createBudget({ ...NARROW, transitMs: 0, clock });
        const granted: { at: number; kind: PacingClass }[] = [];
        let open = 0;
        for (const { wait, kind, patience } of steps) {
          await pass(clock, wait);
          open += 1;
          const deadline = patience === undefined ? undefined : clock.now() + patience;
          budget
            .take(kind, deadline === undefined ? {} : { deadline })
            .then(
              () => {
                granted.push({ at: clock.now(), kind });
                if (deadline !== undefined) expect(clock.now()).toBeLessThanOrEqual(deadline);
              },
              () => {},
            )
            .finally(() => {
              open -= 1;
            });
          await settle();
        }
        await pass(clock, 40_000);
        expect(open).toBe(0);
        granted.forEach(({ at, kind }, index) => {
          for (const { limit, perMs } of NARROW.windows) {
            const within = granted.slice(0, index + 1).filter((other) => other.at > at - perMs);
            expect(within.length).toBeLessThanOrEqual(pacingShare(limit, kind));
          }
          const previous = granted[index - 1];
          if (previous !== undefined) expect(at - previous.at).toBeGreaterThanOrEqual(20);
        });
      }),
    );
  });
});

test.each([20, 0])(
  "a vendor sees no window exceeded, %i ms apart, whenever calls arrive and answers come",
  async (spacing) => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 300 }),
      kind: fc.constantFrom<PacingClass>("read", "write", "cancel"),
      /** From its leave until the vendor counts it, and from then until its answer is here; without one nothing comes. */
      way: fc.integer({ min: 0, max: 50 }),
      answer: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
      abort: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = createManualClock();
        const budget = createBudget({ ...NARROW, minSpacingMs: spacing, transitMs: 50, clock });
        const counted: number[] = [];
        let open = 0;
        for (const { wait, kind, way, answer, abort } of steps) {
          await pass(clock, wait);
          const leave = new AbortController();
          if (abort !== undefined) clock.after(abort, () => leave.abort());
          open += 1;
          budget
            .take(kind, { signal: leave.signal })
            .then(
              ({ arrived }) => {
                counted.push(clock.now() + way);
                if (answer !== undefined) clock.after(way + answer, arrived);
              },
              (error: unknown) => {
                if (!isBrokerError(error) || !leave.signal.aborted) throw error;
              },
            )
            .finally(() => {
              open -= 1;
            });
          await settle();
        }
        await pass(clock, 60_000);
        expect([open, clock.waiting(), budget.load().waiting]).toEqual([0, 0, 0]);
        counted.sort((a, b) => a - b);
        counted.forEach((at, index) => {
          for (const { limit, perMs } of NARROW.windows) {
            expect(at - (counted[index - limit] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(perMs);
          }
          expect(at - (counted[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(spacing);
        });
      }),
    );
  },
);

test("a budget tells how calls waited: now, in all, and in vain", async () => {
  const clock = createManualClock();
  clock.advance(60_000);
  const budget = createBudget({ name: "orders", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
  const calm = { name: "orders", waiting: 0, taken: 0, waitedMs: 0, refused: 0 };
  expect(budget.load()).toEqual(calm);
  const { log, watch } = recorder();
  const leave = new AbortController();
  watch("first", budget.take("write"));
  watch("second", budget.take("cancel"));
  watch("gone", budget.take("write", { signal: leave.signal }));
  watch("late", budget.take("read", { deadline: 60_500 }));
  await settle();
  expect(budget.load()).toEqual({ ...calm, waiting: 2, taken: 1, refused: 1 });
  leave.abort();
  clock.advance(1000);
  await settle();
  expect(budget.load()).toEqual({ ...calm, taken: 2, waitedMs: 1000, refused: 1 });
  expect(log).toEqual(["first", "late: RateLimited not_sent", "gone: RateLimited not_sent", "second"]);
});

describe("the latest turn of a call", () => {
  test("is at its deadline, of a read so much before that there is time for an answer", () => {
    expect(latestTurn({ deadline: 5_000 }, 10_000, false)).toBe(5_000);
    expect(latestTurn({ deadline: 5_000 }, 10_000, true)).toBe(4_750);
    expect(latestTurn({ deadline: 5_000 }, 100, true)).toBe(4_975);
  });

  test("is as far away as deadlines are, of one that does not say its own", () => {
    const before = performance.now();
    expect(latestTurn({}, 10_000, true)).toBeGreaterThanOrEqual(before + 10_000);
  });

  test("may be over: what need not wait goes out all the same, and what has to is refused", async () => {
    const clock = createManualClock();
    clock.advance(5_000);
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    await budget.take("read", { deadline: 4_000 });
    const late = budget.take("read", { deadline: 4_000 });
    await expect(late).rejects.toMatchObject({ code: "RateLimited", retryAfterMs: 1000 });
  });
});

describe("a call under a turn", () => {
  test.each([
    ["was answered", 1000, ["leaves", "answered"]],
    ["ended without an answer once it had left", 1040, ["leaves"]],
    ["failed before it left", 0, []],
    ["never left", 0, ["answered"]],
    ["did not leave after all", 0, ["leaves", "stays"]],
    ["left at its second attempt", 1000, ["leaves", "stays", "leaves", "answered"]],
  ] as const)("that %s leaves the next one %i ms to wait", async (_, ms, course) => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 50, clock });
    const call = async (departure: Departure) => {
      clock.advance(10);
      for (const step of course) if (step !== "answered") departure[step]();
      if (course.at(-1) !== "answered") throw new Error("x");
    };
    await underTurn(budget, "write", {}, call).catch(() => {});
    const next = budget.take("write", { deadline: clock.now() });
    if (ms === 0) await next;
    else await expect(next).rejects.toMatchObject({ code: "RateLimited", retryAfterMs: ms });
  });

  test("gives its answer, throws what it throws, and is not made where its turn would come too late", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    expect(await underTurn(budget, "read", {}, async () => "an answer")).toBe("an answer");
    const thrown = new Error("x");
    const failing = underTurn(budget, "read", {}, () => {
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    await underTurn(budget, "read", {}, async ({ leaves }) => leaves());
    const late = underTurn(budget, "read", { deadline: clock.now() }, () => Promise.reject(thrown));
    await expect(late).rejects.toMatchObject({ code: "RateLimited" });
  });

  test("that waited for something else gives its turn to those behind it before it takes another", async () => {
    const clock = createManualClock();
    const budget = createBudget({ name: "x", windows: [{ limit: 1, perMs: 1000 }], transitMs: 0, clock });
    const twice = underTurn(budget, "write", {}, ({ stays }) => {
      stays();
      return underTurn(budget, "write", { deadline: clock.now() }, async ({ leaves }) => leaves());
    });
    await twice;
    await expect(budget.take("write", { deadline: clock.now() })).rejects.toMatchObject({ retryAfterMs: 1000 });
  });
});

describe("shared reads", () => {
  test("equal reads under way are one call; later ones are not", async () => {
    const reads = createSharedReads();
    const { signal } = new AbortController();
    let calls = 0;
    const read = async () => {
      calls += 1;
      return calls;
    };
    const together = await Promise.all([
      reads.read("a", signal, read),
      reads.read("a", signal, read),
      reads.read("b", signal, read),
    ]);
    expect(together).toEqual([1, 1, 2]);
    expect(await reads.read("a", signal, read)).toBe(3);
  });

  test("a caller that gives up leaves the others their answer; the last one aborts the call", async () => {
    const reads = createSharedReads();
    const [first, second] = [new AbortController(), new AbortController()];
    let inner: AbortSignal | undefined;
    const hang = (signal: AbortSignal) => {
      inner = signal;
      return new Promise<never>(() => {});
    };
    const a = reads.read("a", first.signal, hang);
    const b = reads.read("a", second.signal, hang);
    first.abort();
    await expect(a).rejects.toMatchObject({ code: "Timeout" });
    expect(inner?.aborted).toBe(false);
    second.abort();
    await expect(b).rejects.toMatchObject({ code: "Timeout" });
    expect(inner?.aborted).toBe(true);
    expect(await reads.read("a", new AbortController().signal, async () => "fresh")).toBe("fresh");
  });

  test("who asks once a write is answered joins none that began before, and those who wait keep theirs", async () => {
    const reads = createSharedReads();
    const { signal } = new AbortController();
    const before = Promise.withResolvers<string>();
    const after = Promise.withResolvers<string>();
    const old = reads.read("a", signal, () => before.promise);
    reads.renew();
    const leaver = new AbortController();
    const [fresh, joined, left] = [
      reads.read("a", signal, () => after.promise),
      reads.read("a", signal, async () => "a third call"),
      reads.read("a", leaver.signal, async () => "a third call"),
    ];
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "Timeout" });
    before.resolve("before the write");
    expect(await old).toBe("before the write");
    // The end of the old one lets go of itself alone.
    const late = reads.read("a", signal, async () => "a third call");
    after.resolve("after it");
    expect(await Promise.all([fresh, joined, late])).toEqual(["after it", "after it", "after it"]);
  });

  test("a failure reaches every caller and is not remembered", async () => {
    const reads = createSharedReads();
    const { signal } = new AbortController();
    const fail = () => Promise.reject(new Error("no"));
    const results = await Promise.allSettled([reads.read("a", signal, fail), reads.read("a", signal, fail)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await reads.read("a", signal, async () => 1)).toBe(1);
  });
});
