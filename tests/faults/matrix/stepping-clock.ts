/**
 * Puts a clock in place of this process's own, as if somebody had set the machine's. Each line of standard input says how
 * many milliseconds it is ahead of the true time from then on. Timers and `performance.now()` are not moved by a step,
 * neither here nor on a real machine.
 */
import process from "node:process";

const TrueDate = Date;
let aheadMs = 0;

process.stdin.on("data", (chunk) => {
  const line = String(chunk).trim().split("\n").at(-1);
  if (line !== undefined) aheadMs = Number(line);
});

const now = (): number => TrueDate.now() + aheadMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new TrueDate(now()).toString(),
  get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
});
