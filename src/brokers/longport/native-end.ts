/**
 * The end of the SDK's contexts.
 *
 * SDK fault (close): there is none. A context, its connection and what keeps the process alive end when the runtime clears
 * the object away, which it may never do by itself; here it is asked to, until it has.
 */
import { pause } from "../shared/retry.ts";

/** Contexts that were opened, until the runtime has cleared them away. */
export interface OpenContexts {
  /** Takes note of a context that comes about; gives the promise back. */
  note<T extends object>(opening: Promise<T>): Promise<T>;
  /**
   * Clears away all of them, which nothing may use any more. Resolves when those that are there have gone, or after
   * {@link CLEAR_MS}: what is only coming about, or held by a call under way, is cleared away behind that.
   */
  clear(): Promise<void>;
}

/** So long a caller waits for it. */
const CLEAR_MS = 2_000;
/** So long it is tried: a call of the SDK ends within thirty seconds. */
const TRY_MS = 40_000;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 4_000;
const LOOK_MS = 5;

interface Opening {
  /** Absent while it is coming about. */
  context?: WeakRef<object>;
  failed?: boolean;
}

export function createOpenContexts(): OpenContexts {
  let inUse: Opening[] = [];

  return {
    note(context) {
      const opening: Opening = {};
      inUse.push(opening);
      context.then(
        (opened) => {
          opening.context = new WeakRef(opened);
        },
        () => {
          opening.failed = true;
          inUse = inUse.filter((each) => each !== opening);
        },
      );
      return context;
    },
    async clear() {
      const left = new Set(inUse);
      inUse = [];
      void sweep(left);
      const end = performance.now() + CLEAR_MS;
      while ([...left].some(({ context }) => context !== undefined) && performance.now() < end) await soon(LOOK_MS);
    },
  };
}

/** Has them cleared away, and takes out what has gone. Looking is dear, so it is done only while there is something to find. */
async function sweep(left: Set<Opening>): Promise<void> {
  const end = performance.now() + TRY_MS;
  let wait = FIRST_WAIT_MS;
  while (left.size > 0 && performance.now() < end) {
    // What was under way a moment ago may still be held on to, and so is what was looked at in this turn.
    await soon(wait);
    const isThere = [...left].some(({ context }) => context !== undefined);
    if (isThere) await collect();
    for (const opening of left) {
      const { context, failed } = opening;
      if (failed || (isThere && context !== undefined && context.deref() === undefined)) left.delete(opening);
    }
    wait = isThere ? Math.min(2 * wait, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
  }
}

function soon(ms: number): Promise<void> {
  return pause(ms);
}

interface Engine {
  setFlagsFromString(flags: string): void;
}

interface Sandbox {
  runInNewContext(code: string): unknown;
}

/** Has the runtime look for what nothing refers to any more, where it can be asked to. */
async function collect(): Promise<void> {
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
  const engine = (await import(/* webpackIgnore: true */ /* @vite-ignore */ builtIn("v8"))) as Engine;
  const sandbox = (await import(/* webpackIgnore: true */ /* @vite-ignore */ builtIn("vm"))) as Sandbox;
  engine.setFlagsFromString("--expose-gc");
  const found = sandbox.runInNewContext("gc");
  return typeof found === "function" ? () => void found() : undefined;
}

/** Put together here, so that no bundler takes the module in. */
function builtIn(name: string): string {
  return ["node", name].join(":");
}
