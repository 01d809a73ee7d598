/**
 * Journals in Durable Objects of their own, and what is put to them in workerd: `/conformance` answers with the results of
 * the suite, `/story?seed=1` with the answers of a story, `/fault?name=…` with what came of a fault.
 */
import {
  type DurableObjectJournal,
  durableObjectJournal,
  type SqliteObjectStorage,
} from "../../../src/journal/durable-object.ts";
import type { Journal } from "../../../src/journal/journal.ts";
import { type JournalStage, runJournalConformance } from "../../../src/testing/index.ts";
import { FAULTS } from "../../journal/durable-object-faults.ts";
import { storyOf } from "../../journal/story.ts";

interface State {
  readonly storage: SqliteObjectStorage;
  abort(reason: string): void;
}

interface Stub {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

interface Objects {
  newUniqueId(): unknown;
  get(id: unknown): Stub;
}

interface Environment {
  readonly STORES: Objects;
  readonly PLAIN: Objects;
}

/** A method of a journal, or what else an object does, and what it is given. */
type Asked = readonly [method: string, args: readonly unknown[]];

/** An object with a journal, whose methods are called in the order in which the calls come. */
export class Store {
  readonly #state: State;
  #journal: DurableObjectJournal | undefined;
  #arrived: Promise<unknown> = Promise.resolve();

  constructor(state: State) {
    this.#state = state;
  }

  async fetch(request: Request): Promise<Response> {
    const arrived = this.#arrived.then(() => request.json() as Promise<Asked>);
    this.#arrived = arrived;
    const [method, args] = await arrived;
    try {
      return Response.json({ answer: await this.#answer(method, args) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  }

  #answer(method: string, args: readonly unknown[]): unknown {
    const { storage } = this.#state;
    if (method === "crash") return this.#state.abort("the host ends the object");
    if (method === "story") return storyOf(Number(args[0]), durableObjectJournal(storage));
    if (method === "fault") return FAULTS[String(args[0])]?.(storage);
    this.#journal ??= durableObjectJournal(storage);
    const journal = this.#journal;
    if (method === "close") this.#journal = undefined;
    const call: unknown = Reflect.get(journal, method);
    if (typeof call !== "function") throw new Error(`a journal has no method ${method}`);
    return call(...args);
  }
}

/** The same in a class that is bound without SQLite. */
export class Plain extends Store {}

async function ask(object: Stub, ...asked: Asked): Promise<unknown> {
  const response = await object.fetch("http://object/", { method: "POST", body: JSON.stringify(asked) });
  const { answer, error } = (await response.json()) as { answer?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return answer;
}

/** The journal of an object. One object for all calls: only those to one keep their order. */
function journalIn(object: Stub): Journal {
  const method = <Name extends keyof Journal>(name: Name) =>
    ((...args: unknown[]) => ask(object, name, args)) as Required<Journal>[Name];
  return {
    open: method("open"),
    append: method("append"),
    intent: method("intent"),
    unsettled: method("unsettled"),
    intentsSince: method("intentsSince"),
    order: method("order"),
    openOrders: method("openOrders"),
    events: method("events"),
    guards: method("guards"),
    prune: method("prune"),
    close: method("close"),
  };
}

function stageOf(objects: Objects): JournalStage {
  return {
    name: "Durable Object",
    async open() {
      const id = objects.newUniqueId();
      return {
        journal: journalIn(objects.get(id)),
        reopen: async () => journalIn(objects.get(id)),
        async crash() {
          // The call ends with its object.
          await ask(objects.get(id), "crash", []).catch(() => undefined);
          return journalIn(objects.get(id));
        },
      };
    },
  };
}

export default {
  async fetch(request: Request, { STORES, PLAIN }: Environment): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/conformance") return Response.json(await runJournalConformance(stageOf(STORES)));
    const objects = searchParams.has("plain") ? PLAIN : STORES;
    const object = objects.get(objects.newUniqueId());
    return Response.json((await ask(object, pathname.slice(1), [...searchParams.values()])) ?? null);
  },
};
