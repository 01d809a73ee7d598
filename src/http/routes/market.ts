import * as z from "zod";
import { normalizeContract } from "../../domain/contract.ts";
import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { contractParameters } from "../schemas/contract.ts";
import { wireMarketStatus, wireQuote } from "../wire.ts";

export const marketQuote: Api = defineApi({
  name: "marketQuote",
  method: "GET",
  path: "market/quote",
  schema: lazySchema({
    summary: "Read a quote",
    description: "A snapshot of the prices of one contract.",
    query: () => z.strictObject(contractParameters()),
    answer: answerOf("marketQuote"),
    failures: ["UnknownContract", "NotSupported"],
    queryExample: { tradeType: "Securities", region: "CN", symbol: "000001" },
  }),
  async handler(context) {
    const quote = await context.broker.quote(normalizeContract(context.query), context);
    return context.respond({ quote: wireQuote(quote) });
  },
});

export const marketState: Api = defineApi({
  name: "marketState",
  method: "GET",
  path: "market/state",
  schema: lazySchema({
    summary: "Read the state of the markets",
    description: "By lower-cased trade type and by region: the vendor's word, and what it means alike everywhere.",
    answer: answerOf("marketState"),
    failures: ["NotSupported"],
  }),
  async handler(context) {
    return context.respond({ marketStatus: wireMarketStatus(await context.broker.marketStatus(context)) });
  },
});
