/**
 * A Longbridge account on an edge worker, over web standards: everything comes from the environment.
 *
 * The gateway stands in a Durable Object. A worker may not use in one request what another one opened, as the links are, and
 * of an object there is one in the world, as of a gateway there must be.
 */
import { createHttpTrading } from "../../../mod.ts";
import { longport } from "../../../src/brokers/longport/index.ts";

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

export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(_state: unknown, env: Environment) {
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
    const trading = createHttpTrading({ brokers: [broker] });
    this.fetch = async (request) => trading.fetch(request);
  }
}

export default {
  fetch: (request: Request, { GATEWAY: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("gateway")).fetch(request),
};
