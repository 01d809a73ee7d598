/** Lets so many calls be under way at once. */
import { NoAnswer } from "./refusals.ts";

export interface Turnstile {
  /** True when the next one goes in at once. */
  hasRoom(): boolean;
  /** Resolves when there is room; the result makes room again. @throws NoAnswer when the signal aborts before. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createTurnstile(places: number): Turnstile {
  let inside = 0;
  const waiting: (() => void)[] = [];

  function leave(): void {
    inside -= 1;
    waiting.shift()?.();
  }

  return {
    hasRoom: () => inside < places,
    enter(signal) {
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          const at = waiting.indexOf(goIn);
          if (at >= 0) waiting.splice(at, 1);
          reject(new NoAnswer("given up before the request was sent", { sent: false, late: true }));
        };
        const goIn = () => {
          signal.removeEventListener("abort", giveUp);
          inside += 1;
          resolve(leave);
        };
        if (signal.aborted) return giveUp();
        signal.addEventListener("abort", giveUp, { once: true });
        if (inside < places) goIn();
        else waiting.push(goIn);
      });
    },
  };
}
