/** TWS's limit of messages: too many are dropped with error 100, and a client that goes on is disconnected. */
import { createFrequencyLimiter } from "../shared/frequency.ts";

/** Messages that a client may send in a second. */
const RULE = { calls: 50, windowMs: 1000 } as const;
/** Seconds with too many messages after which TWS hangs up. */
const MOST_BREACHES = 3;

/** One message too many. */
export interface Breach {
  /** How often it has happened now. */
  readonly times: number;
  readonly final: boolean;
}

export interface MessageLimit {
  /** Counts a message. */
  count(): Breach | undefined;
}

export function createMessageLimit(clock: () => number = () => performance.now()): MessageLimit {
  const limiter = createFrequencyLimiter(clock);
  let times = 0;
  return {
    count() {
      if (limiter.check("messages", RULE) === undefined) return undefined;
      times += 1;
      return { times, final: times >= MOST_BREACHES };
    },
  };
}
