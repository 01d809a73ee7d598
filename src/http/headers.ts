/** The headers of this API by name. */
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** What requests may carry besides the token. */
export const REQUEST_HEADERS: readonly string[] = [
  "content-type",
  "idempotency-key",
  "last-event-id",
  REQUEST_ID_HEADER,
  "traceparent",
  "tracestate",
];

/** Headers of answers that a page of another origin may read. */
export const EXPOSED_HEADERS: string = [REQUEST_ID_HEADER, "retry-after", "idempotent-replayed"].join(", ");
