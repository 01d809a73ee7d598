/** Who may use an instance. Tokens are kept as digests, and every miss costs the same work. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** What a token must look like: 16 to 64 visible ASCII characters, which a header carries unchanged. */
export const TOKEN_PATTERN: RegExp = /^[\x21-\x7e]{16,64}$/;

/** Plain tokens are all one principal, so that rotating a token changes nobody's orders. */
export const PLAIN_PRINCIPAL = "default";

/** The tokens of one instance. */
export interface TokenTable {
  /** The principal behind the value of the token header; `undefined` for a value that is none of the tokens. */
  check(header: string | null): string | undefined;
}

const DIGEST_BYTES = 32;

/** No text is known whose digest is all zeros: a place that holds it is compared and never matches. */
const NO_DIGEST = new Uint8Array(DIGEST_BYTES);

/**
 * Makes the table of an instance. `places` is the number of digests that a check compares, the same for every table of a
 * gateway and for the one that stands in for unknown instances: the time of a miss tells nothing about what was missed.
 */
export function createTokenTable(tokens: readonly string[], places: number): TokenTable {
  const digests = Array.from({ length: Math.max(places, tokens.length) }, (_, place) => {
    const token = tokens[place];
    return token === undefined ? NO_DIGEST : sha256(utf8ToBytes(token));
  });
  // Bounded by the number of tokens: only values that were verified get in.
  const verified = new Map<string, string>();

  return {
    check(header) {
      const known = header === null ? undefined : verified.get(header);
      if (known !== undefined) return known;
      // What cannot be a token is still digested and compared.
      const candidate = header !== null && TOKEN_PATTERN.test(header) ? header : "";
      if (!matchesAny(sha256(utf8ToBytes(candidate)), digests)) return undefined;
      verified.set(candidate, PLAIN_PRINCIPAL);
      return PLAIN_PRINCIPAL;
    },
  };
}

/** Compares with all digests to the last byte, whatever has been seen on the way. */
function matchesAny(candidate: Uint8Array, digests: readonly Uint8Array[]): boolean {
  let matches = 0;
  for (const digest of digests) {
    let difference = 0;
    for (let index = 0; index < DIGEST_BYTES; index += 1) {
      difference |= (candidate[index] ?? 0) ^ (digest[index] ?? 0);
    }
    matches |= difference === 0 ? 1 : 0;
  }
  return matches === 1;
}
