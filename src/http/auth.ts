/** Who may use an instance. Tokens are kept as digests, and every miss costs the same work. */
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Mandate, TokenOptions } from "../spec/policy.ts";

/** What a token must look like: 16 to 64 visible ASCII characters, which a header carries unchanged. */
export const TOKEN_PATTERN: RegExp = /^[\x21-\x7e]{16,64}$/;

/** Stands in for what can be no token. Its digest is that of a token that was not set when it was made. */
export const NO_TOKEN = "";

/** Plain tokens are all one principal, so that rotating a token changes nobody's orders. */
export const PLAIN_PRINCIPAL = "default";

const PLAIN_MANDATE: Mandate = { principal: PLAIN_PRINCIPAL, scopes: ["read", "trade", "cancel"] };

/** The tokens of one instance. */
export interface TokenTable {
  /** What the value of the token header stands for; `undefined` for a value that is none of the tokens, or no more. */
  check(header: string | null): Mandate | undefined;
}

interface Entry {
  readonly digest: Uint8Array;
  readonly mandate: Mandate;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const DIGEST_BYTES = 32;

/** No text is known whose digest is all zeros: a place that holds it is compared and never matches. */
const NO_DIGEST = new Uint8Array(DIGEST_BYTES);

/**
 * Makes the table of an instance from checked tokens. `places` is the number of digests that a check compares, the same
 * for every table of a gateway and for the one that stands in for unknown instances: the time of a miss tells nothing
 * about what was missed.
 */
export function createTokenTable(tokens: readonly (string | TokenOptions)[], places: number): TokenTable {
  const entries = tokens.map(entryOf);
  const digests = Array.from(
    { length: Math.max(places, entries.length) },
    (_, place) => entries[place]?.digest ?? NO_DIGEST,
  );
  // Bounded by the number of tokens: only values that were verified get in.
  const verified = new Map<string, Entry>();

  return {
    check(header) {
      let entry = header === null ? undefined : verified.get(header);
      if (entry === undefined) {
        const candidate = header !== null && TOKEN_PATTERN.test(header) ? header : NO_TOKEN;
        // What cannot be a token is still digested and compared.
        const place = placeOf(sha256(utf8ToBytes(candidate)), digests);
        entry = candidate === NO_TOKEN ? undefined : entries[place];
        if (entry !== undefined) verified.set(candidate, entry);
      }
      return entry !== undefined && Date.now() < entry.expiresAt ? entry.mandate : undefined;
    },
  };
}

function entryOf(token: string | TokenOptions): Entry {
  if (typeof token === "string") {
    return { digest: sha256(utf8ToBytes(token)), mandate: PLAIN_MANDATE, expiresAt: Number.POSITIVE_INFINITY };
  }
  const { name, scopes, allow, limits } = token;
  const expiresAt = token.expiresAt === undefined ? Number.POSITIVE_INFINITY : new Date(token.expiresAt).getTime();
  return {
    digest: token.sha256 === undefined ? sha256(utf8ToBytes(token.token ?? "")) : hexToBytes(token.sha256),
    mandate: {
      principal: name,
      scopes: [...scopes],
      ...(allow === undefined ? {} : { allow }),
      ...(limits === undefined ? {} : { limits }),
      ...(token.expiresAt === undefined ? {} : { expiresAt }),
    },
    expiresAt,
  };
}

/** The place of the digest, -1 for none. Compares with all to the last byte, whatever has been seen on the way. */
function placeOf(candidate: Uint8Array, digests: readonly Uint8Array[]): number {
  let place = -1;
  for (const [at, digest] of digests.entries()) {
    let difference = 0;
    for (let index = 0; index < DIGEST_BYTES; index += 1) {
      difference |= (candidate[index] ?? 0) ^ (digest[index] ?? 0);
    }
    place = difference === 0 ? at : place;
  }
  return place;
}
