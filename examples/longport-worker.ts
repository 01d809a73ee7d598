/**
 * An account at Longbridge (Longport) on an edge worker, over web standards. Set the secrets INSTANCE_ID (16 to 32 word
 * characters), TOKEN (16 to 64 characters), LONGPORT_APP_KEY, LONGPORT_APP_SECRET and LONGPORT_ACCESS_TOKEN where the worker
 * is configured, and the addresses LONGPORT_HTTP_URL, LONGPORT_QUOTE_WS_URL and LONGPORT_TRADE_WS_URL, which stand in
 * `examples/longport.ts`.
 *
 * The gateway stands in a Durable Object, bound as GATEWAY. A worker may not use in one request what another one opened, as
 * the links to Longbridge are; and of an object there is one in the world, as there must be of a gateway. The host ends it
 * some time after the last request, and with each new version: keys, the kill switch, what counts for the day and events
 * outlive that, since the journal stands in the storage of the object. For it the class keeps SQLite: in wrangler's
 * configuration it is named in `new_sqlite_classes` of the migrations.
 */
import { createHttpTrading } from "../mod.ts";
import { durableObjectJournal, type SqliteObjectStorage } from "../src/journal/durable-object.ts";
import { longport } from "../src/runtime/worker.ts";

interface Environment {
  readonly GATEWAY: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly LONGPORT_APP_KEY: string;
  readonly LONGPORT_APP_SECRET: string;
  readonly LONGPORT_ACCESS_TOKEN: string;
  readonly LONGPORT_HTTP_URL: string;
  readonly LONGPORT_QUOTE_WS_URL: string;
  readonly LONGPORT_TRADE_WS_URL: string;
}

/** The Durable Object. */
export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(ctx: { readonly storage: SqliteObjectStorage }, env: Environment) {
    const broker = longport({
      instanceId: env.INSTANCE_ID,
      tokens: [env.TOKEN],
      appKey: env.LONGPORT_APP_KEY,
      appSecret: env.LONGPORT_APP_SECRET,
      accessToken: env.LONGPORT_ACCESS_TOKEN,
      httpUrl: env.LONGPORT_HTTP_URL,
      quoteWsUrl: env.LONGPORT_QUOTE_WS_URL,
      tradeWsUrl: env.LONGPORT_TRADE_WS_URL,
    });
    const trading = createHttpTrading({ brokers: [broker], journal: durableObjectJournal(ctx.storage) });
    this.fetch = async (request) => trading.fetch(request);
  }
}

export default {
  fetch: (request: Request, { GATEWAY: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("gateway")).fetch(request),
};
