/** Chance that can be had again. */

/** Numbers that follow from a seed alone. */
export interface Dice {
  /** A whole number from 0 up to, but not including, this. */
  below(end: number): number;
  chance(part: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** mulberry32 */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    chance: (part) => next() < part,
    pick<T>(from: readonly T[]): T {
      return from[below(from.length)] as T;
    },
  };
}
