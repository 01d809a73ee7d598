/**
 * Things that come and go quickly. Their places are used again, since a set of so much coming and going would make old garbage
 * of all that passed by: V8 gives one that is emptied a new table, and an old table that has outlived two collections keeps all
 * that came after it.
 */
export class Places<T extends object> implements Iterable<T> {
  readonly #things: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#things.length - this.#free.length;
  }

  /** Gives it a place, by which it leaves. */
  enter(thing: T): number {
    const place = this.#free.pop() ?? this.#things.length;
    this.#things[place] = thing;
    return place;
  }

  /** Takes it out of its place; nothing when it has left before, and another may be there. */
  leave(place: number, thing: T): void {
    if (this.#things[place] !== thing) return;
    this.#things[place] = undefined;
    this.#free.push(place);
  }

  /** In no order. */
  *[Symbol.iterator](): Generator<T> {
    for (const thing of this.#things) if (thing !== undefined) yield thing;
  }
}
