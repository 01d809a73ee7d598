import * as z from "zod";
import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { currencyInput } from "../schemas/values.ts";
import { wireBalances, wireCash, wirePosition, wireUnmapped } from "../wire.ts";

export const cashState: Api = defineApi({
  name: "cashState",
  method: "GET",
  path: "cash/state",
  schema: lazySchema({
    summary: "Read the cash of the account",
    description:
      "Total cash of the securities account, settled and unsettled, in `currency` (USD unless asked), and the ledger's lines.",
    query: () => z.strictObject({ currency: currencyInput().default("USD") }),
    answer: answerOf("cashState"),
    failures: ["NotSupported"],
    queryExample: { currency: "USD" },
  }),
  async handler(context) {
    const cash = await context.broker.cash({ currency: context.query.currency }, context);
    return context.respond({ cash: wireCash(cash), balances: wireBalances(cash) });
  },
});

export const positionState: Api = defineApi({
  name: "positionState",
  method: "GET",
  path: "position/state",
  schema: lazySchema({
    summary: "Read the positions of the account",
    description: "Short positions are negative. What has no name in this API, such as an option, is in `unmapped`.",
    answer: answerOf("positionState"),
    failures: ["NotSupported"],
  }),
  async handler(context) {
    const { positions, unmapped } = await context.broker.positions(context);
    return context.respond({
      positions: positions.map((position) => wirePosition(position, context.broker)),
      unmapped: wireUnmapped(unmapped),
    });
  },
});
