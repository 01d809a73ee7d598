import type { Api } from "./api.ts";
import { cashState, positionState } from "./routes/account.ts";
import { orderEnd, orderResolve } from "./routes/by-hand.ts";
import { capabilities } from "./routes/capabilities.ts";
import { orderEvents } from "./routes/events.ts";
import { guardChange, guardState } from "./routes/guard.ts";
import { orderIntents } from "./routes/intents.ts";
import { marketQuote, marketState } from "./routes/market.ts";
import { orderList, orderState } from "./routes/orders.ts";
import { pingState } from "./routes/ping.ts";
import { orderCancel, orderPlace, orderReplace } from "./routes/trading.ts";

/** The standard APIs, in the order in which they are served and documented. */
export const STD_APIS: readonly Api[] = [
  pingState,
  marketQuote,
  marketState,
  cashState,
  positionState,
  orderPlace,
  orderReplace,
  orderCancel,
  orderState,
  orderList,
  orderEvents,
  orderIntents,
  orderResolve,
  orderEnd,
  capabilities,
  guardState,
  guardChange,
];
