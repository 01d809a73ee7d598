/**
 * Names of errors that come before a connection is there, in the words of the three runtimes; those of a certificate that
 * was not trusted come before a request is written on it.
 */
const NAMES =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ConnectionRefused|FailedToOpenSocket|UND_ERR_CONNECT_TIMEOUT|(?:[A-Z]+_)*CERT(?:_[A-Z]+)*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;

/** Deno has no names, nor has Node for a handshake that was cut: they say what they were about to do. */
const WORDS =
  /client error \(connect\)|tcp connect error|dns error|failed to lookup|tls handshake|before secure TLS connection/i;

/** What Node was about to do while there was no connection, whatever came of it. */
const BEFORE_A_CONNECTION: readonly unknown[] = ["connect", "getaddrinfo"];

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
  if (BEFORE_A_CONNECTION.includes(syscall)) return true;
  if (typeof code === "string" && NAMES.test(code)) return true;
  // Of an attempt at each address of a name.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((each) => neverSent(each, depth + 1));
  if (typeof message === "string" && WORDS.test(message)) return true;
  return cause !== undefined && neverSent(cause, depth + 1);
}
