import { describe, expect, test } from "vitest";
import { parseLongportOptions } from "../../../src/brokers/longport/config.ts";
import { type LongportOptions, longport } from "../../../src/brokers/longport/index.ts";
import { instanceOf } from "../../../src/spec/define-broker.ts";

const SECRETS = {
  instanceId: "InstanceIdSecret1234",
  tokens: ["TokenSecretTokenSecret"],
  appKey: "AppKeySecret",
  appSecret: "AppSecretSecret",
  accessToken: "AccessTokenSecret",
} as const;
const OPTIONS: LongportOptions = { ...SECRETS };

/** Builds with options that the types would refuse. */
function build(options: unknown): void {
  Reflect.apply(longport, undefined, [options]);
}

const SECRET = "UrlSecret";

describe("options", () => {
  test("the smallest set is enough, goes to the vendor over web standards, and building does nothing", () => {
    const broker = longport(OPTIONS);
    expect(broker).toMatchObject({ kind: "longBridge", display: "长桥证券" });
    expect(broker.capabilities()).toMatchObject({ environment: "REAL", account: null, push: "stream" });
    expect(parseLongportOptions(OPTIONS)).toMatchObject({
      httpUrl: "https://openapi.longportapp.com",
      quoteWsUrl: "wss://openapi-quote.longportapp.com/v2",
      tradeWsUrl: "wss://openapi-trade.longportapp.com/v2",
      transport: "web",
      autoRefreshToken: false,
    });
  });

  test.each([
    ["httpUrl", `https://user:${SECRET}@openapi.longportapp.com`],
    ["httpUrl", `https://openapi.longportapp.com/?a=${SECRET}`],
    ["httpUrl", `https://openapi.longportapp.com#${SECRET}`],
    ["quoteWsUrl", `wss://openapi-quote.longportapp.com/v2#${SECRET}`],
    ["tradeWsUrl", `wss://openapi-trade.longportapp.com/v2#${SECRET}`],
  ])("%s is refused as %s, where no request could go out", (name, value) => {
    expect(() => build({ ...OPTIONS, [name]: value })).toThrow(new RegExp(name));
    expect(() => build({ ...OPTIONS, [name]: value })).not.toThrow(new RegExp(SECRET));
  });

  test("those of the instance are passed on unseen", () => {
    const { instanceId, tokens } = SECRETS;
    const broker = longport({ ...OPTIONS, name: "main", deadlineMs: 2000 });
    expect(instanceOf(broker)).toEqual({ instanceId, tokens, name: "main", deadlineMs: 2000 });
  });

  test("every fault is listed in one error, without the values", () => {
    const wrong = {
      ...OPTIONS,
      appKey: "with space",
      appSecret: "",
      accessToken: "line\nbreak",
      httpUrl: "ws://x",
      quoteWsUrl: "nonsense",
      transport: "sdk",
      autoRefreshToken: 1,
      tokn: 1,
    };
    for (const name of [
      "appKey",
      "appSecret",
      "accessToken",
      "httpUrl",
      "quoteWsUrl",
      "transport",
      "autoRefreshToken",
    ]) {
      expect(() => build(wrong), name).toThrow(new RegExp(`\\b${name}\\b`));
    }
    expect(() => build(wrong)).toThrow(/tokn is not an option/);
    expect(() => build(wrong)).not.toThrow(/with space|line/);
    expect(() => build({ instanceId: "x", tokens: [] })).toThrow(/appKey is missing.*either accessToken or tokenFile/);
    expect(() => build({ accessToken: "t", autoRefreshToken: true })).toThrow(/appKey is missing.*need tokenFile/);
    expect(() => build(null)).toThrow(TypeError);
  });

  test("the token comes from one place, and is refreshed only where it is kept", () => {
    const { accessToken: _, ...none } = OPTIONS;
    expect(() => build(none)).toThrow(/either accessToken or tokenFile/);
    expect(() => build({ ...OPTIONS, tokenFile: "a.toml" })).toThrow(/either accessToken or tokenFile/);
    expect(() => build({ ...OPTIONS, autoRefreshToken: true })).toThrow(/need tokenFile/);
    expect(() => build({ ...none, tokenFile: "a.toml", autoRefreshToken: true })).not.toThrow();
  });

  test("no secret is on the broker", () => {
    const broker = longport(OPTIONS);
    const shown = `${JSON.stringify(broker)} ${Object.values(broker).map(String).join(" ")}`;
    for (const secret of Object.values(SECRETS).flat()) expect(shown).not.toContain(secret);
  });
});
