/** What Node's server does with bytes that are no request, while a request is under way and while none is. */
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../src/runtime/node.ts";

/** Serves a handler, sends text on one connection, and gives all that came back until that ended. */
async function talk(text: string, fetch: (request: Request) => Promise<Response>): Promise<string> {
  const trading = { fetch, start: async () => undefined, close: async () => undefined, instances: [] };
  const server = await serve(trading, { port: 0, signals: false, graceMs: 0, print: () => undefined });
  onTestFinished(() => server.close());
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  const received: Buffer[] = [];
  socket.on("data", (data) => received.push(data));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(text);
  await closed;
  return Buffer.concat(received).toString("latin1");
}

const POST = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}";
const placed = async () => {
  // Later than the bytes behind the request.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return new Response("placed");
};

test("a request is answered for itself, whatever follows it", async () => {
  const answer = await talk(`${POST}GET / HTTP/9\r\n\r\n`, placed);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK.*placed/s);
  expect(answer).not.toContain("400");
});

test.each([
  ["what is no request", "400 Bad Request", "GET / HTTP/9\r\n\r\n"],
  ["a head that never ends", "431 Request Header Fields Too Large", `GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}`],
  ["a body that breaks", "400 Bad Request", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
])("%s is answered %s, and that nothing was done", async (_name, status, text) => {
  const never = async (request: Request) => {
    await request.text();
    return new Promise<Response>(() => undefined);
  };
  const answer = await talk(text, never);
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toMatch(/\r\n\r\nThe request did not arrive whole, so nothing was done of it\.\n$/);
});

test("whoever does not look at the body may have done something, and is heard", async () => {
  const answer = await talk("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", placed);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK.*placed/s);
  expect(answer).not.toContain("nothing was done");
});

test("a host that no URL has is the caller's fault", async () => {
  const text = POST.replace("127.0.0.1", "927.0.0.1").replace("Content-Length", "Connection: close\r\nContent-Length");
  expect(await talk(text, placed)).toMatch(/^HTTP\/1\.1 400/);
});

test.each([
  ["at its beginning", 0],
  ["behind its beginning", 1],
])("an answer that breaks off %s is none, and not that of a failure", async (_name, parts) => {
  let left = parts;
  const breaking = async () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (left === 0) throw new Error("broken");
          left -= 1;
          controller.enqueue(new TextEncoder().encode("placed"));
        },
      }),
    );
  expect(await talk(POST, breaking)).not.toMatch(/500|Error|\r\n0\r\n/);
  // What was asked before it gets its answer.
  left = parts;
  let asked = 0;
  const second = async () => (++asked === 1 ? placed() : breaking());
  expect(await talk(POST + POST, second)).toMatch(/^HTTP\/1\.1 200 OK(?!.*(500|Error)).*placed/s);
});
