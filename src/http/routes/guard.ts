import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { turnBody } from "../schemas/guard.ts";
import { wireCanceled, wireGuard } from "../wire-guard.ts";

export const guardState: Api = defineApi({
  name: "guardState",
  method: "GET",
  path: "guard/state",
  scope: "admin",
  schema: lazySchema({
    summary: "Read the kill switch",
    description: "Whether orders are sent, and who decided so. Needs a token with the scope `admin`.",
    answer: answerOf("guardState"),
  }),
  async handler({ broker, respond }) {
    return respond({ guard: wireGuard(await broker.tradingState()) });
  },
});

export const guardChange: Api = defineApi({
  name: "guardChange",
  method: "POST",
  path: "guard/state",
  scope: "admin",
  schema: lazySchema({
    summary: "Turn the kill switch",
    description:
      "Holds from the moment in which it is asked for, also for orders that wait to be sent, and over a restart. A milder state is taken only when it can be written down. Needs a token with the scope `admin`.",
    body: turnBody,
    answer: answerOf("guardChange"),
    failures: ["JournalUnavailable"],
  }),
  async handler({ broker, body, principal, respond }) {
    const { state, reason, cancelAll } = body;
    const written = await broker.turn({ state, reason, principal });
    const canceled = cancelAll ? wireCanceled(await broker.cancelAll(principal)) : null;
    return respond({ guard: wireGuard(await broker.tradingState()), written, canceled });
  },
});
