/** Every kind of fault at the stages it can strike, seen from a client, with the ledger as the judge. */
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import { createFaults, faultProblem } from "../../simulators/shared/faults.ts";
import { at, type Plain } from "./protocol.ts";
import { type TcpClient, tcpConnect } from "./tcp-client.ts";

const US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const BUY = { trdSide: 1, orderType: 1, code: "AAPL", qty: 10, price: 190.5 };

let opend: OpenD;
let client: TcpClient;

beforeEach(async () => {
  opend = await startOpenD({ limits: false });
  client = await tcpConnect(opend.tcpPort);
});

afterEach(async () => {
  client.close();
  await opend.close();
});

const state = (of: TcpClient = client) => of.request("GetGlobalState", { userID: 0 });
const subscribe = () => client.request("Trd_SubAccPush", { accIDList: [US.accID] });
const accepted = (): number => opend.venue.orders().length;

/** Settles a request that a test expects never to be answered, so that its rejection at the end is no surprise. */
function unanswered(request: Promise<unknown>): { readonly settled: () => boolean } {
  let settled = false;
  request.then(
    () => {
      settled = true;
    },
    () => undefined,
  );
  return { settled: () => settled };
}

describe("on a place", () => {
  test("drop: closed, nothing accepted", async () => {
    opend.faults.arm({ kind: "drop", on: "place" });
    expect((await state()).retType).toBe(0);
    await expect(client.place(US, BUY)).rejects.toThrow("closed");
    expect(accepted()).toBe(0);
  });

  test("stall: this one is never answered nor accepted, the next is", async () => {
    opend.faults.arm({ kind: "stall", on: "place" });
    const first = unanswered(client.place(US, BUY));
    expect((await client.place(US, BUY)).retType).toBe(0);
    expect(first.settled()).toBe(false);
    expect(accepted()).toBe(1);
  });

  test("delay: taken up later than what came after it, and also when its client has gone", async () => {
    opend.faults.arm({ kind: "delay", on: "place", ms: 150, count: 2 });
    const placed = client.place(US, BUY);
    await state();
    expect(accepted()).toBe(0);
    expect((await placed).retType).toBe(0);
    expect(client.log.slice(-2)).toEqual(["GetGlobalState", "Trd_PlaceOrder"]);
    unanswered(client.place(US, BUY));
    await state();
    client.close();
    await expect.poll(accepted).toBe(2);
  });

  test("refuse and rate-limit: the vendor's failure, nothing accepted", async () => {
    opend.faults.arm({ kind: "refuse", on: "place" });
    opend.faults.arm({ kind: "rate-limit", on: "place" });
    expect(await client.place(US, BUY)).toMatchObject({ retType: -1 });
    expect(await client.place(US, BUY)).toMatchObject({
      retType: -1,
      retMsg: "下单频率太高，请求失败，每30秒最多15次。",
    });
    expect(accepted()).toBe(0);
    expect((await client.place(US, BUY)).retType).toBe(0);
  });

  test("lose-answer: accepted, then closed; others still get the push", async () => {
    const other = await tcpConnect(opend.tcpPort);
    await other.request("Trd_SubAccPush", { accIDList: [US.accID] });
    opend.faults.arm({ kind: "lose-answer", on: "place" });
    await expect(client.place(US, { ...BUY, remark: "htlost" })).rejects.toThrow("closed");
    expect(opend.venue.orders().map(({ order }) => order.tag)).toEqual(["htlost"]);
    await expect.poll(() => other.pushes).toHaveLength(1);
    other.close();
  });

  test("half-open: the connection stays and says nothing any more", async () => {
    await subscribe();
    opend.faults.arm({ kind: "half-open", on: "place" });
    const first = unanswered(client.place(US, BUY));
    const second = unanswered(state());
    const other = await tcpConnect(opend.tcpPort);
    await other.request("Trd_SubAccPush", { accIDList: [US.accID] });
    await other.place(US, BUY);
    await expect.poll(() => other.pushes).toHaveLength(1);
    expect([first.settled(), second.settled(), client.pushes.length, accepted()]).toEqual([false, false, 0, 1]);
    expect(opend.connections().open).toBe(2);
    // Not even a farewell is noticed: that is what half-open means.
    client.close();
    await state(other);
    expect(opend.connections().open).toBe(2);
    other.close();
  });

  test("restart: everything is closed, the order is not accepted", async () => {
    opend.faults.arm({ kind: "restart", on: "place", ms: 20 });
    await expect(client.place(US, BUY)).rejects.toThrow("closed");
    expect(accepted()).toBe(0);
  });
});

