/** Names of system errors that come before a connection is there, in the words of the three runtimes. */
const NAMES =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ConnectionRefused|FailedToOpenSocket|UND_ERR_CONNECT_TIMEOUT)$/;

/** Deno has no names: it says what it was about to do. */
const WORDS = /tcp connect error|dns error|failed to lookup|tls handshake/i;

/** The way may go from under a connection too, behind a request that has arrived; Node says then what it was about to do. */
const ON_A_CONNECTION: readonly unknown[] = ["read", "write"];

/** Causes are looked at down to here. */
const DEEPEST = 5;

/**
 * True when `fetch` failed before there was a connection on which the request could have gone out. Only then may a write be
 * called unsent.
 */
export function neverSent(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > DEEPEST) return false;
  const { code, syscall, cause, errors, message } = error as Readonly<Record<string, unknown>>;
  if (ON_A_CONNECTION.includes(syscall)) return false;
  if (typeof code === "string" && NAMES.test(code)) return true;
  // Of an attempt at each address of a name.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((each) => neverSent(each, depth + 1));
  if (typeof message === "string" && WORDS.test(message)) return true;
  return cause !== undefined && neverSent(cause, depth + 1);
}
