/**
 * A Tiger account with limits and an operator in a Durable Object that `/end` ends as its host does, without a word. Its
 * journal stands in the storage.
 */
import { createHttpTrading } from "../../../mod.ts";
import { durableObjectJournal, type SqliteObjectStorage } from "../../../src/journal/durable-object.ts";
import { tiger } from "../../../src/runtime/worker.ts";

interface Environment {
  readonly GATEWAY: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly ADMIN_TOKEN: string;
  readonly TIGER_ID: string;
  readonly TIGER_ACCOUNT: string;
  readonly TIGER_PRIVATE_KEY: string;
  readonly TIGER_SERVER_URL: string;
  readonly TIGER_PUBLIC_KEY: string;
  /** Largest size of the storage. */
  readonly MAX_BYTES: number;
}

interface State {
  readonly storage: SqliteObjectStorage;
  abort(reason: string): void;
}

export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(state: State, env: Environment) {
    const broker = tiger({
      instanceId: env.INSTANCE_ID,
      tokens: [env.TOKEN, { token: env.ADMIN_TOKEN, name: "operator", scopes: ["admin"] }],
      risk: { maxDailyValue: 2000 },
      tigerId: env.TIGER_ID,
      account: env.TIGER_ACCOUNT,
      privateKey: env.TIGER_PRIVATE_KEY,
      serverUrl: env.TIGER_SERVER_URL,
      tigerPublicKey: env.TIGER_PUBLIC_KEY,
    });
    const journal = durableObjectJournal(state.storage, { maxBytes: env.MAX_BYTES });
    const trading = createHttpTrading({ brokers: [broker], journal });
    this.fetch = async (request) => {
      if (new URL(request.url).pathname === "/end") state.abort("the host ends the object");
      return trading.fetch(request);
    };
  }
}

export default {
  fetch: (request: Request, { GATEWAY: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("gateway")).fetch(request),
};
