import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AAPL, call, makeBroker, openOpenD, PIN_MD5, rejection, restingOrder, startBroker, until } from "./setup.ts";

describe("the truth about the connection", () => {
  test("ping is false before the start, true on a live connection, false after the close", async () => {
    const opend = await openOpenD();
    const broker = makeBroker(opend.port);
    expect(await broker.ping(call())).toBe(false);
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    expect(await broker.ping(call())).toBe(true);
    await broker.close();
    await broker.close();
    expect(await broker.ping(call())).toBe(false);
    await until(() => opend.connections().open === 0);
  });

  test("a broker that was closed can be started again", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    await broker.close();
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    expect(await broker.ping(call())).toBe(true);
  });

  test("a start that is overtaken by the close ends, and nothing comes behind it", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    await broker.close();
    await until(() => opend.connections().open === 0);
    const started = broker.start({ onOrder: () => {}, onConnection: () => {} });
    await broker.close();
    await started;
    expect(await broker.ping(call())).toBe(false);
    expect(opend.connections()).toEqual({ open: 0, total: 1 });
  });

  test("a connection that ends while trading is unlocked on it is never said to be there", async () => {
    const opend = await openOpenD();
    // The state, the accounts and their pushes are answered, the unlock is not.
    opend.faults.arm({ kind: "delay", ms: 1, on: "read", count: 3 });
    opend.faults.arm({ kind: "drop", on: "read" });
    const { broker, host } = await startBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    await until(() => broker.ping(call()));
    expect(host.connections.slice(1)).toEqual([{ connected: true }]);
    expect(opend.connections().total).toBe(2);
  });

  test("an OpenD that loses its login while trading is unlocked is never said to be there", async () => {
    const opend = await openOpenD();
    // The state, the accounts and their pushes are answered at once, the unlock when the login is gone.
    opend.faults.arm({ kind: "delay", ms: 1, on: "read", count: 3 });
    opend.faults.arm({ kind: "delay", ms: 300, on: "read" });
    const broker = makeBroker(opend.port, { tradeEnv: "REAL", unlockPin: PIN_MD5 });
    const connections: boolean[] = [];
    const starting = broker.start({ onOrder: () => {}, onConnection: ({ connected }) => connections.push(connected) });
    await until(() => opend.faults.armed() === 0);
    opend.setLoggedIn(false);
    await starting;
    expect(connections).toEqual([false]);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "NotConnected" });
    opend.setLoggedIn(true);
    await until(() => broker.ping(call()));
    expect(connections).toEqual([false, true]);
    expect(opend.connections().total).toBe(1);
  });

  test("waits longer each time for an OpenD that ends every connection as soon as it stands", async () => {
    const opend = await openOpenD();
    const pauses: number[] = [];
    const wait = setTimeout;
    const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms = 0) => {
      // No other time has a fraction.
      if (ms > 100 && !Number.isInteger(ms)) pauses.push(ms);
      return wait(act, Number.isInteger(ms) ? ms : 0);
    }) as typeof setTimeout);
    onTestFinished(() => spy.mockRestore());
    await makeBroker(opend.port).start({
      onOrder() {},
      onConnection({ connected }) {
        if (connected) opend.faults.arm({ kind: "restart", ms: 0 });
      },
    });
    await until(() => pauses.length >= 6);
    expect(pauses[5]).toBeGreaterThan(2_000);
  });

  test("a half-open socket makes ping false, ends what is pending as unknown, and is replaced", async () => {
    const opend = await openOpenD();
    const { broker, host } = await startBroker(opend.port);
    opend.faults.arm({ kind: "half-open", on: "place" });
    const placing = rejection(broker.placeOrder(restingOrder(), call()));
    await until(async () => !(await broker.ping(call())));
    expect(await placing).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    await until(() => broker.ping(call()));
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
    expect(opend.connections().total).toBe(2);
  });

  test("an OpenD that goes ends every write as unknown, and one that comes back is found again", async () => {
    const opend = await openOpenD();
    const { broker, host } = await startBroker(opend.port);
    const placed = await broker.placeOrder(restingOrder(), call());
    for (const on of ["place", "replace", "cancel"] as const) opend.faults.arm({ kind: "stall", on });
    const pending = [
      rejection(broker.placeOrder(restingOrder(), call())),
      rejection(broker.replaceOrder(placed.orderId, { price: 191 }, call())),
      rejection(broker.cancelOrder(placed.orderId, call())),
    ];
    await new Promise((resolve) => setTimeout(resolve, 300));
    opend.faults.arm({ kind: "restart", ms: 300 });
    for (const error of await Promise.all(pending)) {
      expect(error).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    }
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "NotConnected",
      outcome: "not_sent",
    });
    await until(() => broker.ping(call()));
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
    expect(opend.venue.orders()).toHaveLength(1);
    opend.venue.fill(placed.orderId, 4, 190);
    await until(() => host.orders.at(-1)?.filledQty === 4);
  });

  test("a read that the connection took with it is asked once more on the next", async () => {
    const opend = await openOpenD();
    const { broker } = await startBroker(opend.port);
    opend.faults.arm({ kind: "drop", on: "read" });
    expect((await broker.positions(call())).positions).toHaveLength(2);
    expect(opend.connections().total).toBe(2);
  });

  test("a login that fails in the middle leaves no write unknown: nothing was sent", async () => {
    const opend = await openOpenD();
    for (const skipped of [0, 1, 2]) {
      // The state, the accounts and their pushes are asked for, in this order.
      if (skipped > 0) opend.faults.arm({ kind: "delay", ms: 1, on: "read", count: skipped });
      opend.faults.arm({ kind: "refuse", on: "read" });
      const { broker } = await startBroker(opend.port);
      for (const error of [
        await rejection(broker.placeOrder(restingOrder(), call())),
        await rejection(broker.cancelOrder("1", call())),
      ]) {
        expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent", retryAfterMs: 1000 });
      }
      await broker.close();
    }
  });

  test("without OpenD the start resolves, and calls say that nothing was sent", async () => {
    const opend = await openOpenD();
    await opend.close();
    const { broker } = await startBroker(opend.port);
    for (const error of [
      await rejection(broker.placeOrder(restingOrder(), call())),
      await rejection(broker.cancelOrder("1", call())),
      await rejection(broker.positions(call())),
    ]) {
      expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent", retryAfterMs: 1000 });
    }
    expect(await broker.ping(call())).toBe(false);
  });

  test("an OpenD that is not logged in to Futu is no connection, until it is", async () => {
    const opend = await openOpenD();
    opend.setLoggedIn(false);
    const { broker, host } = await startBroker(opend.port);
    expect(await broker.ping(call())).toBe(false);
    expect(await rejection(broker.positions(call()))).toMatchObject({ code: "NotConnected" });
    expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
    opend.setLoggedIn(true);
    await until(() => broker.ping(call()));
    await broker.placeOrder(restingOrder(), call());
    opend.setLoggedIn(false);
    await until(() => host.connections.at(-1)?.connected === false);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    opend.setLoggedIn(true);
    await until(() => broker.ping(call()));
    expect(opend.connections().total).toBe(1);
    expect(opend.venue.orders()).toHaveLength(1);
  });

  test("an OpenD that is logged in for trading alone takes orders and cancels, and has no quotes", async () => {
    const opend = await openOpenD();
    const { broker, host } = await startBroker(opend.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    opend.setLoggedIn(true, false);
    await until(async () => !(await broker.ping(call())));
    await broker.cancelOrder(orderId, call());
    expect(opend.venue.find(orderId)?.order.status).toBe("CANCELED");
    await broker.placeOrder(restingOrder(), call());
    expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toHaveLength(2);
    for (const asked of [broker.quote(AAPL, call()), broker.marketStatus(call())]) {
      expect(await rejection(asked)).toMatchObject({ code: expect.stringMatching(/^(?:Timeout|NotConnected)$/) });
    }
    expect(host.connections).toEqual([{ connected: true }]);
    // Nor is it another thing for one that is like that when the gateway starts.
    const { broker: late } = await startBroker(opend.port);
    await late.placeOrder(restingOrder(), call());
    opend.setLoggedIn(true);
    await until(() => broker.ping(call()));
    await broker.quote(AAPL, call());
  });
});

