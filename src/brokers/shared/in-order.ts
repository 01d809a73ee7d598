/** Tells of one thing at once where nothing has to be asked before, and else behind that and all that came earlier. */
export type TellInOrder = (id: string, ask: (() => Promise<void>) | undefined, tell: () => void) => void;

/**
 * Keeps what a vendor pushes of one order in the order in which it came, also where a push does not say all, and the rest
 * has to be asked for: later pushes wait behind the one for which that is done, and ask for nothing again.
 */
export function createInOrder(): TellInOrder {
  const waiting = new Map<string, Promise<void>>();
  return (id, ask, tell) => {
    const before = waiting.get(id) ?? ask?.();
    if (before === undefined) {
      tell();
      return;
    }
    const told = before.then(tell);
    waiting.set(id, told);
    void told.finally(() => {
      if (waiting.get(id) === told) waiting.delete(id);
    });
  };
}
