import * as z from "zod";
import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { wordInput } from "../schemas/values.ts";
import { wireIntent } from "../wire-intent.ts";

export const orderIntents: Api = defineApi({
  name: "orderIntents",
  method: "GET",
  path: "order/intents",
  schema: lazySchema({
    summary: "List writes whose outcome is unknown",
    description:
      "What was sent and never answered, oldest first. The gateway keeps looking for each by its tag; what stays here needs somebody who looks at the broker's own terminal.",
    query: () =>
      z.strictObject({
        state: wordInput(["unknown"], "`unknown` (default): writes of which nobody knows what became of them.").default(
          "unknown",
        ),
      }),
    answer: answerOf("orderIntents"),
    failures: ["JournalUnavailable"],
    queryExample: { state: "unknown" },
  }),
  async handler({ broker, respond }) {
    return respond({ intents: (await broker.unknownIntents()).map(wireIntent) });
  },
});
