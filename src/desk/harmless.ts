/** Calls whoever watches, and lets neither what it throws nor what it rejects with go any further. */
export function harmless(watch: () => unknown): void {
  try {
    const seen = watch();
    if (seen instanceof Promise) seen.catch(() => undefined);
  } catch {
    // Whoever watches must not become the answer.
  }
}
