/** Behind a server that is known bodies are read in one piece and answers made in its way; all else is as for `fetch`. */
import { expect, test } from "vitest";
import { handlerBehind, type Server } from "../../src/create-http-trading.ts";
import { type Alarm, ownTimer } from "../../src/desk/alarm.ts";
import { type Calls, exampleBroker, gatewayOf, ORDER, request, writes } from "./gateway.ts";

const calls: Calls = [];
const trading = gatewayOf(exampleBroker({}, calls));
const server: Server = {
  holdsLength: true,
  respond: (body, { status, headers }) =>
    new Response(body, { status, headers: { ...headers, "x-made-by": "server" } }),
};
const fetch = handlerBehind(trading, server);

/** A place whose body has its length beside it, as every HTTP client sends it. */
function placing(body: string | Uint8Array<ArrayBuffer>, length: number = body.length): Request {
  const { url, headers } = request("order/place", { body: "{}" });
  headers.set("content-length", `${length}`);
  return new Request(url, { method: "POST", headers, body });
}

test("places, and answers in the server's way", async () => {
  const response = await fetch(placing(JSON.stringify(ORDER)));
  expect([response.status, response.headers.get("x-made-by")]).toEqual([200, "server"]);
});

test.each([
  ["no UTF-8", placing(new Uint8Array([0x7b, 0xff, 0x7d])), "is not valid UTF-8"],
  ["half a character", placing(new Uint8Array([0x22, 0xf0, 0x9f, 0x98, 0x22])), "is not valid UTF-8"],
  ["nothing", placing(""), "is empty"],
  ["said to be too large", placing("{}", 65_537), "larger than 65536 bytes"],
  ["larger than it was said to be", placing(" ".repeat(65_537), 2), "larger than 65536 bytes"],
])("a body that is %s places nothing", async (_what, asked, why) => {
  const before = writes(calls).length;
  const response = await fetch(asked);
  expect([response.status, writes(calls).length]).toEqual([400, before]);
  expect(await response.text()).toContain(why);
});

test("waits by the server's clock", async () => {
  const waits: number[] = [];
  const alarm: Alarm = (due, ring) => {
    waits.push(due);
    return ownTimer(due, ring);
  };
  const timed = gatewayOf(exampleBroker({}, []));
  const behind = handlerBehind(timed, { ...server, lasting: { later: setImmediate, alarm } });
  expect((await behind(request("cash/state"))).status).toBe(200);
  expect((await behind(placing(JSON.stringify(ORDER)))).status).toBe(200);
  // The read, the body, and the order.
  expect(waits.length).toBeGreaterThanOrEqual(3);
  await timed.close();
});

test("anything else than a gateway is asked as it is", async () => {
  const other = { fetch: () => new Response("other") };
  const response = await handlerBehind(other, server)(placing("{}"));
  expect(await response.text()).toBe("other");
});
