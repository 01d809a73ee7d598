import { expect, test } from "vitest";
import { Places } from "../../src/desk/places.ts";

test("a place is used again once it was left, and not before", () => {
  const places = new Places<{ readonly name: string }>();
  const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
  const first = places.enter(a);
  const second = places.enter(b);
  places.leave(first, a);
  expect([places.enter(c), places.size]).toEqual([first, 2]);
  expect(new Set(places)).toEqual(new Set([b, c]));
  expect(second).not.toBe(first);
});

test("who has left before does not take out who came after", () => {
  const places = new Places<object>();
  const [gone, there] = [{}, {}];
  const place = places.enter(gone);
  places.leave(place, gone);
  places.enter(there);
  places.leave(place, gone);
  expect([[...places], places.size]).toEqual([[there], 1]);
});

test("one that enters twice leaves twice", () => {
  const places = new Places<object>();
  const same = {};
  const [first, second] = [places.enter(same), places.enter(same)];
  places.leave(first, same);
  places.leave(first, same);
  expect(places.size).toBe(1);
  places.leave(second, same);
  expect([[...places], places.size]).toEqual([[], 0]);
});
