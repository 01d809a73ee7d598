/** Every request that TWS serves here, by its id. */

import type { FaultStage } from "../shared/faults.ts";
import {
  reqAccountSummary,
  reqAccountUpdates,
  reqAccountUpdatesMulti,
  reqPositions,
  reqPositionsMulti,
} from "./account-calls.ts";
import { reqContractDetails, reqMarketRule, reqMatchingSymbols } from "./contract-calls.ts";
import type { Client, Desk } from "./desk.ts";
import type { Message } from "./frames.ts";
import { cancelMktData, reqMarketDataType, reqMktData } from "./market-data.ts";
import { REQUEST, RESPONSE } from "./messages.ts";
import {
  cancelledId,
  cancelOrder,
  globalCancel,
  isReplace,
  placeOrder,
  reqAllOpenOrders,
  reqCompletedOrders,
  reqExecutions,
  reqOpenOrders,
} from "./order-calls.ts";
import { invalid, NO_ID } from "./refusal.ts";

/**
 * Answers a request.
 * @throws {Refusal} what is answered with an error message.
 */
type Answer = (desk: Desk, client: Client, fields: readonly string[]) => readonly Message[];

interface Call {
  readonly answer: Answer;
  /** Where the request's or the order's id stands; none for a request without one. */
  readonly idAt?: number | ((client: Client, fields: readonly string[]) => number);
  /** Where faults strike it; none for what has no answer or is the client's own affair. */
  readonly stage?: FaultStage | ((desk: Desk, client: Client, fields: readonly string[]) => FaultStage);
  /** True for what TWS answers from its own knowledge while it has lost its servers. */
  readonly local?: true;
}

const nothing: Answer = () => [];

const CALLS: Readonly<Record<number, Call>> = {
  [REQUEST.marketData]: { answer: reqMktData, idAt: 2, stage: "read" },
  [REQUEST.cancelMarketData]: { answer: cancelMktData, idAt: 2, local: true },
  [REQUEST.placeOrder]: {
    answer: placeOrder,
    idAt: 1,
    stage: (desk, client, fields) => (isReplace(desk, client, fields) ? "replace" : "place"),
    local: true,
  },
  [REQUEST.cancelOrder]: {
    answer: cancelOrder,
    idAt: cancelledId,
    stage: "cancel",
    local: true,
  },
  [REQUEST.openOrders]: { answer: reqOpenOrders, stage: "read" },
  [REQUEST.accountUpdates]: { answer: reqAccountUpdates, stage: "read" },
  [REQUEST.executions]: { answer: reqExecutions, idAt: 2, stage: "read" },
  [REQUEST.ids]: { answer: (desk, client) => [nextValidId(desk, client)], stage: "read", local: true },
  [REQUEST.contractDetails]: { answer: reqContractDetails, idAt: 2, stage: "read" },
  [REQUEST.logLevel]: { answer: nothing, local: true },
  [REQUEST.autoOpenOrders]: { answer: autoOpenOrders, local: true },
  [REQUEST.allOpenOrders]: { answer: reqAllOpenOrders, stage: "read" },
  [REQUEST.managedAccounts]: { answer: (desk) => [managedAccounts(desk)], stage: "read", local: true },
  [REQUEST.currentTime]: {
    answer: tellTime,
    stage: "read",
    local: true,
  },
  [REQUEST.globalCancel]: { answer: globalCancel, stage: "cancel", local: true },
  [REQUEST.marketDataType]: { answer: reqMarketDataType, local: true },
  [REQUEST.positions]: { answer: reqPositions, stage: "read" },
  [REQUEST.accountSummary]: { answer: reqAccountSummary, idAt: 2, stage: "read" },
  [REQUEST.cancelAccountSummary]: { answer: ending((client, id) => client.summaries.delete(id)), local: true },
  [REQUEST.cancelPositions]: { answer: cancelPositions, local: true },
  [REQUEST.positionsMulti]: { answer: reqPositionsMulti, idAt: 2, stage: "read" },
  [REQUEST.cancelPositionsMulti]: { answer: ending((client, id) => client.positionsMulti.delete(id)), local: true },
  [REQUEST.accountUpdatesMulti]: { answer: reqAccountUpdatesMulti, idAt: 2, stage: "read" },
  [REQUEST.cancelAccountUpdatesMulti]: {
    answer: ending((client, id) => client.accountUpdatesMulti.delete(id)),
    local: true,
  },
  [REQUEST.matchingSymbols]: { answer: reqMatchingSymbols, idAt: 1, stage: "read" },
  [REQUEST.marketRule]: { answer: reqMarketRule, stage: "read" },
  [REQUEST.completedOrders]: { answer: reqCompletedOrders, stage: "read" },
};

function tellTime({ venue, timeEveryMs }: Desk, client: Client): readonly Message[] {
  const now = performance.now();
  if (now - client.toldTimeAt < timeEveryMs) return [];
  client.toldTimeAt = now;
  return [[RESPONSE.currentTime, 1, Math.floor(venue.now() / 1000)]];
}

export function nextValidId({ records }: Desk, client: Pick<Client, "id">): Message {
  return [RESPONSE.nextValidId, 1, records.nextId(client.id)];
}

export function managedAccounts({ accounts }: Desk): Message {
  return [RESPONSE.managedAccounts, 1, accounts.join(",")];
}

/** What a request is answered with; nothing while TWS would wait for its servers. */
export function answer(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const call = callOf(fields);
  if (call === undefined) throw invalid(`Unknown message id: ${fields[0]}`);
  return desk.loggedIn || call.local ? call.answer(desk, client, fields) : [];
}

/** The id that an error about the request carries. */
export function idOf(client: Client, fields: readonly string[]): number {
  const { idAt } = callOf(fields) ?? {};
  if (idAt === undefined) return NO_ID;
  const id = typeof idAt === "number" ? Number(fields[idAt]) : idAt(client, fields);
  return Number.isSafeInteger(id) ? id : NO_ID;
}

/** Where faults strike the request, if anywhere. */
export function stageOf(desk: Desk, client: Client, fields: readonly string[]): FaultStage | undefined {
  const { stage } = callOf(fields) ?? {};
  return typeof stage === "function" ? stage(desk, client, fields) : stage;
}

function callOf(fields: readonly string[]): Call | undefined {
  const id = Number(fields[0]);
  return Object.hasOwn(CALLS, id) ? CALLS[id] : undefined;
}

function autoOpenOrders(_desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  if (client.id !== 0) throw invalid("Only the default client (i.e 0) can auto bind orders");
  client.bindsOrders = fields[2] === "1";
  return [];
}

function cancelPositions(_desk: Desk, client: Client): readonly Message[] {
  client.wantsPositions = false;
  return [];
}

function ending(end: (client: Client, reqId: number) => void): Answer {
  return (_desk, client, fields) => {
    end(client, Number(fields[2]));
    return [];
  };
}
