/** Numbers under which a vendor takes one order only, for brokers that take one beforehand. */
import { Failure } from "../domain/failure.ts";
import type { Deadline } from "./deadline.ts";
import type { Claim } from "./idempotency.ts";
import type { Seat } from "./seat.ts";
import { notSent } from "./write-outcome.ts";

/** Takes a number for one order; `undefined` from a broker without such numbers. What fails here has not left. */
export async function takeNumber({ broker }: Seat, deadline: Deadline): Promise<string | undefined> {
  if (broker.orderNumber === undefined) return undefined;
  try {
    const number = await deadline.limit(
      broker.orderNumber(deadline),
      "the broker gave no number for the order in time",
    );
    // It is written down, and what is no text could not be read back.
    if (typeof number !== "string") throw new Failure("BrokerFault", "the broker gave a number that is no text");
    return number;
  } catch (error) {
    throw notSent(error);
  }
}

/** The number of an earlier attempt, unless that went to another account, which may have an order of that number. */
export function numberFor({ reserved }: Claim, account: string | undefined): string | undefined {
  return (reserved?.account ?? account) === account ? reserved?.number : undefined;
}
