import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DEFAULT_ACCOUNTS, SILENT_ACCOUNT } from "../../../simulators/opend/accounts.ts";
import { sdkConnect } from "../../simulators/sdk-client.ts";
import { call, makeBroker, openOpenD, PIN_MD5, rejection, restingOrder, startBroker, until } from "./setup.ts";

const DAY_MS = 86_400_000;
const TENCENT = { tradeType: "Securities", region: "HK", symbol: "00700" } as const;
const MOUTAI = { tradeType: "Securities", region: "CN", symbol: "600519" } as const;

describe("writes", () => {
  test("a late answer still says what became of a place whose caller has given up", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    opend.faults.arm({ kind: "delay", on: "place", ms: 400 });
    const order = restingOrder();
    const placed = await broker.placeOrder(order, call(100));
    expect(opend.venue.orders().map(({ wireId, order: { tag } }) => [wireId, tag])).toEqual([
      [placed.orderId, order.tag],
    ]);
  });

  test("a lost answer is unknown, and the tag finds the one order there is", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    opend.faults.arm({ kind: "lose-answer", on: "place" });
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
    const { orders } = await broker.orders({ status: "all", fresh: true }, call());
    expect(orders.map(({ tag }) => tag)).toEqual([order.tag]);
    expect(opend.venue.orders()).toHaveLength(1);
  });

  test("an answer that OpenD's own connection took with it is unknown, and the tag finds the one order there is", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const order = restingOrder();
    opend.faults.arm({ kind: "cut-off", on: "place" });
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
    const { orders } = await broker.orders({ status: "open", fresh: true }, call());
    expect(orders).toMatchObject([{ tag: order.tag, status: "OPEN" }]);
    opend.faults.arm({ kind: "cut-off", on: "cancel" });
    expect(await rejection(broker.cancelOrder(orders[0]?.orderId ?? "", call()))).toMatchObject({ outcome: "unknown" });
  });

  test("a dropped connection leaves nothing to be sent later", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    opend.faults.arm({ kind: "drop", on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    await until(() => broker.ping(call()));
    const second = await broker.placeOrder(restingOrder(), call());
    expect(opend.venue.orders().map(({ wireId }) => wireId)).toEqual([second.orderId]);
  });

  test("what waited for its turn when the connection was lost does not go out on the next one", async () => {
    const opend = await openOpenD();
    const { broker, host } = await startBroker(opend.port, { deadlineMs: 20_000 });
    opend.faults.arm({ kind: "drop", on: "place" });
    // Each is given time to arrive before the next: the last ones are still waiting when the connection is back.
    const errors = await Promise.all(
      Array.from({ length: 13 }, () => rejection(broker.placeOrder(restingOrder(), call()))),
    );
    expect(errors[0]).toMatchObject({ outcome: "unknown" });
    for (const error of errors.slice(1)) expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    await until(() => host.connections.length === 3);
    expect(opend.venue.orders()).toEqual([]);
  });

  test("cancels that a lost connection kept from going out take nothing of OpenD's limit from those after it", async () => {
    const opend = await openOpenD();
    const { broker, host } = await startBroker(opend.port);
    for (let i = 0; i < 20; i += 1) opend.venue.place("SIMULATE", { ...restingOrder(), tag: null });
    const { orders } = await broker.orders({ status: "open" }, call());
    opend.faults.arm({ kind: "drop", on: "cancel" });
    const errors = await Promise.all(orders.map(({ orderId }) => rejection(broker.cancelOrder(orderId, call()))));
    expect(errors[0]).toMatchObject({ outcome: "unknown" });
    for (const error of errors.slice(1)) expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    await until(() => host.connections.length === 3);
    await Promise.all(orders.slice(1).map(({ orderId }) => broker.cancelOrder(orderId, call())));
    expect((await broker.orders({ status: "open" }, call())).orders).toHaveLength(1);
  });

  test("packet numbers begin anew with each connection and grow on it", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    for (const round of [1, 2]) {
      const { orderId } = await broker.placeOrder(restingOrder(), call());
      await broker.replaceOrder(orderId, { price: 191 }, call());
      await broker.cancelOrder(orderId, call());
      if (round === 1) opend.faults.arm({ kind: "restart", ms: 50 });
      await until(async () => opend.connections().total === 2 && (await broker.ping(call())));
    }
    expect(opend.venue.orders().map(({ order }) => order.status)).toEqual(["CANCELED", "CANCELED"]);
  });

  test("an answer that overtakes nothing: pushes before the answer are pushes all the same", async () => {
    const opend = await openOpenD({ pushFirst: true });
    const { broker, host } = await startBroker(opend.port);
    opend.faults.arm({ kind: "duplicate-push" });
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    await until(() => host.orders.length >= 2);
    expect(new Set(host.orders.map((each) => [each.orderId, each.tag].join()))).toEqual(
      new Set([[orderId, order.tag].join()]),
    );
  });

  test("over OpenD's limit nothing was sent", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    opend.faults.arm({ kind: "rate-limit", on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
      retryAfterMs: 30_000,
    });
    expect(opend.venue.orders()).toEqual([]);
  });

  test("quotes of clients stop before OpenD's limit, and those that orders wait for still go", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { deadlineMs: 2000 });
    const { contract } = restingOrder();
    const readAll = async (): Promise<unknown> => {
      for (;;) await broker.quote(contract, call());
    };
    expect(await rejection(readAll())).toMatchObject({ code: "RateLimited" });
    expect(await broker.quote(contract, { ...call(), forWrite: true })).toMatchObject({ contract });
  });

  test("places stop before OpenD's limit, and cancels still go", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { deadlineMs: 2000 });
    const results = await Promise.allSettled(
      Array.from({ length: 15 }, () => broker.placeOrder(restingOrder(), call())),
    );
    const refused = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) {
      expect(error).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
      expect(error.retryAfterMs).toBeGreaterThan(20_000);
    }
    expect(opend.venue.orders()).toHaveLength(13);
    const [first] = opend.venue.orders();
    await broker.cancelOrder(first?.wireId ?? "", call());
  });

  test("cancels may use all that OpenD takes of changes", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    for (let i = 0; i < 20; i += 1) opend.venue.place("SIMULATE", { ...restingOrder(), tag: null });
    const { orders } = await broker.orders({ status: "open" }, call());
    await Promise.all(orders.map(({ orderId }) => broker.cancelOrder(orderId, call())));
    expect((await broker.orders({ status: "open" }, call())).orders).toEqual([]);
  });

  test("a REAL order is locked out without the password, and says so", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "AuthenticationFailed",
      outcome: "rejected",
      message: expect.stringContaining("unlockPin"),
    });
    expect(opend.venue.orders()).toEqual([]);
  });

  test("a wrong password is sent once and never shown", async () => {
    const opend = await openOpenD({ unlockPin: "654321" });
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    // OpenD refuses the eleventh unlock of half a minute: had the password gone out with each order, it would say so.
    for (let i = 0; i < 12; i += 1) {
      const error = await rejection(broker.placeOrder(restingOrder(), call()));
      expect(error).toMatchObject({ code: "AuthenticationFailed", outcome: "rejected" });
      expect(String(error)).not.toContain(PIN_MD5);
    }
    const other = await sdkConnect(opend.port);
    for (let i = 0; i < 9; i += 1) {
      expect(await other.refusal(other.call("UnlockTrade", unlock("0".repeat(32))))).toContain("密码");
    }
    other.close();
  });

  test("trading that somebody locks again is unlocked again, and one order comes of it", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    await broker.placeOrder(restingOrder(), call());
    const other = await sdkConnect(opend.port);
    await other.call("UnlockTrade", { unlock: false });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    expect(opend.venue.orders().map(({ wireId }) => wireId)).toContain(orderId);
    expect(opend.venue.orders()).toHaveLength(2);
    await other.call("UnlockTrade", { unlock: false });
    await broker.cancelOrder(orderId, call());
    other.close();
  });

  test("where the password that is there does not unlock trading, an order says why", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    const other = await sdkConnect(opend.port);
    await other.call("UnlockTrade", { unlock: false });
    other.close();
    opend.faults.arm({ kind: "refuse", on: "read" });
    const message = String(await rejection(broker.placeOrder(restingOrder(), call())));
    expect(message).toContain("请先解锁交易");
    expect(message).toContain("OpenD refused UnlockTrade: 服务器拒绝了请求");
    expect(message).not.toContain("set unlockPin");
    expect(opend.venue.orders()).toEqual([]);
  });

  test("a write that waits for the unlock ends with its caller, and was not sent", async () => {
    const opend = await openOpenD();
    // The state, the accounts and their pushes are answered, the unlock is not, neither then nor with the order.
    opend.faults.arm({ kind: "delay", ms: 1, on: "read", count: 3 });
    opend.faults.arm({ kind: "rate-limit", on: "read" });
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    opend.faults.arm({ kind: "stall", on: "read" });
    const placing = rejection(broker.placeOrder(restingOrder(), call(200)));
    const silence = new Promise((resolve) => setTimeout(resolve, 2000, "still waiting"));
    expect(await Promise.race([placing, silence])).toMatchObject({ outcome: "not_sent" });
    expect(opend.venue.orders()).toEqual([]);
  });

  test("what Futu would cut or cannot take is refused before it is sent", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const real = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    const cases = [
      [broker, { price: 190.001 }, "InvalidRequest"],
      [broker, { price: 0.1234 }, "InvalidRequest"],
      [broker, { qty: 1.5 }, "InvalidRequest"],
      [broker, { qty: 0 }, "InvalidRequest"],
      [broker, { price: -1 }, "InvalidRequest"],
      [broker, { contract: TENCENT, price: 500.0001, qty: 100 }, "InvalidRequest"],
      [broker, { contract: { ...MOUTAI, symbol: "900901" }, price: 1, qty: 100 }, "InvalidRequest"],
      [broker, { contract: { ...MOUTAI, region: "JP", symbol: "7203" } }, "InvalidRequest"],
      [broker, { timeInForce: "GTC" }, "NotSupported"],
      [broker, { lifecycle: "OVERNIGHT" }, "NotSupported"],
      [broker, { lifecycle: "ETH" }, "NotSupported"],
      [real.broker, { orderType: "Market", lifecycle: "ETH" }, "NotSupported"],
      [broker, { contract: MOUTAI, orderType: "Market", qty: 100 }, "NotSupported"],
      [real.broker, { contract: TENCENT, lifecycle: "OVERNIGHT", price: 500, qty: 100 }, "NotSupported"],
    ] as const;
    for (const [each, changes, code] of cases) {
      expect(await rejection(each.placeOrder(restingOrder(changes), call()))).toMatchObject({
        code,
        outcome: "not_sent",
      });
    }
    const { price: _, ...withoutPrice } = restingOrder();
    expect(await rejection(broker.placeOrder(withoutPrice, call()))).toMatchObject({ code: "InvalidRequest" });
    expect(opend.venue.orders()).toEqual([]);
  });

  test("each session goes to OpenD as itself, and ETH is RTH where there is none", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    for (const lifecycle of ["RTH", "ETH", "OVERNIGHT"] as const) {
      const placed = await broker.placeOrder(restingOrder({ lifecycle, timeInForce: "GTC" }), call());
      expect(placed.effective).toBeUndefined();
      expect(await broker.order(placed.orderId, call())).toMatchObject({ lifecycle, timeInForce: "GTC" });
    }
    const hk = restingOrder({ contract: TENCENT, price: 480, qty: 100, lifecycle: "ETH" });
    expect((await broker.placeOrder(hk, call())).effective).toEqual({ lifecycle: "RTH" });
    const cn = restingOrder({ contract: MOUTAI, price: 1500, qty: 100 });
    const { orderId } = await broker.placeOrder(cn, call());
    expect(await broker.order(orderId, call())).toMatchObject({ contract: MOUTAI, currency: "CNY" });
    expect(await rejection(broker.replaceOrder(orderId, { price: 1490 }, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
  });

  test("of the paper accounts that for shares and options alone takes orders for pre and post hours", async () => {
    const others = DEFAULT_ACCOUNTS.filter(({ accId }) => accId !== "3450311");
    const opend = await openOpenD({ accounts: [...others, SILENT_ACCOUNT] });
    const { broker } = await startBroker(opend.port);
    const { orderId } = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "ETH" });
    const ofShares = await startBroker((await openOpenD()).port);
    const offered = [ofShares, { broker }].map((each) =>
      each.broker.capabilities().orders.flatMap((row) => (row.region === "US" ? row.lifecycle : [])),
    );
    expect(offered).toEqual([
      ["RTH", "RTH"],
      ["RTH", "ETH", "RTH"],
    ]);
  });

  test("what is not taken is told in words also while OpenD has not been there", async () => {
    const placing = makeBroker(1).placeOrder(restingOrder({ timeInForce: "GTC" }), call());
    expect(await rejection(placing)).toMatchObject({ message: "Futu (SIMULATE) takes no Limit order GTC RTH in US" });
  });

  test("no order for the night goes to an OpenD that would make it one of the day", async () => {
    const opend = await openOpenD({ version: 902 });
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    expect(await rejection(broker.placeOrder(restingOrder({ lifecycle: "OVERNIGHT" }), call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
      message: expect.stringContaining("9.3"),
    });
    expect(opend.venue.orders()).toEqual([]);
    expect(broker.capabilities().orders.some(({ lifecycle }) => lifecycle === "OVERNIGHT")).toBe(false);
    const { orderId } = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "ETH" });
  });

  test("an OpenD that knows orders by their numbers alone changes and cancels the one that is meant", async () => {
    const opend = await openOpenD({ version: 706 });
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    await broker.placeOrder(restingOrder({ price: 180 }), call());
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await broker.replaceOrder(orderId, { price: 191 }, call());
    await broker.cancelOrder(orderId, call());
    expect(await broker.order(orderId, call())).toMatchObject({ price: 191, status: "CANCELED" });
    expect((await broker.orders({ status: "open" }, call())).orders).toMatchObject([{ price: 180 }]);
  });

  test("one that it answers with a number alone, and has not heard of itself yet, is told by its id", async () => {
    const opend = await openOpenD({ version: 706, lagMs: 60_000 });
    const { broker } = await startBroker(opend.port);
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    expect(opend.venue.orders()).toMatchObject([{ wireId: orderId, order: { tag: order.tag } }]);
  });

  test("a replace keeps what it does not name, and is held to what is filled", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    opend.venue.fill(orderId, 4, 190);
    await broker.replaceOrder(orderId, { qty: 8 }, call());
    expect(await broker.order(orderId, call())).toMatchObject({ qty: 8, price: 190, filledQty: 4, tag: order.tag });
    await broker.replaceOrder(orderId, { price: 191 }, call());
    expect(await broker.order(orderId, call())).toMatchObject({ qty: 8, price: 191, tag: order.tag });
    expect(await rejection(broker.replaceOrder(orderId, { qty: 3 }, call()))).toMatchObject({
      code: "InvalidRequest",
      outcome: "not_sent",
    });
    expect(await rejection(broker.replaceOrder(orderId, { price: 191.001 }, call()))).toMatchObject({
      code: "InvalidRequest",
    });
    opend.venue.end(orderId, "CANCELED", "");
    expect(await rejection(broker.replaceOrder(orderId, { price: 190 }, call()))).toMatchObject({
      code: "OrderNotOpen",
      outcome: "not_sent",
    });
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({ code: "OrderNotOpen" });
  });
});

