/** The long links, packet by packet. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decode, encode } from "../../simulators/longport/messages.ts";
import { readRequest, writePush, writeResponse } from "../../simulators/longport/packets.ts";
import { type LongportOptions, type LongportServer, startLongport } from "../../simulators/longport/server.ts";
import { ask, type LinkClient, openLink, orderPushes, read, requestPacket, submit } from "./longport-client.ts";
import { at, listAt, type Plain } from "./protocol.ts";

const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
/** Wednesday, 28 May 2025, 10:30 in New York. */
const WEDNESDAY = Date.UTC(2025, 4, 28, 14, 30);
const HOUR = 3_600_000;

let longport: LongportServer;
let links: LinkClient[];

async function restart(options: LongportOptions): Promise<void> {
  await longport.close();
  longport = await startLongport({ limits: false, ...options });
}

async function open(kind: "quote" | "trade", query?: string): Promise<LinkClient> {
  const link = await openLink(longport, kind, query);
  links.push(link);
  return link;
}

async function login(kind: "quote" | "trade", metadata?: Plain): Promise<LinkClient> {
  const link = await open(kind);
  await link.login(metadata);
  return link;
}

async function subscribed(): Promise<LinkClient> {
  const link = await login("trade");
  await link.ask(16, "Topics", { topics: ["private"] });
  return link;
}

beforeEach(async () => {
  links = [];
  longport = await startLongport({ limits: false, now: WEDNESDAY });
});

afterEach(async () => {
  for (const link of links) link.close();
  await longport.close();
});

describe("packets", () => {
  test("are the vendor's, byte by byte", () => {
    const auth = Buffer.from("01020000000113880000080a066f7470313233", "hex");
    const packet = readRequest(auth);
    expect(packet).toMatchObject({ cmd: 2, requestId: 1, timeout: 5000 });
    expect(decode("AuthRequest", packet?.body ?? Buffer.alloc(0))).toMatchObject({ token: "otp123" });
    expect(requestPacket(2, 1, encode("AuthRequest", { token: "otp123" }))).toEqual(auth);
    const body = Buffer.from("123456789012345");
    expect(writeResponse({ cmd: 2, requestId: 1 }, 0, body, false).toString("hex")).toMatch(
      /^0202000000010000000f3132/,
    );
    expect(writePush(18, body, false).toString("hex")).toMatch(/^031200000f3132/);
    expect(writePush(18, body, true).toString("hex")).toMatch(/^23120000/);
  });

  test("that are none are not read", () => {
    const packet = requestPacket(2, 1, Buffer.from("body"));
    const reply = Buffer.from(packet);
    reply.writeUInt8(2, 0);
    const zipped = Buffer.from(packet);
    zipped.writeUInt8(0x21, 0);
    for (const bytes of [Buffer.alloc(3), packet.subarray(0, -1), reply, zipped]) {
      expect(readRequest(bytes)).toBeUndefined();
    }
    const verified = Buffer.concat([packet, Buffer.alloc(24)]);
    verified.writeUInt8(0x11, 0);
    expect(readRequest(verified)?.body).toEqual(Buffer.from("body"));
  });
});

