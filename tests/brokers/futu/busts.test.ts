/** Fills that the exchange takes back of an order that works on. */
import { describe, expect, test } from "vitest";
import type { WebSocket as Peer } from "ws";
import { encodeReply, type Reply } from "../../../simulators/opend/messages.ts";
import { writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import { toOrder } from "../../../src/brokers/futu/convert.ts";
import { mergeOrder, type Order } from "../../../src/domain/order.ts";
import { call, startBroker, until } from "./setup.ts";
import { STATE, serveRequests } from "./strange-opend.ts";

const HEADER = { trdEnv: 0, accID: "3450311", trdMarket: 2 };

/** An order for ten that works, with so much filled at such a second. */
function working(fillQty: number, second: number, orderStatus = fillQty > 0 ? 10 : 5) {
  const updateTime = `2026-01-14 10:30:0${second}`;
  return {
    trdSide: 1,
    orderType: 1,
    orderStatus,
    orderID: "8900000000000000001",
    orderIDEx: "77",
    code: "AAPL",
    name: "Apple",
    qty: 10,
    price: 150,
    createTime: "2026-01-14 10:30:00",
    updateTime,
    secMarket: 2,
    trdMarket: 2,
    fillQty,
    fillAvgPrice: fillQty > 0 ? 150 : 0,
  };
}

type VendorOrder = ReturnType<typeof working>;

/** An OpenD with one paper account and one order, which it lists and pushes as a test says. */
async function serveOrder(first: VendorOrder) {
  let listed = first;
  let last: Peer | undefined;
  const send = (peer: Peer, cmd: number, section: bigint, reply: Reply) =>
    peer.send(writeWsFrame({ cmd, section, body: encodeReply(cmd, reply) }));
  const port = await serveRequests(({ cmd, section, peer }) => {
    last = peer;
    const answers: Readonly<Record<number, Reply["s2c"]>> = {
      1: { connID: "7" },
      1002: { ...STATE, time: 1768404600 },
      2001: { accList: [{ trdEnv: 0, accID: HEADER.accID, trdMarketAuthList: [2], simAccType: 1 }] },
      2008: {},
      2201: { header: HEADER, orderList: [listed] },
    };
    const s2c = answers[cmd];
    send(peer, cmd, section, s2c === undefined ? { retType: -1, retMsg: `no ${cmd}` } : { retType: 0, s2c });
  });
  return {
    port,
    list(order: VendorOrder) {
      listed = order;
    },
    push(order: Omit<VendorOrder, "fillQty">) {
      if (last !== undefined) send(last, 2208, 0n, { retType: 0, s2c: { header: HEADER, order } });
    },
    drop: () => last?.terminate(),
  };
}

/** What a gateway holds of the order after these reports. */
function known(reports: readonly Order[]): Order | undefined {
  const [first, ...rest] = reports;
  return first && rest.reduce((order, report) => mergeOrder(order, report).order, first);
}

describe("fills that were taken back of an order that works on", () => {
  test("are no longer told as held once OpenD pushes less", async () => {
    const opend = await serveOrder(working(0, 0));
    const { host } = await startBroker(opend.port);
    opend.push(working(4, 1));
    opend.push(working(1, 2));
    await until(() => host.orders.length === 2);
    expect(known(host.orders)).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 1 });
    expect(known(host.orders)?.warning).toContain("from 4 to 1");
    opend.push(working(0, 3, 15));
    await until(() => host.orders.length === 3);
    expect(known(host.orders)).toMatchObject({ status: "CANCELED", filledQty: 0, avgPrice: 0 });
  });

  test("are no longer told as held once OpenD lists less, in every report from then on", async () => {
    const opend = await serveOrder(working(4, 1));
    const { broker, host } = await startBroker(opend.port);
    const [before] = (await broker.orders({ status: "open" }, call())).orders;
    opend.drop();
    opend.list(working(1, 2));
    await until(() => host.connections.length === 3);
    const lost = await broker.order("77", call());
    const [after] = (await broker.orders({ status: "open", fresh: true }, call())).orders;
    if (before === undefined || after === undefined) throw new Error("no order");
    for (const report of [lost, after]) expect(known([before, report])).toMatchObject({ filledQty: 1 });
  });

  test("are no longer told as held where that happened while no gateway ran", async () => {
    const opend = await serveOrder(working(4, 1));
    const list = async () => {
      const { broker } = await startBroker(opend.port);
      const { orders } = await broker.orders({ status: "open", fresh: true }, call());
      await broker.close();
      return orders;
    };
    const journaled = await list();
    opend.list(working(1, 2));
    const reports = [...journaled, ...(await list())];
    expect(reports).toHaveLength(2);
    expect(known(reports)).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 1 });
    expect(known([...reports, ...journaled])).toMatchObject({ filledQty: 1 });
  });

  test("are not what a report has less that comes late, or of the same moment", async () => {
    const opend = await serveOrder(working(0, 0));
    const { host } = await startBroker(opend.port);
    for (const order of [working(4, 2), working(1, 1), working(1, 2), working(6, 4), working(4, 3)]) opend.push(order);
    await until(() => host.orders.length === 5);
    expect(known(host.orders.slice(0, 3))).toMatchObject({ filledQty: 4 });
    expect(known(host.orders)).toMatchObject({ filledQty: 6 });
  });

  test("are not what a report does not speak of", async () => {
    const opend = await serveOrder(working(0, 0));
    const { host } = await startBroker(opend.port);
    opend.push(working(4, 1));
    const { fillQty: _, ...silent } = working(4, 2, 12);
    opend.push(silent);
    await until(() => host.orders.length === 2);
    expect(known(host.orders)).toMatchObject({ status: "PENDING_CANCEL", filledQty: 4 });
  });

  test("are not what a report has less than one without a time, which may be the later one", () => {
    const reports = [{ ...working(6, 1), updateTime: "" }, working(4, 2)].flatMap((order) => toOrder(order) ?? []);
    expect(reports).toHaveLength(2);
    expect(known(reports)).toMatchObject({ filledQty: 6 });
  });
});
