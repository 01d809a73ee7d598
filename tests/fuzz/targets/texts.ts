/** Readers of text: of bodies, keys, token files, trading hours and saved accounts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { toTime } from "../../../src/brokers/interactive-brokers/convert.ts";
import { marketStatusAt, parseHours, toZone } from "../../../src/brokers/interactive-brokers/hours.ts";
import { parseTokenFile } from "../../../src/brokers/longport/token-file.ts";
import { readState, writeState } from "../../../src/brokers/paper/convert.ts";
import { parseJson, writeJson } from "../../../src/brokers/tiger/json.ts";
import { readPrivateKey, readPublicKey } from "../../../src/brokers/tiger/keys.ts";
import { demoAccount } from "../../../src/exchange/demo-account.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import { parseStrictJson } from "../../../src/http/strict-json.ts";
import { brokerErrors, declared, finite, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { mutatedJson, mutatedText } from "../texts.ts";

const NOW = Date.parse("2025-05-28T14:30:00Z");
const BODY = '{"tradeType":"Securities","region":"US","symbol":"AAPL","price":"200.10","qty":12,"a":[{"b":1.5}]}';
const HOURS = "20250528:0930-20250528:1600;20250529:CLOSED;20250530:0930-1200,1300-1600";
const keyFile = (name: string) => readFileSync(join(import.meta.dirname, "../../../simulators/tiger", name), "utf8");

const isSyntaxError = (error: unknown) => error instanceof SyntaxError;
/** Nesting beyond the runtime's stack is told in the runtime's own way. */
const isParseError = (error: unknown) => error instanceof SyntaxError || error instanceof RangeError;
const isTypeError = (error: unknown) => error instanceof TypeError;

const READERS = {
  async body(text: string) {
    const read = await declared(isSyntaxError, () => parseStrictJson(text));
    if (read === undefined) return;
    must(JSON.stringify(read.faults).length < 8_000, "more faults than anybody reads", read.faults.length);
  },
  async tigerJson(text: string) {
    const value = await declared(isParseError, () => parseJson(text));
    const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
    if (typeof id === "string" && /^\d+$/.test(id))
      must(writeJson({ id: BigInt(id) }).includes(id), "an id lost digits", id);
  },
  async token(text: string) {
    const token = await brokerErrors(() => parseTokenFile(text));
    if (token !== undefined) finite(token, "token");
  },
  async hours(text: string) {
    const zone = toZone(text);
    finite(parseHours(text, zone ?? "America/New_York"), "hours");
    finite(toTime(text), "time");
    const hours = { timeZoneId: "US/Eastern", tradingHours: text, liquidHours: text };
    must(marketStatusAt("US", "AAPL", hours, NOW).region === "US", "a market state without its region");
  },
  async key(text: string) {
    await declared(isTypeError, () => readPrivateKey(text));
    await declared(isTypeError, () => readPublicKey(text));
  },
  async account(text: string) {
    const state = await brokerErrors(() => readState(text));
    if (state !== undefined) finite(state, "state");
  },
};

type Reader = keyof typeof READERS;

interface Input {
  readonly reader: Reader;
  readonly text: string;
}

export const texts = defineTarget<Input>("texts", 2_500, () => {
  const state = writeState(createExchange({ ...demoAccount, clock: () => NOW }).snapshot());
  const of = (reader: Reader, text: fc.Arbitrary<string>) => text.map((written) => ({ reader, text: written }));
  return {
    inputs: fc.oneof(
      of("body", mutatedJson([BODY])),
      of("body", crowded),
      of("tigerJson", mutatedJson(['{"id":1234567890123456789,"list":[12345678901234567890,1.5]}'])),
      of(
        "token",
        mutatedText([
          'token = "m_eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"\nexpiry = "2026-01-01T00:00:00+00:00"\n',
          'token = "abcdefghijklmnop"\nexpiry = 2026-01-01T00:00:00Z\n',
        ]),
      ),
      of("hours", mutatedText([HOURS, "20250528 10:00:00 US/Eastern", "EST (Eastern Standard Time)"])),
      of(
        "key",
        mutatedText([keyFile("client.key.pem"), keyFile("vendor.key.pem"), "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ=="]),
      ),
      of("account", mutatedJson([state])),
    ),
    check: ({ reader, text }) => READERS[reader](text),
  };
});

/** As much depth and as many repeated names as fit into a body. */
const crowded = fc.tuple(fc.nat(3_000), fc.nat(3_000), fc.string({ maxLength: 8 })).map(([depth, names, name]) => {
  const member = `${JSON.stringify(name)}:`;
  const inner = Array.from({ length: names }, () => `${member}1e400`).join(",");
  return `${`{${member}`.repeat(depth)}{${inner}}${"}".repeat(depth)}`;
});
