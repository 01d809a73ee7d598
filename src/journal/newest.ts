/** The newest of something, at most so many, in the order in which they were added. */
export class Newest<T extends object | string> {
  readonly #kept: number;
  /** Those that have made room stand in front, as nothing, until there are many of them. */
  #items: (T | undefined)[] = [];
  #first = 0;

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Adds one that is not among them; gives back the oldest when that has to make room. */
  add(item: T): T | undefined {
    this.#items.push(item);
    if (this.#items.length - this.#first <= this.#kept) return undefined;
    const oldest = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first += 1;
    if (this.#first > this.#kept) this.#keep(this.#items.slice(this.#first));
    return oldest;
  }

  /** Takes one out; sooner found, the newer it is. */
  remove(item: T): void {
    const at = this.#items.lastIndexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  /** Takes out and gives back all of which this is true. */
  take(isOut: (item: T) => boolean): readonly T[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.#keep(items.filter((item) => !isOut(item)));
    return items.filter(isOut);
  }

  #keep(items: (T | undefined)[]): void {
    this.#items = items;
    this.#first = 0;
  }
}
