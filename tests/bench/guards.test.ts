/** The gateways that show what a switch costs: each lets its own order through, more than once, and asks for what it is about. */
import { afterEach, describe, expect, test } from "vitest";
import { type Ask, firstNumber, isNumbered, NUMBER, numbered } from "../../bench/load/load.ts";
import { scriptOf } from "../../bench/load/wrk.ts";
import { GUARDED, SETUPS } from "../../bench/setups.ts";
import { askOf, asksOf } from "../../bench/tables/asks.ts";
import * as house from "../../mod.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trading) => trading.close()));
});

let number = firstNumber();

function send(trading: house.HttpTrading, ask: Ask): Promise<number> {
  number += 1;
  const { path, method, headers, body = null } = isNumbered(ask) ? numbered(ask, number) : ask;
  return Promise.resolve(trading.fetch(new Request(`http://127.0.0.1${path}`, { method, headers, body }))).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
  );
}

test.each(GUARDED)("%s: every order passes", async (name) => {
  const trading = house.createHttpTrading(SETUPS[name].options(house));
  open.push(trading);
  const [ask] = asksOf("place", SETUPS[name]);
  if (ask === undefined) throw new Error("nobody asks");
  expect(await Promise.all(Array.from({ length: 5 }, () => send(trading, ask)))).toEqual([200, 200, 200, 200, 200]);
});

describe("what all send otherwise is refused where a switch asks for more", () => {
  test.each([
    ["account: duplicate window, no two orders alike", 422],
    ["Idempotency-Key required and sent", 400],
  ] as const)("%s", async (name, status) => {
    const trading = house.createHttpTrading(SETUPS[name].options(house));
    open.push(trading);
    const [caller] = SETUPS[name].callers;
    if (caller === undefined) throw new Error("nobody asks");
    const plain = askOf("place", caller);
    await send(trading, plain);
    expect(await send(trading, plain)).toBe(status);
  });
});

describe("numbers in requests", () => {
  const [ask] = asksOf("place", SETUPS["Idempotency-Key required and sent"]);
  if (ask === undefined) throw new Error("nobody asks");

  test("a number takes as many characters as what it stands in place of, or the length of the body is another", () => {
    expect(String(firstNumber())).toHaveLength(NUMBER.length);
  });

  test("each request has its own", () => {
    expect(numbered(ask, 1).headers["Idempotency-Key"]).toBe("1");
    expect(isNumbered(numbered(ask, 1))).toBe(false);
  });

  test("wrk is told to put one in where there is one to put in, and only there", () => {
    expect(scriptOf([ask])).toContain('gsub("{unique%-number}"');
    expect(scriptOf(asksOf("place", SETUPS.plain))).not.toContain("gsub");
  });
});
