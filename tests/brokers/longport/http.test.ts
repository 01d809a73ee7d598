/** What is said of a request whose connection failed. */
import { expect, onTestFinished, test, vi } from "vitest";
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

/** Sends an order whose request fails so; gives back what is made of it. */
function sendAgainst(error: Error): Promise<unknown> {
  // No test can take the way away from under a connection, so the system's word for it is given here.
  vi.stubGlobal("fetch", () => Promise.reject(error));
  onTestFinished(() => void vi.unstubAllGlobals());
  const http = createHttp({
    httpUrl: "http://127.0.0.1:9",
    appKey: "key",
    appSecret: "secret",
    token: () => "token",
    onTime: () => {},
  });
  const request = { body: {}, signal: new AbortController().signal, timeoutMs: 1_000 };
  return rejection(http.write("POST", "/v1/trade/order", request));
}
