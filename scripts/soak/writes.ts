/** A client's way to make a write that counts once: under one key, until an answer settles it. */
import type { Counters } from "./counters.ts";
import type { Answer, HttpClient } from "./http.ts";
import type { Random } from "./random.ts";
import { rest } from "./rest.ts";

/** Who asks, and whom. */
export interface ClientSetup {
  readonly broker: string;
  readonly name: string;
  /** Of the instance: `http://…/httptrading/api/…`. */
  readonly url: string;
  readonly token: string;
  readonly http: HttpClient;
  readonly random: Random;
  readonly counters: Counters;
  /** Aborts when no new work is to be begun. */
  readonly stopping: AbortSignal;
}

/** What a client believes of a write in the end. */
export type Settled =
  | { readonly outcome: "accepted"; readonly orderId: string | undefined }
  | { readonly outcome: "rejected" | "not_sent"; readonly code: string };

/** What a client does with an answer. */
type Verdict = Settled | { readonly outcome: "again"; readonly waitMs: number; readonly mayGiveUp: boolean };

/** Between two tries where the gateway says nothing about when, in milliseconds. */
const RETRY_MS = 1000;
/** How often a client takes an answer that says "not sent, try later" for its last. */
const GIVES_UP = 0.1;

/**
 * Repeats a write under its key until it is settled. "Try later" is never obeyed too early; a client may also leave it at
 * that, since it says that nothing was sent.
 */
export async function settleWrite(client: ClientSetup, path: string, key: string, body: unknown): Promise<Settled> {
  const { broker, http, url, token, random, counters, stopping } = client;
  let doubted = false;
  for (;;) {
    counters.count("requests", path);
    let verdict: Verdict;
    try {
      const answer = await http.ask(`${url}/${path}`, {
        headers: { "HT-TOKEN": token, "Idempotency-Key": key },
        body,
      });
      if (answer.status === 504) {
        if (!doubted) counters.count("unknown", path);
        doubted = true;
      }
      verdict = verdictOn(answer, client, path);
    } catch {
      // Killed while it answered, or not there at all.
      counters.count("answers lost", path);
      verdict = { outcome: "again", waitMs: random.int(200, RETRY_MS), mayGiveUp: false };
    }
    if (verdict.outcome !== "again") {
      if (doubted) counters.count("unknown resolved as", verdict.outcome);
      counters.count(`${broker} ${path}`, verdict.outcome);
      return verdict;
    }
    if (verdict.mayGiveUp && (stopping.aborted || random.chance(GIVES_UP))) {
      if (doubted) counters.count("unknown resolved as", "not_sent");
      counters.count(`${broker} ${path}`, "given up");
      return { outcome: "not_sent", code: "given up" };
    }
    // Who waits only because of a limit need not do so once the run is at its end.
    await rest(verdict.waitMs, verdict.mayGiveUp ? stopping : undefined);
  }
}

/** Reads one answer to a write, and holds it to what every answer promises. */
function verdictOn({ status, retryAfterMs, body }: Answer, client: ClientSetup, path: string): Verdict {
  const { broker, counters } = client;
  const error = body?.error;
  counters.count("answers", status === 200 ? "200" : `${status} ${error?.code}`);
  if (status === 200) return { outcome: "accepted", orderId: body?.orderId };
  const words = `${broker} ${path} answered ${status} ${JSON.stringify(error ?? body)}`;
  // A process that stood still finds a request too slow that had not come whole when it stopped: nothing was done of it.
  if (status === 408) return { outcome: "again", waitMs: RETRY_MS, mayGiveUp: false };
  if (status === 429 || status === 503) {
    if (error?.outcome !== "not_sent") counters.broken(`${words}, which clients repeat by themselves`);
    if (!(Number(retryAfterMs) > 0)) counters.broken(`${words} without a time to wait`);
    return { outcome: "again", waitMs: retryAfterMs ?? RETRY_MS, mayGiveUp: true };
  }
  if (error?.code === "IdempotencyConflict" || error?.outcome === "unknown") {
    return { outcome: "again", waitMs: retryAfterMs ?? RETRY_MS, mayGiveUp: false };
  }
  if (error?.outcome === "rejected" || error?.outcome === "not_sent") {
    return { outcome: error.outcome, code: error.code };
  }
  counters.broken(`${words}: no outcome`);
  return { outcome: "again", waitMs: RETRY_MS, mayGiveUp: false };
}
