import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { afterAnswers, answerByTurns } from "../../src/runtime/turn.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

/** Asks for each path, and gives the list of those answered so far. */
function ask(paths: readonly string[], handle: Fetch): string[] {
  const answered: string[] = [];
  for (const path of paths) {
    Promise.resolve(handle(new Request(`http://localhost${path}`))).then(
      async (response) => answered.push(await response.text()),
      (error: Error) => answered.push(error.message),
    );
  }
  return answered;
}

/** Turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}

/** Everything that needs no more than promises. */
async function settled(): Promise<void> {
  for (let step = 0; step < 50; step += 1) await Promise.resolve();
}

const pathOf = (request: Request) => new URL(request.url).pathname;

describe("answers by turns of the event loop", () => {
  test("those that are ready in one turn are given together, at its end", async () => {
    const handle = answerByTurns(async (request) => new Response(pathOf(request)));
    for (const paths of [
      ["/a", "/b"],
      ["/c", "/d"],
    ]) {
      const answered = ask(paths, handle);
      await settled();
      expect(answered).toEqual([]);

      await turns(2);
      expect(answered).toEqual(paths);
    }
  });

  test("one that is ready turns later holds nobody up, and comes at the end of its own", async () => {
    const handle = answerByTurns(async (request) => {
      if (pathOf(request) === "/slow") await turns(5);
      return new Response(pathOf(request));
    });
    const answered = ask(["/slow", "/fast"], handle);
    await turns(3);
    expect(answered).toEqual(["/fast"]);

    await turns(5);
    expect(answered).toEqual(["/fast", "/slow"]);
  });

  test("what is answered at once stays so, and a failure stays one", async () => {
    const handle = answerByTurns((request) =>
      pathOf(request) === "/sync" ? new Response("at once") : Promise.reject(new Error("failed")),
    );
    const answered = ask(["/sync", "/fails"], handle);
    await settled();
    expect(answered.toSorted()).toEqual(["at once", "failed"]);
  });

  test("work that is left for after the answers comes after them, also when it was left before one was ready", async () => {
    const handle = answerByTurns(async (request) => {
      afterAnswers(() => answered.push("followers"));
      return new Response(pathOf(request));
    });
    const answered = ask(["/order"], handle);
    await turns(3);
    expect(answered).toEqual(["/order", "followers"]);
  });
});
