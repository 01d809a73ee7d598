/** A journal before which everything may have to wait, or find it away, while the lines keep their order. */
import type { Journal } from "../../../src/journal/journal.ts";
import type { Life } from "./venue.ts";

interface Waiting {
  readonly what: string;
  readonly isAppend: boolean;
  go(): void;
  fail(): void;
}

const away = () => new Error("the journal is away");

export function createJournalGate(journal: Journal, told: (line: string) => void) {
  let mode: "quick" | "slow" | "away" = "quick";
  let waiting: Waiting[] = [];
  let processes = 0;
  let isBlind = false;
  let hasRefused = false;

  /** The journal as this process sees it. */
  function of(life: Life): Journal {
    processes += 1;
    return new Proxy(journal, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...given: unknown[]) => {
          if (!life.isAlive) return new Promise(() => {});
          const isAppend = name === "append";
          const what = isAppend
            ? (given[0] as { readonly kind: string; readonly state?: string }[])
                .map(({ kind, state }) => state ?? kind)
                .join(" and ")
            : String(name);
          const isFree = !(isAppend && waiting.some((each) => each.isAppend));
          if (mode === "quick" && isFree) return method.apply(target, given);
          isBlind ||= processes > 1 && !isAppend;
          hasRefused ||= mode === "away" && isAppend;
          if (mode === "away" && isFree) throw away();
          told(`the journal is asked for: ${what}`);
          return new Promise((resolve, reject) => {
            const go = () => {
              try {
                Promise.resolve(method.apply(target, given)).then(resolve, reject);
              } catch (error) {
                reject(error);
              }
            };
            waiting.push({ what, isAppend, go, fail: () => reject(away()) });
          });
        };
      },
    });
  }

  function next(how: "done" | "fails"): void {
    const first = waiting.shift();
    if (first === undefined) return;
    told(`of the journal ${how}: ${first.what}`);
    hasRefused ||= how === "fails" && first.isAppend;
    if (how === "done") first.go();
    else first.fail();
  }

  return {
    of,
    next,
    /** Whether a process could not read at once what an earlier one had written. */
    isBlind: () => isBlind,
    become(how: typeof mode) {
      mode = how;
    },
    /** The process has ended: the first of its lines are written all the same. Tells whether it may have kept others back. */
    cut(lines: number): boolean {
      const isForgetful = hasRefused;
      hasRefused = false;
      for (const { isAppend, go } of waiting.slice(0, lines)) if (isAppend) go();
      waiting = [];
      return isForgetful;
    },
    heal() {
      mode = "quick";
      while (waiting.length > 0) next("done");
    },
  };
}
