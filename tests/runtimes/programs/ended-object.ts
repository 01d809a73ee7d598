/** A gateway in a Durable Object that `/end` ends as its host does, without a word; there is one of it. */
import type { HttpTrading } from "../../../mod.ts";
import type { SqliteObjectStorage } from "../../../src/journal/durable-object.ts";

export interface Environment {
  readonly GATEWAY: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly ADMIN_TOKEN: string;
}

export interface State {
  readonly storage: SqliteObjectStorage;
  abort(reason: string): void;
}

/** What the object answers. */
export function endable(state: State, trading: HttpTrading): (request: Request) => Promise<Response> {
  return async (request) => {
    if (new URL(request.url).pathname === "/end") state.abort("the host ends the object");
    return trading.fetch(request);
  };
}

/** The worker before the object. */
export const inFront = {
  fetch: (request: Request, { GATEWAY: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("gateway")).fetch(request),
};
