import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DEFAULT_ACCESS_TOKEN } from "../../../simulators/longport/server.ts";
import { openTokenFile, parseTokenFile } from "../../../src/brokers/longport/token-file.ts";
import { createTokens } from "../../../src/brokers/longport/tokens.ts";
import {
  call,
  makeBroker,
  openFront,
  openLongport,
  rejection,
  restingOrder,
  startBroker,
  TRANSPORTS,
  until,
} from "./setup.ts";

const DAY_MS = 86_400_000;

function fileText(token: string, expiresAt: number): string {
  return `token = "${token}"\nexpiry = "${new Date(expiresAt).toISOString().replace("Z", "000+00:00")}"\n`;
}

async function tokenFile(token: string, expiresAt: number, name = "token.toml"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "longport-token-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, fileText(token, expiresAt));
  return path;
}

describe("the token file", () => {
  test.each([
    ['expiry = "2026-01-02T03:04:05.678901+00:00"', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['expiry = "2026-01-02T03:04:05+08:00"', Date.UTC(2026, 0, 1, 19, 4, 5)],
    ['expiry = "2026-01-02 03:04:05"', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ["expiry = 2026-01-02T03:04:05Z", Date.UTC(2026, 0, 2, 3, 4, 5)],
    ["expiry = 2026-01-02", Date.UTC(2026, 0, 2)],
  ])("is read with %s", (expiry, expiresAt) => {
    expect(parseTokenFile(`token = "abc"\n${expiry}\n`)).toEqual({ token: "abc", expiresAt });
  });

  test.each(["", "token = 1", 'token = "secret-text"', 'token = "a b"\nexpiry = "2026-01-01"', "token = "])(
    "%j is refused without showing what is in it",
    (text) => {
      expect(() => parseTokenFile(text)).toThrow(/token file/);
      expect(() => parseTokenFile(text)).not.toThrow(/secret-text|a b/);
    },
  );

  test("is replaced as a whole, for its owner alone, and reads back", async () => {
    const path = await tokenFile("old", Date.UTC(2026, 0, 1));
    await openTokenFile(path).write({ token: 'new"token', expiresAt: Date.UTC(2027, 0, 1) });
    expect(await openTokenFile(path).read()).toEqual({ token: 'new"token', expiresAt: Date.UTC(2027, 0, 1) });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, ".."))).toEqual(["token.toml"]);
  });

  test("is locked for one at a time, and a lock that was left behind does not hold for ever", async () => {
    const path = await tokenFile("t", 0);
    const file = openTokenFile(path);
    const within = await file.locked(() => openTokenFile(path).locked(async () => "both"));
    expect(within).toBeUndefined();
    const link = join(path, "..", "link.toml");
    await symlink(path, link);
    expect(await file.locked(() => openTokenFile(link).locked(async () => "both"))).toBeUndefined();
    await writeFile(`${path}.lock`, "");
    expect(await file.locked(async () => "early")).toBeUndefined();
    const old = new Date(Date.now() - 3_600_000);
    await utimes(`${path}.lock`, old, old);
    expect(await file.locked(async () => "late")).toBe("late");
    // Nor does what one leaves behind that ended while it removed such a lock.
    for (const left of [`${path}.lock`, `${path}.lock.stale`]) {
      await writeFile(left, "");
      await utimes(left, old, old);
    }
    expect(await file.locked(async () => "early")).toBeUndefined();
    expect(await file.locked(async () => "late")).toBe("late");
  });

  test("a lock that was left behind is taken by one of those who come upon it", async () => {
    const path = await tokenFile("t", 0);
    const old = new Date(Date.now() - 3_600_000);
    for (let round = 0; round < 100; round += 1) {
      await writeFile(`${path}.lock`, "");
      await utimes(`${path}.lock`, old, old);
      let within = 0;
      let most = 0;
      const contenders = Array.from({ length: 6 }, () =>
        openTokenFile(path).locked(async () => {
          within += 1;
          most = Math.max(most, within);
          await delay(20);
          within -= 1;
        }),
      );
      await Promise.all(contenders);
      expect(most).toBe(1);
    }
    expect(await readdir(join(path, ".."))).toEqual(["token.toml"]);
  });

  test("a lock that somebody else took over is left to them", async () => {
    const path = await tokenFile("t", 0);
    const file = openTokenFile(path);
    const done = Promise.withResolvers<void>();
    const other = await file.locked(async () => {
      // As after a night in which the machine slept.
      const old = new Date(Date.now() - 3_600_000);
      await utimes(`${path}.lock`, old, old);
      const taken = Promise.withResolvers<void>();
      const held = openTokenFile(path).locked(async () => {
        taken.resolve();
        await done.promise;
      });
      await taken.promise;
      return { held };
    });
    expect(await file.locked(async () => "both")).toBeUndefined();
    done.resolve();
    await other?.held;
    expect(await file.locked(async () => "free")).toBe("free");
  });
});

