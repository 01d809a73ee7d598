import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { wireCapabilities } from "../wire.ts";

export const capabilities: Api = defineApi({
  name: "capabilities",
  method: "GET",
  path: "capabilities",
  schema: lazySchema({
    summary: "Read what the broker can do",
    description: "Operations, markets and the kinds of orders that are taken, for this account. Asks nobody.",
    answer: answerOf("capabilities"),
  }),
  handler({ broker, respond }) {
    return respond({ capabilities: wireCapabilities(broker.capabilities()) });
  },
});