test("a change and a cancel are told apart", async () => {
  const { s2c } = await client.place(US, BUY);
  const { orderIDEx } = s2c;
  opend.faults.arm({ kind: "refuse", on: "cancel" });
  opend.faults.arm({ kind: "refuse", on: "replace" });
  const change = { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 5, price: 190 };
  const cancel = { orderID: 0, orderIDEx, modifyOrderOp: 2 };
  expect(await client.modify(US, change)).toMatchObject({ retType: -1 });
  expect(await client.modify(US, change)).toMatchObject({ retType: 0 });
  expect(await client.modify(US, cancel)).toMatchObject({ retType: -1 });
  expect(await client.modify(US, cancel)).toMatchObject({ retType: 0 });
});

test("a fault without a stage strikes the next request, count times, and keep-alives do not use it up", async () => {
  opend.faults.arm({ kind: "refuse", count: 2 });
  expect((await client.request("KeepAlive", { time: 0 })).retType).toBe(0);
  expect([(await state()).retType, (await client.place(US, BUY)).retType, (await state()).retType]).toEqual([
    -1, -1, 0,
  ]);
});

test("clearing disarms", async () => {
  opend.faults.arm({ kind: "refuse", count: 9 });
  opend.faults.clear();
  expect((await state()).retType).toBe(0);
});

describe("on connect", () => {
  test("drop, refuse, then the next one is let in", async () => {
    opend.faults.arm({ kind: "drop", on: "connect" });
    opend.faults.arm({ kind: "refuse", on: "connect" });
    await expect(tcpConnect(opend.tcpPort)).rejects.toThrow("closed");
    await expect(tcpConnect(opend.tcpPort)).rejects.toThrow("服务器拒绝");
    (await tcpConnect(opend.tcpPort)).close();
  });

  test.each(["stall", "half-open"] as const)("%s: the handshake is never answered", async (kind) => {
    opend.faults.arm({ kind, on: "connect" });
    const waiting = unanswered(tcpConnect(opend.tcpPort));
    const next = await tcpConnect(opend.tcpPort);
    await state(next);
    expect(waiting.settled()).toBe(false);
    next.close();
  });

  test("delay: the handshake is answered after those that came later", async () => {
    opend.faults.arm({ kind: "delay", on: "connect", ms: 100 });
    const order: string[] = [];
    const slow = tcpConnect(opend.tcpPort).then((late) => {
      order.push("slow");
      late.close();
    });
    await expect.poll(() => opend.connections().total).toBe(2);
    const quick = await tcpConnect(opend.tcpPort);
    order.push("quick");
    await slow;
    expect(order).toEqual(["quick", "slow"]);
    quick.close();
  });
});

describe("on a push", () => {
  beforeEach(subscribe);

  test("duplicate-push: twice the same", async () => {
    opend.faults.arm({ kind: "duplicate-push" });
    await client.place(US, BUY);
    await expect.poll(() => client.pushes).toHaveLength(2);
    expect(client.pushes[0]).toEqual(client.pushes[1]);
  });

  test("late-push: after what was asked later", async () => {
    opend.faults.arm({ kind: "late-push", ms: 100 });
    await client.place(US, BUY);
    await state();
    expect(client.pushes).toHaveLength(0);
    await expect.poll(() => client.pushes).toHaveLength(1);
  });

  test("stall: this push is lost, the next is not", async () => {
    opend.faults.arm({ kind: "stall", on: "push" });
    const { s2c } = await client.place(US, BUY);
    await client.modify(US, { orderID: 0, orderIDEx: s2c["orderIDEx"], modifyOrderOp: 2 });
    await expect.poll(() => client.pushes).toHaveLength(1);
    expect(at(client.pushes[0], "s2c", "order", "orderStatus")).toBe(15);
  });

  test("drop: the connection is closed instead", async () => {
    opend.faults.arm({ kind: "drop", on: "push" });
    await client.place(US, BUY);
    await client.closed;
    expect(client.pushes).toHaveLength(0);
  });
});

