import { isRepetition } from "../desk/idempotency.ts";
import type { Desk, WriteContext } from "../desk/types.ts";
import { isFailure } from "../domain/failure.ts";
import type { InstanceMetrics } from "./metrics.ts";
import type { ObservedWrite, WriteResult } from "./observer.ts";
import { type Done, type Observers, within } from "./observers.ts";

/** What the answers of all writes have in common, as far as each has it. */
interface AnyAnswer {
  readonly replayed: boolean;
  readonly orderId?: string;
  readonly tag?: string;
}

/** The same desk, with every write counted and told. `scrub` takes secrets out of what a client put into it. */
export function observedDesk(
  desk: Desk,
  observers: Observers,
  metrics: InstanceMetrics | undefined,
  scrub: (text: string) => string,
): Desk {
  function watched<Answer extends AnyAnswer>(
    action: ObservedWrite["action"],
    orderId: string | null,
    context: WriteContext,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const around = observers.aroundWrites();
    return around.length === 0 && metrics === undefined ? work() : watchedBy(around, action, orderId, context, work);
  }

  async function watchedBy<Answer extends AnyAnswer>(
    around: ReturnType<Observers["aroundWrites"]>,
    action: ObservedWrite["action"],
    orderId: string | null,
    { principal, requestId }: WriteContext,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    // An API of one's own may give anything, which the desk refuses.
    const told = typeof orderId === "string" ? scrub(orderId) : null;
    const about = { instance: desk.name, action, orderId: told, principal, requestId: requestId ?? null };
    const tag = (orderId === null ? undefined : desk.remembered(orderId)?.tag) ?? null;
    const { value: deliver, result } = await within(around, about, () => toEnd({ orderId: told, tag }, work, scrub));
    metrics?.wrote(action, result);
    return deliver();
  }

  const cancel: Desk["cancel"] = (orderId, context) =>
    watched("cancel", orderId, context, () => desk.cancel(orderId, context));

  return {
    ...desk,
    place: (request, context) => watched("place", null, context, () => desk.place(request, context)),
    replace: (orderId, change, context) =>
      watched("replace", orderId, context, () => desk.replace(orderId, change, context)),
    cancel,
    cancelAll: (principal) => desk.cancelAll(principal, cancel),
  };
}

/** Waits for the end of a write to this order, good or bad; its value gives the answer or throws the failure. */
async function toEnd<Answer extends AnyAnswer>(
  { orderId, tag }: Pick<WriteResult, "orderId" | "tag">,
  work: () => Promise<Answer>,
  scrub: (text: string) => string,
): Promise<Done<() => Answer, WriteResult>> {
  const begun = performance.now();
  try {
    const answer = await work();
    return {
      value: () => answer,
      result: {
        outcome: "accepted",
        code: null,
        message: null,
        tag: answer.tag ?? tag,
        orderId: answer.orderId ?? orderId,
        replayed: answer.replayed,
        ms: performance.now() - begun,
      },
    };
  } catch (error) {
    return {
      value() {
        throw error;
      },
      result: { ...failed(error, tag, scrub), orderId, ms: performance.now() - begun },
    };
  }
}

function failed(
  error: unknown,
  itsTag: string | null,
  scrub: (text: string) => string,
): Omit<WriteResult, "orderId" | "ms"> {
  if (!isFailure(error)) return { outcome: "error", code: null, message: null, tag: itsTag, replayed: false };
  const { outcome = "not_sent", code, message, tag } = error;
  return { outcome, code, message: scrub(message), tag: tag ?? itsTag, replayed: isRepetition(error) };
}
