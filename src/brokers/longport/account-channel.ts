/**
 * Where the account of an access token is: at which of the vendor's companies, as `lb`, `lb_sg` and `lb_papertrading` for a paper
 * account, and in which of its data centers.
 *
 * An access token is a JWT that names the channel as `ac`, or within its `sub` as `account_channel`, where the vendor's own
 * command line reads it: https://github.com/longbridge/longbridge-terminal. Whether the token is genuine is for the vendor to say.
 */

/** `undefined` for a token that does not say. */
export function accountChannel(token: string): string | undefined {
  const { ac, sub } = fieldsOf(() => textOf(token.split(".")[1] ?? ""));
  const { account_channel: within } = typeof sub === "string" ? fieldsOf(() => sub) : {};
  return [ac, within].find((channel) => typeof channel === "string" && channel !== "") as string | undefined;
}

/** True for the channel of a paper account. */
export function isPaper(channel: string | undefined): boolean {
  return channel?.includes("papertrading") === true;
}

/**
 * True for a token of the data center in the US. The service wants those with a header, and has calls of its own for cash,
 * positions and orders there. Source: `DcRegion` of https://github.com/longbridge/openapi, and the notes of its release 5.3.0.
 */
export function isOfUsCenter(token: string): boolean {
  return token.startsWith("us_");
}

function fieldsOf(written: () => string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(written());
    return typeof read === "object" && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function textOf(base64url: string): string {
  return atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
}
