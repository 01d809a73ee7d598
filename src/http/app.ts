/** The routes of one gateway: from a request to the handler of an API, and from whatever comes back to an answer. */
import { HonoBase } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { demandScope } from "../desk/guards.ts";
import { harmless } from "../desk/harmless.ts";
import type { KillSwitch } from "../desk/kill-switch.ts";
import { closedFailure } from "../desk/seat.ts";
import { isFailure } from "../domain/failure.ts";
import { describeError } from "../observe/describe-error.ts";
import { GATEWAY_NAME, type Metrics, PUBLIC_NAME } from "../observe/metrics.ts";
import type { Observers } from "../observe/observers.ts";
import type { Mandate, Scope } from "../spec/policy.ts";
import { mountAdminRoutes } from "./admin-routes.ts";
import { type Api, type ApiContext, scopeOf } from "./api.ts";
import { API_ROOT, type ApiRoute, createApiRoutes } from "./api-routes.ts";
import type { TokenTable } from "./auth.ts";
import { type CorsOptions, withCors } from "./cors.ts";
import { watchDepartures } from "./departures.ts";
import { notFound, TEXT_HEADERS } from "./envelope.ts";
import { type ErrorStatus, failureAnswer, internalFailure } from "./failures.ts";
import { finish } from "./finish.ts";
import { readInput, refuseSecrets } from "./input.ts";
import type { Operators } from "./operators.ts";
import { mountPublicRoutes } from "./public-routes.ts";
import { newRequestId, requestNameOf } from "./request-id.ts";
import { orderEnd, orderResolve } from "./routes/by-hand.ts";
import { guardChange } from "./routes/guard.ts";
import { orderCancel, orderReplace } from "./routes/trading.ts";
import type { ServedBroker } from "./served-broker.ts";
import type { Routes, Server } from "./server.ts";
import { STD_APIS } from "./std-apis.ts";
import { withToldBody } from "./told-body.ts";
import { isWatched, watched } from "./watch.ts";

/** Where and with what an unforeseen exception came up. */
export interface ErrorReport {
  /** Name of the API, or the path of a public route. */
  readonly api: string;
  /** What operators call the instance, never its id; `public` or `gateway` for the routes that belong to none. */
  readonly instance: string;
  /** What the request is called; absent for public routes, whose callers nobody knows. */
  readonly requestId?: string;
}

/** What the routes stand on. */
export interface AppOptions {
  readonly apis: readonly Api[];
  /** By instance id. */
  readonly brokers: ReadonlyMap<string, ServedBroker>;
  /** Checked in place of the tokens of an instance that is not there. */
  readonly noTokens: TokenTable;
  readonly operators: Operators;
  readonly gatewaySwitch: KillSwitch;
  readonly tokenHeader: string;
  readonly errorStatus: ErrorStatus;
  readonly requireIdempotencyKey: boolean;
  readonly onError: ((error: unknown, report: ErrorReport) => void) | undefined;
  readonly observers: Observers;
  readonly metrics: Metrics | undefined;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
  readonly cors: CorsOptions | undefined;
  /** True once the gateway is closed. */
  readonly isClosed: () => boolean;
}

/** Handlers that write nothing, as they are: no key is looked for among the headers of their requests. */
const READING: ReadonlySet<unknown> = new Set(
  STD_APIS.filter((api) => scopeOf(api) === "read").map(({ handler }) => handler),
);

/** Handlers that fail only with what became of their own write. */
const STANDARD: ReadonlySet<unknown> = new Set(STD_APIS.map(({ handler }) => handler));

/** Of APIs that have the journal keep text as the client wrote it, also where a user has changed one of the two. */
const WRITTEN_DOWN: ReadonlySet<unknown> = new Set(
  [orderReplace, orderCancel, orderResolve, orderEnd, guardChange].flatMap(({ schema, handler }) => [schema, handler]),
);

