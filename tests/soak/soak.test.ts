/** The soak in short: `npm run soak` goes on for an hour, over all brokers and with every kind of fault. */
import { expect, test } from "vitest";
import { BROKERS } from "../../scripts/soak/brokers.ts";
import { reportOf } from "../../scripts/soak/report.ts";
import { soak } from "../../scripts/soak/run.ts";

/** No fault after which it takes half a minute until an order is proven not to exist. */
const QUICK = ["delay", "refuse", "rate-limit", "lose-answer", "duplicate-push", "late-push"] as const;

test("a few clients of two brokers, ten seconds of faults, and everybody tells the same story", async () => {
  const result = await soak({
    minutes: 1 / 6,
    seed: 7,
    clients: 8,
    brokers: [BROKERS[0], BROKERS[3]],
    faults: QUICK,
    faultEveryMs: 800,
    kills: 0,
    transport: "web",
    patienceMs: 60_000,
    print: () => {},
  });
  const report = reportOf(result);
  expect(result.faults, report.join("\n")).toEqual([]);
  expect(report.at(-1)).toBe("ledger = journal = clients = followers, and nothing leaked");
  expect(result.counters.total("faults")).toBeGreaterThan(0);
  expect((result.orders.futu ?? 0) + (result.orders.tiger ?? 0)).toBeGreaterThan(0);
}, 240_000);
