/** Whether an instance may trade: its own kill switch and that of the gateway, and what is canceled when one is turned. */
import { type FailureCode, isFailure } from "../domain/failure.ts";
import type { OrderListing } from "../spec/broker.ts";
import type { TradingState } from "../spec/policy.ts";
import type { Deadline } from "./deadline.ts";
import { type KillSwitch, stricter } from "./kill-switch.ts";
import { isClosed, type OrderBook } from "./order-book.ts";
import type { Seat } from "./seat.ts";
import type { CancelAllResult, Desk, WriteContext } from "./types.ts";
import type { Unknowns } from "./unknowns.ts";

/** What canceling everything stands on. */
export interface CancelAllOptions {
  readonly seat: Seat;
  readonly book: OrderBook;
  readonly unknowns: Unknowns;
  readonly cancel: Desk["cancel"];
  newDeadline(): Deadline;
  /** Resolves once what an earlier process left is in the book and among the unknowns; rejects while it cannot be read. */
  recover(): Promise<void>;
}

/** A round finds what came while the one before it ran. */
const ROUNDS = 3;

/** The stricter of an instance's switch and the gateway's. */
export function stateOf(own: KillSwitch, gateway: KillSwitch): TradingState {
  return stricter(own.position.state, gateway.position.state);
}

/**
 * Cancels all open orders, those placed elsewhere too. What is known to be open is canceled at once; then it waits for orders
 * that are just being sent, so that none slips through between two looks. It is meant to be called when no new ones are let
 * through.
 */
export async function cancelAll(options: CancelAllOptions, context: WriteContext): Promise<CancelAllResult> {
  const { book, unknowns, newDeadline } = options;
  const canceled = new Set<string>();
  const failed = new Map<string, { readonly code: FailureCode; readonly message: string }>();
  let complete = true;
  // Beside the first round: no cancel is later for a journal that is silent.
  let isRecovered = false;
  const recovering = options.recover().then(
    () => {
      isRecovered = true;
    },
    () => undefined,
  );

  async function cancelEach(orderIds: readonly string[], isTriedAgain: boolean): Promise<void> {
    await Promise.all(
      orderIds.map(async (orderId) => {
        try {
          await options.cancel(orderId, context);
          canceled.add(orderId);
        } catch (error) {
          const code = isFailure(error) ? error.code : "BrokerFault";
          const message = error instanceof Error ? error.message : String(error);
          // What has ended meanwhile needs no cancel; what only takes none, as while one is under way, is open all the same.
          if (code === "OrderNotOpen" && (isTriedAgain || hasEnded(book, orderId))) return;
          if (isTriedAgain && isFailure(error) && error.outcome === "not_sent") return;
          failed.set(orderId, { code, message });
        }
      }),
    );
  }

  const isLeft = (orderId: string) => !canceled.has(orderId) && !failed.has(orderId);

  await cancelEach(book.openIds(), true);
  for (let round = 0; round < ROUNDS; round += 1) {
    const deadline = newDeadline();
    try {
      await deadline.limit(unknowns.quiet(), "orders are still being sent");
    } catch {
      complete = false;
    }
    const wasRecovered = isRecovered;
    const { orderIds, listed } = await openOrderIds(options);
    complete &&= listed;
    const left = orderIds.filter(isLeft);
    if (left.length > 0) {
      await cancelEach(left, false);
      continue;
    }
    await recovering;
    // What was remembered only then has not been looked at yet, nor what has been told of since, as by a late answer.
    if ((wasRecovered || !isRecovered) && !book.openIds().some(isLeft)) break;
  }
  await recovering;
  return {
    canceled: [...canceled],
    failed: [...failed].map(([orderId, failure]) => ({ orderId, ...failure })),
    complete: complete && isRecovered && unknowns.size === 0 && !book.openIds().some(isLeft),
  };
}

/** Open orders by the broker's own list and the book: one of them may know what the other does not. */
async function openOrderIds({ seat, book, newDeadline }: CancelAllOptions) {
  const deadline = newDeadline();
  deadline.forWrite = true;
  try {
    const { orders, unmapped, isWhole } = await deadline.limit<OrderListing>(
      seat.start().then(() => seat.method("orders")({ status: "open", fresh: true }, deadline)),
      "the broker did not list its orders in time",
    );
    // With what has been told of meanwhile, as by the late answer to an order that the list did not have yet.
    const ids = new Set([...book.openIds(), ...orders.map(({ orderId }) => orderId)]);
    // What has no name here cannot be canceled from here either, and may be open all the same.
    return { orderIds: [...ids], listed: isWhole !== false && unmapped.length === 0 };
  } catch {
    return { orderIds: book.openIds(), listed: false };
  }
}

function hasEnded(book: OrderBook, orderId: string): boolean {
  const order = book.get(orderId);
  return order !== undefined && isClosed(order);
}
