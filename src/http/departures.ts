/** Orders that left while an API of one's own was answering: what it fails with afterwards says nothing of them. */
import type { Desk } from "../desk/types.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { failureAnswer } from "./failures.ts";

/** Whether an order has left in the course of one request. */
export interface Departures {
  /** The desk, seen through this request. */
  readonly desk: Desk;
  /** The failure to answer with in place of this one. */
  failed(failure: Failure): Failure;
  /** True once an order was sent, or may have been. */
  hasLeft(): boolean;
}

export function watchDepartures(desk: Desk): Departures {
  let left = false;
  let underWay = 0;
  let tag: string | undefined;

  async function noted<Answer extends object>(write: Promise<Answer>): Promise<Answer> {
    underWay += 1;
    try {
      const answer = await write;
      left = true;
      if ("tag" in answer && typeof answer.tag === "string") tag = answer.tag;
      return answer;
    } catch (error) {
      if (!isFailure(error) || error.outcome === "unknown") left = true;
      throw error;
    } finally {
      underWay -= 1;
    }
  }

  // One that nobody waits for may still leave.
  const hasLeft = () => left || underWay > 0;

  return {
    desk: {
      ...desk,
      place: (request, context) => noted(desk.place(request, context)),
      replace: (orderId, change, context) => noted(desk.replace(orderId, change, context)),
    },
    hasLeft,
    failed(failure) {
      if (!hasLeft()) return failure;
      const { outcome, retryable } = failureAnswer(failure, "http").error;
      // One without an outcome is of a read: of a write its code would say that there is no order.
      if (outcome && outcome !== "not_sent" && !retryable) return failure;
      return new Failure(
        "OutcomeUnknown",
        `${failure.message || failure.code}; an order was or is being sent besides, look at order/list before sending it again`,
        { cause: failure, outcome: "unknown", ...(tag === undefined ? {} : { tag }) },
      );
    },
  };
}
