/** Requests whose answers carry no number: one at a time on each connection, so that each finds whoever asked. */
import type { Link } from "./link.ts";
import { isTimeout } from "./refusals.ts";

/** Kinds of answers that are told apart from all others, and not from each other. */
export type Lane = "time" | "orders" | "completed" | "positions";

export interface Lanes {
  /** Sends when those before it have ended. `owed` is how many answers to others that were given up are still to come. */
  run<T>(on: Link, lane: Lane, send: (owed: number) => Promise<T>): Promise<T>;
  /** True while a list was asked for on this connection that has not come, whether somebody waits for it or not. */
  isOwed(on: Link): boolean;
}

interface LaneState {
  last: Promise<unknown>;
  owed: number;
  /** So many are under way, or wait for their turn. */
  asked: number;
}

export function createLanes(): Lanes {
  const lanes = new WeakMap<Link, Map<Lane, LaneState>>();

  function stateOf(on: Link, lane: Lane) {
    const known = lanes.get(on) ?? new Map<Lane, LaneState>();
    lanes.set(on, known);
    const found = known.get(lane) ?? { last: Promise.resolve(), owed: 0, asked: 0 };
    known.set(lane, found);
    return found;
  }

  return {
    run(on, lane, send) {
      const state = stateOf(on, lane);
      state.asked += 1;
      const turn = state.last.then(async () => {
        try {
          const answer = await send(state.owed);
          state.owed = 0;
          return answer;
        } catch (error) {
          if (isTimeout(error)) {
            // Whose answer comes next could not be told any more.
            if (state.owed > 0) on.close("TWS does not answer any more");
            state.owed += 1;
          }
          throw error;
        } finally {
          state.asked -= 1;
        }
      });
      state.last = turn.catch(() => {});
      return turn;
    },
    isOwed: (on) => [...(lanes.get(on) ?? [])].some(([lane, { owed, asked }]) => lane !== "time" && owed + asked > 0),
  };
}
