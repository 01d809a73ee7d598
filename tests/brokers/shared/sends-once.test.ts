import { afterEach, expect, test, vi } from "vitest";
import { CLIENT_PRIVATE_KEY, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { demandSendingOnce } from "../../../src/brokers/shared/sends-once.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";

afterEach(() => void vi.unstubAllGlobals());

const on = (deno: string) => vi.stubGlobal("Deno", { version: { deno } });

test.each(["2.9.6", "2.9.10", "2.10.0", "2.10.0-rc.1", "3.0.0"])("takes Deno %s", (version) => {
  on(version);
  expect(() => demandSendingOnce("Tiger")).not.toThrow();
});

test.each(["1.46.3", "2.7.6", "2.9.0", "2.9.5"])("does not take Deno %s, and says which to run on", (version) => {
  on(version);
  expect(() => demandSendingOnce("Tiger")).toThrow(/Deno 2\.9\.6 or newer/);
});

test("takes a runtime that is not Deno", () => {
  expect(() => demandSendingOnce("Tiger")).not.toThrow();
});

const NOWHERE = "127.0.0.1:9";
const ACCESS = { instanceId: "sendsOnce0000001", tokens: ["sendsOnceToken01"] };
const BROKERS = {
  tiger: () =>
    tiger({
      ...ACCESS,
      tigerId: "20150001",
      account: "50190001",
      privateKey: CLIENT_PRIVATE_KEY,
      tigerPublicKey: VENDOR_PUBLIC_KEY,
      serverUrl: `http://${NOWHERE}/gateway`,
      push: "polling",
    }),
  longport: () =>
    longport({
      ...ACCESS,
      appKey: "key",
      appSecret: "secret",
      accessToken: "token",
      httpUrl: `http://${NOWHERE}`,
      quoteWsUrl: `ws://${NOWHERE}`,
      tradeWsUrl: `ws://${NOWHERE}`,
    }),
} as const;

test.each(["tiger", "longport"] as const)("%s does not start where an order would be sent twice", async (name) => {
  on("2.9.5");
  const broker = BROKERS[name]();
  const starting = Promise.resolve(broker.start?.({ onOrder() {}, onConnection() {} }));
  await expect(starting.finally(() => broker.close?.())).rejects.toMatchObject({ code: "NotSupported" });
});
