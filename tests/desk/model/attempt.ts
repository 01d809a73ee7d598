/** What a client asked the desk for, and what came of it. */
import type { Failure } from "../../../src/domain/failure.ts";
import type { OrderRequest } from "../../../src/domain/order.ts";
import type { VenueCall } from "./calls.ts";

export interface Attempt {
  readonly kind: "place" | "replace" | "cancel" | "cancelAll" | "turn" | "read" | "settle";
  readonly name: string;
  readonly principal: string;
  readonly key?: string | undefined;
  readonly orderId?: string;
  readonly request?: OrderRequest;
  /** The order that was known to be in the place of that one when it began. */
  readonly inItsPlace?: string | undefined;
  readonly began: number;
  /** Its writes at the broker. */
  readonly calls: VenueCall[];
  answer?: unknown;
  failure?: Failure;
}
