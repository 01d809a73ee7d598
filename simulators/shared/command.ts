/** What a simulator brings to the command line. */
import type { ParseArgsOptionsConfig } from "node:util";

/** A simulator as `simulators/main.ts` starts it. */
export interface SimulatorCommand {
  /** The options' lines of the usage text, without the line that names the simulator. */
  readonly usage: string;
  readonly options: ParseArgsOptionsConfig;
  /**
   * @throws {UsageError} when an option's value is wrong.
   * @throws when it cannot start, for example because a port is taken.
   */
  start(values: Readonly<Record<string, unknown>>): Promise<RunningSimulator>;
}

/** A simulator that serves. */
export interface RunningSimulator {
  /** The one line that says it is ready, and where. */
  readonly ready: string;
  close(): Promise<void>;
}

/** Wrong arguments: answered with the usage text and exit code 2. */
export class UsageError extends Error {}

/**
 * Reads a port: 0 to 65535, where 0 takes a free one.
 * @throws {UsageError} for anything else.
 */
export function portOf(option: string, value: unknown): number {
  const port = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65535)) throw new UsageError(`--${option} must be a port between 0 and 65535, not "${String(value)}"`);
  return port;
}

/** The value of an option that takes text, `undefined` when it was not given. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
