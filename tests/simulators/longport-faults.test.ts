/** Every kind of fault at the stages it can strike, seen from a client, with the ledger as the judge. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LongportServer, startLongport } from "../../simulators/longport/server.ts";
import { ask, BUY, headersOf, type LinkClient, openLink, read, send, submit } from "./longport-client.ts";
import { listAt } from "./protocol.ts";

const ORDER = "/v1/trade/order";

let longport: LongportServer;
let links: LinkClient[];

beforeEach(async () => {
  links = [];
  longport = await startLongport({ limits: false });
});

afterEach(async () => {
  for (const link of links) link.close();
  await longport.close();
});

const place = () => send(longport, "POST", ORDER, BUY);
const accepted = (): number => longport.venue.orders().length;

async function login(kind: "quote" | "trade"): Promise<LinkClient> {
  const link = await openLink(longport, kind);
  links.push(link);
  await link.login();
  return link;
}

/** Settles a request that a test expects never to be answered. */
function unanswered(request: Promise<unknown>): () => boolean {
  let settled = false;
  request.then(
    () => {
      settled = true;
    },
    () => undefined,
  );
  return () => settled;
}

describe("on a place", () => {
  test("drop: closed, nothing accepted", async () => {
    longport.faults.arm({ kind: "drop", on: "place" });
    expect((await ask(longport, "GET", "/v1/asset/stock")).code).toBe(0);
    await expect(place()).rejects.toThrow("fetch failed");
    expect(accepted()).toBe(0);
  });

  test.each(["stall", "half-open"] as const)("%s: never answered nor accepted, the next is", async (kind) => {
    longport.faults.arm({ kind, on: "place" });
    const settled = unanswered(place());
    await expect.poll(() => longport.faults.armed()).toBe(0);
    expect((await place()).status).toBe(200);
    expect([settled(), accepted()]).toEqual([false, 1]);
  });

  test("half-open: what comes after it on the same connection is not taken up either", async () => {
    longport.faults.arm({ kind: "half-open", on: "place" });
    const socket = connect(longport.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    const text = JSON.stringify(BUY);
    const headers = { host: "127.0.0.1", "content-length": text.length, ...headersOf("POST", ORDER, text) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `POST ${ORDER} HTTP/1.1\r\n${lines.join("")}\r\n${text}`;
    socket.write(request + request);
    await expect.poll(() => longport.faults.armed()).toBe(0);
    expect((await ask(longport, "GET", "/v1/asset/stock")).code).toBe(0);
    expect([chunks.length, accepted()]).toEqual([0, 0]);
    socket.destroy();
  });

  test("delay: taken up later than what came after it", async () => {
    longport.faults.arm({ kind: "delay", on: "place", ms: 100 });
    const first = place();
    await expect.poll(() => longport.faults.armed()).toBe(0);
    expect(accepted()).toBe(0);
    expect((await first).status).toBe(200);
    expect(accepted()).toBe(1);
  });

  test.each([
    ["refuse", 400, 602001],
    ["rate-limit", 429, 429002],
    ["expired-token", 401, 401003],
  ] as const)("%s: the vendor's answer, nothing accepted", async (kind, status, code) => {
    longport.faults.arm({ kind, on: "place" });
    expect(await ask(longport, "POST", ORDER, BUY)).toMatchObject({ status, code, data: null });
    expect(accepted()).toBe(0);
    await submit(longport);
  });

  test.each([
    ["plain-429", 429, "text/plain", "Too Many Requests", 0],
    ["html-502", 502, "text/html", "502 Bad Gateway", 0],
    ["late-502", 502, "text/html", "502 Bad Gateway", 1],
  ] as const)("%s: no envelope", async (kind, status, type, text, ledger) => {
    longport.faults.arm({ kind, on: "place" });
    const response = await place();
    expect([response.status, response.headers.get("content-type")]).toEqual([status, type]);
    expect(await response.text()).toContain(text);
    expect(accepted()).toBe(ledger);
  });

  test("missing-data: accepted, and the id is not told", async () => {
    longport.faults.arm({ kind: "missing-data", on: "place" });
    expect(await (await place()).json()).toEqual({ code: 0, message: "success" });
    expect(accepted()).toBe(1);
  });

  test("lose-answer: accepted, then closed", async () => {
    longport.faults.arm({ kind: "lose-answer", on: "place" });
    await expect(place()).rejects.toThrow("fetch failed");
    expect(accepted()).toBe(1);
  });

  test("change-session: accepted for regular hours, without a word", async () => {
    longport.faults.arm({ kind: "change-session" });
    const id = await submit(longport, { ...BUY, outside_rth: "ANY_TIME" });
    const { data } = await ask(longport, "GET", `${ORDER}?order_id=${id}`);
    expect(data["outside_rth"]).toBe("RTH_ONLY");
    expect(longport.venue.find(id)?.order.lifecycle).toBe("RTH");
  });

  test("restart: nothing accepted, gone for a while, and then there again with its ledger", async () => {
    await submit(longport);
    const link = await login("trade");
    longport.faults.arm({ kind: "restart", on: "place", ms: 100 });
    await expect(place()).rejects.toThrow("fetch failed");
    await expect.poll(() => link.closed()).toBe(true);
    await expect.poll(() => submit(longport).catch(() => "")).toMatch(/^\d+$/);
    expect(accepted()).toBe(2);
  });
});

test("each stage is struck by itself", async () => {
  const id = await submit(longport);
  const replace = () => ask(longport, "PUT", ORDER, { order_id: id, quantity: "20", price: "190" });
  const cancel = () => ask(longport, "DELETE", `${ORDER}?order_id=${id}`);
  for (const on of ["connect", "read", "replace", "cancel"] as const) longport.faults.arm({ kind: "rate-limit", on });
  expect((await replace()).code).toBe(429002);
  expect((await cancel()).code).toBe(429002);
  expect((await ask(longport, "GET", `${ORDER}/today`)).code).toBe(429002);
  expect((await ask(longport, "GET", "/v1/socket/token")).code).toBe(429002);
  expect(longport.venue.find(id)?.order).toMatchObject({ qty: 10, status: "OPEN" });
  expect([(await replace()).code, (await cancel()).code]).toEqual([0, 0]);
});

describe("on a long link", () => {
  const symbols = { symbol: ["AAPL.US"] };

  test("drop and half-open", async () => {
    const [dropped, frozen] = [await login("quote"), await login("quote")];
    longport.faults.arm({ kind: "drop", on: "read" });
    await expect(dropped.ask(11, "SymbolsRequest", symbols)).rejects.toThrow("closed");
    longport.faults.arm({ kind: "half-open", on: "read" });
    const settled = unanswered(frozen.ask(11, "SymbolsRequest", symbols));
    await expect.poll(() => longport.faults.armed()).toBe(0);
    expect([settled(), longport.connections().open]).toEqual([false, 1]);
  });

  test.each([
    ["rate-limit", 3, "301606"],
    ["plain-429", 3, "301606"],
    ["html-502", 7, "301602"],
    ["late-502", 7, "301602"],
    ["refuse", 7, "301600"],
  ] as const)("%s is told in the link's own way", async (kind, status, code) => {
    const link = await login("quote");
    longport.faults.arm({ kind, on: "read" });
    expect(await link.ask(11, "SymbolsRequest", symbols)).toMatchObject({ status, error: { code } });
    expect((await link.ask(11, "SymbolsRequest", symbols)).status).toBe(0);
  });

  test("missing-data: an answer without a body", async () => {
    const link = await login("quote");
    longport.faults.arm({ kind: "missing-data", on: "read" });
    const { status, body } = await link.ask(11, "SymbolsRequest", symbols);
    expect([status, body.length]).toEqual([0, 0]);
    expect(listAt(read("SecurityQuoteResponse", body), "secu_quote")).toEqual([]);
  });

  test("connection-limit: told with the password, or as the link authenticates", async () => {
    longport.faults.arm({ kind: "connection-limit", count: 2 });
    const { data } = await ask(longport, "GET", "/v1/socket/token");
    expect(data).toMatchObject({ limit: 10, online: 10 });
    const link = await openLink(longport, "trade");
    links.push(link);
    const refused = await link.ask(2, "AuthRequest", { token: data["otp"] });
    expect(refused).toMatchObject({ status: 6, error: { code: "403", msg: "connections limitation is hit" } });
    await link.login();
  });
});

test("the control port arms them, and says which there are", async () => {
  const arm = async (body: object) => {
    const url = `http://127.0.0.1:${longport.controlPort}/faults`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };
  expect(await arm({ kind: "plain-429", on: "place", count: 2 })).toMatchObject({ status: 200 });
  expect([(await place()).status, (await place()).status, (await place()).status]).toEqual([429, 429, 200]);
  expect(await arm({ kind: "change-session", on: "read" })).toMatchObject({ status: 400 });
  const unknown = await arm({ kind: "explode" });
  expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining("no-ping")]);
});
