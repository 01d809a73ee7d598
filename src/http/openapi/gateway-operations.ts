/** The operations outside the instances: liveness for everybody, readiness and metrics for operators. */
import type { FailureCode } from "../../domain/failure.ts";
import { EXPOSITION_TYPE } from "../../observe/exposition.ts";
import { healthSchema, readinessSchema } from "../schemas/envelope.ts";
import { gatewayFailureSchema, gatewayGuardSchema, gatewayTurnSchema, turnBody } from "../schemas/guard.ts";
import type { ReplyStore } from "./replies.ts";
import type { SchemaStore } from "./schema-store.ts";
import type { Operation, PathItem } from "./types.ts";

/** What the gateway itself is grouped under. */
export const GATEWAY = "gateway";

const TIME = "2025-05-28T05:20:07.062298+00:00";

/** The paths outside the instances. */
export function gatewayPaths(schemas: SchemaStore, replies: ReplyStore): Record<string, PathItem> {
  return {
    "/httptrading/guard/state": { get: guard(schemas, replies), post: turn(schemas, replies) },
    "/httptrading/health": { get: health(schemas, replies) },
    "/httptrading/health/ready": { get: ready(schemas, replies) },
    "/httptrading/metrics": { get: metrics(replies) },
  };
}

const SWITCH = { state: "HALTED", principal: "ops", reason: "drawdown limit reached", at: TIME } as const;

const GATEWAY_GUARD = {
  type: "apiResponse",
  time: TIME,
  ex: null,
  gateway: SWITCH,
  known: true,
  instances: [{ name: "futu", broker: "futu", state: "HALTED" }],
} as const;

function guard(schemas: SchemaStore, replies: ReplyStore): Operation {
  const schema = schemas.inline(gatewayGuardSchema(), "output", "GatewayGuard");
  return {
    operationId: "gatewayGuardState",
    summary: "Read the kill switch of all",
    description: `How the switch of all instances stands, and what holds in each. ${OPERATORS_ONLY}`,
    tags: [GATEWAY],
    responses: {
      "200": {
        description: "Done.",
        content: { "application/json": { schema, example: GATEWAY_GUARD } },
      },
      "404": replies.notFound(),
    },
  };
}

function turn(schemas: SchemaStore, replies: ReplyStore): Operation {
  const canceled = [{ name: "futu", orderIds: ["69788888"], failed: [], complete: true }];
  const example = { ...GATEWAY_GUARD, written: true, canceled };
  const schema = schemas.inline(gatewayTurnSchema(), "output", "GatewayTurn");
  const failed = schemas.inline(gatewayFailureSchema(), "output", "GatewayFailure");
  const failure = (code: FailureCode, message: string) => ({
    type: "apiResponse",
    time: TIME,
    ex: message,
    error: { code, message, outcome: "not_sent", retryable: false },
  });
  const answer = (description: string, code: FailureCode, message: string) => ({
    description,
    content: { "application/json": { schema: failed, example: failure(code, message) } },
  });
  return {
    operationId: "gatewayGuardChange",
    summary: "Turn the kill switch of all",
    description:
      "As `guard/state` of an instance, for all instances at once; what holds in one is the stricter of the two. Needs one of the gateway's own admin tokens.",
    tags: [GATEWAY],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: schemas.inline(turnBody(), "input", "gatewayGuardChangeBody"),
          example: { state: "HALTED", reason: "drawdown limit reached", cancelAll: true },
        },
      },
    },
    responses: {
      "200": { description: "Done.", content: { "application/json": { schema, example } } },
      "400": answer("The request is wrong, and nothing was changed.", "InvalidRequest", "reason: is missing"),
      "403": answer("The token looks after one instance only.", "Forbidden", "all instances are turned with …"),
      "404": replies.notFound(),
      "503": answer(
        "A milder state could not be written down, so the switch stands as it stood.",
        "JournalUnavailable",
        "the journal cannot be used, so nothing was sent",
      ),
    },
  };
}

function health(schemas: SchemaStore, replies: ReplyStore): Operation {
  const example = { type: "health", status: "ok", time: TIME };
  const closed = { ...example, status: "closed" };
  const schema = schemas.inline(healthSchema(), "output", "Health");
  return {
    operationId: "health",
    summary: "Liveness",
    description: "Whether the process answers. It asks no broker and needs no token; `ping/state` asks the broker.",
    tags: [GATEWAY],
    security: [],
    responses: {
      "200": { description: "The gateway is open.", content: { "application/json": { schema, example } } },
      "404": replies.notFound(),
      "503": { description: "The gateway is closed.", content: { "application/json": { schema, example: closed } } },
    },
  };
}

const OPERATORS_ONLY =
  "Needs one of the gateway's own admin tokens, which sees all instances, or a token of an instance with the scope `admin`, which sees that one.";

function ready(schemas: SchemaStore, replies: ReplyStore): Operation {
  const parts = { session: true, account: true, dataFeed: null, reconciled: true };
  const instances = [{ name: "futu", broker: "futu", ready: true, ...parts }];
  const example = { type: "readiness", status: "ready", time: TIME, instances };
  const down = { name: "futu", broker: "futu", ready: false, ...parts, session: false };
  const notReady = { ...example, status: "not ready", instances: [down] };
  const schema = schemas.inline(readinessSchema(), "output", "Readiness");
  return {
    operationId: "healthReady",
    summary: "Readiness",
    description: `Whether the instances can be traded on now, by the operator's name for each. It asks the brokers, never for longer than 5 s, and remembers for some seconds what they said. ${OPERATORS_ONLY}`,
    tags: [GATEWAY],
    responses: {
      "200": { description: "All are ready.", content: { "application/json": { schema, example } } },
      "404": replies.notFound(),
      "503": { description: "Some are not.", content: { "application/json": { schema, example: notReady } } },
    },
  };
}

function metrics(replies: ReplyStore): Operation {
  const example = [
    "# HELP httptrading_reconciled 1 while the broker's orders are known, so that orders can be sent.",
    "# TYPE httptrading_reconciled gauge",
    'httptrading_reconciled{instance="futu"} 1',
    "",
  ].join("\n");
  const [type = EXPOSITION_TYPE] = EXPOSITION_TYPE.split(";", 1);
  return {
    operationId: "metrics",
    summary: "Metrics",
    description: `Counters, gauges and histograms in the text form of Prometheus. ${OPERATORS_ONLY}`,
    tags: [GATEWAY],
    responses: {
      "200": { description: "The metrics.", content: { [type]: { schema: { type: "string" }, example } } },
      "404": replies.notFound(),
    },
  };
}
