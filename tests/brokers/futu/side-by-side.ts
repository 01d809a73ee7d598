/** Two Futu brokers in front of two OpenDs in one process; prints what came of it as one line of JSON. */
import { startOpenD } from "../../../simulators/opend/server.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import type { Call } from "../../../src/spec/broker.ts";

const PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";
const call = (): Call => ({ signal: AbortSignal.timeout(20_000) });

const opends = [await startOpenD({ key: "first key" }), await startOpenD({ key: "second key" })] as const;
const instance = { instanceId: "futuSideBySide000001", tokens: ["futuSideBySideToken1"] };
const brokers = [
  futu({ ...instance, port: opends[0].port, key: "first key", tradeEnv: "SIMULATE" }),
  futu({ ...instance, port: opends[1].port, key: "second key", tradeEnv: "REAL", unlockPin: PIN_MD5 }),
];

const seen = await Promise.all(
  brokers.map(async (broker, index) => {
    const pushed: string[] = [];
    await broker.start?.({ onOrder: ({ orderId, status }) => pushed.push(`${orderId} ${status}`), onConnection() {} });
    const orderIds: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const placed = await broker.placeOrder?.(
        {
          contract: { tradeType: "Securities", region: "US", symbol: index === 0 ? "AAPL" : "QQQ" },
          direction: "BUY",
          orderType: "Limit",
          timeInForce: "DAY",
          lifecycle: "RTH",
          qty: 1,
          price: 100 + i,
          tag: `ht${String(index * 10 + i).padStart(24, "a")}`,
        },
        call(),
      );
      orderIds.push(placed?.orderId ?? "");
    }
    await broker.cancelOrder?.(orderIds[0] ?? "", call());
    const listing = await broker.orders?.({ status: "open", fresh: true }, call());
    return {
      ping: await broker.ping?.(call()),
      account: broker.capabilities().account,
      open: listing?.orders.map(({ orderId }) => orderId).sort(),
      placed: orderIds,
      pushed: pushed.filter((one) => orderIds.some((orderId) => one.startsWith(`${orderId} `))).length,
      strangers: pushed.filter((one) => !orderIds.some((orderId) => one.startsWith(`${orderId} `))),
    };
  }),
);

opends[0].faults.arm({ kind: "restart", ms: 50 });
while (opends[0].connections().open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
const apart = await brokers[1]?.ping?.(call());
while (!(await brokers[0]?.ping?.(call()))) await new Promise((resolve) => setTimeout(resolve, 20));

for (const broker of brokers) await broker.close?.();
for (const opend of opends) await opend.close();
process.stdout.write(`${JSON.stringify({ seen, apart })}\n`);
