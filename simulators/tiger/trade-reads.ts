/** Orders, one or in pages, and their fills. */
import * as v from "valibot";
import { isTerminal } from "../../src/domain/order.ts";
import { parseMarketTime } from "../shared/market-time.ts";
import type { VenueOrder } from "../shared/venue.ts";
import { type Account, isGlobal } from "./accounts.ts";
import { vendorStatus } from "./codes.ts";
import { accountOf, type Desk, ordersOf } from "./desk.ts";
import { isReported, orderMessage, transactionMessage } from "./order-message.ts";
import { bizParameter } from "./refusal.ts";
import { type ListRequest, requests } from "./requests.ts";
import { orderOf } from "./trade-writes.ts";

type Answer = Readonly<Record<string, unknown>>;
type Chosen = (entry: VenueOrder) => boolean;

/** `orders`: with an id that order itself, else a page, newest first. Of a Global account open ones, unless others are asked for. */
export function orders(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.orders, biz);
  const account = accountOf(desk, request.account);
  if (request.id !== undefined || (request.order_id !== undefined && request.order_id !== "0")) {
    return orderMessage(desk, orderOf(desk, account, request));
  }
  return page(desk, account, request, isGlobal(account) && statesOf(request) === undefined ? isOpen : () => true);
}

/** `active_orders`: what is still working. */
export function activeOrders(desk: Desk, biz: unknown): Answer {
  return listed(desk, biz, isOpen);
}

function isOpen({ order }: VenueOrder): boolean {
  return !isTerminal(order.status);
}

/** `inactive_orders`: what was cancelled, expired or refused. */
export function inactiveOrders(desk: Desk, biz: unknown): Answer {
  return listed(desk, biz, ({ order }) => isTerminal(order.status) && order.status !== "FILLED");
}

/** `filled_orders`. */
export function filledOrders(desk: Desk, biz: unknown): Answer {
  return listed(desk, biz, ({ order }) => order.status === "FILLED");
}

/** `order_transactions`: the fills of an order (`order_id` is its global id here) or of a symbol. */
export function orderTransactions(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.transactions, biz);
  const account = accountOf(desk, request.account);
  const { order_id: id, symbol } = request;
  if (id === undefined && symbol === undefined) throw bizParameter("field 'order_id' or 'symbol' cannot be empty");
  const fills = desk.venue.book(account.book).fills();
  const items = ordersOf(desk, account)
    .filter((entry) => (id === undefined || entry.wireId === id) && matches(request, entry))
    .flatMap((entry) =>
      fills
        .filter(({ orderId }) => orderId === entry.order.orderId)
        .map((fill) => transactionMessage(fill, entry, account)),
    )
    .toReversed();
  return paged(items, request, "order_transactions");
}

function listed(desk: Desk, biz: unknown, chosen: Chosen): Answer {
  const request = v.parse(requests.orders, biz);
  return page(desk, accountOf(desk, request.account), request, chosen);
}

function page(desk: Desk, account: Account, request: ListRequest, chosen: Chosen): Answer {
  const states = statesOf(request);
  const items = ordersOf(desk, account)
    .filter((entry) => chosen(entry) && matches(request, entry))
    .filter(({ order }) => states === undefined || states.includes(vendorStatus(order.status, isReported(desk, order))))
    .toReversed()
    .map((entry) => orderMessage(desk, entry));
  return paged(items, request, "orders");
}

/**
 * A page of items whose ids fall; the token of the next names the last id of this one, which need not be among the items
 * any more when that is asked for.
 */
function paged(
  items: readonly Answer[],
  { limit, page_token: token }: Pick<ListRequest, "limit" | "page_token">,
  kind: string,
): Answer {
  const after = token === undefined || token === "" ? undefined : lastIdOf(token, kind);
  const left = after === undefined ? items : items.filter(({ id }) => BigInt(String(id)) < after);
  const page = left.slice(0, limit);
  const last = page.at(-1)?.["id"];
  return {
    nextPageToken: left.length > limit ? Buffer.from(`${kind}|null|null|${last}`).toString("base64") : "",
    items: page,
  };
}

function lastIdOf(token: string, kind: string): bigint {
  const [name, , , id] = Buffer.from(token, "base64").toString("utf8").split("|");
  if (name !== kind || !/^\d+$/.test(id ?? "")) throw bizParameter("invalid page_token");
  return BigInt(id ?? "");
}

function matches(
  request: Pick<ListRequest, "sec_type" | "market" | "symbol" | "start_date" | "end_date">,
  { order }: VenueOrder,
): boolean {
  const { sec_type: kind = "ALL", market = "ALL", symbol } = request;
  const { contract, createdAt } = order;
  return (
    (kind === "ALL" || kind === "STK") &&
    (market === "ALL" || market === contract.region) &&
    (symbol === undefined || symbol === "" || symbol === contract.symbol) &&
    createdAt >= (instantOf(request.start_date, "start_date") ?? Number.NEGATIVE_INFINITY) &&
    createdAt <= (instantOf(request.end_date, "end_date") ?? Number.POSITIVE_INFINITY)
  );
}

function statesOf({ states }: ListRequest): readonly string[] | undefined {
  const list = typeof states === "string" ? states.split(",").map((state) => state.trim()) : states;
  return list === undefined || list.length === 0 || list[0] === "" ? undefined : list;
}

/** Milliseconds, as a number or as text, or a date on the clock of Hong Kong, where the vendor counts. */
function instantOf(value: number | string | undefined, field: string): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  if (/^\d{12,}$/.test(value)) return Number(value);
  const at = parseMarketTime(value, "HK");
  if (at === undefined) {
    throw bizParameter(`field '${field}': time parse error, support time format is 'yyyy-MM-dd HH:mm:ss'`);
  }
  return at;
}
