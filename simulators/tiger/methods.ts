/** The gateway's methods, and what each request needs before it is carried out. */
import * as v from "valibot";
import type { FaultStage } from "../shared/faults.ts";
import { assets, positions, primeAssets } from "./asset-calls.ts";
import type { Caller, Desk } from "./desk.ts";
import { readJson } from "./json.ts";
import { briefs, grabQuotePermission, marketStates, realTimeQuotes, userLicense } from "./quote-calls.ts";
import { bizParameter, CODE, commonParameter, Refusal } from "./refusal.ts";
import { clockError, isSignedBy, type Parameters, readTimestamp, signedText } from "./signature.ts";
import { activeOrders, filledOrders, inactiveOrders, orders, orderTransactions } from "./trade-reads.ts";
import { cancelOrder, modifyOrder, orderNo, placeOrder } from "./trade-writes.ts";

type Call = (desk: Desk, biz: unknown, caller: Caller) => unknown;

interface Method {
  readonly stage: FaultStage;
  readonly call: Call;
}

const read = (call: Call): Method => ({ stage: "read", call });

const METHODS: ReadonlyMap<string, Method> = new Map([
  ["order_no", read(orderNo)],
  ["place_order", { stage: "place", call: placeOrder }],
  ["modify_order", { stage: "replace", call: modifyOrder }],
  ["cancel_order", { stage: "cancel", call: cancelOrder }],
  ["orders", read(orders)],
  ["active_orders", read(activeOrders)],
  ["inactive_orders", read(inactiveOrders)],
  ["filled_orders", read(filledOrders)],
  ["order_transactions", read(orderTransactions)],
  ["positions", read(positions)],
  ["prime_assets", read(primeAssets)],
  ["assets", read(assets)],
  ["market_state", read(marketStates)],
  ["quote_real_time", read(realTimeQuotes)],
  ["brief", read(briefs)],
  ["grab_quote_permission", read(grabQuotePermission)],
  ["user_license", read(userLicense)],
]);

const NEEDED = ["tiger_id", "method", "charset", "version", "sign_type", "timestamp", "sign"] as const;
/**
 * How far a client's clock may be off. The vendor publishes no figure; its Python client sends a request again with the
 * same timestamp for up to a minute.
 */
const CLOCK_TOLERANCE_MS = 150_000;

/** The parameters of a request, `undefined` when the body is no JSON object. */
export function parametersOf(body: string): Parameters | undefined {
  try {
    const value = readJson(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Where a fault strikes a request; `undefined` for one that has no known method. */
export function stageOf(parameters: Parameters | undefined): FaultStage | undefined {
  return METHODS.get(String(parameters?.["method"]))?.stage;
}

/**
 * Carries a request out: gives the answer's `data`.
 * @throws {Refusal} for everything the vendor would refuse.
 */
export function carryOut(desk: Desk, parameters: Parameters | undefined, token: string | undefined): unknown {
  if (parameters === undefined) throw commonParameter("request parameters cannot be empty");
  const empty = NEEDED.find((name) => typeof parameters[name] !== "string" || parameters[name] === "");
  if (empty !== undefined) throw commonParameter(`field '${empty}' cannot be empty`);
  const { tiger_id, method: name, sign_type, timestamp, sign, biz_content, device_id } = parameters;
  if (tiger_id !== desk.tigerId) throw commonParameter("failed to get developer information");
  if (sign_type !== "RSA") throw commonParameter("sign_type must be RSA");
  if (!isSignedBy(signedText(parameters), String(sign), desk.clientKey)) {
    throw commonParameter("failed to verify signature, please make sure you use the correct rsa private key");
  }
  if (desk.token !== undefined && token !== desk.token) {
    throw new Refusal(
      CODE.userToken,
      `user token error(user token ${token === undefined ? "can not be empty" : "invalid"})`,
    );
  }
  const at = readTimestamp(String(timestamp));
  if (at === undefined) throw commonParameter("time parse error, support time format is 'yyyy-MM-dd HH:mm:ss'");
  if (clockError(at, Date.now()) > CLOCK_TOLERANCE_MS) throw clockRefusal();
  const method = METHODS.get(String(name));
  if (method === undefined) throw commonParameter("the current requested method does not support");
  const biz = bizOf(biz_content);
  desk.counter?.count(String(name), isPaper(desk, biz));
  if (!desk.isUp) throw new Refusal(CODE.serverError, "server error(service is temporarily unavailable)");
  try {
    return method.call(desk, biz, { deviceId: typeof device_id === "string" ? device_id : "" });
  } catch (error) {
    if (v.isValiError(error)) throw bizParameter(fieldText(error.issues[0]));
    throw error;
  }
}

/** What a request with the wrong time is answered with. */
export function clockRefusal(): Refusal {
  return commonParameter("timestamp is expired, please check that the time of your system is right");
}

function bizOf(text: unknown): unknown {
  if (text === undefined || text === "") return {};
  try {
    return readJson(String(text));
  } catch {
    throw bizParameter("biz_content is not in standard JSON format");
  }
}

function isPaper({ accounts }: Desk, biz: unknown): boolean {
  const number = typeof biz === "object" && biz !== null && "account" in biz ? biz.account : undefined;
  return accounts.some((account) => account.isPaper && account.number === number);
}

function fieldText(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "biz_content";
  return `field '${field}' ${issue.received === "undefined" ? "cannot be empty" : issue.message}`;
}
