/** The access tokens of the account. */
import { randomUUID } from "node:crypto";
import { CODE, Refusal } from "./refusal.ts";

/** Where a token stands. A `replaced` one was refreshed away. */
export type TokenState = "current" | "expired" | "replaced" | "unknown";

/** The account's tokens, as a test sees and moves them. */
export interface Tokens {
  /** The newest token, expired or not. */
  readonly current: string;
  /** When it expires, in milliseconds since the epoch on the real clock. */
  readonly expiresAt: number;
  /** Every token that a refresh gave out, oldest first. */
  readonly refreshed: readonly string[];
  state(token: string): TokenState;
  /** Sets when the newest token expires; now (the default) or in the past, and it has expired. */
  expire(at?: number): void;
}

/** The tokens as the service keeps them. */
export interface TokenStore extends Tokens {
  /** @throws {Refusal} for a token that does not serve. */
  check(token: string): void;
  /** Gives out a new token. The one before goes on only where the store keeps old ones. */
  refresh(expiresAt: number): string;
}

const NINETY_DAYS = 90 * 86_400_000;

/**
 * @param first the token that clients begin with
 * @param keepsOld true where a refresh leaves the token before it valid; the vendor says that it does not
 */
export function createTokens(first: string, keepsOld: boolean, clock: () => number = Date.now): TokenStore {
  const tokens = new Map([[first, clock() + NINETY_DAYS]]);
  const refreshed: string[] = [];
  const newest = (): string => refreshed.at(-1) ?? first;
  const state = (token: string): TokenState => {
    const expiresAt = tokens.get(token);
    if (expiresAt === undefined) return "unknown";
    if (token !== newest() && !keepsOld) return "replaced";
    return expiresAt <= clock() ? "expired" : "current";
  };
  return {
    get current() {
      return newest();
    },
    get expiresAt() {
      return tokens.get(newest()) ?? 0;
    },
    get refreshed() {
      return [...refreshed];
    },
    state,
    expire(at = clock()) {
      tokens.set(newest(), at);
    },
    check(token) {
      const found = state(token);
      if (found === "expired") throw new Refusal(CODE.tokenExpired, "token expired");
      if (found !== "current") throw new Refusal(CODE.tokenInvalid, "token invalid");
    },
    refresh(expiresAt) {
      const token = `m_${randomUUID().replaceAll("-", "")}`;
      tokens.set(token, expiresAt);
      refreshed.push(token);
      return token;
    },
  };
}