describe("a replace of an order placed elsewhere", () => {
  test("is refused where OpenD would cut the price that it must be sent again with", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const { wireId } = opend.venue.place("SIMULATE", { ...restingOrder(), price: 0.1234, tag: null });
    expect(await rejection(broker.replaceOrder(wireId, { qty: 8 }, call()))).toMatchObject({
      code: "InvalidRequest",
      outcome: "not_sent",
    });
    expect(await broker.order(wireId, call())).toMatchObject({ qty: 10, price: 0.1234 });
    await broker.replaceOrder(wireId, { qty: 8, price: 0.123 }, call());
    expect(await broker.order(wireId, call())).toMatchObject({ qty: 8, price: 0.123 });
  });
});

describe("orders", () => {
  test("are listed for who must know them, whatever clients list: no order leaves after a reconnect before that", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { deadlineMs: 60_000 });
    for (let i = 0; i < 6; i += 1) await broker.orders({ status: "all" }, call());
    const client = new AbortController();
    const waiting = rejection(broker.orders({ status: "all" }, { signal: client.signal }));
    const listed = await rejection(broker.orders({ status: "all", fresh: true }, call(2000))).catch(() => undefined);
    client.abort();
    expect(listed).toBeUndefined();
    expect(await waiting).toMatchObject({ code: "Timeout" });
  });

  test("those that OpenD has answered and not yet heard of itself are read and changed all the same", async () => {
    const opend = await openOpenD({ lagMs: 3_000 });
    const { broker, host } = await startBroker(opend.port);
    const placed = await Promise.all([restingOrder(), restingOrder()].map((order) => broker.placeOrder(order, call())));
    const read = () => Promise.all(placed.map(({ orderId }) => broker.order(orderId, call())));
    expect(await read()).toMatchObject([{ status: "OPEN" }, { status: "OPEN" }]);
    expect(host.orders).toEqual([]);
    const [first, second] = placed.map(({ orderId }) => orderId);
    await broker.replaceOrder(first ?? "", { qty: 5 }, call());
    await broker.cancelOrder(second ?? "", call());
    // What OpenD lists is out of date until the exchange has told it.
    expect(await read()).toMatchObject([{ qty: 10 }, { status: "OPEN" }]);
    await until(() => host.orders.length === 4);
    expect(await read()).toMatchObject([{ qty: 5 }, { status: "CANCELED" }]);
  });

  test("one that OpenD has not heard of yet when it is to be canceled is canceled all the same", async () => {
    const opend = await openOpenD({ lagMs: 3_000 });
    const { broker } = await startBroker(opend.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await broker.cancelOrder(orderId, call());
    await until(() => opend.venue.orders()[0]?.order.status === "CANCELED");
  });

  test("one placed elsewhere that OpenD has not heard of yet is canceled and changed all the same", async () => {
    const opend = await openOpenD({ lagMs: 3_000 });
    const { broker } = await startBroker(opend.port);
    const placeElsewhere = () => opend.venue.place("SIMULATE", { ...restingOrder(), tag: null }).wireId;
    await broker.cancelOrder(placeElsewhere(), call());
    await broker.replaceOrder(placeElsewhere(), { qty: 20, price: 191 }, call());
    await until(
      () =>
        opend.venue
          .orders()
          .map(({ order }) => `${order.status} ${order.qty}`)
          .join() === "CANCELED 10,OPEN 20",
    );
  });

  test("one that OpenD has not heard of, and cannot be asked about, is not told as one that there is not", async () => {
    const opend = await openOpenD({ lagMs: 3_000 });
    const { broker } = await startBroker(opend.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    opend.faults.arm({ kind: "refuse", on: "read" });
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({
      code: "OrderRejected",
      outcome: "rejected",
      message: expect.stringContaining("此订单号不存在"),
    });
  });

  test("one of last week is found, and listed with all", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    await broker.cancelOrder(orderId, call());
    opend.venue.setNow(opend.venue.now() + 7 * DAY_MS);
    const again = await startBroker(opend.port);
    expect(await again.broker.order(orderId, call())).toMatchObject({ status: "CANCELED", tag: order.tag });
    expect((await again.broker.orders({ status: "all" }, call())).orders).toHaveLength(1);
    expect((await again.broker.orders({ status: "open" }, call())).orders).toEqual([]);
  });

  test("one that lived for as long as it may and ended before a long weekend is found behind it", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    const today = opend.venue.now();
    opend.venue.setNow(today - 94 * DAY_MS);
    const order = restingOrder({ timeInForce: "GTC" });
    const { orderId } = await broker.placeOrder(order, call());
    opend.venue.setNow(today - 4 * DAY_MS);
    opend.venue.end(orderId, "EXPIRED", "90 days are over");
    opend.venue.setNow(today);
    expect(await broker.order(orderId, call())).toMatchObject({ status: "EXPIRED", tag: order.tag });
  });

  test("one that nobody knows is not found, whatever its form", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    for (const orderId of ["1", "", "a b", "x".repeat(65)]) {
      expect(await rejection(broker.order(orderId, call()))).toMatchObject({ code: "OrderNotFound" });
    }
  });

  test("paper accounts of all regions are one", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    await broker.placeOrder(restingOrder(), call());
    await broker.placeOrder(restingOrder({ contract: TENCENT, price: 480, qty: 100 }), call());
    await broker.placeOrder(restingOrder({ contract: MOUTAI, price: 1500, qty: 100 }), call());
    const { orders } = await broker.orders({ status: "open", fresh: true }, call());
    expect(orders.map(({ contract }) => contract.region).sort()).toEqual(["CN", "HK", "US"]);
    for (const { orderId } of orders) await broker.cancelOrder(orderId, call());
    expect((await broker.orders({ status: "open" }, call())).orders).toEqual([]);
  });

  test("a replace does not undo what another one changes that OpenD has answered and not made yet", async () => {
    const opend = await openOpenD({ lagMs: 3_000 });
    const { broker } = await startBroker(opend.port);
    const { orderId } = await broker.placeOrder(restingOrder({ qty: 10, price: 190 }), call());
    await broker.replaceOrder(orderId, { price: 191 }, call());
    expect(await rejection(broker.replaceOrder(orderId, { qty: 20 }, call()))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
    });
    await broker.replaceOrder(orderId, { qty: 20, price: 192 }, call());
    await until(() => opend.venue.find(orderId)?.order.price === 192);
    await broker.replaceOrder(orderId, { qty: 30 }, call());
    await until(() => opend.venue.find(orderId)?.order.qty === 30);
    expect(opend.venue.find(orderId)?.order).toMatchObject({ price: 192 });
  });

  test("changes that say all go out up to OpenD's limit on changes, however often it was asked anew", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5, deadlineMs: 2000 });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    for (let i = 0; i < 6; i += 1) await broker.orders({ status: "open", fresh: true }, call());
    const change = (round: number) => broker.replaceOrder(orderId, { qty: 20 + round, price: 180 }, call());
    for (let round = 1; round <= 18; round += 1) await change(round);
    expect(opend.venue.find(orderId)?.order).toMatchObject({ qty: 38, price: 180 });
    expect(await rejection(change(19))).toMatchObject({
      code: "RateLimited",
      message: expect.stringContaining("modify"),
    });
  });

  test("listings that look for an unknown outcome stand in the way of no replace and no cancel", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    for (let i = 0; i < 6; i += 1) await broker.orders({ status: "all", fresh: true }, call());
    await broker.replaceOrder(orderId, { price: 191 }, call());
    opend.venue.fill(orderId, 10, 191);
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({ code: "OrderNotOpen" });
    expect(await rejection(broker.cancelOrder("FH00", call()))).toMatchObject({ code: "OrderNotFound" });
  });

  test("fresh listings pass OpenD's cache by, and others do not", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    const other = await sdkConnect(opend.port);
    const { accList } = (await other.call("GetAccList", { userID: 0 })) as {
      accList: { accID: string; trdEnv: number }[];
    };
    // OpenD counts what passes its cache by: there is no more of it now, whoever asks.
    for (const { accID } of accList.filter(({ trdEnv }) => trdEnv === 0)) {
      const c2s = { header: { trdEnv: 0, accID, trdMarket: 2 }, refreshCache: true };
      for (let i = 0; i < 10; i += 1) await other.call("GetOrderList", c2s).catch(() => {});
    }
    other.close();
    await broker.orders({ status: "open" }, call());
    expect(await rejection(broker.orders({ status: "open", fresh: true }, call()))).toMatchObject({
      code: "RateLimited",
      message: expect.stringContaining("OpenD refused"),
    });
  });

  test("fresh listings keep to two thirds of OpenD's limit; cached ones have none", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", deadlineMs: 1000 });
    for (let i = 0; i < 6; i += 1) await broker.orders({ status: "open", fresh: true }, call());
    expect(await rejection(broker.orders({ status: "open", fresh: true }, call()))).toMatchObject({
      code: "RateLimited",
    });
    for (let i = 0; i < 20; i += 1) await broker.orders({ status: "open" }, call());
  });

  test("a list and an order that a write waits for are read beside all that may be read otherwise", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5, deadlineMs: 1000 });
    const forWrite = () => ({ ...call(), forWrite: true });
    const readAll = async (query: Parameters<typeof broker.orders>[0]): Promise<unknown> => {
      for (;;) await broker.orders(query, call());
    };
    // As for an unknown outcome, and by clients that read all orders.
    expect(await rejection(readAll({ status: "open", fresh: true }))).toMatchObject({ code: "RateLimited" });
    expect(await rejection(readAll({ status: "all" }))).toMatchObject({ code: "RateLimited" });
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    const { orders } = await broker.orders({ status: "open", fresh: true }, forWrite());
    expect(orders.map(({ tag }) => tag)).toEqual([order.tag]);
    opend.venue.end(orderId, "CANCELED", "");
    opend.venue.setNow(opend.venue.now() + 4 * DAY_MS);
    expect(await broker.order(orderId, forWrite())).toMatchObject({ orderId, status: "CANCELED" });
  });
});

function unlock(pwdMD5: string) {
  return { unlock: true, pwdMD5, securityFirm: 1 };
}

test("an order that nobody knows is looked for as long as its caller waits, under however many limits that is", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const opend = await openOpenD();
  const { broker } = await startBroker(opend.port);
  const listPast = () => broker.orders({ status: "all" }, call());
  // Of reads of history OpenD takes six in half a minute beside writes; a look for an order is two.
  const begun = performance.now();
  await listPast();
  vi.advanceTimersByTime(5_000);
  for (let asked = 0; asked < 5; asked += 1) await listPast();
  vi.advanceTimersByTime(begun + 29_000 - performance.now());
  const inTime = { ...call(), deadline: performance.now() + 3_000 };
  const error = await rejection(broker.order("unknown", inTime));
  expect(error).toMatchObject({ code: "RateLimited", retryAfterMs: expect.any(Number) });
});
