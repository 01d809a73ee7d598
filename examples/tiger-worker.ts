/**
 * An account at Tiger Brokers on an edge worker, with nothing of Node. Set where the worker is configured: INSTANCE_ID
 * (16 to 32 word characters), TOKEN (16 to 64 characters), TIGER_ID, TIGER_ACCOUNT and TIGER_PRIVATE_KEY (PEM or bare
 * base64); for the simulator also TIGER_SERVER_URL and TIGER_PUBLIC_KEY.
 *
 * The gateway stands in a Durable Object, bound as GATEWAY, of which there is one in the world. A worker may run several
 * times at once: each would have keys, limits and a kill switch of its own, and of a write that is repeated the second would
 * go to one that knows nothing of the first. The host ends the object seconds or minutes after the last request, and with
 * each new version: keys, the kill switch, what counts for the day and events outlive that, since the journal stands in the
 * storage of the object. For it the class keeps SQLite: in wrangler's configuration it is named in `new_sqlite_classes` of the
 * migrations. There are no sockets to keep, so that changes of orders are polled.
 */
import { createHttpTrading } from "../mod.ts";
import { durableObjectJournal, type SqliteObjectStorage } from "../src/journal/durable-object.ts";
import { tiger } from "../src/runtime/worker.ts";

interface Environment {
  readonly GATEWAY: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly TIGER_ID: string;
  readonly TIGER_ACCOUNT: string;
  readonly TIGER_PRIVATE_KEY: string;
  readonly TIGER_SERVER_URL?: string;
  readonly TIGER_PUBLIC_KEY?: string;
}

/** The Durable Object. */
export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(ctx: { readonly storage: SqliteObjectStorage }, env: Environment) {
    const broker = tiger({
      instanceId: env.INSTANCE_ID,
      tokens: [env.TOKEN],
      tigerId: env.TIGER_ID,
      account: env.TIGER_ACCOUNT,
      privateKey: env.TIGER_PRIVATE_KEY,
      ...(env.TIGER_SERVER_URL === undefined ? {} : { serverUrl: env.TIGER_SERVER_URL }),
      ...(env.TIGER_PUBLIC_KEY === undefined ? {} : { tigerPublicKey: env.TIGER_PUBLIC_KEY }),
    });
    const trading = createHttpTrading({ brokers: [broker], journal: durableObjectJournal(ctx.storage) });
    this.fetch = async (request) => trading.fetch(request);
  }
}

export default {
  fetch: (request: Request, { GATEWAY: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("gateway")).fetch(request),
};
