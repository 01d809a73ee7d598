/** What each runtime's own `fetch` does when a connection ends without an answer. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { constants, createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { CERT, KEY } from "../../runtimes/certificate.ts";
import { openTiger, pass } from "./setup.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPT = fileURLToPath(new URL("place-once.ts", import.meta.url));

test.each([
  ["node", []],
  ["bun", []],
  ["deno", ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read", "--allow-env"]],
] as const)("%s sends an order once, and does not know whether it arrived", async (runtime, flags) => {
  const tiger = await openTiger();
  const methods: string[] = [];
  // Keeps connections open after reads, and ends the one that a place comes on: some repeat what a kept one lost.
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { method } = JSON.parse(body) as { method: string };
    methods.push(method);
    if (method === "place_order") {
      request.socket.destroy();
      return;
    }
    response.end(await pass(tiger.port, body));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { stdout } = await promisify(execFile)(
    `${ROOT}/node_modules/.bin/${runtime}`,
    [...flags, SCRIPT, `http://127.0.0.1:${port}/gateway`],
    { cwd: ROOT, timeout: 30_000 },
  );
  expect(stdout.trim()).toBe("unknown");
  expect(methods.filter((method) => method === "place_order")).toHaveLength(1);
  expect(methods.indexOf("order_no")).toBeLessThan(methods.indexOf("place_order"));
});

test("Deno sends an order once also where the gateway speaks HTTP/2 and turns it away", async () => {
  const tiger = await openTiger();
  const methods: string[] = [];
  const server = createSecureServer({ cert: CERT, key: KEY, allowHTTP1: true }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { method } = JSON.parse(body) as { method: string };
    methods.push(method);
    if (method === "place_order") {
      if (request.httpVersionMajor === 2) request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else request.socket.destroy();
      return;
    }
    response.end(await pass(tiger.port, body));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const flags = ["run", "--quiet", "--no-prompt", "--allow-net", "--allow-read", "--allow-env"];
  const { stdout } = await promisify(execFile)(
    `${ROOT}/node_modules/.bin/deno`,
    [...flags, "--unsafely-ignore-certificate-errors=localhost", SCRIPT, `https://localhost:${port}/gateway`],
    { cwd: ROOT, timeout: 30_000 },
  );
  expect(stdout.trim()).toBe("unknown");
  expect(methods.filter((method) => method === "place_order")).toHaveLength(1);
});
