import { BrokerError } from "../../spec/broker-error.ts";

/** The first Deno whose `fetch` sends no request again that was the only one of its connection. */
const FIRST_DENO = "2.9.6";

/**
 * Demands a runtime whose `fetch` can be told to send a write once. Deno before {@link FIRST_DENO} sends a request again by
 * itself when its connection ends without an answer, though the vendor may have carried it out, and nothing keeps it from that.
 *
 * @throws BrokerError `NotSupported`
 */
export function demandSendingOnce(vendor: string): void {
  const { Deno: deno } = globalThis as { readonly Deno?: { readonly version?: { readonly deno?: string } } };
  const version = deno?.version?.deno;
  if (version === undefined || version.localeCompare(FIRST_DENO, "en", { numeric: true }) >= 0) return;
  throw new BrokerError(
    "NotSupported",
    `Deno ${version} may send an order to ${vendor} twice by itself; run on Deno ${FIRST_DENO} or newer`,
    { outcome: "not_sent" },
  );
}