describe("a link", () => {
  test("needs its path, a version, a codec and a platform", async () => {
    await expect(open("quote", "version=2&codec=1&platform=9")).rejects.toThrow("400");
    await expect(open("trade", "")).rejects.toThrow("400");
    await expect(openLink(longport, "other" as "quote")).rejects.toThrow("404");
    expect(longport.connections()).toEqual({ open: 0, total: 0, quote: 0, trade: 0 });
  });

  test("that is asked for at no address, or by one that goes at once or stays, is refused and forgotten", async () => {
    const ask = (path: string): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = connect({ port: longport.port, host: "127.0.0.1", allowHalfOpen: true });
        socket.on("error", () => undefined);
        socket.on("connect", () => resolve(socket));
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      });
    const said = async (socket: Socket) => String((await once(socket, "data"))[0]);
    expect(await said(await ask("//"))).toContain("400 Bad Request");
    expect(await said(await ask("/nowhere"))).toContain("404 Not Found");
    (await ask("/nowhere")).resetAndDestroy();
    expect((await login("quote")).closed).toBeDefined();
    for (const link of links) link.close();
    await longport.close();
  });

  test("is for nobody who has not authenticated, and for each password once", async () => {
    const link = await open("trade");
    expect(await link.ask(16, "Topics", { topics: ["private"] })).toMatchObject({ status: 5, error: { code: "401" } });
    expect(await link.ask(2, "AuthRequest", { token: "guess" })).toMatchObject({ status: 5 });
    const { data } = await ask(longport, "GET", "/v1/socket/token");
    expect(data).toEqual({ otp: expect.any(String), limit: 10, online: 0 });
    const password = { token: data["otp"] };
    const { status, body } = await link.ask(2, "AuthRequest", password);
    expect([status, read("SessionResponse", body)]).toEqual([
      0,
      { session_id: expect.any(String), expires: expect.stringMatching(/^\d{13}$/), limit: 10, online: 1 },
    ]);
    expect((await (await open("trade")).ask(2, "AuthRequest", password)).status).toBe(5);
  });

  test("is resumed by its session, on its own kind and as long as the session is kept", async () => {
    const { session_id } = await (await open("trade")).login();
    const resume = async (kind: "quote" | "trade", id: unknown) => {
      const { status, body } = await (await open(kind)).ask(3, "ReconnectRequest", { session_id: id });
      return { status, next: status === 0 ? read("SessionResponse", body)["session_id"] : undefined };
    };
    expect(await resume("quote", session_id)).toMatchObject({ status: 5 });
    const { status, next } = await resume("trade", session_id);
    expect(status).toBe(0);
    expect(next).not.toBe(session_id);
    // A session is resumed once, and gives another one.
    expect(await resume("trade", session_id)).toMatchObject({ status: 5 });
    longport.faults.arm({ kind: "forget-sessions" });
    expect(await resume("trade", next)).toMatchObject({ status: 5 });
  });

  test("is one of only so many", async () => {
    await restart({ sessionLimit: 1 });
    await login("trade");
    expect((await ask(longport, "GET", "/v1/socket/token")).data).toMatchObject({ limit: 1, online: 1 });
    await expect((await open("quote")).login()).rejects.toThrow("connections limitation is hit");
    links[0]?.close();
    await expect.poll(() => longport.connections().trade).toBe(0);
    await login("quote");
  });

  test("gets ping frames, and no answer to a packet in their place", async () => {
    await restart({ pingMs: 20 });
    const link = await login("trade");
    let answered = false;
    link.ask(1, "Heartbeat", { timestamp: 7, heartbeat_id: 3 }).then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    await expect.poll(() => link.pings()).toBeGreaterThan(1);
    longport.faults.arm({ kind: "no-ping" });
    await link.ask(16, "Topics", { topics: [] });
    expect(answered).toBe(false);
    const before = link.pings();
    const other = await login("trade");
    await expect.poll(() => other.pings()).toBeGreaterThan(2);
    expect(link.pings()).toBe(before);
  });

  test("ends with a farewell on bytes that are no packet, and on text", async () => {
    const link = await login("trade");
    link.socket.send(Buffer.from("nonsense"));
    await expect.poll(() => link.closed()).toBe(true);
    expect(link.pushes.map(({ cmd, body }) => [cmd, read("Close", body)["code"]])).toEqual([[0, 3]]);
    const talker = await login("trade");
    talker.socket.send("hello");
    await expect.poll(() => talker.closed()).toBe(true);
  });

  test("ends with a farewell when the service goes down, and cannot be opened until it is back", async () => {
    const link = await login("quote");
    longport.setLoggedIn(false);
    await expect.poll(() => link.closed()).toBe(true);
    expect(link.pushes.map(({ cmd, body }) => [cmd, read("Close", body)["code"]])).toEqual([[0, 1]]);
    const early = await open("quote");
    expect(await early.ask(2, "AuthRequest", { token: "any" })).toMatchObject({ status: 7, error: { code: "500" } });
    longport.setLoggedIn(true);
    await login("quote");
  });

  test("knows its own commands only", async () => {
    const link = await login("trade");
    expect(await link.ask(11, "SymbolsRequest", { symbol: ["AAPL.US"] })).toMatchObject({ status: 3 });
    expect(await link.ask(99, "Empty", {})).toMatchObject({ status: 3, error: { code: "301600" } });
  });

  test("compresses answers and pushes where it is told to", async () => {
    await restart({ gzip: true });
    const link = await login("trade");
    const { gzip, body } = await link.ask(16, "Topics", { topics: ["private"] });
    expect([gzip, read("TopicsResponse", body)["success"]]).toEqual([true, ["private"]]);
    const id = await submit(longport);
    await expect.poll(() => orderPushes(link).map((push) => push["order_id"])).toEqual([id]);
    expect(link.pushes[0]?.gzip).toBe(true);
  });
});

