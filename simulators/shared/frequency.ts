/** Frequency limits as vendors document them: so many calls in a sliding window, and a least distance between two. */

/** One documented limit. */
export interface FrequencyRule {
  /** Calls allowed in the window. */
  readonly calls: number;
  /** Length of the window in milliseconds. */
  readonly windowMs: number;
  /** Least distance between two calls in milliseconds. Default 0. */
  readonly gapMs?: number;
}

/** What a call broke. */
export type FrequencyBreach = "window" | "gap";

/** Counts calls by key (an account, a user, an interface of either). */
export interface FrequencyLimiter {
  /** Counts the call and gives `undefined`, or says what it breaks and counts nothing. */
  check(key: string, rule: FrequencyRule): FrequencyBreach | undefined;
  /** Forgets every call, as a restarted gateway does. */
  reset(): void;
}

/** A limiter on a clock of milliseconds; the real one, since a limit protects a server from real load. */
export function createFrequencyLimiter(clock: () => number = () => performance.now()): FrequencyLimiter {
  const calls = new Map<string, number[]>();
  return {
    check(key, { calls: most, windowMs, gapMs = 0 }) {
      const now = clock();
      const recent = (calls.get(key) ?? []).filter((at) => now - at < windowMs);
      calls.set(key, recent);
      const last = recent.at(-1);
      if (last !== undefined && now - last < gapMs) return "gap";
      if (recent.length >= most) return "window";
      recent.push(now);
      return undefined;
    },
    reset: () => calls.clear(),
  };
}
