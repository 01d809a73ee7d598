/** Alarms: each rings once, late enough, unless it was taken back; and none keeps a process alive that waits for nothing. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ownTimer, sharedTimer } from "../../src/desk/alarm.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

describe.each([
  ["a timer of its own", () => ownTimer],
  ["a shared timer", sharedTimer],
])("%s", (_name, make) => {
  const rung: string[] = [];
  beforeEach(() => void rung.splice(0));
  const ring = (name: string) => () => void rung.push(name);

  test("rings when the time is up, and not before", () => {
    const alarm = make();
    alarm(performance.now() + 500, ring("late"));
    alarm(performance.now() + 100, ring("early"));
    vi.advanceTimersByTime(99);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(21);
    expect(rung).toEqual(["early"]);
    vi.advanceTimersByTime(10_000);
    expect(rung).toEqual(["early", "late"]);
  });

  test("does not ring once it is taken back", () => {
    const alarm = make();
    const takeBack = alarm(performance.now() + 100, ring("first"));
    alarm(performance.now() + 100, ring("second"));
    takeBack();
    vi.advanceTimersByTime(1000);
    expect(rung).toEqual(["second"]);
  });

  test("takes nobody else's back: not twice, and not after it has rung", () => {
    const alarm = make();
    const takeBack = alarm(performance.now() + 100, ring("first"));
    takeBack();
    alarm(performance.now() + 100, ring("second"));
    takeBack();
    vi.advanceTimersByTime(200);
    const late = alarm(performance.now() + 100, ring("third"));
    vi.advanceTimersByTime(200);
    alarm(performance.now() + 100, ring("fourth"));
    late();
    vi.advanceTimersByTime(200);
    expect(rung).toEqual(["second", "third", "fourth"]);
  });

  test("may be set by one that rings", () => {
    const alarm = make();
    alarm(performance.now() + 10, () => alarm(performance.now() + 10, ring("again")));
    vi.advanceTimersByTime(100);
    expect(rung).toEqual(["again"]);
  });

  test("leaves no timer behind", () => {
    const alarm = make();
    alarm(performance.now() + 100, ring("first"));
    alarm(performance.now() + 100, ring("second"))();
    vi.advanceTimersByTime(1000);
    alarm(performance.now() + 100, ring("third"))();
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a shared timer goes on for the others when one of them throws", () => {
  const rung: string[] = [];
  const alarm = sharedTimer();
  alarm(performance.now() + 10, () => {
    throw new Error("not my fault");
  });
  alarm(performance.now() + 500, () => void rung.push("second"));
  expect(() => vi.advanceTimersByTime(100)).toThrow("not my fault");
  vi.advanceTimersByTime(1000);
  expect(rung).toEqual(["second"]);
});
