/** The operations outside the instances: liveness for everybody, readiness and metrics for operators. */
import { Failure, type FailureCode } from "../../domain/failure.ts";
import { EXPOSITION_TYPE } from "../../observe/metrics.ts";
import {
  gatewayFailureSchema,
  gatewayGuardSchema,
  gatewayTurnSchema,
  healthSchema,
  readinessSchema,
} from "../answers/gateway.ts";
import { type ErrorStatus, FAILURE_STATUS, failureAnswer } from "../failures.ts";
import { turnBody } from "../schemas/guard.ts";
import type { ReplyStore } from "./replies.ts";
import type { SchemaStore } from "./schema-store.ts";
import type { Operation, PathItem } from "./types.ts";

/** What the gateway itself is grouped under. */
export const GATEWAY = "gateway";

const TIME = "2025-05-28T05:20:07.062298+00:00";

/** The paths outside the instances. */
export function gatewayPaths(
  schemas: SchemaStore,
  replies: ReplyStore,
  errorStatus: ErrorStatus,
): Record<string, PathItem> {
  return {
    "/httptrading/guard/state": { get: guard(schemas, replies), post: turn(schemas, replies, errorStatus) },
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

function turn(schemas: SchemaStore, replies: ReplyStore, errorStatus: ErrorStatus): Operation {
  const canceled = [{ name: "futu", orderIds: ["69788888"], failed: [], complete: true }];
  const example = { ...GATEWAY_GUARD, written: true, canceled };
  const schema = schemas.inline(gatewayTurnSchema(), "output", "GatewayTurn");
  const failed = schemas.inline(gatewayFailureSchema(), "output", "GatewayFailure");
  const good = { description: "Done.", content: { "application/json": { schema, example } } };
  const failures = TURN_FAILURES.map(({ code, meaning, message }) => {
    const { error } = failureAnswer(new Failure(code, message, { outcome: "not_sent" }), errorStatus);
    return { code, meaning, value: { type: "apiResponse", time: TIME, ex: message, error } };
  });
  const byStatus = () =>
    Object.fromEntries(
      failures.map(({ code, meaning, value }) => [
        FAILURE_STATUS[code],
        {
          description: meaning,
          ...replies.headersOf([code]),
          content: { "application/json": { schema: failed, example: value } },
        },
      ]),
    );
  const inOne = () => {
    const told = failures.map(({ code, meaning, value }) => [code, { summary: meaning, value }]);
    const examples = { Done: { summary: good.description, value: example }, ...Object.fromEntries(told) };
    return {
      "200": {
        description: `${good.description} Or, with \`ex\` and \`error\` set, a failure.`,
        ...replies.headersOf(failures.map(({ code }) => code)),
        content: { "application/json": { schema: { anyOf: [schema, failed] }, examples } },
      },
    };
  };
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
    responses: { "200": good, ...(errorStatus === 200 ? inOne() : byStatus()), "404": replies.notFound() },
  };
}

/** What can be wrong with a turn of the switch of all. */
const TURN_FAILURES: readonly { readonly code: FailureCode; readonly meaning: string; readonly message: string }[] = [
  {
    code: "InvalidRequest",
    meaning: "The request is wrong, and nothing was changed.",
    message: "reason: is missing",
  },
  {
    code: "Forbidden",
    meaning: "The token looks after one instance only.",
    message: "all instances are turned with one of the gateway's own admin tokens only",
  },
  {
    code: "JournalUnavailable",
    meaning: "A milder state could not be written down, so the switch stands as it stood.",
    message: "the journal cannot be used, so nothing was sent",
  },
];

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
