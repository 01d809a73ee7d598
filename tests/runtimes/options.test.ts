/** What `serve` and `worker` take and give back, where no second process is needed. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type ConnectionState, createHttpTrading, defineBroker } from "../../mod.ts";
import { paper } from "../../src/brokers/paper/index.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { bannerLines, bannerWarnings, localUrl } from "../../src/runtime/banner.ts";
import { serve as serveOnBun } from "../../src/runtime/bun.ts";
import { serve as serveOnDeno } from "../../src/runtime/deno.ts";
import { type RunningServer, type Servable, type ServeOptions, serve, type Tls } from "../../src/runtime/node.ts";
import { worker } from "../../src/runtime/worker.ts";
import { CERT } from "./certificate.ts";

const closed: string[] = [];
const trading: Servable = {
  fetch: (request) => new Response(request.url),
  start: async () => {},
  close: async () => {
    closed.push("closed");
  },
  instances: [],
};
const quiet = { port: 0, print: () => {} } satisfies ServeOptions;

test.each([
  ["Bun", serveOnBun],
  ["Deno", serveOnDeno],
])("the serve of %s says on Node where the right one is", async (runtime, serveThere) => {
  const port = { port: 0, signals: false, print: () => {} };
  await expect(serveThere(trading, port)).rejects.toThrow(
    `${runtime} is not defined: this serve is another runtime's; there are those of httptrading/node, /bun and /deno`,
  );
});

describe("options", () => {
  test("every fault is told at once", async () => {
    // An untyped caller can give anything.
    const options: object = {
      port: 65_536,
      hostname: "",
      tls: { cert: "cert.pem" },
      graceMs: Number.NaN,
      logs: "xml",
      logLevel: "trace",
      maxConnections: 0,
      hostName: "x",
    };
    await expect(serve(trading, options)).rejects.toThrow(
      [
        "serve cannot start:",
        '- "hostName" is not an option; there are hostname, port, tls, graceMs, signals, orderDump, logs, logLevel, maxConnections, print',
        "- hostname must be a name or address",
        "- port must be a whole number from 0 to 65535, not 65536",
        "- tls must be { cert, key }, both the text of a PEM file (not its path)",
        "- graceMs must be a whole number of milliseconds, not NaN",
        '- logs must be one of json, text, not "xml"',
        '- logLevel must be one of debug, info, warning, error, not "trace"',
        "- maxConnections must be a whole number above 0, not 0",
      ].join("\n"),
    );
  });

  test.each([
    [{ port: "8080" }, 'port must be a whole number from 0 to 65535, not "8080"'],
    [{ graceMs: "5" }, 'graceMs must be a whole number of milliseconds, not "5"'],
    [{ maxConnections: "9" }, 'maxConnections must be a whole number above 0, not "9"'],
    [{ port: -1 }, "port must be a whole number from 0 to 65535, not -1"],
    [{ graceMs: -1 }, "graceMs must be a whole number of milliseconds, not -1"],
    [{ graceMs: 2_147_483_648 }, "graceMs must be a whole number of milliseconds, not 2147483648"],
    [{ logs: 1n, logLevel: 2n }, "logs must be one of json, text, not 1\n- logLevel must be one of "],
  ])("a value of another type, or beyond its bounds, is told as what it is: %o", async (options: object, message) => {
    await expect(serve(trading, { ...quiet, ...options })).rejects.toThrow(message);
  });

  test("nothing beside the certificate and its key is taken for tls", async () => {
    const pem = "-----BEGIN CERTIFICATE-----";
    const tls: object = { cert: pem, key: pem, requestCert: true, passphrase: "x" };
    await expect(serve(trading, { ...quiet, tls: tls as Tls })).rejects.toThrow(
      "serve cannot start:\n- tls.requestCert is not an option; there are cert and key\n- tls.passphrase is not an option; there are cert and key",
    );
  });

  test.each([null, 9000, "9000", () => {}])("%o is not taken for options", async (options: unknown) => {
    const serving = serve(trading, options as ServeOptions);
    onTestFinished(async () => (await serving.catch(() => undefined))?.close());
    await expect(serving).rejects.toThrow("options must be an object, such as { port: 8080 }");
  });

  test.each([undefined, null, 7, {}, { brokers: [] }, trading.fetch, { ...trading, instances: undefined }])(
    "%o is not taken for a gateway, and nothing is opened for it",
    async (given: unknown) => {
      const printed: string[] = [];
      const serving = serve(given as Servable, { port: 0, print: (line) => printed.push(line) });
      await expect(serving).rejects.toThrow("serve needs what createHttpTrading gives");
      expect(printed).toEqual([]);
    },
  );

  test("a name that is nowhere is told with the address", async () => {
    await expect(serve(trading, { ...quiet, hostname: "192.0.2.1" })).rejects.toThrow(
      /^Cannot listen on 192\.0\.2\.1:0: /,
    );
  });
});

const NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----";

describe("a server that cannot begin", () => {
  test.each([
    [
      "for a certificate that is none",
      { tls: { cert: NO_CERTIFICATE, key: NO_CERTIFICATE } },
      /^Cannot listen on 127\.0\.0\.1:0, or not with this tls: /,
    ],
    [
      "for a key of another kind than that of the certificate",
      {
        tls: {
          cert: CERT,
          key: readFileSync(new URL("../../simulators/tiger/client.key.pem", import.meta.url), "utf8"),
        },
      },
      /^Cannot listen on 127\.0\.0\.1:0, or not with this tls: the key is not that of the certificate$/,
    ],
    ["for a folder that cannot be made", { orderDump: "/dev/null/orders" }, /^orderDump: the folder cannot be made: /],
  ])("%s says so, and lets go of what watched for it", async (_why, options, message) => {
    // Loaded, so that `serve` adds its observer.
    await import("@logtape/logtape");
    let watching = 0;
    const observed = Object.assign(
      { ...trading },
      {
        [Symbol.for("httptrading.observe")]: () => {
          watching += 1;
          return () => {
            watching -= 1;
          };
        },
      },
    );
    await expect(serve(observed, { ...quiet, ...options })).rejects.toThrow(message);
    expect(watching).toBe(0);
  });

  test("because no broker starts says why, also when one does not close either", async () => {
    const broken: Servable = {
      ...trading,
      start: () => Promise.reject(new Error("the login was refused")),
      close: () => Promise.reject(new Error("1 brokers did not close cleanly")),
    };
    await expect(serve(broken, quiet)).rejects.toThrow("the login was refused");
  });

  test("because a broker cannot say what it is gives the port back and closes", async () => {
    const odd: Servable = {
      ...trading,
      instances: [
        {
          name: "odd",
          kind: "odd",
          display: "Odd",
          account: null,
          get environment(): "SIMULATE" {
            throw new Error("the account is not known yet");
          },
        },
      ],
    };
    closed.length = 0;
    const before = process.listenerCount("SIGTERM");
    await expect(serve(odd, quiet)).rejects.toThrow("the account is not known yet");
    expect(closed).toEqual(["closed"]);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});

describe("a running server", () => {
  let server: RunningServer | undefined;
  afterEach(() => server?.close());

  test("is closed by hand, once, and leaves no signal listener behind", async () => {
    const before = process.listenerCount("SIGTERM");
    server = await serve(trading, quiet);
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    expect(server).toMatchObject({ hostname: "127.0.0.1", url: `http://127.0.0.1:${server.port}` });
    expect(await (await fetch(server.url)).text()).toBe(`${server.url}/`);
    closed.length = 0;
    await Promise.all([server.close(), server.close()]);
    expect(closed).toEqual(["closed"]);
    expect(process.listenerCount("SIGTERM")).toBe(before);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test("keeps no connection for a further request once it closes, and answers all that came", async () => {
    const held = Promise.withResolvers<void>();
    const asked: string[] = [];
    const slow: Servable = {
      ...trading,
      async fetch({ url }) {
        asked.push(new URL(url).pathname);
        await held.promise;
        return new Response(null, { headers: { "x-path": new URL(url).pathname } });
      },
    };
    const { port, close } = await serve(slow, quiet);
    const socket = connect(port, "127.0.0.1");
    const answers = text(socket);
    const ask = async (...paths: readonly string[]) => {
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
      await vi.waitFor(() => expect(asked).toContain(paths.at(-1)));
    };
    await ask("/before");
    const closing = close();
    await ask("/after", "/last");
    held.resolve();
    await closing;
    const seen = (await answers).match(/^(x-path|connection): \S+/gim)?.map((line) => line.toLowerCase());
    expect(seen).toEqual([
      "x-path: /before",
      "connection: keep-alive",
      "x-path: /after",
      "connection: keep-alive",
      "x-path: /last",
      "connection: close",
    ]);
  });

  test("leaves signals alone when asked to, and closes with its scope", async () => {
    const before = process.listenerCount("SIGTERM");
    let url: string;
    {
      await using scoped = await serve(trading, { ...quiet, signals: false });
      url = scoped.url;
      expect(process.listenerCount("SIGTERM")).toBe(before);
      expect((await fetch(url)).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  test("leaves its gateway to another one that serves it too, which closes it", async () => {
    const streams = vi.fn();
    const shared: Servable = { ...trading, endStreams: streams };
    const [first, second] = [await serve(shared, quiet), await serve(shared, quiet)];
    closed.length = 0;
    await first.close();
    expect(closed).toEqual([]);
    expect(streams).not.toHaveBeenCalled();
    expect((await fetch(second.url)).status).toBe(200);
    await second.close();
    expect(closed).toEqual(["closed"]);
    expect(streams).toHaveBeenCalledOnce();
  });

  test("takes an IPv6 address with and without brackets", async () => {
    server = await serve(trading, { ...quiet, hostname: "[::1]" });
    expect(server.url).toBe(`http://[::1]:${server.port}`);
    expect((await fetch(server.url)).status).toBe(200);
  });
});

describe("the banner", () => {
  test.each([
    ["127.0.0.1", "http://127.0.0.1:1", false],
    ["127.9.9.9", "http://127.9.9.9:1", false],
    ["localhost", "http://localhost:1", false],
    ["::1", "http://[::1]:1", false],
    ["0.0.0.0", "http://127.0.0.1:1", true],
    ["::", "http://[::1]:1", true],
    ["192.168.1.5", "http://192.168.1.5:1", true],
    ["127.0.0.1.example.com", "http://127.0.0.1.example.com:1", true],
  ])("of %s", (hostname, url, isOpen) => {
    expect(localUrl(hostname, 1, false)).toBe(url);
    const warns = (tls?: { cert: string; key: string }) =>
      bannerWarnings({ hostname, tls }, []).some((line) => line.startsWith("Warning"));
    expect(warns()).toBe(isOpen);
    expect(warns({ cert: "", key: "" })).toBe(false);
  });

  test.each([
    ["REAL", false, true],
    ["REAL", true, false],
    ["SIMULATE", false, false],
  ] as const)("of %s money with a journal that is lasting: %s", (environment, lasting, warns) => {
    const broker = { name: "mine", kind: "futu", display: "富途证券", environment, account: "****5678" };
    const options = { hostname: "127.0.0.1", tls: undefined };
    const journal = { name: "the journal", lasting };
    const warnings = bannerWarnings(options, [broker], journal);
    expect(warnings.some((line) => line.startsWith("Warning: the journal is in memory"))).toBe(warns);
    expect(bannerLines("http://127.0.0.1:1", options, [broker], journal)).toContain(
      `  journal: the journal${lasting ? "" : ", which ends with this process"}`,
    );
  });

  test.each<[ConnectionState | undefined, string | undefined]>([
    [{ connected: false, reason: "nobody listens at 127.0.0.1:1" }, "is not connected: nobody listens at 127.0.0.1:1"],
    [{ connected: false, reason: "the token was WyLqtMhDvAnBb6a3" }, "is not connected: the token was [secret]"],
    [{ connected: false }, "is not connected"],
    [{ connected: true, reason: "the token ends tomorrow" }, "is connected: the token ends tomorrow"],
    [{ connected: true }, undefined],
    [undefined, undefined],
  ])("says of a broker that told %o that it %s", async (told, said) => {
    const options = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], name: "mine" };
    const broker = defineBroker(options, {
      kind: "myBroker",
      display: "XX证券",
      capabilities: () => ({
        ...{ environment: "SIMULATE", account: null, markets: [], orders: [], quotes: [], push: "none" },
        listing: { complete: true, settleMs: 0 },
      }),
      async start(host) {
        if (told !== undefined) host.onConnection(told);
      },
    });
    const lines: string[] = [];
    const gateway = createHttpTrading({ brokers: [broker] });
    await using _server = await serve(gateway, { port: 0, print: (line) => void lines.push(line), signals: false });
    expect(lines.filter((line) => line.startsWith("Warning: mine "))).toEqual(
      said === undefined ? [] : [`Warning: mine ${said}`],
    );
  });

  test("says which tokens have expired, since who sends one is answered as any stranger", async () => {
    const tokenOf = (name: string, expiresAt?: string) => ({
      ...{ name, token: `${name}0123456789abcdef`, scopes: ["read"] as const },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    const tokens = [tokenOf("old", "2020-12-31T23:59:59Z"), tokenOf("new", "2999-12-31T23:59:59Z"), tokenOf("lasting")];
    const broker = paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR", ...tokens], name: "mine" });
    const lines: string[] = [];
    const gateway = createHttpTrading({ brokers: [broker] });
    await using _server = await serve(gateway, { port: 0, print: (line) => void lines.push(line), signals: false });
    expect(lines.filter((line) => line.startsWith("Warning"))).toEqual(["Warning: tokens of mine have expired: old"]);
  });

  test.each([
    ["HALTED", "no orders are sent, only cancels"],
    ["REDUCING", "only orders that shrink a position are sent"],
  ])("says that a kill switch was left %s", async (state, lets) => {
    const journal = memoryJournal();
    const token = { token: "ops-0123456789abcdef", name: "ops", scopes: ["admin"] as const };
    const options = { instanceId: "WyLqtMhDvAnBb6a3", tokens: [token], name: "mine" };
    const before = createHttpTrading({ brokers: [paper(options)], journal });
    const turn = await before.fetch(
      new Request("http://127.0.0.1/httptrading/api/WyLqtMhDvAnBb6a3/guard/state", {
        method: "POST",
        headers: { "HT-TOKEN": token.token, "content-type": "application/json" },
        body: JSON.stringify({ state, reason: "drawdown" }),
      }),
    );
    expect(turn.status).toBe(200);
    await before.close();

    const lines: string[] = [];
    const gateway = createHttpTrading({ brokers: [paper(options)], journal });
    await using _server = await serve(gateway, { port: 0, print: (line) => void lines.push(line), signals: false });
    expect(lines.filter((line) => line.startsWith("Warning"))).toEqual([`Warning: mine is ${state}: ${lets}`]);
  });

  test("says when nothing is served", () => {
    expect(bannerLines("http://127.0.0.1:1", { hostname: "127.0.0.1" }, [])[1]).toContain("no instances");
  });
});

describe("worker", () => {
  test("makes the gateway once, out of the first request's environment", async () => {
    const seen: string[] = [];
    const { fetch } = worker((env: { token: string }) => {
      seen.push(env.token);
      return { fetch: (request) => new Response(`${env.token} ${request.url}`) };
    });
    const ask = async (token: string) => (await fetch(new Request("http://x/"), { token })).text();
    expect(seen).toEqual([]);
    expect([await ask("first"), await ask("second")]).toEqual(["first http://x/", "first http://x/"]);
    expect(seen).toEqual(["first"]);
  });

  test("tries again after an environment that was wrong", async () => {
    const { fetch } = worker((env: { token?: string }) => {
      if (env.token === undefined) throw new TypeError("no token");
      return { fetch: () => new Response("ok") };
    });
    expect(() => fetch(new Request("http://x/"), {})).toThrow("no token");
    expect((await fetch(new Request("http://x/"), { token: "x" })).status).toBe(200);
  });

  test("says that the gateway was not made, and makes it the next time", async () => {
    const made = [Promise.resolve(trading), undefined, {}, trading];
    const { fetch } = worker(() => made.shift() as typeof trading);
    const request = new Request("http://worker.test/x");
    const needs = /^worker needs a function that gives, at once, what createHttpTrading gives/;
    for (const _ of [1, 2, 3]) expect(() => fetch(request, {})).toThrow(needs);
    expect(await (await fetch(request, {})).text()).toBe("http://worker.test/x");
  });

  test.each([
    ["a gateway", createHttpTrading({ brokers: [] })],
    ["nothing", undefined],
  ])("says at once that %s is not what makes one", (_, given: unknown) => {
    expect(() => worker(given as () => typeof trading)).toThrow(
      "worker needs a function that gives, at once, what createHttpTrading gives",
    );
  });
});
