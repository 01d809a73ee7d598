/** The kill switch in the form of the wire. */
import type { SwitchPosition } from "../desk/kill-switch.ts";
import type { CancelAllResult, TradingStateView } from "../desk/types.ts";
import type { canceledSchema, guardSchema } from "./answers/guard.ts";
import type { Output } from "./schemas/once.ts";
import { wireTime } from "./time.ts";

export function wireGuard({ state, instance, gateway, known }: TradingStateView): Output<typeof guardSchema> {
  return { type: "guard", state, known, instance: wirePosition(instance), gateway: wirePosition(gateway) };
}

export function wirePosition({ state, principal, reason, at }: SwitchPosition) {
  return { state, principal, reason, at: at === null ? null : wireTime(at) };
}

export function wireCanceled({ canceled, failed, complete }: CancelAllResult): Output<typeof canceledSchema> {
  return { orderIds: [...canceled], failed: [...failed], complete };
}
