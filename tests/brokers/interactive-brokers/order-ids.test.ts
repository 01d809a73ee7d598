import { expect, test } from "vitest";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { createOrderIds, FIRST_REQUEST_ID } from "../../../src/brokers/interactive-brokers/order-ids.ts";
import { openBetween } from "./between.ts";
import { call, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

const NOW = Date.UTC(2026, 10, 24);

/** Numbers of a program that begins at this time, and the clock that it looks at, put back by so much. */
function program(at: number, firstNew = 1) {
  const clock = { now: at, back: 0 };
  const ids = createOrderIds(
    () => clock.now - clock.back,
    () => clock.now,
  );
  ids.begin(firstNew);
  const give = (count: number) =>
    Array.from({ length: count }, () => {
      clock.now += ids.waitMs();
      return ids.next();
    });
  return { clock, ids, give };
}

test.for([1, 2, 100])(
  "a program that begins right after %i orders of an earlier one, of which the gateway has heard of none, begins above them",
  (count) => {
    const earlier = program(NOW);
    const onTheirWay = earlier.give(count);
    const later = program(earlier.clock.now);
    expect(later.ids.next()).toBeGreaterThan(Math.max(...onTheirWay));
  },
);

test.for([1, 2, 100])(
  "also where both begin ahead of the clock, the later one begins above %i orders of the earlier",
  (count) => {
    const heard = 1_000_000_000;
    for (let start = 0; start < 20; start += 1) {
      const earlier = program(NOW + start * 1_000, heard);
      const onTheirWay = earlier.give(count);
      const later = program(earlier.clock.now, heard);
      expect(later.ids.next()).toBeGreaterThan(Math.max(...onTheirWay));
    }
  },
);

test("after the gateway has heard of one, the next is given out at once", () => {
  const { ids, give } = program(NOW);
  const [first = 0] = give(1);
  expect(ids.waitMs()).toBeGreaterThan(0);
  ids.heard(first - 1);
  expect(ids.waitMs()).toBeGreaterThan(0);
  ids.heard(first);
  expect(ids.waitMs()).toBe(0);
});

test("a clock that is put back keeps no order waiting for the time that it lost", () => {
  const { clock, ids, give } = program(NOW);
  give(1);
  clock.back = 3_600_000;
  expect(ids.waitMs()).toBeLessThan(1_000);
});

test("a program begins well above what the gateway has heard of an earlier one that was ahead of the clock", () => {
  const earlier = program(NOW);
  const [first = 0] = earlier.give(1);
  earlier.ids.heard(first);
  const burst = earlier.give(1_000);
  const later = program(earlier.clock.now, (burst[499] ?? 0) + 1);
  expect(later.ids.next()).toBeGreaterThan(Math.max(...burst));
});

test("a later connection goes on where the earlier one ended", () => {
  const { ids, give } = program(NOW);
  const last = give(500).at(-1) ?? 0;
  ids.heard(last);
  ids.begin(1);
  expect(ids.next()).toBe(last + 1);
  ids.begin(last + 50);
  expect(ids.next()).toBe(last + 50);
});

test("a later connection of a program of which nothing was heard yet waits for the clock anew", () => {
  const { clock, ids, give } = program(NOW);
  const given = give(3);
  clock.now += 60_000;
  ids.begin(1);
  given.push(...give(1));
  const later = program(clock.now);
  expect(later.ids.next()).toBeGreaterThan(Math.max(...given));
});

test("numbers are above those that the gateway has seen, and below those of requests, for years", () => {
  const { ids } = program(NOW, 1_790_000_000);
  expect(ids.next()).toBeGreaterThan(1_790_000_000);
  for (const year of [2026, 2030, 2040]) {
    expect(program(Date.UTC(year, 11, 31)).ids.next()).toBeLessThan(FIRST_REQUEST_ID);
  }
});

test.each([FIRST_REQUEST_ID - 100, 2_147_483_647])(
  "where TWS takes numbers from %i on for new, none is left that is not a request's, and no order is sent",
  async (firstNew) => {
    const tws = await openTws();
    const port = await openBetween(
      tws,
      () => undefined,
      (fields) => (Number(fields[0]) === RESPONSE.nextValidId ? ["9", "1", String(firstNew)] : fields),
    );
    const { broker } = await startBroker(port);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "BrokerFault",
      outcome: "not_sent",
      message: expect.stringContaining("Reset API order ID sequence"),
    });
    expect(tws.venue.orders()).toEqual([]);
    expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
  },
);

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

test("an order of another client id with the number of one of ours does not say that the gateway has heard of ours", async () => {
  const tws = await openTws();
  const ahead: number[] = [];
  const port = await openBetween(tws, ([id, number]) => {
    if (id !== "3") return undefined;
    ahead.push(Number(number) - Math.floor((Date.now() - Date.UTC(2026, 0, 1)) / 250));
    return [RESPONSE.orderStatus, Number(number), "Submitted", 0, 10, 0, 999, 0, 0, 70, "", 0];
  });
  const { broker } = await startBroker(port, { writeTimeout: 500 });
  tws.faults.arm({ kind: "stall", on: "place", count: 6 });
  await Promise.all(Array.from({ length: 6 }, () => rejection(broker.placeOrder(restingOrder(), call()))));
  expect(ahead).toHaveLength(6);
  expect(Math.max(...ahead)).toBeLessThanOrEqual(0);
});

test.for([1, 2, 100])(
  "above another program's number too, the later one begins above %i orders of the earlier",
  (count) => {
    const others = 1_000_000_000;
    const earlier = program(NOW);
    earlier.ids.told(others);
    const onTheirWay = earlier.give(count);
    expect(Math.min(...onTheirWay)).toBeGreaterThan(others);
    const later = program(earlier.clock.now);
    later.ids.told(others);
    expect(later.ids.next()).toBeGreaterThan(Math.max(...onTheirWay));
  },
);
