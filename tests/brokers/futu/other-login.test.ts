/** An OpenD that somebody logs in anew, as the same person or another, while the gateway runs. */
import { expect, test } from "vitest";
import { encodeReply, type Reply } from "../../../simulators/opend/messages.ts";
import { writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import type { FutuOptions } from "../../../src/brokers/futu/index.ts";
import { call, openOpenD, rejection, restingOrder, startBroker, until } from "./setup.ts";
import { type Asked, STATE, serveRequests } from "./strange-opend.ts";

interface Login {
  readonly trdEnv: number;
  readonly accID: string;
  readonly trdMarketAuthList: readonly number[];
  readonly simAccType?: number;
  readonly securityFirm?: number;
}

const REAL = { trdEnv: 1, accID: "281756455982434220", trdMarketAuthList: [1, 2, 4], securityFirm: 1 };
const PAPER_US = { trdEnv: 0, accID: "3450311", trdMarketAuthList: [2], simAccType: 4 };
const PAPER_HK = { trdEnv: 0, accID: "3450310", trdMarketAuthList: [1], simAccType: 1 };

/** An OpenD with the accounts of `login`, which is read at each connection. */
async function serveLogin(login: { accounts: readonly Login[] }, state: object = {}) {
  const writes: number[] = [];
  let last: Asked["peer"] | undefined;
  const port = await serveRequests(({ cmd, section, peer }) => {
    last = peer;
    if (cmd === 2202 || cmd === 2205) writes.push(cmd);
    const answers: Readonly<Record<number, Reply["s2c"]>> = {
      1: { connID: "7" },
      1002: { ...STATE, ...state, time: 1768404600 },
      2001: { accList: login.accounts },
      2008: {},
    };
    const s2c = answers[cmd];
    const reply: Reply = s2c === undefined ? { retType: -1, retMsg: `no ${cmd}` } : { retType: 0, s2c };
    peer.send(writeWsFrame({ cmd, section, body: encodeReply(cmd, reply) }));
  });
  const notify = (connectStatus: object) => {
    const body = encodeReply(1003, { retType: 0, s2c: { type: 3, connectStatus } });
    last?.send(writeWsFrame({ cmd: 1003, section: 0n, body }));
  };
  return { port, writes, notify, drop: () => last?.terminate() };
}

test.each<[string, Pick<FutuOptions, "tradeEnv">, readonly Login[], readonly Login[]]>([
  ["another person's account", { tradeEnv: "REAL" }, [REAL], [{ ...REAL, accID: "281756455982434221" }]],
  ["an account less", { tradeEnv: "SIMULATE" }, [PAPER_US, PAPER_HK], [PAPER_US]],
])(
  "with %s, it is no connection: what was asked of the account before goes to no other",
  async (_, options, ...logins) => {
    const login = { accounts: logins[0] };
    const opend = await serveLogin(login);
    const { broker, host } = await startBroker(opend.port, options);
    expect(host.connections).toEqual([{ connected: true }]);
    login.accounts = logins[1];
    opend.drop();
    await until(async () => {
      const error = await rejection(broker.placeOrder(restingOrder(), call()));
      return String(error).includes("other accounts");
    });
    for (const asked of [broker.placeOrder(restingOrder(), call()), broker.orders({ status: "all" }, call())]) {
      expect(await rejection(asked)).toMatchObject({ code: "BrokerFault", outcome: "not_sent" });
    }
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, false]);
    expect(opend.writes).toEqual([]);
    await broker.close();
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    expect(await broker.ping(call())).toBe(true);
  },
);

test("with an account more, it is a connection as before", async () => {
  const login = { accounts: [PAPER_US] };
  const opend = await serveLogin(login);
  const { broker, host } = await startBroker(opend.port);
  login.accounts = [PAPER_US, PAPER_HK];
  opend.drop();
  await until(() => host.connections.length === 3);
  expect(broker.capabilities().markets.map(({ region }) => region)).toEqual(["US", "HK"]);
});

test("with the half of it that is for quotes, it is no connection", async () => {
  const half = { qotLogined: true, trdLogined: false };
  const { broker, host } = await startBroker((await serveLogin({ accounts: [PAPER_US] }, half)).port);
  const opend = await serveLogin({ accounts: [PAPER_US] });
  const { host: other } = await startBroker(opend.port);
  opend.notify(half);
  await until(() => other.connections.at(-1)?.connected === false);
  expect(await broker.ping(call())).toBe(false);
  expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
});

test("an order that waited for its turn while the login was away does not go out when it is back", async () => {
  const opend = await openOpenD();
  const { broker, host } = await startBroker(opend.port, { deadlineMs: 20_000 });
  const placing = Promise.allSettled(Array.from({ length: 13 }, () => broker.placeOrder(restingOrder(), call())));
  await until(() => opend.venue.orders().length === 2);
  opend.setLoggedIn(false);
  opend.setLoggedIn(true);
  const results = await placing;
  await until(() => host.connections.length === 3);
  expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
  const before = results.filter(({ status }) => status === "fulfilled");
  expect(before.length).toBeLessThan(5);
  for (const result of results.slice(before.length)) {
    expect(result).toMatchObject({ reason: { code: "NotConnected", outcome: "not_sent" } });
  }
  expect(opend.venue.orders()).toHaveLength(before.length);
});
