import { expect, test } from "vitest";
import { neverSent } from "../../../src/brokers/shared/never-sent.ts";

/** What `fetch` throws. */
function failure(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

/** A system error as Node gives it. */
function node(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

test.each<[boolean, string, unknown]>([
  [true, "Node, no connection", node("connect", "ECONNREFUSED")],
  [true, "Node, no way there", node("connect", "EHOSTUNREACH")],
  [true, "Node, no such name", node("getaddrinfo", "ENOTFOUND")],
  [true, "Node, none in time", { code: "UND_ERR_CONNECT_TIMEOUT" }],
  [true, "Node, no connection to any address", { errors: [node("connect", "ECONNREFUSED"), { code: "ENETUNREACH" }] }],
  [true, "Bun, no connection", { code: "ConnectionRefused" }],
  [
    true,
    "Deno, no connection",
    new Error("client error (Connect): tcp connect error: Connection refused (os error 111)"),
  ],
  [true, "Deno, no such name", new Error("client error (Connect): dns error: failed to lookup address information")],
  // What the system says when the way to the service goes while an answer is awaited: it may have got the request.
  [false, "Node, the way went while it read", node("read", "EHOSTUNREACH")],
  [false, "Node, the network went while it read", node("read", "ENETUNREACH")],
  [false, "Node, the way went while it wrote", node("write", "EHOSTUNREACH")],
  [false, "Node, refused while it read", node("read", "ECONNREFUSED")],
  [false, "Node, cut", node("read", "ECONNRESET")],
  [false, "Node, the other side closed", { code: "UND_ERR_SOCKET" }],
  [false, "Node, one of two addresses cut", { errors: [node("connect", "ECONNREFUSED"), { code: "ECONNRESET" }] }],
  [false, "Deno, the way went", new Error("No route to host (os error 113)")],
  [false, "Deno, refused on a connection", new Error("Connection refused (os error 111)")],
  [false, "nothing that is known", undefined],
  [false, "no error at all", null],
])("never sent: %s after %s", (expected, _name, cause) => {
  expect([neverSent(failure(cause)), neverSent(cause)]).toEqual([expected, expected]);
});