describe("the login", () => {
  test("a wrong key is an authentication failure, and is not tried again at once", async () => {
    const opend = await openOpenD({ key: "right" });
    const { broker, host } = await startBroker(opend.port, { key: "wrongKeyThatIsSecret" });
    const error = await rejection(broker.placeOrder(restingOrder(), call()));
    expect(error).toMatchObject({ code: "AuthenticationFailed", outcome: "not_sent" });
    expect(String(error)).not.toContain("wrongKeyThatIsSecret");
    expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(opend.connections().total).toBe(1);
  });

  test("a login that OpenD cannot finish is tried again", async () => {
    const opend = await openOpenD();
    opend.faults.arm({ kind: "refuse", on: "connect" });
    const { broker } = await startBroker(opend.port);
    await until(() => broker.ping(call()));
    expect(opend.connections().total).toBe(2);
  });

  test("close in the middle of a login ends it", async () => {
    const opend = await openOpenD();
    opend.faults.arm({ kind: "stall", on: "connect" });
    const broker = makeBroker(opend.port);
    const starting = broker.start({ onOrder: () => {}, onConnection: () => {} });
    await until(() => opend.connections().open === 1);
    await broker.close();
    await starting;
    await until(() => opend.connections().open === 0);
  });
});

describe("the library", () => {
  test("can be given by hand, as a class or as its namespace", async () => {
    const opend = await openOpenD();
    const name: string = "futu-api";
    const namespace = await import(name);
    for (const sdk of [namespace, namespace.default]) {
      const { broker } = await startBroker(opend.port, { sdk });
      expect(await broker.ping(call())).toBe(true);
    }
  });

  test("another thing in its place is refused with the command that installs it", async () => {
    for (const sdk of [{}, class {}, null, "futu-api"]) {
      expect(await rejection(startBroker(1, { sdk }))).toMatchObject({
        code: "NotSupported",
        message: expect.stringContaining("npm install futu-api"),
      });
    }
  });

  test("writes nothing to the console, whatever happens to the connection", async () => {
    const spies = (["log", "debug", "info", "warn", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    onTestFinished(() => {
      for (const spy of spies) spy.mockRestore();
    });
    const opend = await openOpenD({ key: "right" });
    await startBroker(opend.port, { key: "wrong" });
    const { broker, host } = await startBroker(opend.port, { key: "right" });
    opend.faults.arm({ kind: "drop", on: "place" });
    await rejection(broker.placeOrder(restingOrder(), call()));
    await until(() => host.connections.length === 3);
    await broker.close();
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  test("leaves the console of the process alone", async () => {
    const before = { ...console };
    const opend = await openOpenD();
    await startBroker(opend.port);
    expect({ ...console }).toEqual(before);
  });
});
