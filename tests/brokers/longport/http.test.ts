/** What is said of a request whose connection failed. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { PUSH_TLS } from "../../../simulators/tiger/keys.ts";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { rejection } from "./setup.ts";

test.each([
  ["connect", false],
  ["read", true],
])("after %s an order may have been sent: %s", async (syscall, sent) => {
  const cause = Object.assign(new Error(`${syscall} EHOSTUNREACH`), { code: "EHOSTUNREACH", syscall });
  const error = await sendAgainst(new TypeError("fetch failed", { cause }));
  expect(error).toMatchObject({ name: "NoAnswer", sent });
});

test.each<[string, () => Server]>([
  ["a certificate that nobody vouches for", () => createTlsServer(PUSH_TLS)],
  ["a handshake that is cut", () => createServer((socket) => socket.once("data", () => socket.destroy()))],
])("%s leaves an order unsent", async (_what, open) => {
  const server = open();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const error = await sendTo(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(error).toMatchObject({ name: "NoAnswer", sent: false });
});

/** Sends an order whose request fails so; gives back what is made of it. */
function sendAgainst(error: Error): Promise<unknown> {
  // No test can take the way away from under a connection, so the system's word for it is given here.
  vi.stubGlobal("fetch", () => Promise.reject(error));
  onTestFinished(() => void vi.unstubAllGlobals());
  return sendTo("http://127.0.0.1:9");
}

function sendTo(httpUrl: string): Promise<unknown> {
  const http = createHttp({
    httpUrl,
    appKey: "key",
    appSecret: "secret",
    token: () => "token",
    onTime: () => {},
  });
  const request = { body: {}, signal: new AbortController().signal, timeoutMs: 1_000 };
  return rejection(http.write("POST", "/v1/trade/order", request));
}
