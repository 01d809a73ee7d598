/**
 * Answers by turns of the event loop. A client that sleeps until it is answered is woken by each answer that comes alone,
 * and the server pays for that, on a virtual machine more than for the answer. Those of one turn are given together, at
 * its end: the client is awake for all but the first. A request that comes alone waits for nobody.
 */
import { setImmediate } from "node:timers";
import type { Servable } from "./serve-options.ts";

/** The same handler; what it does not answer at once is answered at the end of the turn in which it could be. */
export function answerByTurns(fetch: Servable["fetch"]): Servable["fetch"] {
  let end: Promise<void> | undefined;

  function endOfTurn(): Promise<void> {
    end ??= new Promise((resolve) => {
      setImmediate(() => {
        end = undefined;
        resolve();
      });
    });
    return end;
  }

  async function together(answering: Promise<Response>): Promise<Response> {
    const answer = await answering;
    await endOfTurn();
    return answer;
  }

  return (request) => {
    const answer = fetch(request);
    return answer instanceof Promise ? together(answer) : answer;
  };
}

/** Does some work after the answers of this turn have been given. */
export function afterAnswers(work: () => void): void {
  setImmediate(setImmediate, work);
}
