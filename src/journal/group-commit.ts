import { setImmediate } from "node:timers";

/** Something that waits to be written with others. */
export interface Waiting<T> {
  readonly entry: T;
  /** Answers with the number of the entry's last line. */
  resolve(sequence: number): void;
  reject(error: unknown): void;
}

/** How a group is made up. */
export interface GroupOptions<T> {
  /** A group is closed when it has reached this size. */
  readonly limit: number;
  sizeOf(entry: T): number;
  /** Writes the entries in order in one transaction and settles each of them. Does not throw. */
  commit(group: readonly Waiting<T>[]): void;
}

/** Collects what is handed over within one turn of the event loop, so that one commit serves all of it. */
export interface GroupCommit<T> {
  add(entry: T): Promise<number>;
  /** Commits everything that waits, now. */
  drain(): void;
}

/** One group a turn of the event loop: what does not fit waits for the next, so that a group bounds how long it blocks. */
export function createGroupCommit<T>({ limit, sizeOf, commit }: GroupOptions<T>): GroupCommit<T> {
  let waiting: Waiting<T>[] = [];
  let scheduled = false;

  function nextGroup(): readonly Waiting<T>[] {
    let size = 0;
    let count = 0;
    for (const { entry } of waiting) {
      if (size >= limit) break;
      size += sizeOf(entry);
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  function turn(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    commit(nextGroup());
    schedule();
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(turn);
  }

  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        schedule();
      }),
    drain() {
      while (waiting.length > 0) commit(nextGroup());
    },
  };
}
