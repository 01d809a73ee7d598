/** What the limits for an order rest on besides the order: which facts are needed, and reading them. */
import { isFailure } from "../../domain/failure.ts";
import type { Position } from "../../domain/position.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Mandate, QuotePolicy, RiskOptions, TradingState } from "../../spec/policy.ts";
import type { DayValues } from "./day-values.ts";
import { type Draft, remainingOf } from "./draft.ts";
import type { FilledMeanwhile, FillLog } from "./fill-log.ts";
import type { Recent } from "./recent.ts";
import { isBounded, type Reference, referenceOf } from "./valuation.ts";

/** Bounds a wait by the deadline of the write. */
export type Limit = <T>(work: Promise<T>) => Promise<T>;

/** Which facts an order has to be held against. */
export interface Needs {
  /** What was sent a short while ago has to be read from the journal. */
  readonly recent: boolean;
  /** What was sent today has. */
  readonly day: boolean;
  /** What the order is worth counts. */
  readonly value: boolean;
  readonly quote: boolean;
  readonly positions: boolean;
}

/** What was looked up for an order. */
export interface Facts {
  readonly reference: Reference | undefined;
  readonly positions: readonly Position[] | undefined;
  /** What was filled while the positions were read. */
  readonly filledMeanwhile: number;
}

export const NO_FACTS: Facts = { reference: undefined, positions: undefined, filledMeanwhile: 0 };

/** What the facts are read from. */
export interface FactContext {
  readonly options: RiskOptions | undefined;
  /** How the kill switch stands, the stricter of the instance's and the gateway's. */
  readonly state: () => TradingState;
  readonly quote: (draft: Draft) => Promise<Quote>;
  readonly positions: () => Promise<readonly Position[]>;
  /** What is filled while positions are read, here or for others. */
  readonly fills: FillLog;
}

export interface FactSource {
  needs(draft: Draft, mandate: Mandate | undefined): Needs;
  /** True for an order that sells more than an order before it may already sell. */
  mustBeHeld(draft: Draft): boolean;
  /** Reads what is needed, and decides while it still holds. */
  read<T>(draft: Draft, needs: Needs, limit: Limit, decide: (facts: Facts) => T): Promise<T>;
}

export function createFactSource(context: FactContext, values: DayValues, recent: Recent): FactSource {
  const { options, state, fills } = context;
  const risk: RiskOptions = options ?? {};
  const quotes: QuotePolicy = risk.quotes ?? {};
  const refusesShort = options !== undefined && risk.allowShort !== true;

  function mustBeHeld({ direction, replaced, remaining }: Draft): boolean {
    if (!refusesShort || direction !== "SELL") return false;
    return replaced === undefined || remaining > remainingOf(replaced);
  }

  async function referenceFor(draft: Draft): Promise<Reference> {
    let quote: Quote | undefined;
    let reason = "";
    try {
      quote = await context.quote(draft);
    } catch (error) {
      reason = `no quote could be read: ${isFailure(error) ? error.message : String(error)}`;
    }
    return referenceOf(quote, reason, quotes, Date.now());
  }

  return {
    mustBeHeld,
    needs(draft, mandate) {
      const limits = mandate?.limits ?? {};
      const day = risk.maxDailyValue !== undefined || limits.maxDailyValue !== undefined;
      const value = day || risk.maxOrderValue !== undefined || limits.maxOrderValue !== undefined;
      return {
        recent: !recent.isRecovered && (recent.duplicates !== undefined || limits.ordersPerMinute !== undefined),
        day: value && !values.isRecovered,
        value,
        quote: (value && !isBounded(draft)) || (risk.priceCollar !== undefined && draft.price !== undefined),
        positions: state() === "REDUCING" || mustBeHeld(draft),
      };
    },
    async read(draft, needs, limit, decide) {
      if (needs.recent) await limit(recent.recover());
      const read = async (filled: FilledMeanwhile) => {
        // As one wait: a cancel that takes a change back ends that which began last.
        const [reference, positions] = await limit(
          Promise.all([
            needs.quote ? referenceFor(draft) : undefined,
            needs.positions ? context.positions() : undefined,
          ]),
        );
        // Last, since midnight may have passed by now.
        if (needs.value && !values.isRecovered) await limit(values.recover());
        return decide({ reference, positions, filledMeanwhile: filled(draft) });
      };
      return needs.positions ? fills.during(read) : read(() => 0);
    },
  };
}
