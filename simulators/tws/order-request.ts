/** `placeOrder` as a client wrote it, and what TWS's own checks make of it. */

import type { Contract } from "../../src/domain/contract.ts";
import type { Direction, Lifecycle, OrderType, TimeInForce } from "../../src/domain/order.ts";
import { type ContractQuery, type IbContract, OVERNIGHT, oneContract, unknownContract } from "./contracts.ts";
import type { Desk } from "./desk.ts";
import { SINCE } from "./messages.ts";
import { invalid, Refusal } from "./refusal.ts";

/** An order that has passed the checks. */
export interface OrderTerms {
  readonly account: string;
  readonly found: IbContract;
  readonly contract: Contract;
  readonly direction: Direction;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly lifecycle: Lifecycle;
  readonly qty: number;
  readonly price: number | undefined;
  readonly tag: string | null;
  readonly exchange: string;
  readonly outsideRth: boolean;
  readonly whatIf: boolean;
  /** True where `outsideRth` was asked for and means nothing: TWS says so and goes on. */
  readonly ignoresOutsideRth: boolean;
  /** True where a preset has given it another time in force than it asked for: TWS says so and goes on. */
  readonly tifIsPreset: boolean;
}

/** Positions of the fields that are looked at. A plain order of a stock has no others before them. */
const AT = {
  contract: 2,
  action: 16,
  qty: 17,
  orderType: 18,
  limit: 19,
  tif: 21,
  account: 23,
  orderRef: 26,
  transmit: 27,
  outsideRth: 33,
  deltaNeutralType: 64,
  hedgeType: 76,
  deltaNeutralFlag: 81,
  algo: 82,
  whatIf: 84,
  conditions: 89,
  includeOvernight: 116,
} as const;

/** Fields of a plain order. */
const FIELDS = 114;
/** Longest reference that an order may carry. */
const REFERENCE_CHARACTERS = 64;

/** Fields of such an order in a version's dialect. */
function orderFieldCount(version: number): number {
  const since = [SINCE.customerAccount, SINCE.professionalCustomer, SINCE.includeOvernight, SINCE.cmeTagging];
  return FIELDS + since.filter((first) => version >= first).length;
}

/** The twelve fields that describe a contract, beginning at an index. */
export function contractQuery(fields: readonly string[], from: number): ContractQuery {
  const at = (offset: number): string => fields[from + offset] ?? "";
  return {
    conId: Number(at(0)) || 0,
    symbol: at(1),
    secType: at(2),
    exchange: at(7),
    primaryExchange: at(8),
    currency: at(9),
    localSymbol: at(10),
    tradingClass: at(11),
  };
}

/**
 * Reads an order.
 * @throws {Refusal} as TWS refuses what it does not know or takes for a mistake.
 */
export function readOrder(desk: Desk, version: number, fields: readonly string[]): OrderTerms {
  const text = (name: keyof typeof AT): string => fields[AT[name]] ?? "";
  if (fields.length !== orderFieldCount(version)) refuseUnknownKind(fields, version);
  const query = contractQuery(fields, AT.contract);
  const found = oneContract(query, desk.venue);
  const { contract } = found;
  if (contract === undefined) throw unknownContract();
  const account = accountOf(desk, text("account"));
  const orderType = orderTypeOf(text("orderType"));
  const askedTif = timeInForceOf(text("tif"));
  const timeInForce = desk.presetTif ?? askedTif;
  const exchange = query.exchange === "" ? found.exchange : query.exchange;
  const asksOutsideRth = text("outsideRth") === "1";
  const outsideRth = asksOutsideRth && contract.region === "US" && orderType === "Limit" && exchange !== OVERNIGHT;
  if (exchange === OVERNIGHT && (orderType !== "Limit" || timeInForce !== "DAY")) {
    throw new Refusal(387, "Unsupported order type for this exchange and security type.");
  }
  if (version >= SINCE.includeOvernight && text("includeOvernight") === "1") {
    throw rejected("An order through day and night is not modelled here.");
  }
  if (text("transmit") === "0") throw new Refusal(107, "Cannot transmit incomplete order.");
  const tag = text("orderRef");
  if (tag.length > REFERENCE_CHARACTERS) throw invalid(`The order reference is longer than ${REFERENCE_CHARACTERS}`);
  return {
    account,
    found,
    contract,
    direction: directionOf(text("action")),
    orderType,
    timeInForce,
    lifecycle: exchange === OVERNIGHT ? "OVERNIGHT" : outsideRth ? "ETH" : "RTH",
    qty: quantityOf(text("qty")),
    price: orderType === "Limit" ? priceOf(text("limit")) : undefined,
    tag: tag === "" ? null : tag,
    exchange,
    outsideRth,
    whatIf: text("whatIf") === "1",
    ignoresOutsideRth: asksOutsideRth && !outsideRth,
    tifIsPreset: timeInForce !== askedTif,
  };
}

/** 201, with the text that IB gives. */
export function rejected(reason: string): Refusal {
  return new Refusal(201, `Order rejected - reason:${reason}`);
}

function refuseUnknownKind(fields: readonly string[], version: number): never {
  const special = (["deltaNeutralType", "hedgeType", "algo"] as const).find((name) => (fields[AT[name]] ?? "") !== "");
  if (special !== undefined || fields[4] === "BAG") {
    throw new Refusal(387, "Unsupported order type for this exchange and security type.");
  }
  throw new Refusal(
    320,
    `Error reading request. A plain order has ${orderFieldCount(version)} fields, not ${fields.length}`,
  );
}

function accountOf({ accounts }: Desk, given: string): string {
  const [only, other] = accounts;
  if (given === "" && only !== undefined && other === undefined) return only;
  if (given === "") throw new Refusal(435, "You must specify an account.");
  if (!accounts.includes(given)) throw invalid(`Invalid account code '${given}'`);
  return given;
}

function orderTypeOf(given: string): OrderType {
  if (given === "LMT") return "Limit";
  if (given === "MKT") return "Market";
  throw new Refusal(387, "Unsupported order type for this exchange and security type.");
}

function timeInForceOf(given: string): TimeInForce {
  if (given === "" || given === "DAY") return "DAY";
  if (given === "GTC") return "GTC";
  throw new Refusal(10052, `Invalid time in force:${given}`);
}

function directionOf(given: string): Direction {
  if (given === "BUY" || given === "SELL") return given;
  throw invalid(`Invalid side: ${given}`);
}

function quantityOf(given: string): number {
  const qty = Number(given);
  if (!(qty > 0)) throw new Refusal(434, "The order size cannot be zero.");
  if (!Number.isInteger(qty))
    throw new Refusal(
      10243,
      "Fractional-sized order cannot be placed via API. Please refer to desktop TWS to enter the order.",
    );
  return qty;
}

function priceOf(given: string): number {
  const price = Number(given);
  if (given === "" || !Number.isFinite(price) || price <= 0 || price > 1e300) {
    throw new Refusal(110, "The price does not conform to the minimum price variation for this contract.");
  }
  return price;
}
