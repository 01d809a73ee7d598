/**
 * The end of the SDK's contexts.
 *
 * SDK fault (close): there is none. A context, its connection and what keeps the process alive end when the runtime clears
 * the object away, which it may never do by itself; here it is asked to.
 */

interface Engine {
  setFlagsFromString(flags: string): void;
}

interface Sandbox {
  runInNewContext(code: string): unknown;
}

/** Clears away what nothing refers to any more, where the runtime can be asked to. */
export async function clearAway(): Promise<void> {
  try {
    (await collector())?.();
  } catch {
    // Then the runtime does it in its own time.
  }
}

async function collector(): Promise<(() => void) | undefined> {
  const { Bun: bun, gc } = globalThis as { Bun?: { gc(synchronous: boolean): void }; gc?: () => void };
  if (bun !== undefined) return () => bun.gc(true);
  if (gc !== undefined) return gc;
  const engine = (await import(builtIn("v8"))) as Engine;
  const sandbox = (await import(builtIn("vm"))) as Sandbox;
  engine.setFlagsFromString("--expose-gc");
  const found = sandbox.runInNewContext("gc");
  return typeof found === "function" ? () => void found() : undefined;
}

/** Put together here, so that no bundler takes the module in. */
function builtIn(name: string): string {
  return ["node", name].join(":");
}