describe("order pushes", () => {
  const KEYS = [
    "side,stock_name,submitted_quantity,symbol,order_type,submitted_price,executed_quantity,executed_price,order_id",
    "currency,status,submitted_at,updated_at,trigger_price,msg,tag,trigger_status,trigger_at,trailing_amount",
    "trailing_percent,limit_offset,account_no,last_share,last_price,remark",
  ].flatMap((line) => line.split(","));

  test("come with every key, as text, to those who subscribed", async () => {
    const [link, silent] = [await subscribed(), await login("trade")];
    const id = await submit(longport);
    longport.venue.fill(id, 4, 190);
    await expect.poll(() => orderPushes(link)).toHaveLength(2);
    const [placed, filled] = orderPushes(link);
    expect(Object.keys(placed ?? {}).toSorted()).toEqual(KEYS.toSorted());
    expect(Object.values(placed ?? {}).every((value) => typeof value === "string")).toBe(true);
    expect(placed).toMatchObject({ order_id: id, status: "NewStatus", executed_quantity: "0", last_share: "" });
    expect(filled).toMatchObject({ status: "PartialFilledStatus", executed_price: "190", last_share: "4" });
    expect(silent.pushes).toEqual([]);
  });

  test("end with the subscription, and an unknown topic is refused", async () => {
    const link = await login("trade");
    const { body } = await link.ask(16, "Topics", { topics: ["private", "public"] });
    expect(read("TopicsResponse", body)).toMatchObject({ success: ["private"], current: ["private"] });
    expect(at(read("TopicsResponse", body), "fail", "0", "topic")).toBe("public");
    await link.ask(17, "Topics", { topics: ["private"] });
    await submit(longport);
    await link.ask(16, "Topics", { topics: [] });
    expect(link.pushes).toEqual([]);
  });

  test("of a write come before its answer where they are told to", async () => {
    await restart({ pushFirst: true });
    const link = await subscribed();
    await submit(longport);
    expect(orderPushes(link)).toHaveLength(1);
  });

  test("tell of an order as it is shown", async () => {
    const link = await subscribed();
    const id = await submit(longport);
    longport.showOrder(id, { status: "ProtectedNotReported", quantity: "12" });
    await expect.poll(() => orderPushes(link).at(-1)).toMatchObject({ submitted_quantity: "12" });
    expect(orderPushes(link).at(-1)).toMatchObject({ status: "ProtectedNotReported" });
    expect(Object.keys(orderPushes(link).at(-1) ?? {})).not.toContain("quantity");
  });

  test.each([
    ["drop", 0],
    ["half-open", 0],
    ["stall", 2],
    ["duplicate-push", 4],
    ["late-push", 3],
  ] as const)("a %s fault strikes one, and a link opened later is told as ever", async (kind, expected) => {
    const link = await subscribed();
    longport.faults.arm({ kind, on: "push", ms: 30 });
    await submit(longport);
    await submit(longport);
    await expect.poll(() => longport.connections().open).toBe(kind === "drop" ? 0 : 1);
    const witness = await subscribed();
    await submit(longport);
    await expect.poll(() => orderPushes(witness)).toHaveLength(1);
    await expect.poll(() => orderPushes(link)).toHaveLength(expected);
    expect(longport.faults.armed()).toBe(0);
  });
});

