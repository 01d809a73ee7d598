/** The calls of the HTTP service: which there are, and what each needs before it is carried out. */
import * as v from "valibot";
import type { Remembered } from "../../src/domain/remembered.ts";
import type { FaultStage } from "../shared/faults.ts";
import { issuesText } from "../shared/issues.ts";
import { accountBalance, estimateBuyLimit, stockPositions } from "./asset-calls.ts";
import { type Desk, expireDated, requireService } from "./desk.ts";
import type { Answer, HttpReply, HttpRequest, Query } from "./http-messages.ts";
import { countTradeCall } from "./limits.ts";
import { badParameter, CODE, Refusal } from "./refusal.ts";
import { requests } from "./requests.ts";
import type { SocketSessions } from "./sessions.ts";
import { checkSignature } from "./signature.ts";
import { historyExecutions, historyOrders, orderById, todayExecutions, todayOrders } from "./trade-reads.ts";
import { cancelOrder, replaceOrder, type SubmitOptions, submitOrder } from "./trade-writes.ts";

type Call = (desk: Desk, request: Query, options: SubmitOptions) => Answer;

interface Route {
  readonly stage: FaultStage;
  /** True for what counts towards the trading limit. */
  readonly limited: boolean;
  readonly call: Call;
}

const read = (call: Call): Route => ({ stage: "read", limited: true, call });

/** The routes by method and path. */
export function createRoutes(sessions: SocketSessions): Readonly<Record<string, Route>> {
  return {
    "GET /v1/token/refresh": { stage: "connect", limited: false, call: refreshToken },
    "GET /v1/socket/token": { stage: "connect", limited: false, call: () => sessions.oneTimePassword() },
    "GET /v1/asset/account": read(accountBalance),
    "GET /v1/asset/stock": read(stockPositions),
    "GET /v1/trade/order": read(orderById),
    "GET /v1/trade/order/today": read(todayOrders),
    "GET /v1/trade/order/history": read(historyOrders),
    "GET /v1/trade/execution/today": read(todayExecutions),
    "GET /v1/trade/execution/history": read(historyExecutions),
    "GET /v1/trade/estimate/buy_limit": read(estimateBuyLimit),
    "POST /v1/trade/order": { stage: "place", limited: true, call: submitOrder },
    "PUT /v1/trade/order": { stage: "replace", limited: true, call: replaceOrder },
    "DELETE /v1/trade/order": { stage: "cancel", limited: true, call: cancelOrder },
  };
}

/** The name of the route a request asks for. */
export function routeName({ method, target }: HttpRequest): string {
  return `${method} ${target.split("?", 1)[0]}`;
}

/** Carries a request out, from the signature to the answer. */
export function answer(
  desk: Desk,
  routes: Readonly<Record<string, Route>>,
  request: HttpRequest,
  options: SubmitOptions,
): HttpReply {
  try {
    requireService(desk);
    const { accessToken } = checkSignature(desk, request, request.headers, Date.now());
    desk.tokens.check(accessToken);
    // Whoever sends it wants no live account, as this one is. Source: "Paper Trading" in the README of the vendor's client.
    if (request.headers["x-papertrading"] === "true" && !desk.isPaper) {
      throw new Refusal(CODE.noPaperAccount, "not a paper account");
    }
    const route = routes[routeName(request)];
    if (route === undefined) throw new Refusal(CODE.notFound, "api not found");
    if (desk.signatures !== undefined) requireNew(desk.signatures, request);
    if (route.limited) countTradeCall(desk);
    expireDated(desk);
    return { status: 200, code: 0, message: "success", data: route.call(desk, queryOf(request), options) };
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    if (v.isValiError(error)) return refused(badParameter(issuesText(error.issues, "parameters")));
    throw error;
  }
}

/** The same request with the same time is a repetition. */
function requireNew(signatures: Remembered<string, true>, { headers }: HttpRequest): void {
  const signature = String(headers["x-api-signature"]);
  if (signatures.get(signature)) throw new Refusal(CODE.duplicateRequest, "duplicate request");
  signatures.set(signature, true);
}

/** The envelope of a refusal. */
export function refused({ status, code, message }: Refusal): HttpReply {
  return { status, code, message, data: null };
}

function queryOf({ target, body }: HttpRequest): Query {
  const cut = target.indexOf("?");
  const parameters = new URLSearchParams(cut < 0 ? "" : target.slice(cut + 1));
  return {
    query: {
      single: () => Object.fromEntries(parameters),
      repeated: (name) => ({ ...Object.fromEntries(parameters), [name]: parameters.getAll(name) }),
    },
    body() {
      try {
        return JSON.parse(Buffer.from(body).toString("utf8"));
      } catch {
        throw badParameter("the body is not JSON");
      }
    },
  };
}

function refreshToken(desk: Desk, { query }: Query): Answer {
  const { expired_at } = v.parse(requests.refresh, query.single());
  const expiresAt = Date.parse(expired_at);
  if (!(expiresAt > Date.now())) throw badParameter("expired_at is no time to come");
  return {
    token: desk.tokens.refresh(expiresAt),
    expired_at: new Date(expiresAt).toISOString(),
    issued_at: new Date().toISOString(),
    account_info: { member_id: "10000001", aaid: "20000001", account_channel: "lb" },
  };
}
