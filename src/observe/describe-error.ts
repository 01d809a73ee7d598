/** Causes of causes that are told. */
const DEPTH = 5;

/** An error with its stack and causes as one text. What else hangs on it may be anything, and is left out. */
export function describeError(error: unknown, scrub: (text: string) => string): string {
  const texts: string[] = [];
  let current = error;
  try {
    for (let depth = 0; depth < DEPTH && current !== undefined; depth += 1) {
      texts.push(textOf(current));
      current = current instanceof Error ? current.cause : undefined;
    }
  } catch {
    // Whoever threw it may have made it so that it cannot even be looked at.
    texts.push("an error that cannot be read");
  }
  return scrub(texts.join("\ncaused by "));
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : `a thrown ${typeof error}`;
  // Whoever threw it may have put anything there.
  const name = textIn(error.name);
  const message = textIn(error.message);
  const stack = textIn(error.stack);
  // Some runtimes leave the message out of the stack.
  return stack.includes(message) ? stack : `${name}: ${message}\n${stack}`;
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Takes secrets out of texts that others have made, such as the message of an exception in an API of one's own, which
 * may well quote the URL of the request.
 */
export function createScrub(secrets: readonly string[]): (text: string) => string {
  // The longest first: of one that begins like another the rest would be left.
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text);
}