describe("quotes", () => {
  const quote = async (link: LinkClient, symbol = "AAPL.US"): Promise<Plain> => {
    const { body } = await link.ask(11, "SymbolsRequest", { symbol: [symbol] });
    return listAt(read("SecurityQuoteResponse", body), "secu_quote")[0] ?? {};
  };

  test("of regular hours, and halted ones", async () => {
    const link = await login("quote");
    expect(await quote(link)).toMatchObject({
      symbol: "AAPL.US",
      last_done: "201.5",
      prev_close: "200.85",
      trade_status: 0,
      pre_market_quote: null,
      post_market_quote: null,
    });
    longport.venue.suspend(AAPL, true);
    expect(await quote(link)).toMatchObject({ trade_status: 10 });
    expect(await quote(link, "600519.SH")).toMatchObject({ last_done: "1520" });
  });

  test("outside regular hours stand beside the regular price", async () => {
    const link = await login("quote", { need_over_night_quote: "true" });
    longport.venue.setPrice(AAPL, 203);
    longport.venue.setNow(WEDNESDAY + 7 * HOUR);
    longport.venue.setPrice(AAPL, 204);
    longport.venue.setPrice(AAPL, 205);
    expect(await quote(link)).toMatchObject({ last_done: "203", post_market_quote: { last_done: "205" } });
    longport.venue.setNow(WEDNESDAY + 11 * HOUR);
    longport.venue.setPrice(AAPL, 206);
    const night = await quote(link);
    expect(night).toMatchObject({ over_night_quote: { last_done: "206" }, post_market_quote: { last_done: "205" } });
    expect(night["last_done"]).toBe(night["prev_close"]);
    expect(await quote(await login("quote"))).toMatchObject({ over_night_quote: null });
    longport.venue.setNow(WEDNESDAY + 18 * HOUR);
    expect(await quote(link)).toMatchObject({ pre_market_quote: { last_done: "206" }, over_night_quote: null });
  });

  test("of the session before regular hours stay, with a time a second behind the opening", async () => {
    const link = await login("quote");
    const opening = WEDNESDAY - HOUR;
    longport.venue.setNow(opening - HOUR);
    longport.venue.setPrice(AAPL, 199);
    expect(await quote(link)).toMatchObject({ last_done: "200.85", pre_market_quote: { last_done: "199" } });
    longport.venue.setNow(opening);
    longport.venue.setPrice(AAPL, 203);
    expect(await quote(link)).toMatchObject({
      last_done: "203",
      pre_market_quote: { last_done: "199", timestamp: String(opening / 1000 + 1) },
    });
  });

  test("are refused for symbols that are none, are not listed, or too many", async () => {
    const link = await login("quote");
    const refusal = async (symbol: readonly string[]) => await link.ask(11, "SymbolsRequest", { symbol });
    expect(await refusal(["00700.HK"])).toMatchObject({ status: 7, error: { code: "301600" } });
    expect(await refusal([])).toMatchObject({ status: 7, error: { code: "301600" } });
    expect(await refusal(["NOPE.US"])).toMatchObject({ status: 7, error: { code: "301603" } });
    expect(await refusal(Array.from({ length: 501 }, () => "AAPL.US"))).toMatchObject({ error: { code: "301607" } });
  });

  test("are pushed to those who subscribed", async () => {
    const link = await login("quote");
    await link.ask(6, "SubscribeRequest", { symbol: ["AAPL.US"], sub_type: [1], is_first_push: false });
    longport.venue.setPrice(AAPL, 202);
    await expect.poll(() => link.pushes).toHaveLength(1);
    expect(read("PushQuote", link.pushes[0]?.body ?? Buffer.alloc(0))).toMatchObject({
      symbol: "AAPL.US",
      last_done: "202",
    });
    await link.ask(7, "UnsubscribeRequest", { symbol: ["AAPL.US"], sub_type: [1] });
    longport.venue.setPrice(AAPL, 203);
    await link.ask(4, "ProfileRequest", { language: "en" });
    expect(link.pushes).toHaveLength(1);
  });

  test("static data, hours and the profile", async () => {
    const link = await login("quote");
    const info = await link.ask(10, "SymbolsRequest", { symbol: ["700.HK", "000001.SZ"] });
    expect(listAt(read("StaticInfoResponse", info.body), "secu_static_info")).toMatchObject([
      { symbol: "700.HK", lot_size: 100, currency: "HKD", exchange: "SEHK" },
      { symbol: "000001.SZ", lot_size: 100, currency: "CNY", exchange: "SZ" },
    ]);
    const hours = read("MarketTradePeriodResponse", (await link.ask(8, "Empty", {})).body);
    expect(listAt(hours, "market_trade_session").map((each) => each["market"])).toEqual(["US", "HK", "CN", "SG"]);
    expect(listAt(hours, "market_trade_session")[0]).toMatchObject({
      trade_session: [
        { beg_time: 400, end_time: 930, trade_session: 1 },
        { beg_time: 930, end_time: 1600, trade_session: 0 },
        { beg_time: 1600, end_time: 2000, trade_session: 2 },
      ],
    });
    const profile = read("ProfileResponse", (await link.ask(4, "ProfileRequest", { language: "en" })).body);
    expect(listAt(profile, "rate_limit")).toContainEqual({ command: 11, limit: 10, burst: 5 });
  });

  test("the hours of the night where they are told", async () => {
    await restart({ listsNight: true });
    const { body } = await (await login("quote")).ask(8, "Empty", {});
    const [us] = listAt(read("MarketTradePeriodResponse", body), "market_trade_session");
    expect(listAt(us, "trade_session")[0]).toEqual({ beg_time: 2000, end_time: 400, trade_session: 3 });
  });

  test("trading days, without holidays and with half days apart", async () => {
    await restart({ holidays: { HK: ["2025-12-25", "2025-12-26"] }, halfDays: { HK: ["2025-12-24"] } });
    const link = await login("quote");
    const days = async (market: string, beg_day: string, end_day: string) =>
      await link.ask(9, "MarketTradeDayRequest", { market, beg_day, end_day });
    expect(read("MarketTradeDayResponse", (await days("HK", "20251222", "20251229")).body)).toEqual({
      trade_day: ["20251222", "20251223", "20251229"],
      half_trade_day: ["20251224"],
    });
    expect(read("MarketTradeDayResponse", (await days("SG", "20251226", "20251228")).body)["trade_day"]).toEqual([
      "20251226",
    ]);
    for (const [market, from, to] of [
      ["JP", "20251222", "20251229"],
      ["US", "20251222", "20260229"],
      ["US", "2025-12-22", "20251229"],
      ["US", "20251222", "20251221"],
    ] as const) {
      expect(await days(market, from, to)).toMatchObject({ status: 7, error: { code: "301600" } });
    }
  });

  test("the exchange keeps the same holidays", async () => {
    await restart({ now: WEDNESDAY, holidays: { US: ["2025-05-28"] } });
    expect(longport.venue.marketStatus("US").unifiedStatus).toBe("CLOSED");
    await submit(longport);
    expect(longport.venue.orders()[0]?.order.status).toBe("OPEN");
  });

  test("ten a second, and five at once", async () => {
    await restart({ limits: true });
    const link = await login("quote");
    const once = () => link.ask(11, "SymbolsRequest", { symbol: ["AAPL.US"] });
    const answers = await Promise.all(Array.from({ length: 11 }, once));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 0), 3]);
    expect(answers.at(-1)?.error).toMatchObject({ code: "301606" });
    await expect.poll(async () => (await once()).status, { interval: 200, timeout: 3000 }).toBe(0);
    longport.faults.arm({ kind: "delay", on: "read", count: 5, ms: 100 });
    const held = Array.from({ length: 5 }, once);
    expect(await once()).toMatchObject({ status: 3, error: { code: "301606" } });
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
  });
});
