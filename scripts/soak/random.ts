/** Choices at random that a seed repeats. */

/** A source of choices. Who needs choices that do not hang on what others choose takes one of its own with `fork`. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(least: number, most: number): number;
  pick<const T>(items: readonly [T, ...T[]]): T;
  /** True that often: 0 never, 1 always. */
  chance(probability: number): boolean;
  /** One of them, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
  fork(): Random;
}

/** Mulberry32: small, and good enough to choose with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));

  return {
    next,
    int,
    pick: ([first, ...others]) => {
      const index = int(0, others.length);
      return index === 0 ? first : (others[index - 1] ?? first);
    },
    chance: (probability) => next() < probability,
    weighted(weights) {
      const names = Object.keys(weights) as (keyof typeof weights)[];
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0);
      for (const name of names) {
        left -= weights[name];
        if (left < 0) return name;
      }
      throw new Error("there is nothing to choose from");
    },
    fork: () => createRandom(int(0, 2 ** 32 - 1)),
  };
}
