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
  [
    true,
    "Node, one address too slow, no way to the other",
    {
      code: "ETIMEDOUT",
      errors: [node("connect", "ETIMEDOUT"), node("connect", "ENETUNREACH")],
    },
  ],
  [true, "Node, no socket left", node("connect", "EMFILE")],
  [true, "Node, names not looked up", node("getaddrinfo", "EAI_FAIL")],
  [true, "Node and Bun, a certificate that has expired", { code: "CERT_HAS_EXPIRED" }],
  [true, "Node and Bun, a certificate of somebody else's", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }],
  [true, "Node, a certificate for another name", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }],
  [true, "Node, a certificate of no known issuer", { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }],
  [
    true,
    "Node, closed within the handshake",
    Object.assign(new Error("Client network socket disconnected before secure TLS connection was established"), {
      code: "ECONNRESET",
    }),
  ],
  [
    true,
    "Deno, a certificate of somebody else's",
    new Error("client error (Connect): invalid peer certificate: Expired"),
  ],
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
  [false, "Node, silence on a connection", node("read", "ETIMEDOUT")],
  [
    false,
    "Node, a certificate wanted of us, told behind the request",
    { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" },
  ],
  [false, "Node, the other side closed", { code: "UND_ERR_SOCKET" }],
  [false, "Node, one of two addresses cut", { errors: [node("connect", "ECONNREFUSED"), { code: "ECONNRESET" }] }],
  [false, "Deno, the way went", new Error("No route to host (os error 113)")],
  [false, "Deno, refused on a connection", new Error("Connection refused (os error 111)")],
  [false, "nothing that is known", undefined],
  [false, "no error at all", null],
])("never sent: %s after %s", (expected, _name, cause) => {
  expect([neverSent(failure(cause)), neverSent(cause)]).toEqual([expected, expected]);
});
