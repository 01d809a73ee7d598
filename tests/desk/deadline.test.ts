import { expect, test } from "vitest";
import { Deadline } from "../../src/desk/deadline.ts";

test("who asks for the signal of what was told to stop already is told so", () => {
  const deadline = new Deadline(1000);
  deadline.abort();
  expect(deadline.signal.aborted).toBe(true);
});
