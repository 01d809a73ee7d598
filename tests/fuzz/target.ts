/** What is fuzzed, and how one round of it goes. */
import fc from "fast-check";
import { readInput, writeInput } from "./inputs.ts";

/** A target that is ready: where its inputs come from, and what must hold of each. */
export interface Ready<Input> {
  /** Plain data and bytes only, so that an input can be printed, kept and read back. */
  readonly inputs: fc.Arbitrary<Input>;
  /** @throws for what must not be: the message says which rule was broken. */
  check(input: Input): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** What a round found: the smallest input that breaks a rule, and the seed that led to it. */
export interface Found {
  readonly seed: number;
  readonly input: string;
  readonly error: string;
}

/** A target that is ready, whatever its inputs are. */
export interface OpenTarget {
  /** @param before called with every input in its written form before it is tried, shrunk ones too. */
  round(seed: number, runs: number, before: (input: () => string) => void | Promise<void>): Promise<Found | undefined>;
  /** Tries one input in its written form. */
  replay(input: string): Promise<void>;
  close(): Promise<void>;
}

export interface Target {
  readonly name: string;
  /** How many inputs it gets in `npm test`. */
  readonly runs: number;
  open(): Promise<OpenTarget>;
}

export function defineTarget<Input>(
  name: string,
  runs: number,
  open: () => Ready<Input> | Promise<Ready<Input>>,
): Target {
  return {
    name,
    runs,
    async open() {
      const { inputs, check, close } = await open();
      return {
        async round(seed, numRuns, before) {
          const property = fc.asyncProperty(inputs, async (input) => {
            await before(() => writeInput(input));
            await check(input);
          });
          const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns });
          if (!failed) return undefined;
          return { seed, input: writeInput(counterexample?.[0]), error: told(errorInstance) };
        },
        replay: async (input) => check(readInput(input)),
        close: async () => close?.(),
      };
    },
  };
}

/** An error with what caused it. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, stack = error.message } = error;
  return cause === undefined ? stack : `${error.message}\ncaused by ${told(cause)}`;
}
