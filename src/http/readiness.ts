/** Whether an instance can be traded on now, asked for so that many askers cost its broker little. */
import type { Desk } from "../desk/types.ts";
import { isFailure } from "../domain/failure.ts";

/** One thing that must be there: `null` where the broker has no such thing, else whether it is. */
export type Part = boolean | null;

/** How an instance stands. */
export interface Readiness {
  /** True when no part is false. */
  readonly ready: boolean;
  /** The vendor's servers, and the login behind a local gateway, answer. */
  readonly session: Part;
  /** The account can be read. */
  readonly account: Part;
  /** The vendor's market data answers. */
  readonly dataFeed: Part;
  /** The broker's orders are known, so that orders can be sent. */
  readonly reconciled: Part;
}

/** Milliseconds that all parts together may take at most; what has not answered by then is not ready. */
const LIMIT_MS = 5_000;

/** A part that was there is not asked for again for so long. The session is: brokers share its round trip for 2 s. */
const FRESH_MS = 15_000;

/** One that was not is asked for again after this. */
const RETRY_MS = 2_000;

/**
 * Gives the readiness of one desk, again and again. Never rejects, and never takes longer than 5 seconds, or the
 * deadline of the instance where that is less.
 */
export function createReadiness(desk: Desk, deadlineMs: number): () => Promise<Readiness> {
  const limitMs = Math.min(LIMIT_MS, deadlineMs);
  const account = sharing(limitMs, async () => {
    const { operations } = desk.capabilities();
    if (operations.includes("cash")) await desk.cash({ currency: "USD" }, {});
    else if (operations.includes("positions")) await desk.positions({});
    else return null;
    return true;
  });
  const dataFeed = sharing(limitMs, async () => {
    await desk.marketStatus({});
    return true;
  });

  return async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, limitMs, false);
    });
    const part = (work: Promise<Part>) => Promise.race([work.catch(absentOrFalse), late]);
    const [session, accountNow, dataFeedNow, reconciled] = await Promise.all([
      part(desk.ping({})),
      part(account()),
      part(dataFeed()),
      part(desk.reconcile().then(() => true)),
    ]).finally(() => clearTimeout(timer));
    const parts = { session, account: accountNow, dataFeed: dataFeedNow, reconciled };
    return { ready: !Object.values(parts).includes(false), ...parts };
  };
}

function absentOrFalse(error: unknown): Part {
  return isFailure(error) && error.code === "NotSupported" ? null : false;
}

/** Asks once for everybody who asks within a time. An answer that does not come holds nobody up for longer than that. */
function sharing(limitMs: number, ask: () => Promise<Part>): () => Promise<Part> {
  let asked: { readonly answer: Promise<Part>; until: number } | undefined;
  return () => {
    const now = performance.now();
    if (asked !== undefined && now < asked.until) return asked.answer;
    const current = { answer: ask(), until: now + limitMs };
    asked = current;
    current.answer.then(
      () => {
        current.until = performance.now() + FRESH_MS;
      },
      () => {
        current.until = performance.now() + RETRY_MS;
      },
    );
    return current.answer;
  };
}
