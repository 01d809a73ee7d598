/** The kill switch of all instances at once: for the gateway's operators only. */
import type { KillSwitch } from "../desk/kill-switch.ts";
import { isFailure } from "../domain/failure.ts";
import type { ServedBroker } from "./app.ts";
import { JSON_HEADERS, notFound } from "./envelope.ts";
import { type ErrorStatus, failureAnswer, internalFailure } from "./failures.ts";
import { readInput } from "./input.ts";
import type { Operator, Operators } from "./operators.ts";
import { guardChange } from "./routes/guard.ts";
import { turnBody } from "./schemas/guard.ts";
import type { Routes } from "./server.ts";
import { wireTime } from "./time.ts";
import { wireCanceled, wirePosition } from "./wire-guard.ts";

/** What the route stands on. */
export interface GatewayGuardOptions {
  readonly operators: Operators;
  readonly gatewaySwitch: KillSwitch;
  readonly tokenHeader: string;
  readonly errorStatus: ErrorStatus;
  readonly onError: (error: unknown) => void;
}

const PATH = "/httptrading/guard/state";

/** Adds `/httptrading/guard/state`. */
export function mountGatewayGuard(app: Routes, options: GatewayGuardOptions): void {
  const { operators, gatewaySwitch, tokenHeader, errorStatus, onError } = options;

  async function answer(request: Request, work: (operator: Operator) => Promise<object>): Promise<Response> {
    const operator = operators.check(request.headers.get(tokenHeader));
    if (!operator?.ofGateway) return notFound();
    const write = (fields: object, ex: string | null, status: number, headers = {}) =>
      new Response(JSON.stringify({ type: "apiResponse", time: wireTime(Date.now()), ex, ...fields }), {
        status,
        headers: { ...JSON_HEADERS, ...headers },
      });
    try {
      return write(await work(operator), null, 200);
    } catch (error) {
      if (!isFailure(error)) onError(error);
      const failure = isFailure(error) ? error : internalFailure(request.method, error);
      const { status, headers, error: told } = failureAnswer(failure, errorStatus);
      return write({ error: told }, told.message, status, headers);
    }
  }

  async function state(brokers: readonly ServedBroker[]): Promise<object> {
    await gatewaySwitch.recover().catch(() => undefined);
    const instances = brokers.map(async ({ desk }) => ({
      name: desk.name,
      broker: desk.kind,
      state: (await desk.tradingState()).state,
    }));
    return {
      gateway: wirePosition(gatewaySwitch.position),
      known: gatewaySwitch.isRecovered,
      instances: await Promise.all(instances),
    };
  }

  app.get(PATH, (context) => answer(context.req.raw, ({ brokers }) => state(brokers)));

  app.post(PATH, (context) =>
    answer(context.req.raw, async ({ principal, brokers }) => {
      const { body } = await readInput(guardChange, context.req.raw, context.env);
      const { state: asked, reason, cancelAll } = turnBody.parse(body);
      const written = await gatewaySwitch.turn({ state: asked, reason, principal });
      const canceled = cancelAll
        ? await Promise.all(
            brokers.map(async ({ desk }) => ({ name: desk.name, ...wireCanceled(await desk.cancelAll(principal)) })),
          )
        : null;
      return { ...(await state(brokers)), written, canceled };
    }),
  );
}
