import { expect, test } from "vitest";
import * as entry from "../../../src/brokers/interactive-brokers/index.ts";
import { type InteractiveBrokersOptions, interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { makeBroker } from "./setup.ts";

const INSTANCE = { instanceId: "ibInstance0000000001", tokens: ["ibInstanceToken00001"] };

test("the entrypoint exports the function alone", () => {
  expect(Object.keys(entry)).toEqual(["interactiveBrokers"]);
});

test("port and client id have no default", () => {
  expect(() => interactiveBrokers(INSTANCE as unknown as InteractiveBrokersOptions)).toThrow(
    new TypeError(
      "interactiveBrokers: port is missing: 7496 or 4001 for real money, 7497 or 4002 for paper; " +
        "clientId is missing: a number of this program's own, always the same, there is no default",
    ),
  );
});

test("a host is a name or an address, and nothing besides", () => {
  const build = (host: string) => () => interactiveBrokers({ ...INSTANCE, port: 4002, clientId: 1, host });
  for (const host of ["127.0.0.1:4002", "gateway:4002", "[::1]", "%zz", "tcp://gateway", "a b", ""]) {
    expect(build(host), host).toThrow(/^interactiveBrokers: host must be a host name or an address, without port/);
  }
  for (const host of [
    "localhost",
    "ib_gateway",
    "gateway.example.com",
    "10.0.0.7",
    "::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.7",
  ]) {
    expect(build(host), host).not.toThrow();
  }
});

test("all faults are listed at once", () => {
  const wrong = { ...INSTANCE, port: 0, clientId: -1, accountId: "x", timeout: 1, delayedQuotes: 1, colour: "red" };
  expect(() => interactiveBrokers(wrong as unknown as InteractiveBrokersOptions)).toThrow(
    /port must be .*clientId must be .*accountId must be .*timeout must be .*delayedQuotes must be .*colour is not an option/,
  );
});

test.each([
  ["DU1234567", "SIMULATE"],
  ["DF7654321", "SIMULATE"],
  ["U1234567", "REAL"],
  ["F1234567", "REAL"],
  [undefined, "REAL"],
])("before there is a connection, account %s counts as %s", (accountId, environment) => {
  const broker = makeBroker(1, accountId === undefined ? {} : { accountId });
  expect(broker.capabilities()).toMatchObject({ environment, account: null });
});

test("a library that is none is named at start", async () => {
  const broker = makeBroker(1, { sdk: { IBApi: class {} } });
  await expect(broker.start({ onOrder() {}, onConnection() {} })).rejects.toMatchObject({
    code: "NotSupported",
    message: expect.stringMatching(/^the option sdk is not the library @stoqey\/ib; run: npm install @stoqey\/ib/),
  });
});

test.each(["namespace", "default"])("takes the library by hand, as its %s", async (form) => {
  const library = (await import("@stoqey/ib")) as unknown as Record<string, unknown>;
  const sdk = form === "default" ? { default: library["default"] ?? library } : library;
  const broker = makeBroker(1, { sdk, timeout: 200 });
  await broker.start({ onOrder() {}, onConnection() {} });
  await expect(broker.cash({ currency: "USD" }, { signal: AbortSignal.timeout(1000) })).rejects.toMatchObject({
    code: "NotConnected",
  });
});
