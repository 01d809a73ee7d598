import { expect, test } from "vitest";
import { Deadline } from "../../src/desk/deadline.ts";

test("who asks for the signal of what was told to stop already is told so", () => {
  const deadline = new Deadline(1000);
  deadline.abort();
  expect(deadline.signal.aborted).toBe(true);
});

test("a broker is told when its time is up, so that it need not wait in vain", () => {
  const before = performance.now();
  const { deadline } = new Deadline(1000);
  expect(deadline).toBeGreaterThanOrEqual(before + 1000);
  expect(deadline).toBeLessThanOrEqual(performance.now() + 1000);
});
