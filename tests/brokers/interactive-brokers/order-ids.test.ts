import { expect, test } from "vitest";
import { createOrderIds, FIRST_REQUEST_ID } from "../../../src/brokers/interactive-brokers/order-ids.ts";
import { call, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

const NOW = Date.UTC(2026, 10, 24);

test("a later program begins above the orders of an earlier one that the gateway has not heard of", () => {
  const earlier = createOrderIds(() => NOW);
  earlier.begin(1);
  const onTheirWay = [earlier.next(), earlier.next(), earlier.next()];
  const later = createOrderIds(() => NOW + 1_000);
  later.begin(1);
  expect(later.next()).toBeGreaterThan(Math.max(...onTheirWay));
});

test("a later connection goes on where the earlier one ended", () => {
  const ids = createOrderIds(() => NOW);
  ids.begin(1);
  const last = Array.from({ length: 500 }, () => ids.next()).at(-1) ?? 0;
  ids.begin(1);
  expect(ids.next()).toBe(last + 1);
});

test("numbers are above those that the gateway has seen, and below those of requests, for years", () => {
  const ids = createOrderIds(() => NOW);
  ids.begin(1_790_000_000);
  expect(ids.next()).toBeGreaterThan(1_790_000_000);
  for (const year of [2026, 2030, 2040]) {
    const then = createOrderIds(() => Date.UTC(year, 11, 31));
    then.begin(1);
    expect(then.next()).toBeLessThan(FIRST_REQUEST_ID);
  }
});

test("an order that is still on its way when its program ends is not taken for the next program's", async () => {
  const tws = await openTws();
  const { broker: earlier } = await startBroker(tws.port);
  tws.faults.arm({ kind: "delay", on: "place", ms: 700 });
  const late = restingOrder({ price: 150 });
  const placing = rejection(earlier.placeOrder(late, call()));
  await until(() => tws.faults.armed() === 0);
  await earlier.close();
  expect(await placing).toMatchObject({ code: "OutcomeUnknown" });

  const { broker } = await startBroker(tws.port);
  const first = restingOrder({ price: 160 });
  await broker.placeOrder(first, call());
  // The late one has come by now: before the first, as an order of its own, or after it, when its number is too low.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = restingOrder({ price: 161 });
  await broker.placeOrder(second, call());
  const named = ({ tag, price }: { tag: string | null; price?: number | null }) => `${price} ${tag}`;
  const atVenue = tws.venue.orders().map(({ order }) => named(order));
  expect(atVenue.filter((each) => each !== named(late))).toEqual([first, second].map(named));
});
