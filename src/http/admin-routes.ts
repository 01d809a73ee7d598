/** What stands outside the instances and is for operators: the kill switch of all, metrics and readiness. */
import type { KillSwitch } from "../desk/kill-switch.ts";
import { EXPOSITION_TYPE, GATEWAY_NAME, type Metrics } from "../observe/metrics.ts";
import type { Observers } from "../observe/observers.ts";
import { COMMON_HEADERS, JSON_HEADERS, notFound, TEXT_HEADERS } from "./envelope.ts";
import type { ErrorStatus } from "./failures.ts";
import { finish } from "./finish.ts";
import { createGatewayGuard } from "./gateway-guard.ts";
import type { Operator, Operators } from "./operators.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { newRequestId, requestNameOf } from "./request-id.ts";
import type { ServedBroker } from "./served-broker.ts";
import type { Routes } from "./server.ts";
import { wireTime } from "./time.ts";
import { watched } from "./watch.ts";

/** What the routes stand on. */
export interface AdminRoutesOptions {
  readonly operators: Operators;
  readonly brokers: readonly ServedBroker[];
  /** Secrets, as their tokens are. */
  readonly instanceIds: readonly string[];
  readonly tokenHeader: string;
  readonly gatewaySwitch: KillSwitch;
  readonly errorStatus: ErrorStatus;
  /** Absent where no token could ever see them. */
  readonly metrics: Metrics | undefined;
  readonly observers: Observers;
  readonly onMiss: () => void;
  /** Told of an exception that nobody foresaw. */
  readonly report: (error: unknown, api: string, requestId: string) => void;
}

/**
 * Adds `/httptrading/guard/state`, `/httptrading/metrics` and `/httptrading/health/ready`. Who is no operator is answered
 * as by any other miss.
 */
export function mountAdminRoutes(app: Routes, options: AdminRoutesOptions): void {
  const {
    operators,
    brokers,
    instanceIds,
    tokenHeader,
    gatewaySwitch,
    errorStatus,
    metrics,
    observers,
    onMiss,
    report,
  } = options;

  function admin(
    method: "GET" | "POST",
    path: string,
    api: string,
    answer: (operator: Operator, request: Request, token: string) => Response | Promise<Response>,
  ): void {
    const meter = metrics?.instance(GATEWAY_NAME).requests(api);
    app.on(method, path, (context) => {
      const request = context.req.raw;
      const token = request.headers.get(tokenHeader);
      const operator = operators.check(token);
      if (operator === undefined || token === null) {
        onMiss();
        return notFound();
      }
      const requestId = requestNameOf(request, token, ...instanceIds) ?? newRequestId();
      const about = { requestId, instance: GATEWAY_NAME, api, principal: operator.principal };
      return watched(observers, meter, request, about, async () => {
        try {
          return finish(await answer(operator, request, token), requestId);
        } catch (error) {
          report(error, api, requestId);
          return finish(new Response("500: Internal Server Error", { status: 500, headers: TEXT_HEADERS }), requestId);
        }
      });
    });
  }

  const guard = createGatewayGuard(gatewaySwitch, errorStatus, instanceIds);
  admin("GET", "/httptrading/guard/state", "guardState", guard.read);
  admin("POST", "/httptrading/guard/state", "guardChange", guard.turn);

  admin("GET", "/httptrading/metrics", "metrics", async ({ brokers: its, ofGateway }) => {
    const instances = await Promise.all(
      its.map(async ({ desk }) => {
        // Asks the journal how the kill switches were left, and what was unknown and open: until it says so it reads as if
        // nobody had turned them, and nothing had been sent.
        const left = desk.unknownIntents().catch(() => undefined);
        const { known } = await desk.tradingState();
        await left;
        return { name: desk.name, state: desk.state(), isSwitchKnown: known };
      }),
    );
    const headers = { ...COMMON_HEADERS, "content-type": EXPOSITION_TYPE };
    return new Response((await metrics?.text(instances, ofGateway)) ?? "", { headers });
  });

  const readinessOf = new Map(brokers.map((broker) => [broker, createReadiness(broker.desk, broker.deadlineMs)]));
  admin("GET", "/httptrading/health/ready", "ready", async ({ brokers: its }) => {
    const instances = await Promise.all(
      its.map(async (broker) => {
        broker.wake();
        const readiness = await readinessOf.get(broker)?.();
        return { name: broker.desk.name, broker: broker.desk.kind, ...(readiness ?? NOT_READY) };
      }),
    );
    const ready = instances.every((instance) => instance.ready);
    const body = { type: "readiness", status: ready ? "ready" : "not ready", time: wireTime(Date.now()), instances };
    return new Response(JSON.stringify(body), { status: ready ? 200 : 503, headers: JSON_HEADERS });
  });
}

const NOT_READY: Readiness = { ready: false, session: false, account: false, dataFeed: false, reconciled: false };