describe("refreshing", () => {
  test("happens in time, is written before it is used, and happens once for two processes", async () => {
    const path = await tokenFile("old", Date.now() + 2 * DAY_MS);
    const used: string[] = [];
    const ends = Date.now() + 60 * DAY_MS;
    const refresh = vi.fn(async (_asked: Date) => ({
      token: `new${refresh.mock.calls.length}`,
      expired_at: new Date(ends).toISOString(),
    }));
    const make = () => {
      const tokens = createTokens({
        config: { accessToken: undefined, tokenFile: path, autoRefreshToken: true },
        refresh,
        onChange: () => {
          expect(readFileSync(path, "utf8")).toContain(tokens.current());
          used.push(tokens.current());
        },
      });
      return tokens;
    };
    const [one, two] = [make(), make()];
    await one.load();
    await two.load();
    await Promise.all([one.check(), two.check()]);
    expect(await openTokenFile(path).read()).toEqual({ token: "new1", expiresAt: ends });
    await Promise.all([one.check(), two.check()]);
    expect(refresh).toHaveBeenCalledTimes(1);
    expect([one.current(), two.current()]).toEqual(["new1", "new1"]);
    expect(used).toEqual(["new1", "new1"]);
  });

  test("leaves a token that could not be written in use, though the file still has the one before", async () => {
    // A name so long that none for a draft beside it can be made.
    const path = await tokenFile("old", Date.now() + DAY_MS, "t".repeat(240));
    const refresh = vi.fn(async (asked: Date) => ({ token: "new", expired_at: asked.toISOString() }));
    const tokens = createTokens({
      config: { accessToken: undefined, tokenFile: path, autoRefreshToken: true },
      refresh,
      onChange: () => {},
    });
    await tokens.load();
    for (let checks = 0; checks < 3; checks += 1) {
      await tokens.check();
      expect(tokens.current()).toBe("new");
    }
    // As when the broker is closed and started again.
    await tokens.load();
    expect(tokens.current()).toBe("new");
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(await readFile(path, "utf8")).toContain("old");
    await writeFile(path, fileText("elsewhere", Date.now() + 80 * DAY_MS));
    await tokens.check();
    expect(tokens.current()).toBe("elsewhere");
  });

  test("is not undone by a look at the file that began before", async () => {
    const path = await tokenFile("old", Date.now() + 2 * DAY_MS);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ token: string; expired_at: string }>();
    const used: string[] = [];
    const tokens = createTokens({
      config: { accessToken: undefined, tokenFile: path, autoRefreshToken: true },
      refresh() {
        asked.resolve();
        return answer.promise;
      },
      onChange: () => used.push(tokens.current()),
    });
    await tokens.load();
    const refreshing = tokens.check();
    await asked.promise;
    // A file that is being read for as long as somebody may still write into it.
    await rm(path);
    await promisify(execFile)("mkfifo", [path]);
    const writer = await open(path, "r+");
    const looking = tokens.check();
    answer.resolve({ token: "new", expired_at: new Date(Date.now() + 90 * DAY_MS).toISOString() });
    await refreshing;
    await writer.writeFile(fileText("old", Date.now() + 2 * DAY_MS));
    await writer.close();
    await looking;
    expect(used).toEqual(["new"]);
    expect(tokens.current()).toBe("new");
    expect(parseTokenFile(await readFile(path, "utf8")).token).toBe("new");
  });

  test("does not happen without being asked for, nor early, nor late", async () => {
    for (const [autoRefreshToken, left] of [
      [false, DAY_MS],
      [true, 4 * DAY_MS],
      [true, -1],
    ] as const) {
      const refresh = vi.fn();
      const path = await tokenFile("old", Date.now() + left);
      const tokens = createTokens({
        config: { accessToken: undefined, tokenFile: path, autoRefreshToken },
        refresh,
        onChange: () => {},
      });
      await tokens.check();
      expect(refresh).not.toHaveBeenCalled();
    }
  });
});

