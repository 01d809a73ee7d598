/** The control port: how a test or a curious hand moves the world behind a simulator. JSON in, JSON out. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as v from "valibot";
import { normalizeContract } from "../../src/domain/contract.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type { Exchange } from "../../src/exchange/types.ts";
import { body } from "./control-schemas.ts";
import type { Faults } from "./faults.ts";
import { issuesText } from "./issues.ts";
import { type Listening, listen } from "./listening.ts";
import { type HeldKind, UnknownVenueOrder, type Venue, type VenueOrder } from "./venue.ts";

/** What the control port moves. */
export interface ControlTarget {
  readonly venue: Venue;
  readonly faults: Faults<string>;
  /** The book of an order "placed elsewhere" that names none. */
  readonly externalBook: string;
  readonly connections: () => { readonly open: number; readonly total: number };
  readonly setBrokerLogin: (loggedIn: boolean) => void;
  /** Which writes can be held back, and how that begins and ends. */
  readonly holds: Readonly<Partial<Record<HeldKind, (held: boolean) => void>>>;
}

/** One row of the ledger. */
export interface LedgerRow {
  readonly orderId: string;
  readonly tag: string | null;
  readonly region: string;
  readonly symbol: string;
  readonly direction: string;
  readonly qty: number;
  /** `null` for a market order. */
  readonly price: number | null;
  readonly orderType: string;
  readonly status: string;
  readonly filledQty: number;
}

/** Those of the markets. */
const CURRENCIES = ["USD", "HKD", "CNY"];
const LONGEST_BODY = 64 * 1024;

/** A request that cannot be served, with the status it gets. */
class ControlError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Route = (target: ControlTarget, input: unknown, orderId: string) => unknown;

const ROUTES: Readonly<Record<string, Route>> = {
  "GET /orders": ({ venue }) => venue.orders().map(ledgerRow),
  "GET /cash": ({ venue }) => Object.fromEntries(venue.books.map((book) => [book, cashOf(venue.book(book))])),
  "GET /connections": ({ connections }) => connections(),
  "POST /faults": ({ faults }, input) => {
    const { kind, on, count, ms } = v.parse(body.fault, input);
    const order = {
      kind,
      ...(on === undefined ? {} : { on }),
      ...(count === undefined ? {} : { count }),
      ...(ms === undefined ? {} : { ms }),
    };
    const problem = faults.problem(order);
    if (problem !== undefined) throw new ControlError(400, problem);
    faults.arm(order);
    return { armed: order };
  },
  "DELETE /faults": ({ faults }) => {
    faults.clear();
    return { armed: null };
  },
  "POST /quotes": ({ venue }, input) => {
    const { tradeType, region, symbol, price, suspended } = v.parse(body.quote, input);
    const contract = normalizeContract({ tradeType, region, symbol });
    venue.setPrice(contract, price);
    if (suspended !== undefined) venue.suspend(contract, suspended);
    return { region: contract.region, symbol: contract.symbol, price };
  },
  "POST /fills": ({ venue }, input) => {
    const { orderId, qty, price } = v.parse(body.fill, input);
    return ledgerRow(venue.fill(orderId, qty, price));
  },
  "POST /orders": ({ venue, externalBook }, input) => {
    const { tradeType, region, symbol, price, book = externalBook, ...rest } = v.parse(body.order, input);
    if (!venue.books.includes(book)) {
      throw new ControlError(400, `book: there is no book "${book}"; there are ${venue.books.join(", ")}`);
    }
    const contract = normalizeContract({ tradeType, region, symbol });
    return ledgerRow(venue.place(book, { contract, ...rest, ...(price === undefined ? {} : { price }), tag: null }));
  },
  "POST /orders/{orderId}/end": ({ venue }, input, orderId) => {
    const { status, reason } = v.parse(body.end, input);
    return ledgerRow(venue.end(orderId, status, reason));
  },
  "POST /holds": ({ holds }, input) => {
    const { on, held } = v.parse(body.hold, input);
    const hold = holds[on];
    if (hold === undefined) throw new ControlError(400, `on: no ${on} can be held back here`);
    hold(held);
    return { on, held };
  },
  "POST /session": ({ setBrokerLogin }, input) => {
    const { brokerLogin } = v.parse(body.session, input);
    setBrokerLogin(brokerLogin);
    return { brokerLogin };
  },
  "POST /clock": ({ venue }, input) => {
    venue.setNow(v.parse(body.clock, input).now);
    return { now: venue.now() };
  },
};

/** Holds back what the venue can. */
export function venueHolds(venue: Venue): Required<ControlTarget["holds"]> {
  return { cancel: (held) => venue.hold("cancel", held), replace: (held) => venue.hold("replace", held) };
}

/** Opens the control port. */
export async function startControl(target: ControlTarget, port: number, host: string): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(target, request).then(
      ({ status, value }) => send(response, status, value),
      (error: unknown) => send(response, 500, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  const listening = await listen(server, port, host);
  return {
    port: listening.port,
    async close() {
      const closed = listening.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A book's cash: what there is in each currency, and all of it in each. */
function cashOf(book: Exchange) {
  return {
    balances: Object.fromEntries(book.balances().map(({ currency, amount }) => [currency, amount])),
    totals: Object.fromEntries(CURRENCIES.map((currency) => [currency, book.totalCash(currency)])),
  };
}

/** The row of an order. */
export function ledgerRow({ order, wireId }: VenueOrder): LedgerRow {
  const { contract, direction, qty, price, orderType, status, filledQty, tag } = order;
  const { region, symbol } = contract;
  return { orderId: wireId, tag, region, symbol, direction, qty, price, orderType, status, filledQty };
}

async function answer(target: ControlTarget, request: IncomingMessage): Promise<{ status: number; value: unknown }> {
  try {
    const path = new URL(request.url ?? "/", "http://control").pathname;
    const [, ended] = /^\/orders\/([^/]+)\/end$/.exec(path) ?? [];
    const route = ROUTES[`${request.method} ${ended === undefined ? path : "/orders/{orderId}/end"}`];
    if (route === undefined) {
      throw new ControlError(404, `no ${request.method} ${path}; there are ${Object.keys(ROUTES).join(", ")}`);
    }
    const input = request.method === "POST" ? await jsonOf(request) : undefined;
    return { status: 200, value: route(target, input, decodeURIComponent(ended ?? "")) };
  } catch (error) {
    return { status: statusOf(error), value: { error: messageOf(error) } };
  }
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > LONGEST_BODY) throw new ControlError(400, `the body is longer than ${LONGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new ControlError(400, "the body is not JSON");
  }
}

function statusOf(error: unknown): number {
  if (error instanceof ControlError) return error.status;
  if (error instanceof UnknownVenueOrder) return 404;
  return isBadInput(error) ? 400 : 500;
}

/** The exchange throws a RangeError for a price or a contract that makes no sense. */
function isBadInput(error: unknown): boolean {
  return v.isValiError(error) || isExchangeError(error) || error instanceof RangeError || error instanceof URIError;
}

function messageOf(error: unknown): string {
  if (v.isValiError(error)) {
    return issuesText(error.issues, "body");
  }
  return error instanceof Error ? error.message : String(error);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(value));
}
