import * as z from "zod";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { intentSchema, intentsQuery } from "../schemas/intent.ts";
import { wireIntent } from "../wire-intent.ts";

export const orderIntents: Api = defineApi({
  name: "orderIntents",
  method: "GET",
  path: "order/intents",
  schema: lazySchema({
    summary: "List writes whose outcome is unknown",
    description:
      "What was sent and never answered, oldest first. The gateway keeps looking for each by its tag; what stays here needs somebody who looks at the broker's own terminal.",
    query: intentsQuery,
    answer: () => z.object({ intents: z.array(intentSchema()) }),
    failures: ["JournalUnavailable"],
    queryExample: { state: "unknown" },
  }),
  async handler({ broker, respond }) {
    return respond({ intents: (await broker.unknownIntents()).map(wireIntent) });
  },
});