describe("restart", () => {
  test("closes every connection and both ports, opens them again, keeps the ledger, forgets the unlock", async () => {
    const real = { ...US, trdEnv: 1, accID: "281756455982434220" };
    const unlock: Plain = { unlock: true, pwdMD5: "e10adc3949ba59abbe56e057f20f883e", securityFirm: 1 };
    await client.request("Trd_UnlockTrade", unlock);
    await client.place(real, BUY);
    opend.faults.arm({ kind: "restart", ms: 100 });
    await client.closed;
    await expect(tcpConnect(opend.tcpPort)).rejects.toThrow("closed");
    expect(opend.connections()).toMatchObject({ open: 0 });
    const again = await expect
      .poll(() => tcpConnect(opend.tcpPort), { timeout: 10_000 })
      .toBeDefined()
      .then(() => tcpConnect(opend.tcpPort));
    expect(again.connId).not.toBe(client.connId);
    const { s2c } = await again.request("Trd_GetOrderList", { header: real });
    expect(at(s2c, "orderList", "length")).toBe(1);
    expect(await again.place(real, BUY)).toMatchObject({ retType: -1 });
    again.close();
  });

  test("waits for a port that another program has taken meanwhile", async () => {
    await expect(startOpenD({ port: opend.port })).rejects.toThrow("EADDRINUSE");
    const other = createServer();
    const taken = () =>
      new Promise<boolean>((resolve) => {
        other.once("error", () => resolve(false));
        other.listen(opend.port, "127.0.0.1", () => resolve(true));
      });
    opend.faults.arm({ kind: "restart", ms: 300 });
    await expect.poll(taken).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await new Promise((resolve) => other.close(resolve));
    await expect.poll(() => tcpConnect(opend.tcpPort), { timeout: 10_000 }).toBeDefined();
  });

  test("a simulator that is closed while it restarts stays closed", async () => {
    opend.faults.arm({ kind: "restart", ms: 200 });
    await client.closed;
    await opend.close();
    await expect(tcpConnect(opend.tcpPort)).rejects.toThrow("closed");
  });
});

test("kinds that cannot strike a stage are named", () => {
  const faults = createFaults(() => undefined);
  expect(() => faults.arm({ kind: "lose-answer", on: "push" })).toThrow("lose-answer");
  expect(faultProblem({ kind: "late-push", on: "place" })).toContain("pushes only");
  expect(faultProblem({ kind: "drop", on: "push" })).toBeUndefined();
});

test("a simulator's own kinds strike where they may, or happen at once, and no other simulator has them", () => {
  const happened: number[] = [];
  const faults = createFaults(() => undefined, {
    "plain-429": { stages: ["read", "place"] },
    "no-ping": { atOnce: (ms) => happened.push(ms) },
  });
  expect(faults.kinds).toEqual(expect.arrayContaining(["drop", "restart", "plain-429", "no-ping"]));
  faults.arm({ kind: "plain-429", count: 2 });
  expect(faults.take("cancel")).toBeUndefined();
  expect(faults.take("place")).toEqual({ kind: "plain-429", ms: 1000 });
  expect(faults.take("read")).toMatchObject({ kind: "plain-429" });
  expect(faults.armed()).toBe(0);
  faults.arm({ kind: "no-ping", ms: 7 });
  expect([happened, faults.armed()]).toEqual([[7], 0]);
  expect(faults.problem({ kind: "plain-429", on: "cancel" })).toContain("read, place only");
  expect(faults.problem({ kind: "no-ping", on: "read" })).toContain("at once");
  expect(faults.problem({ kind: "drop", on: "read" })).toBeUndefined();
  expect(createFaults(() => undefined).problem({ kind: "plain-429" })).toContain('no fault "plain-429"');
});
