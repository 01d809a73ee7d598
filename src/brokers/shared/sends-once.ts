import { BrokerError } from "../../spec/broker-error.ts";

/** The first Deno whose `fetch` sends no request again that was the only one of its connection. */
const FIRST_DENO = "2.9.6";

interface Host {
  readonly Deno?: {
    readonly version?: { readonly deno?: string };
    createHttpClient?(options: object): unknown;
  };
}

let init: RequestInit | undefined;

/**
 * What `fetch` must be told so that nothing is sent twice. When a kept connection ends without an answer Deno sends a request
 * again by itself, also one that changes something, and where HTTP/2 turns it away; Bun does so with all but a POST; and
 * nothing tells of it. On a connection of its own, over HTTP/1.1, a request goes out once.
 */
export function sendOnce(): RequestInit {
  init ??= withoutRepetition();
  return init;
}

/** Nobody has to close its client: it keeps no connection. */
function withoutRepetition(): RequestInit {
  const client = (globalThis as Host).Deno?.createHttpClient?.({ poolMaxIdlePerHost: 0, http2: false });
  return { keepalive: false, ...(client === undefined ? {} : { client }) };
}

/**
 * Demands a runtime whose `fetch` can be told to send a write once. Deno before {@link FIRST_DENO} sends a request again by
 * itself when its connection ends without an answer, though the vendor may have carried it out, and nothing keeps it from that.
 *
 * @throws BrokerError `NotSupported`
 */
export function demandSendingOnce(vendor: string): void {
  const version = (globalThis as Host).Deno?.version?.deno;
  if (version === undefined || version.localeCompare(FIRST_DENO, "en", { numeric: true }) >= 0) return;
  throw new BrokerError(
    "NotSupported",
    `Deno ${version} may send an order to ${vendor} twice by itself; run on Deno ${FIRST_DENO} or newer`,
    { outcome: "not_sent" },
  );
}
