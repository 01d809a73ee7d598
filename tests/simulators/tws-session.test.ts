/** Sessions of the TWS simulator: bytes, versions, client ids, limits, the link to IB, silence. */
import { afterEach, describe, expect, test } from "vitest";
import { startTws, type Tws, type TwsOptions } from "../../simulators/tws/server.ts";
import { type RawClient, rawConnect, rawOrder, rawSession, rawSocket } from "./tws-raw.ts";
import { sdkClient, sdkConnect } from "./tws-sdk.ts";

/** 10:00 in New York on a trading day. */
const NOW = Date.UTC(2026, 10, 24, 15);

let tws: Tws;
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await tws.close();
});

const start = async (options: TwsOptions = {}): Promise<Tws> => {
  tws = await startTws({ now: NOW, ...options });
  return tws;
};
const kept = <T extends { close(): void }>(client: T): T => {
  clients.push(client);
  return client;
};
const session = async (range = "v157..178", clientId = 7): Promise<RawClient> =>
  kept(await rawSession(tws.port, range, clientId));

describe("bytes", () => {
  test("the start of a session, as a real TWS sends it", async () => {
    await start({ accounts: ["DU1"] });
    const client = kept(await rawSocket(tws.port));
    client.write(Buffer.from("4150490000000009763135372e2e313738", "hex"));
    await expect.poll(() => client.bytes().length, { interval: 5 }).toBeGreaterThan(0);
    expect(client.version()).toEqual(["178", expect.stringMatching(/^20261124 10:00:0\d US\/Eastern$/)]);
    client.write(Buffer.from("000000083731003200370000", "hex"));
    await client.until(9);
    const hex = client.bytes().toString("hex");
    expect(hex).toContain("00000009313500310044553100");
    expect(hex).toContain("0000000639003100310 0".replace(" ", ""));
  });

  test("a cancelled order's error, and the numbers of fields", async () => {
    await start();
    const client = await session();
    client.send(...rawOrder(100));
    await client.until(5);
    client.send(4, 1, 100, "");
    const golden = "000000263400320031303000323032004f726465722043616e63656c6564202d20726561736f6e3a0000";
    await expect.poll(() => client.bytes().toString("hex"), { interval: 5 }).toContain(golden);
    client.send(...rawOrder(101, { 18: "MKT", 19: "" }));
    await client.until(59);
    client.send(99, 0);
    await client.until(102);
    const counts = (id: number) => [
      ...new Set(client.messages().flatMap((each) => (each[0] === String(id) ? [each.length] : []))),
    ];
    expect([3, 5, 11, 59, 101].map(counts)).toEqual([[12], [135], [32], [8], [100]]);
    const newer = await session("v100..193", 8);
    newer.send(...rawOrder(1), "", "", "", 2147483647);
    expect((await newer.until(5))[0]).toHaveLength(141);
  });

  test("what is not this protocol ends the connection", async () => {
    await start();
    const client = kept(await rawSocket(tws.port));
    client.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await client.closed;
    expect(client.bytes()).toHaveLength(0);
  });
});

describe("versions", () => {
  test.each([
    [{}, "v100..193", "193"],
    [{}, "v157..178", "178"],
    [{}, "v100..205", "193"],
    [{ maxVersion: 178 }, "v100..193", "178"],
    [{ maxVersion: 185 }, "v100..193 +PACEAPI", "185"],
  ])("%o and %s: %s", async (options, range, version) => {
    await start(options);
    const client = kept(await rawConnect(tws.port, range));
    await expect.poll(() => client.version()?.[0], { interval: 5 }).toBe(version);
  });

  test.each(["v100..176", "v194..205"])("%s has none in common", async (range) => {
    await start();
    const client = kept(await rawConnect(tws.port, range));
    await client.closed;
    expect(client.version()).toEqual(["4", "2", "-1", "506", `Unsupported version: ${range.slice(1)}`, ""]);
  });

  test("a version that it does not speak is a wrong option", async () => {
    await start();
    await expect(startTws({ maxVersion: 176 })).rejects.toThrow(RangeError);
  });
});

test("the start-up of the Python libraries is answered to the end", async () => {
  await start();
  const client = await session();
  expect(client.messages().map(([id]) => id)).toEqual(["15", "9", "4", "4", "4"]);
  client.send(61, 1);
  client.send(5, 1);
  client.send(99, 0);
  client.send(6, 2, 1, "DU1234567");
  client.send(76, 1, 3, "DU1234567", "", 0);
  for (const end of [62, 53, 102, 54, 74]) await client.until(end);
  client.send(7, 3, 4, 0, "", "", "", "", "", "");
  expect(await client.until(55)).toEqual([["55", "1", "4"]]);
  expect((await client.until(61)).map((each) => [each[2], each[4], each[10], each[11], each[13], each[14]])).toEqual([
    ["DU1234567", "QQQ", "NASDAQ", "USD", "NMS", "2400"],
    ["DU1234567", "700", "SEHK", "HKD", "700", "300"],
  ]);
});

