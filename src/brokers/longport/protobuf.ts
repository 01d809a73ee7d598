/** The messages of the links, written and read by field number. Source: the vendor's published `.proto` files. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type MarketHours, parseQuote, type TradingDays, Unreadable, type VendorQuote } from "./messages.ts";

/** Commands of both links, of the trade link and of the quote link. */
export const CMD = {
  close: 0,
  auth: 2,
  resume: 3,
  subscribe: 16,
  notification: 18,
  profile: 4,
  tradingSessions: 8,
  tradingDays: 9,
  quote: 11,
} as const;

type Values = readonly (Uint8Array | bigint)[];
type Fields = ReadonlyMap<number, Values>;

/** @throws Unreadable */
function fieldsOf(body: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | bigint)[]>();
  try {
    const reader = new BinaryReader(body);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const values = fields.get(number) ?? [];
      fields.set(number, values);
      if (type === WireType.Varint) values.push(BigInt(reader.int64()));
      else if (type === WireType.LengthDelimited) values.push(reader.bytes());
      else reader.skip(type, number);
    }
  } catch (cause) {
    throw new Unreadable("no message of the vendor's", { cause });
  }
  return fields;
}

function last(fields: Fields, number: number): Uint8Array | bigint | undefined {
  return fields.get(number)?.at(-1);
}

function textOf(value: Uint8Array | bigint | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}

function numberOf(value: Uint8Array | bigint | undefined): number {
  return typeof value === "bigint" ? Number(value) : 0;
}

function texts(fields: Fields, number: number): string[] {
  return (fields.get(number) ?? []).map(textOf);
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((value) => fieldsOf(value instanceof Uint8Array ? value : new Uint8Array()));
}

/** A request whose fields are texts, each on its own number. */
function writeTexts(entries: readonly (readonly [number: number, text: string])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, text] of entries) writer.tag(number, WireType.LengthDelimited).string(text);
  return writer.finish();
}

/** A one-time password or a session, with what the service should know of the client. */
export function writeCredential(credential: string, metadata: Readonly<Record<string, string>>): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(credential);
  for (const [key, value] of Object.entries(metadata)) {
    const entry = writeTexts([
      [1, key],
      [2, value],
    ]);
    writer.tag(2, WireType.LengthDelimited).bytes(entry);
  }
  return writer.finish();
}

/** A session that can be resumed until it expires, in milliseconds since the epoch. */
export interface LinkSession {
  readonly id: string;
  readonly expires: number;
}

export function readSession(body: Uint8Array): LinkSession {
  const fields = fieldsOf(body);
  return { id: textOf(last(fields, 1)), expires: numberOf(last(fields, 2)) };
}

/** What a link says as it refuses a request, or says farewell. */
export interface LinkError {
  readonly code: number;
  readonly text: string;
}

export function readError(body: Uint8Array): LinkError {
  const fields = fieldsOf(body);
  return { code: numberOf(last(fields, 1)), text: textOf(last(fields, 2)) };
}

export function writeTopics(topics: readonly string[]): Uint8Array {
  return writeTexts(topics.map((topic) => [1, topic] as const));
}

/** The topics that are subscribed now. */
export function readTopics(body: Uint8Array): readonly string[] {
  const fields = fieldsOf(body);
  return [...texts(fields, 1), ...texts(fields, 3)];
}

/** The text of a notification. */
export function readNotification(body: Uint8Array): string {
  return textOf(last(fieldsOf(body), 4));
}

export function writeLanguage(language: string): Uint8Array {
  return writeTexts([[1, language]]);
}

export function writeSymbols(symbols: readonly string[]): Uint8Array {
  return writeTexts(symbols.map((symbol) => [1, symbol] as const));
}

/** @throws Unreadable */
export function readQuotes(body: Uint8Array): readonly VendorQuote[] {
  return messages(fieldsOf(body), 1).map((quote) => {
    const extended = (number: number) => {
      const [prices] = messages(quote, number);
      if (prices === undefined) return null;
      return {
        last_done: textOf(last(prices, 1)),
        timestamp: numberOf(last(prices, 2)),
        high: textOf(last(prices, 5)),
        low: textOf(last(prices, 6)),
        prev_close: textOf(last(prices, 7)),
      };
    };
    return parseQuote({
      symbol: textOf(last(quote, 1)),
      last_done: textOf(last(quote, 2)),
      prev_close: textOf(last(quote, 3)),
      open: textOf(last(quote, 4)),
      high: textOf(last(quote, 5)),
      low: textOf(last(quote, 6)),
      timestamp: numberOf(last(quote, 7)),
      trade_status: numberOf(last(quote, 10)),
      pre: extended(11),
      post: extended(12),
      overnight: extended(13),
    });
  });
}

/** @throws Unreadable */
export function readTradingSessions(body: Uint8Array): readonly MarketHours[] {
  return messages(fieldsOf(body), 1).map((market) => ({
    market: textOf(last(market, 1)),
    periods: messages(market, 2).map((period) => ({
      from: numberOf(last(period, 1)),
      to: numberOf(last(period, 2)),
      kind: numberOf(last(period, 3)),
    })),
  }));
}

/** Days as `20250604`. */
export function writeDays(market: string, from: string, to: string): Uint8Array {
  return writeTexts([
    [1, market],
    [2, from],
    [3, to],
  ]);
}

/** @throws Unreadable */
export function readDays(body: Uint8Array): TradingDays {
  const fields = fieldsOf(body);
  return { whole: texts(fields, 1), half: texts(fields, 2) };
}
