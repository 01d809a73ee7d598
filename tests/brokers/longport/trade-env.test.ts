/** A token that is not of the account that it has to be of does nothing; the one of a paper account touches no real money. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { accountChannel } from "../../../src/brokers/longport/account-channel.ts";
import { createTokens } from "../../../src/brokers/longport/tokens.ts";
import { call, makeBroker, openLongport, rejection, restingOrder, startBroker, TRANSPORTS, until } from "./setup.ts";

/** A token as the vendor gives them, with what it says of itself. */
function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const part = (fields: object) => Buffer.from(JSON.stringify(fields)).toString("base64url");
  return `m_${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}

const PAPER = tokenOf({ sub: "access_token", aid: 1, ac: "lb_papertrading" });
const LIVE = tokenOf({ sub: "access_token", aid: 1, ac: "lb" });
const OPAQUE = "longport-access-token";
const US = `us_${LIVE}`;
const NOBODY = { onOrder() {}, onConnection() {} };

test.each([
  [PAPER, "lb_papertrading"],
  [LIVE, "lb"],
  [tokenOf({ sub: JSON.stringify({ member_id: 1, account_channel: "lb_papertrading" }) }), "lb_papertrading"],
  [tokenOf({ ac: 7, sub: "[" }), undefined],
  ["a.???.b", undefined],
  [OPAQUE, undefined],
  ["", undefined],
])("of %s the channel is %s", (token, channel) => {
  expect(accountChannel(token)).toBe(channel);
});

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.each([undefined, "REAL", "SIMULATE"] as const)("no gateway starts for the US, tradeEnv %s", async (tradeEnv) => {
    const server = await openLongport({ accessToken: US });
    const broker = makeBroker(server.port, { transport, accessToken: US, ...(tradeEnv && { tradeEnv }) });
    const refusal = {
      code: "NotSupported",
      outcome: "not_sent",
      message: expect.stringMatching(/data center in the US/),
    };
    expect(await rejection(broker.start(NOBODY))).toMatchObject(refusal);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    expect(server.connections().total).toBe(0);
    expect(server.venue.orders()).toEqual([]);
  });

  test.each([
    ["SIMULATE", LIVE, /tradeEnv is SIMULATE.*live account/],
    ["SIMULATE", OPAQUE, /tradeEnv is SIMULATE.*does not say/],
    ["REAL", PAPER, /tradeEnv is REAL.*paper account/],
  ] as const)("a gateway for %s does not start with %s", async (tradeEnv, accessToken, message) => {
    const server = await openLongport({ accessToken });
    const broker = makeBroker(server.port, { transport, accessToken, tradeEnv });
    expect(await rejection(broker.start(NOBODY))).toMatchObject({
      code: "AuthenticationFailed",
      message: expect.stringMatching(message),
    });
    expect(server.connections().total).toBe(0);
  });

  test.each([
    ["SIMULATE", PAPER, true],
    ["REAL", LIVE, false],
    ["REAL", OPAQUE, false],
  ] as const)("a gateway for %s trades with its own", async (tradeEnv, accessToken, isPaper) => {
    const server = await openLongport({ accessToken, isPaper });
    const { broker } = await startBroker(server.port, { transport, accessToken, tradeEnv });
    expect(broker.capabilities().environment).toBe(tradeEnv);
    await until(() => broker.ping(call()));
    await broker.placeOrder(restingOrder(), call());
    expect(server.venue.orders()).toHaveLength(1);
    // What a paper account would make of it is none of the night.
    const atNight = broker.placeOrder(restingOrder({ lifecycle: "OVERNIGHT" }), call());
    if (tradeEnv === "REAL") await atNight;
    else expect(await rejection(atNight)).toMatchObject({ code: "NotSupported", outcome: "not_sent" });
    expect(server.venue.orders()).toHaveLength(tradeEnv === "REAL" ? 2 : 1);
  });
});

test("the vendor is told to refuse a live account, whatever the token says of itself", async () => {
  const server = await openLongport({ accessToken: PAPER });
  const { broker, host } = await startBroker(server.port, { accessToken: PAPER, tradeEnv: "SIMULATE" });
  expect(host.connections.at(-1)).toMatchObject({ connected: false });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
  expect(await rejection(broker.positions(call()))).toMatchObject({ code: "AuthenticationFailed" });
  expect(server.venue.orders()).toEqual([]);
});

test.each(TRANSPORTS)("no order goes to a live account over %s, and none of it is read", async (transport) => {
  const server = await openLongport({ accessToken: PAPER });
  const { broker } = await startBroker(server.port, { transport, accessToken: PAPER, tradeEnv: "SIMULATE" });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
  const read = broker.orders({ status: "open", fresh: true }, call());
  expect(await rejection(read)).toMatchObject({ code: "AuthenticationFailed" });
  expect(server.venue.orders()).toEqual([]);
});

test("another account's token that is written into the file of a running gateway is used for nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "longport-token-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tokenFile = join(folder, "token.toml");
  const write = (token: string) => writeFile(tokenFile, `token = "${token}"\nexpiry = "2100-01-01T00:00:00+00:00"\n`);
  await write(PAPER);
  const config = { accessToken: undefined, tokenFile, autoRefreshToken: false, tradeEnv: "SIMULATE" } as const;
  const tokens = createTokens({ config, refresh: () => Promise.reject(new Error("not asked for")), onChange() {} });
  await tokens.load();
  expect(tokens.current()).toBe(PAPER);
  await write(LIVE);
  await tokens.check();
  expect(tokens.problem()?.message).toMatch(/live account/);
  expect(() => tokens.current()).toThrow(/live account/);
  await write(`us_${PAPER}`);
  await tokens.check();
  expect(tokens.problem()).toMatchObject({ code: "NotSupported" });
  expect(() => tokens.current()).toThrow(/data center in the US/);
  await write(PAPER);
  await tokens.check();
  expect(tokens.current()).toBe(PAPER);
});
