/** Keeping a connection up: one attempt after the other. */
import { createBackOff, pause } from "./retry.ts";

/** In milliseconds. */
export interface AttemptTimes {
  /** One that was up for longer was a good one, and the next is a first one again. */
  readonly heartbeat: number;
  readonly firstBackOff: number;
  readonly mostBackOff: number;
  /** Before the next one where a person has to do something first. */
  readonly refusedBackOff: number;
}

/** How an attempt ended: with the connection or without one, refused, or so that the next may begin at once. */
export type Ending = "ended" | "refused" | "again";

export interface Attempts {
  /** One connection from its beginning to its end, which calls `onUp` when it can be used. Rejects never. */
  attempt(onUp: () => void): Promise<Ending>;
  readonly times: AttemptTimes;
  readonly stop: AbortSignal;
  /** What ends the pause behind an attempt; asked for as the attempt begins. */
  readonly hurry?: () => AbortSignal;
}

/** Attempts until it is stopped, with pauses between that grow with each failure. */
export async function keepTrying({ attempt, times, stop, hurry }: Attempts): Promise<void> {
  const backOff = createBackOff(times);
  let failures = 0;
  while (!stop.aborted) {
    const hurried = hurry?.();
    let upAt: number | undefined;
    const ending = await attempt(() => {
      upAt = performance.now();
    });
    if (stop.aborted) return;
    if (upAt !== undefined && performance.now() - upAt > times.heartbeat) failures = 0;
    const ms = { ended: backOff(failures), refused: times.refusedBackOff, again: 0 }[ending];
    await pause(ms, stop, ...(hurried === undefined ? [] : [hurried]));
    failures += 1;
  }
}
