import { describe, expect, test } from "vitest";
import { type FutuOptions, futu } from "../../../src/brokers/futu/index.ts";
import { instanceOf } from "../../../src/spec/define-broker.ts";

const SECRETS = {
  instanceId: "InstanceIdSecret1234",
  tokens: ["TokenSecretTokenSecret"],
  key: "KeySecretKeySecret",
  unlockPin: "0123456789abcdef0123456789ABCDEF",
} as const;
const OPTIONS: FutuOptions = { ...SECRETS, port: 33333, tradeEnv: "SIMULATE" };

/** Builds with options that the types would refuse. */
function build(options: unknown): void {
  Reflect.apply(futu, undefined, [options]);
}

describe("options", () => {
  test("the smallest set is enough, and building does nothing", () => {
    const broker = futu({ instanceId: "x", tokens: [], port: 33333, tradeEnv: "REAL" });
    expect(broker).toMatchObject({ kind: "futu", display: "富途证券" });
    expect(broker.capabilities()).toMatchObject({ environment: "REAL", account: null, push: "stream" });
  });

  test("those of the instance are passed on unseen", () => {
    const broker = futu({ ...OPTIONS, name: "main", deadlineMs: 2000 });
    expect(instanceOf(broker)).toEqual({
      instanceId: SECRETS.instanceId,
      tokens: SECRETS.tokens,
      name: "main",
      deadlineMs: 2000,
    });
  });

  test("every fault is listed in one error", () => {
    const wrong = {
      ...OPTIONS,
      host: "ws://x/",
      port: 0,
      ssl: "yes",
      tradeEnv: "PAPER",
      unlockPin: "123456",
      accountId: "281756455982434220x",
      securityFirm: "FUTU",
      prot: 1,
    };
    for (const name of ["host", "port", "ssl", "tradeEnv", "unlockPin", "accountId", "securityFirm", "prot"]) {
      expect(() => build(wrong), name).toThrow(new RegExp(`\\b${name}\\b`));
    }
    expect(() => build(wrong)).toThrow(TypeError);
  });

  test("what has no default has to be said", () => {
    const bare = { instanceId: "x", tokens: [] };
    expect(() => build(bare)).toThrow(/port is missing.*tradeEnv is missing: REAL or SIMULATE/);
    expect(() => futu(undefined as unknown as FutuOptions)).toThrow(TypeError);
  });

  test.each([
    ["host", "127.0.0.1:33333"],
    ["host", "opend:33333"],
    ["host", "[::1]"],
    ["host", "%zz"],
    ["port", 1.5],
    ["port", "33333"],
    ["port", 65536],
    ["accountId", "0123"],
    ["accountId", 281],
    ["unlockPin", "e10adc3949ba59abbe56e057f20f883"],
  ])("%s %s is refused", (name, value) => {
    expect(() => build({ ...OPTIONS, [name]: value })).toThrow(name);
  });

  test.each(["localhost", "opend.example.com", "10.0.0.7", "::1", "fe80::1"])("host %s is taken", (host) => {
    expect(() => build({ ...OPTIONS, host })).not.toThrow();
  });

  test("an error names no secret", () => {
    const wrong = { ...OPTIONS, unlockPin: "PinSecretPinSecret", key: 5, port: -1 };
    let message = "";
    try {
      build(wrong);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("unlockPin");
    expect(message).not.toMatch(/Secret/);
  });

  test("the broker shows no secret", () => {
    const broker = futu(OPTIONS);
    const shown = JSON.stringify(broker) + Object.entries(broker).flat().map(String).join() + Object.keys(broker);
    for (const secret of Object.values(SECRETS).flat()) expect(shown).not.toContain(secret);
  });
});
