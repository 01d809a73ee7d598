/** Waiting before the next attempt. */

/** Half to the whole of a time that doubles with every failure, from the first to the most, all in milliseconds. */
export function createBackOff(times: {
  readonly firstBackOff: number;
  readonly mostBackOff: number;
}): (failures: number) => number {
  return (failures) => {
    const most = Math.min(times.mostBackOff, times.firstBackOff * 2 ** Math.min(failures, 10));
    return most * (0.5 + Math.random() / 2);
  };
}

/**
 * Resolves after so many milliseconds, or as soon as one of the signals aborts. Whatever else ends a wait is told by a
 * signal too: a promise would keep everyone who ever waited for it, until it settles.
 */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener("abort", done, { once: true });
    if (signals.some((signal) => signal.aborted)) done();
  });
}
