import type { JournalPower, JournalStage } from "./stage.ts";

/** One promise of the journal's contract, and how to see whether a journal keeps it. */
export interface JournalCheck {
  /** A sentence about the journal, unique in the suite. */
  readonly name: string;
  /** What the stage must be able to do for the check to say anything. */
  readonly needs: readonly JournalPower[];
  /** Opens the stage, looks, closes it. Rejects with what was expected and what was seen. */
  run(stage: JournalStage): Promise<void>;
}

/** What came of one check. Plain JSON. */
export type JournalResult = { readonly name: string; readonly needs: readonly JournalPower[] } & (
  | { readonly status: "passed" }
  /** `error` says what was expected and what was seen. */
  | { readonly status: "failed"; readonly error: string }
  /** The stage gives no means to look. */
  | { readonly status: "not applicable"; readonly reason: string }
);
