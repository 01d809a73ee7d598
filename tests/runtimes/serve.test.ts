/** What `serve` promises, under each runtime: one port, a banner, a shutdown that finishes what was begun. */
import { request as httpsRequest } from "node:https";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectSecurely } from "node:tls";
import { afterAll, describe, expect, test, vi } from "vitest";
import { CERT, KEY } from "./certificate.ts";
import { addressOf, COMMANDS, type Program, ROOT, RUNTIMES, start, startCommand } from "./program.ts";

describe.each(RUNTIMES)("serve on %s", (runtime) => {
  const programs: Program[] = [];
  const run = (env: Readonly<Record<string, string>> = {}): Program => {
    const program = start(runtime, "tests/runtimes/programs/serve.ts", { RUNTIME: runtime, ...env });
    programs.push(program);
    return program;
  };
  afterAll(async () => {
    for (const program of programs) await program[Symbol.asyncDispose]();
  });

  test("says what is served, once it can be asked", async () => {
    const program = run();
    const url = await addressOf(program);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await program.printed(/serve resolved/);
    expect(program.output()).toBe(
      [
        `httptrading listens on ${url}`,
        "  mine: 富途证券 (futu), SIMULATE, account ****5678",
        "  paper: 模拟交易, SIMULATE",
        "serve resolved",
        "",
      ].join("\n"),
    );
    expect(await (await fetch(`${url}/x`)).text()).toBe(`GET ${url}/x 0`);
  });

  test("takes bodies of any size", async () => {
    const program = run();
    const url = await addressOf(program);
    const body = new Uint8Array(3_000_000);
    expect(await (await fetch(`${url}/x`, { method: "POST", body })).text()).toBe(`POST ${url}/x 3000000`);
  });

  test("answers a client of HTTP/1.0 that names no host", async () => {
    const program = run();
    const url = await addressOf(program);
    const socket = createConnection({ host: "127.0.0.1", port: Number(new URL(url).port) });
    socket.write("POST /x HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
    expect(await text(socket)).toMatch(/^HTTP\/1\.[01] 200 OK.*POST http:\/\/\S+\/x 2$/s);
  });

  test("warns of real money and of an open address", async () => {
    const program = run({ ENVIRONMENT: "REAL", HOST: "0.0.0.0" });
    const url = await addressOf(program);
    await program.printed(/serve resolved/);
    expect(program.output()).toContain("paper: 模拟交易, REAL, account not known yet");
    expect(program.output()).toContain("REAL MONEY: orders sent to paper are real orders");
    expect(program.output()).toContain("Warning: 0.0.0.0 can be reached from other machines and nothing is encrypted");
    expect((await fetch(url)).status).toBe(200);
  });

  test("speaks TLS, and does not warn then", async () => {
    const program = run({ CERT, KEY, HOST: "0.0.0.0" });
    const url = await addressOf(program);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await secureText(`${url}/x`)).toBe(`GET ${url}/x 0`);
    await expect(fetch(url.replace("https:", "http:"))).rejects.toThrow();
    await program.printed(/serve resolved/);
    expect(program.output()).not.toContain("Warning");
  });

  test("refuses a port that is taken", async () => {
    const first = await addressOf(run());
    const port = new URL(first).port;
    const second = run({ PORT: port });
    expect((await second.ended).code).toBe(1);
    expect(second.output()).toContain(`127.0.0.1:${port} is taken by another program: stop it, or give another port`);
    expect(second.output()).not.toContain("brokers closed");
    expect((await fetch(first)).status).toBe(200);
  });

  test("gives the port back when no broker can start, and goes on when some can", async () => {
    const none = run({ START: "fails" });
    expect((await none.ended).code).toBe(1);
    expect(none.output()).toContain("the SDK is not there");
    expect(none.output()).toContain("brokers closed");
    expect(none.output()).not.toContain("listens on");
    const some = run({ START: "fails in part" });
    await some.printed(/serve resolved/);
    expect(some.output()).toContain("Warning: 1 of 2 brokers did not start");
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "finishes what was begun at %s, closes the brokers and ends",
    async (signal) => {
      const program = run();
      const url = await addressOf(program);
      const idle = await idleConnection(url);
      const answer = fetch(`${url}/hold`, { method: "POST", body: "order" });
      await program.printed(/holding/);
      program.signal(signal);
      await program.printed(/SIG/);
      await expect(fetch(`${url}/late`)).rejects.toThrow();
      expect(await (await answer).text()).toBe(`POST ${url}/hold 5`);
      expect(await program.ended).toEqual({ code: 0, signal: null });
      expect(program.output().trimEnd().endsWith("brokers closed")).toBe(true);
      await idle.ended;
    },
  );

  test("ends when the last server of the process has closed, not with the first", async () => {
    const program = run({ BESIDE: "yes" });
    const url = await addressOf(program);
    const answer = fetch(`${url}/hold`, { method: "POST", body: "order" });
    await program.printed(/holding/);
    program.signal("SIGTERM");
    expect(await (await answer).text()).toBe(`POST ${url}/hold 5`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toMatch(/server beside closed\n(?:.*\n)*brokers closed/);
  });

  test("closes the brokers when nothing is under way at any of the addresses that they are served at", async () => {
    const program = run({ BESIDE: "same" });
    const url = await addressOf(program);
    const answer = fetch(`${url}/hold`, { method: "POST", body: "order" });
    await program.printed(/holding/);
    program.signal("SIGTERM");
    expect(await (await answer).text()).toBe(`POST ${url}/hold 5`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output().match(/held|brokers closed/g)).toEqual(["held", "brokers closed"]);
  });

  test.each([
    ["plain", {}],
    ["encrypted", { CERT, KEY }],
  ])("waits for no connection on which nothing was ever asked: %s", async (_how, tls) => {
    const program = run({ ...tls, GRACE_MS: "600000" });
    const { port, protocol } = new URL(await addressOf(program));
    const silent = await silentConnection(Number(port), protocol === "https:");
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toContain("brokers closed");
    silent.destroy();
  });

  test.each([
    ["plain", "GET / HTTP/1.1\r\nHost:", {}],
    ["encrypted", "GET / HTTP/1.1\r\nHost:", { CERT, KEY }],
  ])("waits for no request whose head is half here: %s", async (_how, text, tls) => {
    const program = run({ ...tls, GRACE_MS: "600000" });
    const { port, protocol } = new URL(await addressOf(program));
    const half = await silentConnection(Number(port), protocol === "https:");
    await new Promise((resolve) => half.write(text, resolve));
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    half.destroy();
  });

  // Deno does, for as long as the grace lasts.
  if (runtime !== "deno") {
    test("waits for no connection that has not agreed on TLS", async () => {
      const program = run({ CERT, KEY, GRACE_MS: "600000" });
      const bare = await silentConnection(Number(new URL(await addressOf(program)).port), false);
      program.signal("SIGTERM");
      expect(await program.ended).toEqual({ code: 0, signal: null });
      bare.destroy();
    });
  }

  test("outlives more connections than the system gives it files for", async () => {
    const [command, ...flags] = COMMANDS[runtime];
    const limited = ["sh", "-c", 'ulimit -n 96; exec "$@"', "sh", join(ROOT, "node_modules/.bin", command), ...flags];
    const program = startCommand([...limited, "tests/runtimes/programs/serve.ts"], { RUNTIME: runtime });
    programs.push(program);
    const url = await addressOf(program);
    const port = Number(new URL(url).port);
    const answer = fetch(`${url}/hold`, { method: "POST", body: "order" });
    await program.printed(/holding/);
    const many = Array.from({ length: 200 }, () => createConnection({ host: "127.0.0.1", port }).on("error", () => {}));
    await new Promise((resolve) => many[0]?.once("connect", resolve));
    if (runtime === "deno") await program.printed(/Warning: a connection could not be taken.*Too many open files/);
    for (const socket of many) socket.destroy();
    await vi.waitFor(async () => expect((await fetch(`${url}/x`)).status).toBe(200), {
      timeout: 10_000,
      interval: 100,
    });
    program.signal("SIGTERM");
    expect(await (await answer).text()).toBe(`POST ${url}/hold 5`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test("writes an answer to its end that was under way to a slow reader", async () => {
    const program = run({ GRACE_MS: "600000" });
    const { port } = new URL(await addressOf(program));
    const slow = await silentConnection(Number(port), false);
    slow.write("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => slow.once("readable", resolve));
    program.signal("SIGTERM");
    await program.printed(/SIGTERM/);
    await expect(fetch(`http://127.0.0.1:${port}/late`)).rejects.toThrow();
    expect((await text(slow)).length).toBeGreaterThan(20_000_000);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test("ends at once at the second signal", async () => {
    const program = run();
    const url = await addressOf(program);
    const answer = fetch(`${url}/never`).catch(() => "cut");
    await program.printed(/holding/);
    program.signal("SIGTERM");
    await program.printed(/SIGTERM/);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 143, signal: null });
    expect(program.output()).not.toContain("brokers closed");
    expect(await answer).toBe("cut");
  });

  test("closes the brokers when the grace is over, though a request hangs", async () => {
    const program = run({ GRACE_MS: "100" });
    const url = await addressOf(program);
    const answer = fetch(`${url}/never`).catch(() => "cut");
    await program.printed(/holding/);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toContain("brokers closed");
    expect(await answer).toBe("cut");
  });

  test("says so when closing fails", async () => {
    const program = run({ CLOSE: "fails" });
    await addressOf(program);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output()).toContain("Closing failed: a broker did not let go");
  });
});

// Bun and Deno leave nobody a bound for it.
test.concurrent("on node a connection that does not agree on TLS is closed", async () => {
  await using program = start("node", "tests/runtimes/programs/serve.ts", { RUNTIME: "node", CERT, KEY });
  const bare = await silentConnection(Number(new URL(await addressOf(program)).port), false);
  await new Promise((resolve) => bare.once("close", resolve));
});

test.concurrent.each(["hono", "express"])(
  "a server of one's own with %s ends too where a connection asks nothing",
  async (name) => {
    await using program = start("node", `examples/embed-node-${name}.ts`, { PORT: "0" });
    const [, port] = await program.printed(/listens on http:\/\/127\.0\.0\.1:(\d+)/);
    const silent = await silentConnection(Number(port), false);
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    silent.destroy();
  },
);

/** Keeps a connection open after its first answer, as clients do; gives back a promise of its end. */
async function idleConnection(url: string): Promise<{ ended: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", resolve);
    socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  });
  return { ended };
}

/** Opens a connection, as clients do ahead of what they will ask. */
async function silentConnection(port: number, isSecure: boolean): Promise<Socket> {
  const at = { host: "127.0.0.1", port };
  const socket = isSecure ? connectSecurely({ ...at, ca: CERT, servername: "localhost" }) : createConnection(at);
  // The server may have it for lost.
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once(isSecure ? "secureConnect" : "connect", resolve));
  return socket;
}

function secureText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    httpsRequest(url, { ca: CERT, servername: "localhost" }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text)).on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}
