/** The routes of one gateway: from a request to the handler of an API, and from whatever comes back to an answer. */
import { Hono } from "hono";
import { demandScope } from "../desk/guards.ts";
import type { KillSwitch } from "../desk/kill-switch.ts";
import type { Desk } from "../desk/types.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import type { AdminTokenOptions, Mandate } from "../spec/policy.ts";
import { type Api, type ApiContext, scopeOf } from "./api.ts";
import type { TokenTable } from "./auth.ts";
import { type Envelope, notFound, TEXT_HEADERS } from "./envelope.ts";
import { type ErrorStatus, failureAnswer, internalFailure } from "./failures.ts";
import { mountGatewayGuard } from "./gateway-guard.ts";
import { readInput } from "./input.ts";
import { createOperators } from "./operators.ts";
import { mountPublicRoutes } from "./public-routes.ts";
import type { Routes, Server } from "./server.ts";

/** One broker as it is served. */
export interface ServedBroker {
  readonly desk: Desk;
  readonly tokens: TokenTable;
  readonly envelope: Envelope;
  /** Begins to connect the broker if nobody has; does not wait for it and does not throw. */
  readonly wake: () => void;
}

/** Where and with what an unforeseen exception came up. */
export interface ErrorReport {
  /** Name of the API, or the path of a public route. */
  readonly api: string;
  /** What operators call the instance, never its id; `public` for the routes that belong to none. */
  readonly instance: string;
}

/** What the routes stand on. */
export interface AppOptions {
  readonly apis: readonly Api[];
  /** By instance id. */
  readonly brokers: ReadonlyMap<string, ServedBroker>;
  /** Checked in place of the tokens of an instance that is not there. */
  readonly noTokens: TokenTable;
  readonly adminTokens: readonly (string | AdminTokenOptions)[];
  readonly gatewaySwitch: KillSwitch;
  readonly tokenHeader: string;
  readonly errorStatus: ErrorStatus;
  readonly onError: (error: unknown, report: ErrorReport) => void;
  /** True once the gateway is closed. */
  readonly isClosed: () => boolean;
}

/** Where every API stands. */
export const API_ROOT = "/httptrading/api";

/** Builds the routes; gives back what answers a request. */
export function createApp(options: AppOptions): (request: Request, server: Server) => Response | Promise<Response> {
  const { apis, brokers, noTokens, adminTokens, gatewaySwitch, tokenHeader, errorStatus, onError, isClosed } = options;
  const app: Routes = new Hono();

  function fail(broker: ServedBroker, failure: Failure): Response {
    return broker.envelope.fail(failureAnswer(failure, errorStatus));
  }

  async function run(
    api: Api,
    broker: ServedBroker,
    mandate: Mandate,
    request: Request,
    server: Server,
  ): Promise<Response> {
    const { desk, envelope } = broker;
    try {
      demandScope(mandate, scopeOf(api));
      const { query, body, json } = await readInput(api, request, server);
      const idempotencyKey = request.headers.get("idempotency-key");
      const context: ApiContext = {
        broker: desk,
        request,
        principal: mandate.principal,
        mandate,
        query,
        body,
        clientSignal: () => request.signal,
        ...(idempotencyKey === null ? {} : { idempotencyKey }),
        json,
        respond: (fields, init) => envelope.answer(server, fields, init),
      };
      const answer = await api.handler(context);
      if (answer === undefined) throw new TypeError(`the handler of ${api.name} answered nothing`);
      return answer;
    } catch (error) {
      if (isFailure(error)) return fail(broker, error);
      report(error, { api: api.name, instance: desk.name });
      return fail(broker, internalFailure(api.method, error));
    }
  }

  function report(error: unknown, about: ErrorReport): void {
    try {
      onError(error, about);
    } catch {
      // Whoever watches errors must not become the answer.
    }
  }

  for (const api of apis) {
    app.on(api.method, `${API_ROOT}/:instanceId/${api.path}`, (context) => {
      const request = context.req.raw;
      const broker = brokers.get(context.req.param("instanceId") ?? "");
      const mandate = (broker?.tokens ?? noTokens).check(request.headers.get(tokenHeader));
      if (broker === undefined || mandate === undefined) return notFound();
      if (isClosed()) {
        return fail(broker, new Failure("NotConnected", "the gateway is closed", { outcome: "not_sent" }));
      }
      broker.wake();
      return run(api, broker, mandate, request, context.env);
    });
  }

  mountGatewayGuard(app, {
    operators: createOperators({ adminTokens, brokers: [...brokers.values()] }),
    gatewaySwitch,
    tokenHeader,
    errorStatus,
    onError: (error) => report(error, { api: "guard", instance: "gateway" }),
  });
  mountPublicRoutes(app, { apis, tokenHeader, errorStatus, isClosed });
  app.onError((error, context) => {
    report(error, { api: context.req.path, instance: "public" });
    return new Response("500: Internal Server Error", { status: 500, headers: TEXT_HEADERS });
  });
  app.notFound((context) => {
    noTokens.check(context.req.raw.headers.get(tokenHeader));
    return notFound();
  });

  return (request, server) => app.fetch(request, server);
}
