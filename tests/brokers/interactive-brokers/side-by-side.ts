/** Brokers with client ids of their own at one TWS, and one at another; prints what came of it as one line of JSON. */
import { startTws } from "../../../simulators/tws/server.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import type { Call } from "../../../src/spec/broker.ts";

const call = (): Call => ({ signal: AbortSignal.timeout(20_000) });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const gateways = [await startTws(), await startTws({ maxVersion: 178, firstOrder: 700_001 })] as const;
const instance = { instanceId: "ibSideBySide00000001", tokens: ["ibSideBySideToken001"] };
const brokers = [
  interactiveBrokers({ ...instance, port: gateways[0].port, clientId: 1 }),
  interactiveBrokers({ ...instance, port: gateways[0].port, clientId: 2 }),
  interactiveBrokers({ ...instance, port: gateways[1].port, clientId: 1 }),
];
const pushed = brokers.map((): string[] => []);
for (const [index, broker] of brokers.entries()) {
  await broker.start?.({ onOrder: ({ orderId }) => pushed[index]?.push(orderId), onConnection() {} });
}

const placed = await Promise.all(
  brokers.map(async (broker, index) => {
    const orders = await Promise.all(
      [0, 1, 2, 3, 4].map((number) =>
        broker.placeOrder?.(
          {
            contract: { tradeType: "Securities", region: "US", symbol: index === 0 ? "AAPL" : "QQQ" },
            direction: "BUY",
            orderType: "Limit",
            timeInForce: "DAY",
            lifecycle: "RTH",
            qty: 1,
            price: 100 + number,
            tag: `ht${String(index * 10 + number).padStart(24, "a")}`,
          },
          call(),
        ),
      ),
    );
    const ids = orders.map((order) => order?.orderId ?? "");
    await broker.cancelOrder?.(ids[0] ?? "", call());
    return ids;
  }),
);

const seen = [];
for (const [index, broker] of brokers.entries()) {
  const ours = placed[index] ?? [];
  const { orders = [] } = (await broker.orders?.({ status: "all", fresh: true }, call())) ?? {};
  const isOpen = ({ status }: { status: string }) => status === "OPEN";
  const mine = orders.filter(({ orderId }) => ours.includes(orderId));
  const others = orders.filter(({ orderId }) => !ours.includes(orderId));
  seen.push({
    ping: await broker.ping?.(call()),
    placed: ours,
    open: mine
      .filter(isOpen)
      .map(({ orderId }) => orderId)
      .sort(),
    external: others.map(({ cancelable }) => cancelable !== false),
    pushed: pushed[index],
    strangers: (pushed[index] ?? []).filter((orderId) => !orders.some((order) => order.orderId === orderId)),
  });
}

gateways[0].faults.arm({ kind: "restart", ms: 50 });
while (gateways[0].connections().open > 0) await sleep(5);
const apart = await brokers[2]?.ping?.(call());
while (!(await brokers[0]?.ping?.(call())) || !(await brokers[1]?.ping?.(call()))) await sleep(20);

for (const broker of brokers) await broker.close?.();
for (const gateway of gateways) await gateway.close();
process.stdout.write(`${JSON.stringify({ seen, apart, restarted: true })}\n`);
