/** What a request may contain. Every fault is told at once, and nothing of a faulty request reaches the broker. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createHttpTrading, memoryJournal, SCOPES } from "../../mod.ts";
import {
  type Answer,
  type Ask,
  ask,
  type Calls,
  exampleBroker,
  gatewayOf,
  INSTANCE,
  instance,
  ORDER,
  request,
  writes,
} from "./gateway.ts";

const calls: Calls = [];
const trading = gatewayOf(exampleBroker({}, calls));

/** Asks, and holds the answer to the form of every refusal. */
async function refused(path: string, how: Ask = {}): Promise<Answer> {
  const before = writes(calls).length;
  const answer = await ask(trading, path, how);
  expect(answer.status).toBe(400);
  expect(answer.json.type).toBe("apiResponse");
  expect(answer.json.ex).toBe(answer.json.error.message);
  expect(answer.json.error).toMatchObject({ code: "InvalidRequest", outcome: "not_sent", retryable: false });
  expect(writes(calls).length).toBe(before);
  return answer;
}

async function paths(path: string, how: Ask = {}): Promise<string[]> {
  const { json } = await refused(path, how);
  return json.error.details.map((fault: { path: string }) => fault.path);
}

const place = (own: object): Ask => ({ body: { ...ORDER, ...own } });

