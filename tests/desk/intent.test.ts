import { expect, test } from "vitest";
import { INTENT_TRANSITIONS, type IntentEvent, nextIntentState } from "../../src/desk/intent.ts";
import type { IntentState } from "../../src/journal/journal.ts";

const STATES = Object.keys(INTENT_TRANSITIONS) as IntentState[];
const EVENTS: IntentEvent[] = ["hand-over", "accept", "reject", "withdraw", "lose", "settle"];

const ALLOWED: Record<string, IntentState> = {
  "received hand-over": "sending",
  "received withdraw": "not_sent",
  "sending accept": "accepted",
  "sending reject": "rejected",
  "sending withdraw": "not_sent",
  "sending lose": "unknown",
  "unknown settle": "resolved",
};

test.each(STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)))("%s, %s", (state, event) => {
  const expected = ALLOWED[`${state} ${event}`];
  if (expected === undefined) expect(() => nextIntentState(state, event)).toThrow(state);
  else expect(nextIntentState(state, event)).toBe(expected);
});