/** An API, and what is known of it before anybody asks. */
interface Handled {
  readonly api: Api;
  readonly scope: Scope;
  readonly isReading: boolean;
  readonly isStandard: boolean;
  readonly isWrittenDown: boolean;
}

function handled(api: Api): Handled {
  const { handler, schema } = api;
  return {
    api,
    scope: scopeOf(api),
    isReading: READING.has(handler),
    isStandard: STANDARD.has(handler),
    isWrittenDown: WRITTEN_DOWN.has(schema) || WRITTEN_DOWN.has(handler),
  };
}

/** A URL with more characters than that is none of ours. */
const MAX_URL = 8192;

/** Builds the routes; gives back what answers a request. */
export function createApp(options: AppOptions): (request: Request, server: Server) => Response | Promise<Response> {
  const { apis, brokers, noTokens, operators, gatewaySwitch, tokenHeader, errorStatus, onError, isClosed } = options;
  const { observers, metrics, scrub, cors, requireIdempotencyKey } = options;
  // The one router that all routes here fit, without those that Hono keeps for others.
  const app: Routes = new HonoBase({ router: new RegExpRouter() });
  const onMiss = () => metrics?.missed();

  async function run(
    { api, scope, isReading, isStandard, isWrittenDown }: Handled,
    broker: ServedBroker,
    instanceId: string,
    mandate: Mandate,
    request: Request,
    requestId: string | undefined,
    server: Server,
  ): Promise<Response> {
    const { desk, envelope, deadlineMs } = broker;
    const { method } = api;
    const asked = { method, server, requestId };
    let own: Response | undefined;
    let begun = false;
    const departures = isStandard ? undefined : watchDepartures(desk);
    try {
      if (isClosed()) throw closedFailure();
      broker.wake();
      demandScope(mandate, scope);
      const reading = readInput(api, request, server, deadlineMs);
      const { query, body, json } = reading instanceof Promise ? await reading : reading;
      if (isWrittenDown) {
        refuseSecrets(body, [instanceId, request.headers.get(tokenHeader) ?? instanceId]);
      }
      const context: ApiContext = {
        broker: departures?.desk ?? desk,
        request,
        principal: mandate.principal,
        mandate,
        requestId,
        query,
        body,
        clientSignal: () => request.signal,
        // No getter: each object that has one of its own costs the garbage collector more than all the rest of a request.
        idempotencyKey: isReading ? undefined : (request.headers.get("idempotency-key") ?? undefined),
        json,
        respond(fields, init) {
          own = envelope.answer(asked, fields, init);
          return own;
        },
      };
      begun = true;
      const answer = await api.handler(context);
      // Who stands around a standard API may have read its answer, and has then nothing left to send.
      if (own !== undefined && answer === own && (isStandard || !own.bodyUsed)) return own;
      if (!isResponse(answer)) throw new TypeError(`the handler of ${api.name} answered no Response that can be sent`);
      if (departures === undefined) return finish(answer, requestId);
      // Nobody reads the answer to a HEAD, nor lets go of what its body stands on.
      if (request.method === "HEAD") await answer.body?.cancel();
      return finish(
        withToldBody(answer, (error) => {
          // Who goes away breaks off what was asked for him.
          if (!request.signal.aborted) unforeseen(error, api, desk.name, requestId, request);
        }),
        requestId,
      );
    } catch (error) {
      // Whoever asks about a failure has to be able to name it.
      const failed = { method, server, requestId: requestId ?? newRequestId() };
      try {
        if (isFailure(error)) {
          return envelope.fail(failed, failureAnswer(departures?.failed(error) ?? error, errorStatus));
        }
      } catch {
        // Whoever made it may have put anything into it: then it is an exception like any other.
      }
      unforeseen(error, api, desk.name, failed.requestId, request);
      const isRead = method === "GET" && departures?.hasLeft() !== true;
      return envelope.fail(failed, failureAnswer(internalFailure(isRead, begun, error), errorStatus));
    }
  }

  function unforeseen(error: unknown, api: Api, instance: string, name: string | undefined, request: Request): void {
    const about = { api: api.name, instance, ...(name === undefined ? {} : { requestId: name }) };
    report(error, about, request.headers.get(tokenHeader));
  }

  /** `token` is that of the request: of one that was given as its digest nobody else knows the text. */
  function report(error: unknown, about: ErrorReport, token: string | null = null): void {
    const { instance, api, requestId = null } = about;
    const withoutToken = token === null ? scrub : (text: string) => scrub(text).replaceAll(token, "[secret]");
    const text = describeError(error, withoutToken);
    const isWritten = observers.tell({ kind: "error", instance, api, requestId, error: text });
    harmless(() => {
      if (onError !== undefined) return onError(error, about);
      if (!isWritten) writeToConsole(text, about);
      return undefined;
    });
  }

  const routes = createApiRoutes();
  for (const api of apis) {
    const meters = new Map([...brokers.values()].map((broker) => [broker, broker.metrics?.requests(api.name)]));
    const asked = handled(api);
    const answer: ApiRoute = (request, instanceId, server) => {
      const token = request.headers.get(tokenHeader);
      const broker = brokers.get(instanceId);
      const mandate = (broker?.tokens ?? noTokens).check(token);
      if (broker === undefined || mandate === undefined) {
        onMiss();
        return notFound();
      }
      const name = requestNameOf(request, instanceId, token);
      // A name that nobody else would write down is not made: it would cost more than the checks of a request.
      if (observers.isEmpty()) return run(asked, broker, instanceId, mandate, request, name, server);
      const requestId = name ?? newRequestId();
      const work = () => run(asked, broker, instanceId, mandate, request, requestId, server);
      const meter = meters.get(broker);
      if (!isWatched(observers, meter)) return work();
      const about = { requestId, instance: broker.desk.name, api: api.name, principal: mandate.principal };
      return watched(observers, meter, request, about, work);
    };
    routes.add(api, answer);
    app.on(api.method, `${API_ROOT}/:instanceId/${api.path}`, ({ req, env }) =>
      answer(req.raw, req.param("instanceId") ?? "", env),
    );
  }

  mountPublicRoutes(app, { apis, tokenHeader, errorStatus, requireIdempotencyKey, isClosed });
  app.onError((error, context) => {
    report(error, { api: context.req.path, instance: PUBLIC_NAME });
    return new Response("500: Internal Server Error", { status: 500, headers: TEXT_HEADERS });
  });
  mountAdminRoutes(app, {
    operators,
    brokers: [...brokers.values()],
    instanceIds: [...brokers.keys()],
    tokenHeader,
    gatewaySwitch,
    errorStatus,
    metrics,
    observers,
    onMiss,
    report: (error, api, requestId) => report(error, { api, instance: GATEWAY_NAME, requestId }),
  });
  const miss = (request: Request) => {
    noTokens.check(request.headers.get(tokenHeader));
    onMiss();
    return notFound();
  };
  app.notFound((context) => miss(context.req.raw));

  const handle = (request: Request, server: Server) => {
    if (request.url.length > MAX_URL) return miss(request);
    return routes.answer(request, server) ?? app.fetch(request, server);
  };
  return cors === undefined ? handle : withCors(handle, cors, tokenHeader);
}

/** Told by its form: one from another copy of the class is as good. One whose body was read, or `Response.error()`, is not. */
function isResponse(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null || !("headers" in answer)) return false;
  const { bodyUsed, status } = answer as Partial<Response>;
  return bodyUsed === false && status !== 0;
}

function writeToConsole(error: string, { api, instance }: ErrorReport): void {
  // biome-ignore lint/suspicious/noConsole: the only trace of a fault in a handler, unless `onError` or a log takes it
  console.error(`httptrading: ${api} of ${instance} failed unexpectedly: ${error}`);
}
