/** How far back the lists of vendors go that tell of ninety days: what is older is in none of them. */
import { expect, test } from "vitest";
import type { Broker } from "../../../mod.ts";
import * as futu from "../futu/setup.ts";
import * as longport from "../longport/setup.ts";
import * as tiger from "../tiger/setup.ts";

const DAY_MS = 86_400_000;

const BROKERS = {
  async futu() {
    const { port } = await futu.openOpenD();
    return (await futu.startBroker(port)).broker;
  },
  async longport() {
    const { port } = await longport.openLongport();
    return (await longport.startBroker(port, { transport: "web" })).broker;
  },
  async tiger() {
    return (await tiger.startBroker(await tiger.openTiger())).broker;
  },
} as const satisfies Record<string, () => Promise<Broker>>;

test.each(["futu", "longport", "tiger"] as const)(
  "a list of %s proves nothing of an order that was sent before",
  async (name) => {
    const broker = await BROKERS[name]();
    const { since = 0 } = (await broker.orders?.({ status: "all", fresh: true }, futu.call())) ?? {};
    const daysAgo = (Date.now() - since) / DAY_MS;
    expect(daysAgo).toBeGreaterThan(80);
    expect(daysAgo).toBeLessThan(90);
  },
);