/** The address of a trade link that passes on what a client says when it is allowed to. */
async function openBetween(port: number, allow: () => Promise<void>): Promise<string> {
  const between = createServer((client) => {
    const there = connect(port, "127.0.0.1");
    for (const socket of [client, there]) socket.on("error", () => {});
    let passed = Promise.resolve();
    client.on("data", (bytes) => {
      passed = passed.then(allow).then(() => void there.write(bytes));
    });
    client.on("close", () => there.destroy());
    there.pipe(client);
  });
  onTestFinished(() => void between.close());
  await once(between.listen(0, "127.0.0.1"), "listening");
  return `ws://127.0.0.1:${(between.address() as AddressInfo).port}/trade/v2`;
}

describe.each(TRANSPORTS)("a broker over %s", (transport) => {
  test("refreshes what ends soon, keeps it in the file, and connects with it", async () => {
    const server = await openLongport();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker } = await startBroker(server.port, { transport, tokenFile: path, autoRefreshToken: true });
    await until(() => broker.ping(call()));
    const [fresh = ""] = server.tokens.refreshed;
    expect(server.tokens.refreshed).toHaveLength(1);
    expect(await readFile(path, "utf8")).toContain(fresh);
    expect(await broker.cash({ currency: "USD" }, call())).toMatchObject({ amount: 1_000_000 });
  });

  test("that is closed while it refreshes keeps the token that it gets, for the one before has ended", async () => {
    const server = await openLongport();
    const held = Promise.withResolvers<void>();
    let asked = false;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (!request.startsWith("GET /v1/token/refresh")) return answer;
      asked = true;
      await held.promise;
      return answer;
    });
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const broker = makeBroker(server.port, { transport, tokenFile: path, autoRefreshToken: true, httpUrl });
    const started = broker.start({ onOrder: () => {}, onConnection: () => {} }).catch((error: unknown) => error);
    await until(() => asked);
    const closed = broker.close();
    await delay(200);
    held.resolve();
    await closed;
    expect(await started).toMatchObject({ code: "NotConnected" });
    expect(server.tokens.refreshed).toHaveLength(1);
    expect((await openTokenFile(path).read()).token).toBe(server.tokens.current);
  });

  test("that refreshes as it starts asks its link no more often than any other", async () => {
    const server = await openLongport();
    let asked = 0;
    const tradeWsUrl = await openBetween(server.port, async () => {
      asked += 1;
    });
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker } = await startBroker(server.port, {
      transport,
      tokenFile: path,
      autoRefreshToken: true,
      tradeWsUrl,
    });
    await until(() => broker.ping(call()));
    const before = asked;
    await delay(1_500);
    // Every 600 ms by the SDK: without a pause it would be thousands.
    expect(asked - before).toBeLessThan(20);
    await broker.close();
  });

  test("that is closed while it starts ends its start, and opens nothing behind that", async () => {
    const server = await openLongport();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const broker = makeBroker(server.port, { transport, tokenFile: path });
    const host = { onOrder: () => {}, onConnection: () => {} };
    // The first start loads the adapter, the second reads the file at once.
    await broker.start(host);
    await broker.close();
    await until(() => server.connections().open === 0);
    const { total } = server.connections();
    const started = broker.start(host).catch((error: unknown) => error);
    await broker.close();
    expect(await started).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    expect(await broker.ping(call())).toBe(false);
    expect(server.connections()).toMatchObject({ open: 0, total });
    // And it starts again as ever.
    await broker.start(host);
    await until(() => broker.ping(call()));
  });

  test("hears of its orders when its token changes while it connects", async () => {
    const server = await openLongport({ keepsOldTokens: true });
    const other = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker: stranger } = await startBroker(server.port, { tokenFile: other, autoRefreshToken: true });
    await stranger.close();
    let said = 0;
    const held = Promise.withResolvers<void>();
    // The connection, the login, and then the subscription, which waits.
    const tradeWsUrl = await openBetween(server.port, async () => {
      said += 1;
      if (said === 3) await held.promise;
    });
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const broker = makeBroker(server.port, { transport, tokenFile: path, tradeWsUrl });
    const orders: string[] = [];
    const started = broker.start({ onOrder: ({ orderId }) => void orders.push(orderId), onConnection: () => {} });
    await until(() => said === 3);
    await writeFile(path, fileText(server.tokens.current, Date.now() + 80 * DAY_MS));
    server.faults.arm({ kind: "expired-token", on: "cancel" });
    expect(await rejection(broker.cancelOrder("1", call()))).toMatchObject({ code: "AuthenticationFailed" });
    // The file is read behind the refusal.
    await delay(300);
    held.resolve();
    await started;
    await until(() => broker.ping(call()));
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => orders.includes(orderId));
    await broker.close();
  });

  test("knows no more whose orders it lists once its token has changed, until it is told", async () => {
    const server = await openLongport({ keepsOldTokens: true });
    const other = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker: stranger } = await startBroker(server.port, { tokenFile: other, autoRefreshToken: true });
    await stranger.close();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const { broker, host } = await startBroker(server.port, { transport, tokenFile: path });
    await until(() => broker.ping(call()));
    await broker.placeOrder(restingOrder(), call());
    await until(() => broker.capabilities().account !== null);
    await writeFile(path, fileText(server.tokens.current, Date.now() + 80 * DAY_MS));
    server.faults.arm({ kind: "expired-token", on: "cancel" });
    await rejection(broker.cancelOrder("1", call()));
    await until(() => host.connections.length > 2 && broker.ping(call()));
    expect(broker.capabilities().account).toBeNull();
    await broker.placeOrder(restingOrder(), call());
    await until(() => broker.capabilities().account !== null);
  });

  test("sends no order with another token that waited for its turn with the one before", async () => {
    const server = await openLongport({ keepsOldTokens: true });
    const other = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker: stranger } = await startBroker(server.port, { tokenFile: other, autoRefreshToken: true });
    await stranger.close();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const { broker } = await startBroker(server.port, { transport, tokenFile: path, deadlineMs: 20_000 });
    await until(() => broker.ping(call()));
    server.faults.arm({ kind: "delay", on: "place", ms: 900, count: 5 });
    server.faults.arm({ kind: "expired-token", on: "cancel" });
    const placing = Array.from({ length: 5 }, () => broker.placeOrder(restingOrder(), call()));
    const results = Promise.allSettled(placing);
    await placing[0];
    await writeFile(path, fileText(server.tokens.current, Date.now() + 80 * DAY_MS));
    await rejection(broker.cancelOrder("1", call()));
    const settled = await results;
    const before = settled.filter(({ status }) => status === "fulfilled");
    expect(before.length).toBeLessThan(5);
    for (const result of settled.slice(before.length)) {
      expect(result).toMatchObject({ reason: { code: "NotConnected", outcome: "not_sent" } });
    }
    expect(server.venue.orders()).toHaveLength(before.length);
  });

  test("sends no order with another token before its links have it", async () => {
    const server = await openLongport({ keepsOldTokens: true });
    const other = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const { broker: stranger } = await startBroker(server.port, { tokenFile: other, autoRefreshToken: true });
    await stranger.close();
    let holds = false;
    let isHeld = false;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const tradeWsUrl = await openBetween(server.port, async () => {
      if (!holds) return;
      isHeld = true;
      await released;
    });
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const { broker } = await startBroker(server.port, { transport, tokenFile: path, tradeWsUrl });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => broker.capabilities().account !== null);
    await writeFile(path, fileText(server.tokens.current, Date.now() + 80 * DAY_MS));
    server.faults.arm({ kind: "expired-token", on: "cancel" });
    holds = true;
    // The SDK is asked whether its link is there; the other transport need not be.
    if (transport === "native") await until(() => isHeld);
    await rejection(broker.cancelOrder(orderId, call()));
    await until(() => broker.capabilities().account === null);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "NotConnected" });
    expect(server.venue.orders()).toHaveLength(1);
    release();
    await until(() => broker.ping(call()));
    await broker.placeOrder(restingOrder(), call());
  });

  test("shares its file with another one: one of them refreshes, both go on with the new token", async () => {
    const server = await openLongport();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const options = { transport, tokenFile: path, autoRefreshToken: true };
    const both = await Promise.all([startBroker(server.port, options), startBroker(server.port, options)]);
    for (const { broker } of both) await until(() => broker.ping(call()));
    expect(server.tokens.refreshed).toHaveLength(1);
    expect((await openTokenFile(path).read()).token).toBe(server.tokens.current);
  });

  test("tells once that its token cannot be refreshed, while there is time to do something about it", async () => {
    const server = await openLongport({ keepsOldTokens: true });
    let asked = 0;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (request.startsWith("GET /v1/asset/account")) return { status: 401, text: '{"code":401003,"message":"no"}' };
      if (!request.startsWith("GET /v1/token/refresh")) return answer;
      asked += 1;
      return { status: 403, text: '{"code":403205,"message":"ip is not allowed","data":null}' };
    });
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
    const options = { transport, httpUrl, tokenFile: path, autoRefreshToken: true };
    const { broker, host } = await startBroker(server.port, options);
    await until(() => broker.ping(call()));
    // What the vendor says of the token makes it look again.
    await rejection(broker.cash({ currency: "USD" }, call()));
    await until(() => asked > 1);
    expect(host.connections).toEqual([
      { connected: true, reason: expect.stringMatching(/token ends at .* could not be refreshed: ip is not allowed/) },
    ]);
    expect(JSON.stringify(host.connections)).not.toContain(DEFAULT_ACCESS_TOKEN);
  });

  test("says in words that its token has expired, and never shows it", async () => {
    const server = await openLongport();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() - DAY_MS);
    const broker = makeBroker(server.port, { transport, tokenFile: path });
    const error = await rejection(broker.start({ onOrder: () => {}, onConnection: () => {} }));
    expect(error).toMatchObject({ code: "AuthenticationFailed", message: expect.stringMatching(/expired at/) });
    expect(String(error)).not.toContain(DEFAULT_ACCESS_TOKEN);
  });

  test("is refused by the vendor with an expired token, and takes up one that somebody writes", async () => {
    const server = await openLongport();
    const path = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + 80 * DAY_MS);
    const { broker } = await startBroker(server.port, { transport, tokenFile: path });
    server.tokens.expire();
    const error = await rejection(broker.cash({ currency: "USD" }, call()));
    expect(error).toMatchObject({ code: "AuthenticationFailed" });
    await until(async () => !(await broker.ping(call())));
    const next = await refreshElsewhere(server.port);
    await writeFile(path, fileText(next, Date.now() + 80 * DAY_MS));
    await until(() =>
      broker.cash({ currency: "USD" }, call()).then(
        () => true,
        () => false,
      ),
    );
    await until(() => broker.ping(call()));
    expect(server.tokens.state(next)).toBe("current");

    /** Another gateway gets a new token while the old one still serves. */
    async function refreshElsewhere(port: number): Promise<string> {
      server.tokens.expire(Date.now() + DAY_MS);
      const other = await tokenFile(DEFAULT_ACCESS_TOKEN, Date.now() + DAY_MS);
      const { broker: stranger } = await startBroker(port, { tokenFile: other, autoRefreshToken: true });
      await until(() => server.tokens.refreshed.length === 1);
      await stranger.close();
      return server.tokens.current;
    }
  });
});