describe("order/place", () => {
  test.for<[string, object, string]>([
    ["a quantity of 1.5", { qty: 1.5 }, "qty"],
    ["a quantity of zero", { qty: 0 }, "qty"],
    ["a negative quantity", { qty: -1 }, "qty"],
    ["a quantity that is no number", { qty: "twelve" }, "qty"],
    ["a quantity with an exponent in text", { qty: "1e3" }, "qty"],
    ["a quantity as true", { qty: true }, "qty"],
    ["a quantity as null", { qty: null }, "qty"],
    ["a quantity in a list", { qty: [12] }, "qty"],
    ["a price of zero", { price: 0 }, "price"],
    ["a negative price", { price: -200 }, "price"],
    ["a price with an exponent", { price: "1e400" }, "price"],
    ["a price of NaN in text", { price: "NaN" }, "price"],
    ["a price of Infinity in text", { price: "Infinity" }, "price"],
    ["a price in hexadecimal", { price: "0x10" }, "price"],
    ["a price with a comma", { price: "200,10" }, "price"],
    ["a price with a space", { price: " 200" }, "price"],
    ["a price of more digits than a number holds", { price: "200.12345678901234567" }, "price"],
    ["a price of more digits, as a number", { price: 200.12345678901235 }, "price"],
    ["a price whose products are no numbers", { price: 1e300 }, "price"],
    ["a quantity whose products are no numbers", { qty: 1e300 }, "qty"],
    ["a price finer than the market's step", { price: 200.001 }, "price"],
    ["a limit order with a null price", { price: null }, "price"],
    ["an unknown order type", { orderType: "Stop" }, "orderType"],
    ["an order type in another case", { orderType: "limit" }, "orderType"],
    ["a prototype's word", { orderType: "constructor" }, "orderType"],
    ["an unknown time in force", { timeInForce: "IOC" }, "timeInForce"],
    ["an unknown lifecycle", { lifecycle: "ALL" }, "lifecycle"],
    ["an unknown direction", { direction: "SHORT" }, "direction"],
    ["an unknown trade type", { tradeType: "Options" }, "tradeType"],
    ["a region in small letters", { region: "us" }, "region"],
    ["an empty symbol", { symbol: "" }, "symbol"],
    ["a symbol as a number", { symbol: 700 }, "symbol"],
    ["a symbol of another form", { symbol: "AAPL US" }, "symbol"],
    ["a symbol the market does not know the form of", { symbol: "1234" }, "symbol"],
    ["a market order outside regular hours", { orderType: "Market", lifecycle: "ETH" }, "lifecycle"],
    ["an unknown key", { stopPrice: 1 }, "stopPrice"],
    ["a key of a prototype", { constructor: 1 }, "constructor"],
    ["an id that is not asked for", { orderId: "1" }, "orderId"],
  ])("%s", async ([, own, path]) => {
    expect(await paths("order/place", place(own))).toEqual([path]);
  });

  test("a limit order without a price", async () => {
    const { price: _, ...body } = ORDER;
    const { json } = await refused("order/place", { body });
    expect(json.error.details).toEqual([{ path: "price", message: "a Limit order needs a price" }]);
  });

  test("names in other scripts, which can be printed, with the script that is taken", async () => {
    const { json } = await refused("order/place", place({ symbol: "苹果" }));
    expect(json.ex).toBe("symbol: must be 1 to 32 printable ASCII characters without spaces");
    const { json: ofOrder } = await refused("order/state?orderId=%E4%B8%80");
    expect(ofOrder.ex).toBe("orderId: must be 1 to 64 printable ASCII characters without spaces");
  });

  test("numbers that JSON can write and a double cannot hold", async () => {
    const body = JSON.stringify(ORDER).replace('"qty":12', '"qty":1e400');
    const { json } = await refused("order/place", { body });
    expect(json.error.details).toMatchObject([{ path: "qty", value: "1e400" }]);
  });

  test("numbers that reading would round, as they were written", async () => {
    const body = JSON.stringify(ORDER)
      .replace('"qty":12', '"qty":12.00000000000000000001')
      .replace('"price":200', '"price":50.00000000000000000001');
    const { json } = await refused("order/place", { body });
    const values = json.error.details.map(({ path, value }: { path: string; value: string }) => `${path} ${value}`);
    expect(values.sort()).toEqual(["price 50.00000000000000000001", "qty 12.00000000000000000001"]);
  });

  test("a name that is given twice", async () => {
    const body = JSON.stringify(ORDER).replace('"qty":12', '"qty":1,"qty":1000');
    expect(await paths("order/place", { body })).toEqual(["qty"]);
  });

  test("a __proto__ key is an unknown key like others", async () => {
    const body = JSON.stringify(ORDER).replace("{", '{"__proto__":{"qty":1},');
    expect(await paths("order/place", { body })).toEqual(["__proto__"]);
    const { qty: _, ...unsized } = ORDER;
    const hidden = JSON.stringify(unsized).replace("{", '{"__proto__":{"qty":1},');
    expect((await paths("order/place", { body: hidden })).sort()).toEqual(["__proto__", "qty"]);
  });

  test("every fault at once, with what was sent", async () => {
    const { json } = await refused("order/place", {
      body: { symbol: "AAPL", region: "us", qty: "x", orderType: "Limit", lifecycle: "ETH", direction: "BUY", foo: 1 },
    });
    expect(json.error.details.map(({ path }: { path: string }) => path).sort()).toEqual(
      ["foo", "price", "qty", "region", "timeInForce", "tradeType"].sort(),
    );
    for (const { path, message } of json.error.details) expect(json.ex).toContain(`${path}: ${message}`);
    expect(json.error.details).toContainEqual(expect.objectContaining({ path: "qty", value: "x" }));
    expect(json.error.details.find(({ path }: { path: string }) => path === "tradeType").message).toMatch(
      /^is missing/,
    );
  });

  test("a key that is not known, with those that are", async () => {
    const { json } = await refused("order/cancel", { body: { orderId: "1", all: true } });
    expect(json.error.details).toEqual([{ path: "all", message: "is not known here; there are orderId" }]);
  });

  test("a huge value is not given back", async () => {
    const huge = "x".repeat(20_000);
    const { json } = await refused("order/place", { body: { ...ORDER, symbol: huge, [huge]: 1, region: [huge] } });
    expect(JSON.stringify(json).length).toBeLessThan(2_000);
  });

  test("very many faults are counted, not listed", async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key${index}`, 1]));
    const { json } = await refused("order/place", { body: { ...ORDER, ...many } });
    expect(json.error.details).toHaveLength(20);
    expect(json.ex).toContain("and 1980 more");
  });
});

describe("bodies", () => {
  const text = JSON.stringify(ORDER);

  test.for<[string, string]>([
    ["nothing", ""],
    ["only space", "  \n"],
    ["half of it", text.slice(0, -1)],
    ["two of them", text + text],
    ["single quotes", "{'qty': 1}"],
    ["NaN", text.replace("12", "NaN")],
    ["a comment", `/* hi */${text}`],
  ])("malformed JSON: %s", async ([, body]) => {
    expect(await paths("order/place", { body })).toEqual(["body"]);
  });

  test.for(["[]", "null", "1", '"text"', "true", `[${text}]`])("JSON that is no object: %s", async (body) => {
    const { json } = await refused("order/place", { body });
    expect(json.error.details).toEqual([{ path: "body", message: "must be a JSON object" }]);
  });

  test.for([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=gbk",
    "application/jsonp",
    // What comes before its end is looked at again for every blank: it must not even begin to be.
    `application/json${" ".repeat(100)}; charset=utf-8`,
    "",
  ])("content type %s", async (type) => {
    const { json } = await refused("order/place", { body: text, headers: { "content-type": type } });
    const value = type.slice(0, 64);
    expect(json.error.details).toEqual([{ path: "content-type", message: "must be application/json", value }]);
  });

  test("no content type", async () => {
    const { url, headers } = request("order/place");
    const response = await trading.fetch(new Request(url, { method: "POST", headers, body: Buffer.from(text) }));
    const { error } = await response.json();
    expect([response.status, error.details]).toEqual([
      400,
      [{ path: "content-type", message: "must be application/json" }],
    ]);
  });

  test.for([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
  ])("content type %s is taken", async (type) => {
    const { status } = await ask(trading, "order/place", { body: text, headers: { "content-type": type } });
    expect(status).toBe(200);
  });

  test("bytes that are no UTF-8", async () => {
    const bytes = new TextEncoder().encode(text);
    bytes[2] = 0xff;
    const before = writes(calls).length;
    const response = await trading.fetch(
      new Request(request("order/place", { body: text }), { body: bytes, method: "POST" }),
    );
    expect([response.status, writes(calls).length]).toEqual([400, before]);
    expect(await response.text()).toContain("is not valid UTF-8");
  });

  test("a compressed body, with a word about that", async () => {
    const body = gzipSync(JSON.stringify(ORDER));
    const asked = request("order/place", { body: "{}" });
    const headers = { ...Object.fromEntries(asked.headers), "content-encoding": "gzip" };
    const response = await trading.fetch(new Request(asked.url, { method: "POST", headers, body }));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("compressed")]);
  });

  test("a text that was broken before it was sent", async () => {
    const before = writes(calls).length;
    const broken = text.replace("AAPL", "AAP\ufffd");
    const { status, json } = await ask(trading, "order/place", { body: broken });
    expect([status, writes(calls).length]).toEqual([400, before]);
    expect(json.ex).toContain("U+FFFD");
  });

  test("64 KiB are taken, and not one byte more", async () => {
    const fitting = text + " ".repeat(65_536 - text.length);
    expect((await ask(trading, "order/place", { body: fitting })).status).toBe(200);
    expect(await paths("order/place", { body: `${fitting} ` })).toEqual(["body"]);
  });

  test("the size is counted, not believed, and an endless body is not read to its end", async () => {
    const before = writes(calls).length;
    let chunks = 0;
    let canceled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
      cancel() {
        canceled = true;
      },
    });
    const headers = { ...Object.fromEntries(request("order/place", { body: "{}" }).headers), "content-length": "2" };
    const init = { method: "POST", headers, body: endless, duplex: "half" } as RequestInit;
    const response = await trading.fetch(new Request(request("order/place").url, init));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("larger than 65536 bytes");
    expect([chunks < 80, canceled, writes(calls).length]).toEqual([true, true, before]);
  });

  test("a body that breaks off", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("the connection was reset"));
      },
    });
    const { headers, url } = request("order/place", { body: "{}" });
    const init = { method: "POST", headers, body: broken, duplex: "half" } as RequestInit;
    expect((await trading.fetch(new Request(url, init))).status).toBe(400);
  });

  test("a body that somebody read before says so", async () => {
    const read = request("order/place", { body: ORDER });
    await read.text();
    const response = await trading.fetch(read);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("body parser");
  });
});

describe("queries", () => {
  const quote = "market/quote?tradeType=Securities&region=US&symbol=QQQ";

  test.for<[string, string, string[]]>([
    ["nothing", "market/quote", ["tradeType", "symbol", "region"]],
    ["an unknown parameter", `${quote}&x=1`, ["x"]],
    ["a parameter twice", `${quote}&region=HK`, ["region"]],
    ["a prototype's key", `${quote}&__proto__=1`, ["__proto__"]],
    ["an unknown trade type", quote.replace("Securities", "Stocks"), ["tradeType"]],
    ["an empty symbol", quote.replace("QQQ", ""), ["symbol"]],
    ["an order without an id", "order/state", ["orderId"]],
    ["an order id with a space", "order/state?orderId=1%202", ["orderId"]],
    ["an order id that is too long", `order/state?orderId=${"1".repeat(65)}`, ["orderId"]],
    ["an unknown parameter of an order", "order/state?orderId=1&id=1", ["id"]],
    ["an unknown parameter of a list", "order/list?stauts=all", ["stauts"]],
    ["an unknown parameter of cash", "cash/state?curency=HKD", ["curency"]],
    ["an unknown status", "order/list?status=closed", ["status"]],
    ["a currency in small letters", "cash/state?currency=usd", ["currency"]],
    ["a currency that is too long", "cash/state?currency=DOLLAR", ["currency"]],
  ])("%s", async ([, path, expected]) => {
    expect(await paths(path)).toEqual(expected);
  });

  test.for<[string, object?]>([
    ["ping/state"],
    ["market/state"],
    ["position/state"],
    ["capabilities"],
    ["order/place", ORDER],
    ["order/replace", { orderId: "1", qty: 1 }],
    ["order/cancel", { orderId: "1" }],
  ])("a parameter of %s, which takes none", async ([path, body]) => {
    const { json } = await refused(`${path}?dryRun=true`, body === undefined ? {} : { body });
    expect(json.error.details).toEqual([{ path: "dryRun", message: "is not known here; there are none" }]);
  });

  test("escapes and plus signs are read", async () => {
    const { json } = await ask(trading, "market/quote?tradeType=Securities&region=US&symbol=BRK%2EB");
    expect(json.quote.contract.symbol).toBe("BRK.B");
  });
});

describe("order/replace and order/cancel", () => {
  test.for<[string, string, object, string[]]>([
    ["nothing to change", "order/replace", { orderId: "1" }, ["qty"]],
    ["nulls to change", "order/replace", { orderId: "1", qty: null, price: null }, ["qty"]],
    ["no id", "order/replace", { qty: 1 }, ["orderId"]],
    ["an id as a number", "order/replace", { orderId: 12, qty: 1 }, ["orderId"]],
    ["a zero", "order/replace", { orderId: "1", qty: 0 }, ["qty"]],
    ["another side", "order/replace", { orderId: "1", qty: 1, direction: "SELL" }, ["direction"]],
    ["an unknown key", "order/replace", { orderId: "1", qty: 1, tag: "x" }, ["tag"]],
    ["an unknown key to cancel", "order/cancel", { orderId: "1", all: true }, ["all"]],
    ["no id to cancel", "order/cancel", {}, ["orderId"]],
    ["an id as a number to cancel", "order/cancel", { orderId: 69788888 }, ["orderId"]],
    ["an empty id to cancel", "order/cancel", { orderId: "" }, ["orderId"]],
  ])("%s", async ([, path, body, expected]) => {
    expect(await paths(path, { body })).toEqual(expected);
  });
});

test("a secret in a place that is written down is refused, and stands nowhere", async () => {
  const lines: unknown[] = [];
  const inner = memoryJournal();
  const journal = {
    ...inner,
    append(...[written, durability]: Parameters<typeof inner.append>) {
      lines.push(...written);
      return inner.append(written, durability);
    },
  };
  const operator = { token: "theOperatorsToken", name: "ops", scopes: [...SCOPES] };
  const root = "operatorOfGateway";
  const broker = exampleBroker({}, [], { ...instance, tokens: [operator] });
  const gateway = createHttpTrading({ brokers: [broker], journal, adminTokens: [root] });
  const { token } = operator;
  for (const secret of [token, `x${token}`, INSTANCE]) {
    for (const [path, body, place] of [
      ["order/cancel", { orderId: secret }, "orderId"],
      ["order/replace", { orderId: secret, qty: 2 }, "orderId"],
      ["guard/state", { state: "HALTED", reason: `because of ${secret}` }, "reason"],
    ] as const) {
      const { status, json } = await ask(gateway, path, { body, token });
      expect([status, json.error.details[0].path]).toEqual([400, place]);
    }
  }
  for (const secret of [root, `${INSTANCE} went wild`]) {
    const turned = await gateway.fetch(
      new Request("http://127.0.0.1/httptrading/guard/state", {
        method: "POST",
        headers: { "HT-TOKEN": root, "content-type": "application/json", "x-request-id": INSTANCE },
        body: JSON.stringify({ state: "HALTED", reason: secret }),
      }),
    );
    expect([turned.status, turned.headers.get("x-request-id")]).toEqual([400, expect.not.stringContaining(INSTANCE)]);
  }
  expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${token}|${root}|${INSTANCE}`));
});

test("a secret is refused there too by a standard API of which a user has changed the handler or the schema", async () => {
  const calls: Calls = [];
  const gateway = gatewayOf(exampleBroker({}, calls), {
    stdApis: (apis) =>
      apis.map((api) => {
        if (api.name === "orderCancel") return { ...api, handler: (context) => api.handler(context) };
        return api.name === "orderReplace" && api.schema ? { ...api, schema: { ...api.schema } } : api;
      }),
  });
  for (const [path, body] of [
    ["order/cancel", { orderId: INSTANCE }],
    ["order/replace", { orderId: INSTANCE, qty: 2 }],
  ] as const) {
    expect((await ask(gateway, path, { body })).status, path).toBe(400);
  }
  expect(calls).toEqual([]);
});
