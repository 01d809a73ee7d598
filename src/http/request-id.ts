/** What one request is called, in logs, traces and the client's own records. */

/** The header in which a client may name its request, and in which the name comes back. */
export const REQUEST_ID_HEADER = "x-request-id";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * The client's name for the request: 1 to 64 letters, digits, `.`, `_` or `-`; `undefined` for anything else. It is written
 * into logs, so one that holds a secret of the request counts as none.
 */
export function requestNameOf(request: Request, ...secrets: readonly (string | null)[]): string | undefined {
  const given = request.headers.get(REQUEST_ID_HEADER);
  if (given === null || !REQUEST_ID.test(given)) return undefined;
  return secrets.some((secret) => secret !== null && given.includes(secret)) ? undefined : given;
}

/** What a request is called that has no name of its own. */
export function newRequestId(): string {
  return crypto.randomUUID();
}
