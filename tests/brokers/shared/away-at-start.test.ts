/** A vendor that is not there when the gateway starts: operators are told so, as they are of one that is lost. */
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { type Broker, createHttpTrading, type ObservedEvent } from "../../../mod.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";

const ADMIN = "gatewayAdmin00001";
const host = "127.0.0.1";
const instance = { instanceId: "WyLqtMhDvAnBb6a3", name: "mine", tokens: ["Vt5UCW2sLBvgPXjR"] };

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function tigerAt(port: number): Broker {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const serverUrl = `http://${host}:${port}/gateway`;
  return tiger({
    ...instance,
    tigerId: "20150001",
    account: "20191106192858300",
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    serverUrl,
    quoteServerUrl: serverUrl,
    pushUrl: `tcp://${host}:${port}`,
  });
}

function longportAt(port: number): Broker {
  const keys = { appKey: "a".repeat(32), appSecret: "b".repeat(64), accessToken: "c".repeat(32) };
  const url = `ws://${host}:${port}`;
  return longport({ ...instance, ...keys, httpUrl: `http://${host}:${port}`, quoteWsUrl: url, tradeWsUrl: url });
}

test.each<[string, (port: number) => Broker]>([
  ["OpenD", (port) => futu({ ...instance, host, port, tradeEnv: "SIMULATE" })],
  ["TWS", (port) => interactiveBrokers({ ...instance, host, port, clientId: 7 })],
  ["Longport", longportAt],
  ["Tiger", tigerAt],
])("%s that is not there at the start is told as not connected, once, and not as lost", async (_vendor, brokerAt) => {
  const seen: ObservedEvent[] = [];
  const trading = createHttpTrading({
    brokers: [brokerAt(await freePort())],
    adminTokens: [ADMIN],
    observers: [{ event: (event) => void seen.push(event) }],
  });
  await trading.start();
  await expect
    .poll(() => seen)
    .toEqual([{ kind: "connection", instance: "mine", connected: false, reason: expect.stringMatching(/\w/) }]);
  const headers = { "HT-TOKEN": ADMIN };
  const metrics = await trading.fetch(new Request(`http://${host}/httptrading/metrics`, { headers }));
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('httptrading_connected{instance="mine"} 0');
  expect(lines).toContain('httptrading_connection_losses_total{instance="mine"} 0');
  await trading.close();
});
