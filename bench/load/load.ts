/** Load: many clients who ask one after the other, as fast as they are answered. */

/** One request, and how it is sent. */
export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Stands in a header or body for a number of as many digits, which no other request has: orders that must not be alike.
 */
export const NUMBER = "{unique-number}";

/** The first of a run's numbers: runs give fewer than a hundred a millisecond, so that none comes to those of the next. */
export function firstNumber(): number {
  return Date.now() * 100;
}

export function isNumbered(ask: Ask): boolean {
  return JSON.stringify(ask).includes(NUMBER);
}

/** The request with its number in it. */
export function numbered(ask: Ask, number: number): Ask {
  return JSON.parse(JSON.stringify(ask).replaceAll(NUMBER, String(number)));
}

/** What is sent to whom, by how many, for how long. */
export interface LoadOrder {
  readonly origin: string;
  /** The clients take turns in this list. */
  readonly asks: readonly Ask[];
  readonly clients: number;
  readonly seconds: number;
  /** Ends after so many requests instead, which is as much work on a busy machine as on a quiet one; autocannon only. */
  readonly requests?: number | undefined;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
}

/** A generator of load. Rejects when any answer was not a good one. */
export interface Load {
  readonly name: string;
  run(order: LoadOrder): Promise<LoadResult>;
  end(): Promise<void>;
}

/** Generators by name. */
export type LoadName = "autocannon" | "wrk";
