/** Which start of the machine this is: what no sync has put on the disk is lost with it. */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import process from "node:process";

/** Milliseconds between two looks at the time of one start: clocks are set by a little, and macOS tells whole seconds. */
const TOLERANCE_MS = 2000;

/**
 * A word for the present start of the machine, `undefined` where it cannot be told. Linux names its starts; the time of the
 * start serves elsewhere, but not there: a machine without a clock of its own begins at the same time again and again.
 */
export function machineStart(): string | undefined {
  try {
    if (process.platform === "linux")
      return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() || undefined;
    return `${Math.round(Date.now() - uptime() * 1000)}`;
  } catch {
    // Deno lets only a program with all permissions look.
    return undefined;
  }
}

/** False when in doubt. */
export function isSameStart(known: string, now: string | undefined): boolean {
  return known === now || Math.abs(Number(known) - Number(now)) <= TOLERANCE_MS;
}
