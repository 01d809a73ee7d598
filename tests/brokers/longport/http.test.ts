/** What is said of a request whose connection failed. */
import { expect, onTestFinished, test, vi } from "vitest";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { rejection } from "./setup.ts";

/** What Node's `fetch` throws for a system error. */
function failure(syscall: string, code: string): TypeError {
  const cause = Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
  return new TypeError("fetch failed", { cause });
}

/** What Deno's `fetch` throws. */
function denoFailure(message: string): TypeError {
  return new TypeError("fetch failed", { cause: new Error(message) });
}

test.each([
  ["connect", "ECONNREFUSED", false],
  ["connect", "EHOSTUNREACH", false],
  ["getaddrinfo", "ENOTFOUND", false],
  // What the system says when the way to the service goes while an answer is awaited: it may have got the request.
  ["read", "EHOSTUNREACH", true],
  ["read", "ENETUNREACH", true],
  ["write", "EHOSTUNREACH", true],
  ["read", "ECONNREFUSED", true],
  ["read", "ECONNRESET", true],
])("after %s %s an order may have been sent: %s", async (syscall, code, sent) => {
  expect(await sendAgainst(failure(syscall, code))).toMatchObject({ name: "NoAnswer", sent });
});

test.each([
  [
    "error sending request for url (http://127.0.0.1/): client error (Connect): tcp connect error: Connection refused (os error 111)",
    false,
  ],
  [
    "error sending request for url (http://x/): client error (Connect): dns error: failed to lookup address information",
    false,
  ],
  ["No route to host (os error 113)", true],
  ["Connection refused (os error 111)", true],
])("after %s on Deno an order may have been sent: %s", async (message, sent) => {
  expect(await sendAgainst(denoFailure(message))).toMatchObject({ name: "NoAnswer", sent });
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
