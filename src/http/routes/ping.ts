import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";

export const pingState: Api = defineApi({
  name: "pingState",
  method: "GET",
  path: "ping/state",
  schema: lazySchema({
    summary: "Test the connection to the broker",
    description:
      "A real round trip to the vendor's servers. Best asked before trading: `pong` is false when they, or the login behind a local gateway, cannot be reached.",
    answer: answerOf("pingState"),
    failures: ["NotSupported", "AuthenticationFailed"],
  }),
  async handler(context) {
    return context.respond({ pong: await context.broker.ping(context) });
  },
});
