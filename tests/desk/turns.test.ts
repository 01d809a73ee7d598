import { expect, test } from "vitest";
import { Turns } from "../../src/desk/turns.ts";

const never = new AbortController().signal;

test("one write per order at a time, a cancel before waiting replaces", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = await turns.take("1", false, never);
  const waiting = (["replace a", "replace b", "cancel c", "cancel d"] as const).map(async (name) => {
    const turn = await turns.take("1", name.startsWith("cancel"), never);
    order.push(name);
    turn?.done();
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  first?.done();
  await Promise.all(waiting);
  expect(order).toEqual(["cancel c", "cancel d", "replace a", "replace b"]);
});

test("orders do not wait for each other", async () => {
  const turns = new Turns();
  await turns.take("1", false, never);
  expect(await turns.take("2", false, never)).toBeDefined();
});

test("who gives up leaves the line, and the next gets the turn", async () => {
  const turns = new Turns();
  const first = await turns.take("1", false, never);
  const impatient = new AbortController();
  const gone = turns.take("1", false, impatient.signal);
  const patient = turns.take("1", false, never);
  impatient.abort();
  expect(await gone).toBeUndefined();
  first?.done();
  expect(await patient).toBeDefined();
  expect(await turns.take("1", false, AbortSignal.abort())).toBeUndefined();
});

test("a turn given back twice is given back once", async () => {
  const turns = new Turns();
  const first = await turns.take("1", false, never);
  const second = turns.take("1", false, never);
  const third = turns.take("1", false, never);
  first?.done();
  first?.done();
  await second;
  let thirdCame = false;
  void third.then(() => {
    thirdCame = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(thirdCame).toBe(false);
});
