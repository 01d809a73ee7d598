/** Routes of your own, behind the same authentication and in the same envelope as the standard ones. */
import * as z from "zod";
import { type Api, createHttpTrading, defineApi } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { serve } from "../src/runtime/node.ts";

/** `GET /httptrading/api/{instanceId}/hello/world` */
export const helloGet: Api = defineApi({
  name: "helloGet",
  method: "GET",
  path: "hello/world",
  handler: ({ respond }) => respond({ method: "GET", hello: "world" }),
});

/** `POST /httptrading/api/{instanceId}/hello/world`: its body is whatever JSON comes. */
export const helloPost: Api = defineApi({
  name: "helloPost",
  method: "POST",
  path: "hello/world",
  handler: async ({ json, respond }) => respond({ method: "POST", hello: "world", body: await json() }),
});

/**
 * `GET /httptrading/api/{instanceId}/hello/price?symbol=AAPL`: with a schema the query is validated before the handler
 * runs, is typed in it, and the API appears in the OpenAPI document.
 */
export const helloPrice: Api = defineApi({
  name: "helloPrice",
  method: "GET",
  path: "hello/price",
  schema: {
    summary: "Read the last price of a US share",
    query: z.strictObject({ symbol: z.string().regex(/^[A-Z.]{1,8}$/, "must be a ticker, such as AAPL") }),
    answer: z.object({ symbol: z.string(), latest: z.number().meta({ description: "Last price." }) }),
    failures: ["NotSupported", "UnknownContract"],
    queryExample: { symbol: "AAPL" },
    answerExample: { symbol: "AAPL", latest: 201.5 },
  },
  async handler(context) {
    const { symbol } = context.query;
    const quote = await context.broker.quote({ tradeType: "Securities", region: "US", symbol }, context);
    return context.respond({ symbol, latest: quote.latest });
  },
});

if (import.meta.main) {
  const broker = paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] });
  await serve(createHttpTrading({ brokers: [broker], extendApis: [helloGet, helloPost, helloPrice] }));
}
