/** So many parts hold what has to be kept; the oldest is forgotten as a whole. */
export const PARTS = 2;

/**
 * Things by their keys: all that are open, and of those that have ended at least so many of the newest, at most twice as
 * many. What ended stands in parts, of which only the newest is written to: to take the oldest things out of one large map
 * one by one touches memory that has long left the processor, and a map that is always written to is looked through by the
 * garbage collector again and again.
 */
export class Kept<T> {
  readonly #kept: number;
  readonly #open = new Map<string, T>();
  /** The newest first. */
  #ended: Map<string, T>[] = [new Map()];
  /** The key that was last looked for in vain: who finds nothing under it asks again before he puts something there. */
  #absent: string | undefined;

  constructor(kept: number) {
    this.#kept = kept;
  }

  get(key: string): T | undefined {
    if (key === this.#absent) return undefined;
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    for (const part of this.#ended) {
      const ended = part.get(key);
      if (ended !== undefined) return ended;
    }
    this.#absent = key;
    return undefined;
  }

  /** Puts one that nothing is known of by its key. */
  add(key: string, value: T, isOpen: boolean): void {
    if (key === this.#absent) this.#absent = undefined;
    if (isOpen) this.#open.set(key, value);
    else this.#end(key, value);
  }

  /** Puts one in the place of what is known by its key. What ends now is the newest; what had ended keeps its place. */
  replace(key: string, value: T, isOpen: boolean): void {
    if (isOpen && this.#open.has(key)) {
      this.#open.set(key, value);
      return;
    }
    const part = this.#open.delete(key) ? undefined : this.#partOf(key);
    if (part !== undefined && !isOpen) {
      part.set(key, value);
      return;
    }
    part?.delete(key);
    this.add(key, value, isOpen);
  }

  delete(key: string): void {
    if (!this.#open.delete(key)) this.#partOf(key)?.delete(key);
  }

  /** Those that are open, in the order in which they were added. */
  open(): IterableIterator<T> {
    return this.#open.values();
  }

  /** Those that have ended, the oldest first. */
  ended(): T[] {
    return this.#ended.toReversed().flatMap((part) => [...part.values()]);
  }

  /** Forgets those that have ended of which this is true. */
  forget(isOld: (value: T) => boolean): void {
    for (const part of this.#ended) {
      for (const [key, value] of part) if (isOld(value)) part.delete(key);
    }
  }

  #partOf(key: string): Map<string, T> | undefined {
    for (const part of this.#ended) if (part.has(key)) return part;
    return undefined;
  }

  #end(key: string, value: T): void {
    let [newest] = this.#ended;
    if (newest === undefined || newest.size >= this.#kept / PARTS) {
      newest = new Map();
      this.#ended = [newest, ...this.#withoutOld()];
    }
    newest.set(key, value);
  }

  /** The parts that are needed to have so many. */
  #withoutOld(): Map<string, T>[] {
    let size = 0;
    return this.#ended.filter((part) => {
      const isNeeded = size < this.#kept && part.size > 0;
      size += part.size;
      return isNeeded;
    });
  }
}
