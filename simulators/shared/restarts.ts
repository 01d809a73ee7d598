/** A simulator's ports go away and come back as often as it restarts, and go for good when it is closed. */
import { pause } from "../../src/brokers/shared/retry.ts";

/** The ports of a simulator. */
export interface Doors {
  /** Ends what listens, and every connection. */
  down(): Promise<void>;
  /** Listens on the same ports again. Rejects while one of them is taken. */
  up(): Promise<void>;
}

export interface Restarts {
  /** Takes the ports down for so many milliseconds, after what was asked for before. */
  restart(ms: number): void;
  /** Ends the wait of the restart under way, if there is one: its ports come back now. */
  comeBack(): void;
  /** True once `end` was called. */
  readonly hasEnded: boolean;
  /** Begins no restart any more. Resolves when the one under way is over, which waits for nothing then. */
  end(): Promise<void>;
}

/** Between two tries to get the ports back. */
const REOPEN_MS = 50;

export function createRestarts({ down, up }: Doors): Restarts {
  const ending = new AbortController();
  const { signal } = ending;
  let restarting = Promise.resolve();
  let waiting = new AbortController();

  async function reopen(): Promise<void> {
    while (!signal.aborted) {
      try {
        return await up();
      } catch {
        await pause(REOPEN_MS, signal);
      }
    }
  }

  return {
    restart(ms) {
      restarting = restarting.then(async () => {
        if (signal.aborted) return;
        waiting = new AbortController();
        const wait = waiting.signal;
        await down();
        await pause(ms, signal, wait);
        await reopen();
      });
    },
    comeBack: () => waiting.abort(),
    get hasEnded() {
      return signal.aborted;
    },
    end() {
      ending.abort();
      return restarting;
    },
  };
}