describe("client ids", () => {
  test("one that is in use is refused, and free again afterwards", async () => {
    await start();
    const first = await sdkConnect(tws.port, 7);
    const second = kept(sdkClient(tws.port, 7));
    second.api.connect();
    await second.until("disconnected");
    expect(second.errors(-1).map(({ code }) => code)).toEqual([326]);
    first.close();
    await expect.poll(() => tws.connections().open, { interval: 5 }).toBe(0);
    kept(await sdkConnect(tws.port, 7));
  });

  test("order numbers go on over connections, each client's own, until they are reset", async () => {
    await start();
    const first = await session("v157..178", 7);
    first.send(...rawOrder(41));
    await first.until(5);
    first.send(...rawOrder(41, { 19: 180, 3: "QQQ" }));
    await expect.poll(() => first.messages().at(-1)?.slice(2, 4), { interval: 5 }).toEqual(["41", "105"]);
    first.send(...rawOrder(40));
    await expect.poll(() => first.messages().at(-1)?.slice(2, 4), { interval: 5 }).toEqual(["40", "103"]);
    first.close();
    await first.closed;
    const again = await session("v157..178", 7);
    expect(await again.until(9)).toEqual([["9", "1", "42"]]);
    expect(await (await session("v157..178", 8)).until(9)).toEqual([["9", "1", "1"]]);
    again.send(5, 1);
    expect((await again.until(5))[0]?.slice(0, 2)).toEqual(["5", "41"]);
    tws.resetOrderIds();
    again.send(8, 1, 1);
    await expect.poll(() => again.messages().at(-1), { interval: 5 }).toEqual(["9", "1", "1"]);
  });
});

describe("the limit of messages", () => {
  const burst = async (client: RawClient, count: number) => {
    for (let sent = 0; sent < count; sent += 1) client.send(49, 1);
  };
  const breaches = (client: RawClient) => client.messages().filter((each) => each[3] === "100");

  test("too many are dropped with error 100, and then the connection is", async () => {
    await start();
    const client = await session();
    await burst(client, 60);
    await client.closed;
    expect(breaches(client).map((each) => each[4])).toEqual(
      [1, 2, 3].map((times) => `Max rate of messages per second has been exceeded:max=50 rec=51 (${times})`),
    );
  });

  test("is off when told so", async () => {
    await start({ limits: false });
    const client = await session();
    await burst(client, 200);
    await expect.poll(() => client.messages().filter(([id]) => id === "49").length, { interval: 5 }).toBe(200);
    expect(breaches(client)).toEqual([]);
  });
});

describe("the link to IB's servers", () => {
  test.each([true, false])("is lost and restored, where orders are kept meanwhile or not: %s", async (keepsOrders) => {
    await start({ keepsOrders });
    const client = kept(await sdkConnect(tws.port, 7));
    const aapl = { symbol: "AAPL", secType: "STK", exchange: "SMART", currency: "USD" } as never;
    const order = { action: "BUY", orderType: "LMT", totalQuantity: 10, lmtPrice: 190.5, tif: "DAY" } as never;
    client.api.placeOrder(1, aapl, order);
    await client.until("orderStatus", 2);
    tws.setLoggedIn(false);
    client.api.placeOrder(2, aapl, order);
    client.api.reqPositions();
    client.api.reqCurrentTime();
    await client.until("currentTime");
    expect(client.errors(2)).toEqual(keepsOrders ? [] : [{ code: 504, text: "Not connected" }]);
    expect(client.all("positionEnd")).toEqual([]);
    tws.venue.setPrice({ tradeType: "Securities", region: "US", symbol: "AAPL" }, 190);
    client.api.reqCurrentTime();
    await client.until("currentTime", 2);
    expect(client.all("execDetails")).toEqual([]);
    tws.setLoggedIn(true);
    await client.until("commissionReport");
    expect(client.errors(-1).map(({ code }) => code)).toEqual([2104, 2106, 2158, 1100, 1102]);
    expect(
      client
        .all("orderStatus")
        .filter(([id]) => id === 1)
        .at(-1)?.[1],
    ).toBe("Filled");
    expect(tws.venue.orders()).toHaveLength(keepsOrders ? 2 : 1);
  });

  test("1101 says that market data have to be asked for again", async () => {
    await start();
    const client = kept(await sdkConnect(tws.port, 7));
    client.api.reqMktData(
      5,
      { symbol: "AAPL", secType: "STK", exchange: "SMART", currency: "USD" } as never,
      "",
      false,
      false,
    );
    await client.until("tickGeneric");
    tws.setLoggedIn(false);
    tws.setLoggedIn(true, { dataLost: true });
    await expect.poll(() => client.errors(-1).at(-1)?.code, { interval: 5 }).toBe(1101);
    const before = client.all("tickPrice").length;
    tws.venue.setPrice({ tradeType: "Securities", region: "US", symbol: "AAPL" }, 195);
    client.api.reqCurrentTime();
    await client.until("currentTime");
    expect(client.all("tickPrice")).toHaveLength(before);
  });

  test("a session that begins without it is told so", async () => {
    await start();
    tws.setLoggedIn(false);
    const client = kept(await sdkConnect(tws.port, 7));
    await expect.poll(() => client.errors(-1).map(({ code }) => code), { interval: 5 }).toEqual([2110]);
  });
});

describe("silence", () => {
  test("of a message: the rest goes on", async () => {
    await start();
    const speak = tws.silence(62);
    const client = await session();
    client.send(61, 1);
    client.send(49, 1);
    await client.until(49);
    expect(client.messages().filter(([id]) => id === "61")).toHaveLength(2);
    expect(client.messages().filter(([id]) => id === "62")).toEqual([]);
    speak();
    client.send(61, 1);
    await client.until(62);
  });

  test.each(["version", 15, 9] as const)("of the handshake: %s", async (step) => {
    await start();
    const speak = tws.silence(step, "connection");
    const mute = kept(await rawConnect(tws.port, "v157..178"));
    mute.send(71, 2, 7, "");
    const seen = () => [...(mute.version() === undefined ? [] : ["version"]), ...mute.messages().map(([id]) => id)];
    await new Promise((resolve) => setTimeout(resolve, 100));
    speak();
    // A second session proves that the first one's silence is its own.
    await session("v157..178", 8);
    mute.send(49, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = { version: [], 15: ["version"], 9: ["version", "15"] };
    expect(seen()).toEqual(before[step]);
  });
});
