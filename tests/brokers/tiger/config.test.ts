import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { isPaperAccount, parseTigerOptions } from "../../../src/brokers/tiger/config.ts";
import { type TigerOptions, tiger } from "../../../src/brokers/tiger/index.ts";

const KEY = generateKeyPairSync("rsa", { modulusLength: 1024 })
  .privateKey.export({ type: "pkcs1", format: "der" })
  .toString("base64");
const OPTIONS: TigerOptions = {
  instanceId: "tigerInstance0000001",
  tokens: ["tigerInstanceToken01"],
  tigerId: "20150001",
  account: "50190001",
  privateKey: KEY,
};

test("the vendor's addresses are the defaults", () => {
  expect(parseTigerOptions(OPTIONS)).toMatchObject({
    serverUrl: "https://openapi.tigerfintech.com/gateway",
    pushUrl: "tls://openapi.tigerfintech.com:9883",
    pushTls: {},
    push: "stream",
    pollMs: 3000,
  });
});

test("all faults are told at once, and no value with them", () => {
  const wrong = {
    ...OPTIONS,
    tigerId: "",
    account: undefined,
    privateKey: "secret words",
    serverUrl: "ftp://x",
    pushUrl: "openapi.tigerfintech.com:9883",
    push: "maybe",
    pollMs: 5,
    tigerPublicKey: KEY,
    pushTls: { verify: false },
    sandbox: true,
  } as unknown as TigerOptions;
  try {
    tiger(wrong);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    const { message } = error as Error;
    for (const name of [
      "tigerId",
      "account",
      "privateKey",
      "serverUrl",
      "pushUrl",
      "push ",
      "pollMs",
      "tigerPublicKey",
    ]) {
      expect(message).toContain(name);
    }
    expect(message).toContain("sandbox is not an option of tiger");
    expect(message).toContain("pushTls.verify");
    expect(message).not.toContain("secret words");
    expect(message).not.toContain(KEY);
  }
});

test.each([
  ["a token that no header can carry", { token: "theLicence\nof two lines" }, "token"],
  ["a token with the end of its line", { token: "theLicence\n" }, "token"],
  ["a token of other letters", { token: "theLicence牢" }, "token"],
  ["an address with a password in it", { serverUrl: "https://theLicence:word@h/gateway" }, "serverUrl"],
  ["an address for quotes with a name in it", { quoteServerUrl: "https://theLicence@h/gateway" }, "quoteServerUrl"],
])("%s is refused, which no request could be sent with", (_what, wrong, name) => {
  try {
    tiger({ ...OPTIONS, ...wrong });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(`tiger: ${name} must`);
    expect((error as Error).message).not.toContain("theLicence");
  }
});

test.each(["20150001 ", "\t20150001", "2015-0001", "1".repeat(33)])(
  "%j is no number of a developer or account",
  (text) => {
    expect(() => tiger({ ...OPTIONS, tigerId: text })).toThrow("tigerId must be the developer's number");
    expect(() => tiger({ ...OPTIONS, account: text })).toThrow("account must be the account's number");
  },
);

test("a token may be of several words", () => {
  expect(parseTigerOptions({ ...OPTIONS, token: "Bearer theLicence=" }).token).toBe("Bearer theLicence=");
});

test.each([
  ["none", {}],
  ["both", { privateKey: KEY, privateKeyPath: "key.pem" }],
])("of privateKey and privateKeyPath, %s is too many or too few", (_which, keys) => {
  const { privateKey: _, ...rest } = OPTIONS;
  expect(() => tiger({ ...rest, ...keys })).toThrow("either privateKey or privateKeyPath");
  const { tigerId: _tigerId, ...more } = { ...rest, ...keys };
  expect(() => parseTigerOptions(Object(more))).toThrow(/tigerId is missing.*either privateKey or privateKeyPath/);
});

test.each(["tls://h:9883", "ssl://openapi.tigerfintech.com:9883", "tcp://127.0.0.1:8887", "tls://[::1]:9883"])(
  "%s is an address of a push service",
  (pushUrl) => {
    expect(parseTigerOptions({ ...OPTIONS, pushUrl }).pushUrl).toBe(pushUrl);
  },
);

describe("the account", () => {
  test.each([
    ["20191106192858300", true],
    ["201911061928583001", true],
    ["2019110619285830", false],
    ["50190001", false],
    ["U5755690000000000", false],
  ])("%s is a paper account: %s", (account, isPaper) => {
    expect(isPaperAccount(account)).toBe(isPaper);
    const { environment, account: shown } = tiger({ ...OPTIONS, account }).capabilities();
    expect([environment, shown]).toEqual([isPaper ? "SIMULATE" : "REAL", `****${account.slice(-4)}`]);
  });

  test("of paper takes no order till canceled, and none at the market is ever one", () => {
    const times = (account: string, type: string) =>
      new Set(
        tiger({ ...OPTIONS, account })
          .capabilities()
          .orders.filter(({ orderType }) => orderType === type)
          .map(({ timeInForce }) => timeInForce),
      );
    expect(times("20191106192858300", "Limit")).toEqual(new Set(["DAY"]));
    expect(times("50190001", "Limit")).toEqual(new Set(["DAY", "GTC"]));
    expect(times("50190001", "Market")).toEqual(new Set(["DAY"]));
  });
});

test("no secret is on the object", () => {
  const broker = tiger({ ...OPTIONS, token: "licenceToken", secretKey: "institutionKey" });
  const shown = `${inspect(broker, { depth: 9, showHidden: true })} ${JSON.stringify(broker)}`;
  for (const secret of [KEY, "licenceToken", "institutionKey", "50190001", OPTIONS.instanceId]) {
    expect(shown).not.toContain(secret);
  }
});

test.each(["tls://push.example:70000", "tls://push.example:0", "tls://1.2.3.999:9883"])(
  "the address %s is none of a push service",
  (pushUrl) => {
    expect(() => parseTigerOptions({ ...OPTIONS, pushUrl })).toThrow(/pushUrl must be tls:/);
  },
);
