import { expect, test } from "vitest";
import { Remembered } from "../../src/domain/remembered.ts";

test("the newest so many are remembered; what is said again is new", () => {
  const words = new Remembered<number, string>(2);
  words.set(1, "one");
  words.set(2, "two");
  words.set(1, "one again");
  words.set(3, "three");
  expect([1, 2, 3].map((key) => words.get(key))).toEqual(["one again", undefined, "three"]);
  expect([words.delete(1), words.delete(2), words.get(1)]).toEqual([true, false, undefined]);
});
