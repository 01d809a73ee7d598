import * as z from "zod";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { canceledSchema, GUARD_EXAMPLE, guardSchema, turnBody, writtenSchema } from "../schemas/guard.ts";
import { wireCanceled, wireGuard } from "../wire-guard.ts";

export const guardState: Api = defineApi({
  name: "guardState",
  method: "GET",
  path: "guard/state",
  scope: "admin",
  schema: lazySchema({
    summary: "Read the kill switch",
    description: "Whether orders are sent, and who decided so. Needs a token with the scope `admin`.",
    answer: () => z.object({ guard: guardSchema() }),
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
    answer: () => z.object({ guard: guardSchema(), written: writtenSchema(), canceled: canceledSchema().nullable() }),
    failures: ["JournalUnavailable"],
    answerExample: {
      guard: GUARD_EXAMPLE,
      written: true,
      canceled: { orderIds: ["69788888"], failed: [], complete: true },
    },
  }),
  async handler({ broker, body, principal, respond }) {
    const { state, reason, cancelAll } = body;
    const written = await broker.turn({ state, reason, principal });
    const canceled = cancelAll ? wireCanceled(await broker.cancelAll(principal)) : null;
    return respond({ guard: wireGuard(await broker.tradingState()), written, canceled });
  },
});
