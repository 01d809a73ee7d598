/** Assertions and waiting, without a test framework. */

/** A promise of the contract that the broker did not keep. */
export class ConformanceError extends Error {
  override readonly name = "ConformanceError";
}

/** Fails with `message` unless `condition` holds. */
export function expect(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new ConformanceError(message());
}

/** Fails unless both are equal as JSON; good for the plain data of the contract. */
export function expectEqual(seen: unknown, expected: unknown, what: string): void {
  expect(show(seen) === show(expected), () => `${what}: expected ${show(expected)}, saw ${show(seen)}`);
}

/** Fails unless `seen` is one of `allowed`. */
export function expectOneOf<T>(seen: T, allowed: readonly T[], what: string): void {
  expect(allowed.includes(seen), () => `${what}: expected one of ${allowed.map(show).join(", ")}, saw ${show(seen)}`);
}

/** A value for a message: JSON with sorted keys, `undefined` and functions by name. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return JSON.stringify(value, sortKeys) ?? String(value);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Gives back what the promise gives, or fails when it has not ended after `boundMs`. */
export async function ends<T>(what: string, promise: Promise<T>, boundMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ConformanceError(`${what} has not ended after ${boundMs} ms`)), boundMs);
  });
  try {
    return await Promise.race([promise, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until `look` gives something, and fails with what was last `seen` after `boundMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  boundMs: number,
  seen: () => unknown = () => "nothing",
): Promise<T> {
  const bound = Date.now() + boundMs;
  for (let wait = 2; ; wait = Math.min(wait * 2, 200)) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() >= bound) {
      throw new ConformanceError(`${what}: not so after ${boundMs} ms; last seen ${show(seen())}`);
    }
    await pause(wait);
  }
}
