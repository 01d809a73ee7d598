/**
 * Milliseconds from some moment on, by a clock that nobody sets: for how long something has lasted. By the clock of the day
 * a settle time would be over at once when that is put forward, and take hours more when it is put back.
 */
export function elapsedMs(): number {
  return performance.now();
}
