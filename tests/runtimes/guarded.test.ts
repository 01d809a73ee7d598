/** What a hostile or careless client meets on a real socket, and what the operator sees, under each runtime. */
import { createConnection, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ORDER } from "./order.ts";
import { addressOf, type Program, RUNTIMES, start } from "./program.ts";

const SECRETS = { INSTANCE_ID: "guardedInstance01", TOKEN: "guardedToken00001", ADMIN_TOKEN: "guardedAdmin00001" };
const ORIGIN = "https://desk.example.org";
describe.each(RUNTIMES)("on %s", (runtime) => {
  let program: Program;
  let url: string;

  beforeAll(async () => {
    program = start(runtime, "tests/runtimes/programs/guarded.ts", { RUNTIME: runtime, LEVEL: "debug", ...SECRETS });
    url = await addressOf(program);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
  });

  const place = (more: string) =>
    `POST /httptrading/api/${SECRETS.INSTANCE_ID}/order/place HTTP/1.1\r\nHost: x\r\nHT-TOKEN: ${SECRETS.TOKEN}\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/httptrading/api/${SECRETS.INSTANCE_ID}/${path}`, {
      ...init,
      headers: { "HT-TOKEN": SECRETS.TOKEN, "Content-Type": "application/json", ...init.headers },
    });

  async function isServing(): Promise<boolean> {
    const { ex, orders } = (await (await ask("order/list?status=all")).json()) as { ex: unknown; orders: unknown[] };
    return ex === null && orders.every((order) => (order as { qty: number }).qty === ORDER.qty);
  }

  test("a body that stops half-way is answered, and nothing of it done", async () => {
    const line = await connect(url, `${place("Content-Length: 1000")}{"tradeType":`);
    const answer = await line.until(/\}\s*$|"details"/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("was not whole after 1000 ms");
    expect(await isServing()).toBe(true);
  });

  test("a body that trickles in for ever is answered too", async () => {
    const line = await connect(url, place("Transfer-Encoding: chunked"));
    const trickle = setInterval(() => line.socket.write("1\r\n \r\n"), 50);
    try {
      const answer = await line.until(/was not whole after 1000 ms/);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    } finally {
      clearInterval(trickle);
    }
    expect(await isServing()).toBe(true);
  });

  test("a body that is too large is answered before it is read to its end", async () => {
    const line = await connect(url, `${place("Transfer-Encoding: chunked")}20000\r\n${"x".repeat(0x20000)}\r\n`);
    expect(await line.until(/is larger than 65536 bytes/)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("headers without end are not taken in", async () => {
    const line = await connect(
      url,
      `GET /httptrading/health HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(3_000_000)}\r\n\r\n`,
    );
    await Promise.race([line.until(/^HTTP\/1\.1 [45]\d\d /), line.ended]);
    expect(line.received()).not.toMatch(/^HTTP\/1\.1 200/);
    expect(await isServing()).toBe(true);
  });

  test("a URL without end is nothing of ours", async () => {
    const answer = await ask(`ping/state?x=${"x".repeat(9_000)}`);
    expect(answer.status).toBe(404);
  });

  test("what can be got without a token has the headers that keep a browser from showing or reading it", async () => {
    for (const path of ["/httptrading/health", "/httptrading/docs", "/httptrading/openapi.json", "/nothing"]) {
      const { headers } = await fetch(url + path);
      expect(headers.get("x-frame-options"), path).toBe("DENY");
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy"), path).toBe("same-origin");
      expect(headers.get("content-security-policy"), path).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    }
  });

  test("an offer of another protocol is left alone; where it is not, nothing is done", async () => {
    const count = async () =>
      ((await (await ask("order/list?status=all")).json()) as { orders: unknown[] }).orders.length;
    const before = await count();
    const body = JSON.stringify(ORDER);
    const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA";
    const line = await connect(url, `${place(`${offer}\r\nContent-Length: ${body.length}`)}${body}`);
    expect(await line.until(/\r\n\r\n/)).toMatch(runtime === "deno" ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 200 /);
    expect(await count()).toBe(runtime === "deno" ? before : before + 1);
  });

  test("a browser's question is answered for the page that is named, and for no other", async () => {
    const question = (origin: string) =>
      connect(
        url,
        `OPTIONS /httptrading/api/x/order/place HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
      );
    const allowed = await (await question(ORIGIN)).until(/\r\n\r\n/);
    expect(allowed).toMatch(/^HTTP\/1\.1 204 /);
    expect(allowed.toLowerCase()).toContain(`access-control-allow-origin: ${ORIGIN}`);
    const refused = await (await question("https://evil.example")).until(/404: Not Found/);
    expect(refused).toMatch(/^HTTP\/1\.1 404 /);
    expect(refused.toLowerCase()).not.toContain("access-control-");
  });

  test("the operator sees requests and writes by their names, and no secret", async () => {
    const answer = await ask("order/place", {
      method: "POST",
      body: JSON.stringify(ORDER),
      headers: { "X-Request-Id": `of-${runtime}` },
    });
    const { tag, orderId } = (await answer.json()) as { tag: string; orderId: string };
    expect(answer.headers.get("x-request-id")).toBe(`of-${runtime}`);
    await program.printed(new RegExp(`"api":"orderPlace".*of-${runtime}|of-${runtime}.*"api":"orderPlace"`));
    const written = program
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { logger: string; level: string; properties: Record<string, unknown> })
      .filter(({ properties }) => properties["requestId"] === `of-${runtime}`);
    expect(written.map(({ logger, level }) => `${logger} ${level}`)).toEqual([
      "httptrading.desk INFO",
      "httptrading.http DEBUG",
    ]);
    expect(written[0]?.properties).toMatchObject({ instance: "paper", tag, orderId, outcome: "accepted" });
    const headers = { "HT-TOKEN": SECRETS.ADMIN_TOKEN };
    const metrics = await (await fetch(`${url}/httptrading/metrics`, { headers })).text();
    expect(metrics).toContain(
      'httptrading_writes_total{instance="paper",action="place",outcome="accepted",code="none"}',
    );
    const ready = await fetch(`${url}/httptrading/health/ready`, { headers });
    expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([200, "ready"]);
    for (const secret of Object.values(SECRETS)) {
      expect(program.output()).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });
});

// Bun and Deno tell nobody how long that is.
test("on node a connection is kept for longer than clients keep it for their next order", async () => {
  await using program = start("node", "tests/runtimes/programs/guarded.ts", { RUNTIME: "node", ...SECRETS });
  const line = await connect(await addressOf(program), "GET /httptrading/health HTTP/1.1\r\nHost: x\r\n\r\n");
  const [, seconds] = /keep-alive: timeout=(\d+)/i.exec(await line.until(/\r\n\r\n/)) ?? [];
  expect(Number(seconds)).toBeGreaterThan(120);
});

// Bun and Deno leave nobody a bound for either.
test("on node connections beyond the bound, and headers that do not come, are closed", async () => {
  await using program = start("node", "tests/runtimes/programs/guarded.ts", { RUNTIME: "node", ...SECRETS });
  const url = await addressOf(program);
  const slow = await connect(url, "GET /httptrading/health HTTP/1.1\r\nHost:");
  const idle = await Promise.all(Array.from({ length: 25 }, () => connect(url, "")));
  await Promise.race(idle.map(({ ended }) => ended));
  for (const { socket } of idle) socket.destroy();
  await slow.ended;
  expect(slow.received()).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect((await fetch(`${url}/httptrading/health`)).status).toBe(200);
});

const sockets = new Set<Socket>();
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

/** A connection of one's own: what is written as it is, and everything that comes back. */
interface Line {
  readonly socket: Socket;
  received(): string;
  /** Resolves with what was received once it fits; rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>;
  readonly ended: Promise<void>;
}

async function connect(url: string, text: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  sockets.add(socket);
  let received = "";
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    received += chunk;
    for (const look of listeners) look();
  });
  socket.write(text);
  return {
    socket,
    ended,
    received: () => received,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(received)) resolve(received);
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`the connection ended with ${JSON.stringify(received)}`)));
      }),
  };
}
