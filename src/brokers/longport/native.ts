/** The transport over the vendor's SDK. */
import { BrokerError } from "../../spec/broker-error.ts";
import type { LongportConfig } from "./config.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

export interface NativeOptions {
  readonly config: LongportConfig;
  token(): string;
  readonly handlers: TransportHandlers;
}

export function createNativeTransport(_options: NativeOptions): Transport {
  throw new BrokerError("NotSupported", "the native transport is not available; use web", { outcome: "not_sent" });
}
