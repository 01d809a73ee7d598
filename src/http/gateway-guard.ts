/** The kill switch of all instances at once. */
import type { KillSwitch } from "../desk/kill-switch.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { JSON_HEADERS } from "./envelope.ts";
import { type ErrorStatus, failureAnswer } from "./failures.ts";
import { readInput, refuseSecrets } from "./input.ts";
import type { Operator } from "./operators.ts";
import { guardChange } from "./routes/guard.ts";
import { turnBody } from "./schemas/guard.ts";
import type { ServedBroker } from "./served-broker.ts";
import { ANY_CALLER } from "./server.ts";
import { wireTime } from "./time.ts";
import { wireCanceled, wirePosition } from "./wire-guard.ts";

/** Answers an operator. */
export interface GatewayGuard {
  read(operator: Operator): Promise<Response>;
  turn(operator: Operator, request: Request, token: string): Promise<Response>;
}

/** Milliseconds that the body of a turn may take. */
const BODY_MS = 10_000;

export function createGatewayGuard(
  gatewaySwitch: KillSwitch,
  errorStatus: ErrorStatus,
  instanceIds: readonly string[],
): GatewayGuard {
  async function answer(work: () => Promise<object>): Promise<Response> {
    const write = (fields: object, ex: string | null, status: number, headers: Readonly<Record<string, string>>) =>
      new Response(JSON.stringify({ type: "apiResponse", time: wireTime(Date.now()), ex, ...fields }), {
        status,
        headers: { ...JSON_HEADERS, ...headers },
      });
    try {
      return write(await work(), null, 200, {});
    } catch (error) {
      if (!isFailure(error)) throw error;
      const { status, headers, error: told } = failureAnswer(error, errorStatus);
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

  return {
    read: ({ brokers }) => answer(() => state(brokers)),
    turn: ({ principal, brokers, ofGateway }, request, token) =>
      answer(async () => {
        if (!ofGateway) {
          throw new Failure("Forbidden", "all instances are turned with one of the gateway's own admin tokens only", {
            outcome: "not_sent",
          });
        }
        const { body } = await readInput(guardChange, request, ANY_CALLER, BODY_MS);
        // The reason is told to all who follow any of the instances.
        refuseSecrets(body, [token, ...instanceIds]);
        const { state: asked, reason, cancelAll } = turnBody().parse(body);
        const written = await gatewaySwitch.turn({ state: asked, reason, principal });
        const canceled = cancelAll
          ? await Promise.all(
              brokers.map(async ({ desk }) => ({ name: desk.name, ...wireCanceled(await desk.cancelAll(principal)) })),
            )
          : null;
        return { ...(await state(brokers)), written, canceled };
      }),
  };
}
