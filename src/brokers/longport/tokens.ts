/** The access token of the moment: read, watched, refreshed in time, and never handed to anybody but the vendor. */
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { accountChannel, isOfUsCenter, isPaper } from "./account-channel.ts";
import { isToken, type LongportConfig } from "./config.ts";
import { reasonOf } from "./refusals.ts";
import { REFRESH_BEFORE_MS } from "./timing.ts";
import { type AccessToken, openTokenFile, type TokenFile } from "./token-file.ts";

const NEW_TOKEN_MS = 90 * 86_400_000;

/** The vendor's answer to a refresh. */
export interface RefreshedToken {
  readonly token: string;
  readonly expired_at: string;
}

export interface TokenOptions {
  readonly config: Pick<LongportConfig, "accessToken" | "tokenFile" | "autoRefreshToken" | "tradeEnv">;
  /** Asks the vendor for a new token that ends at that time. */
  refresh(expiresAt: Date): Promise<RefreshedToken>;
  /** Called when another token is the one to use. */
  onChange(): void;
}

export interface Tokens {
  /** @throws BrokerError `AuthenticationFailed`, `NotSupported` while there is none that serves. */
  current(): string;
  /** Why there is no token that serves, or `undefined`. */
  problem(): BrokerError | undefined;
  /** What will take the token in hand away if nobody does anything, or `undefined`. */
  warning(): string | undefined;
  /** Reads the file, if there is one, and looks at the token. @throws BrokerError `AuthenticationFailed`, `NotSupported` */
  load(): Promise<void>;
  /** Takes up what another process wrote, and refreshes what ends soon. Never throws: {@link problem} says what is wrong. */
  check(): Promise<void>;
  /** Resolves when no check is under way: what the vendor gave is in the file then. */
  settled(): Promise<void>;
}

export function createTokens({ config, refresh, onChange }: TokenOptions): Tokens {
  const { accessToken, tokenFile, autoRefreshToken, tradeEnv } = config;
  const file: TokenFile | undefined = tokenFile === undefined ? undefined : openTokenFile(tokenFile);
  let known: AccessToken | undefined =
    accessToken === undefined ? undefined : { token: accessToken, expiresAt: Number.POSITIVE_INFINITY };
  let fault: BrokerError | undefined;
  /** A new token that could not be written, while the file still holds the one that the vendor has ended. */
  let unsaved: { readonly fresh: AccessToken; readonly ended: string } | undefined;

  /** One look at a time: what one has read would be older than what another has written meanwhile. */
  let looking: Promise<void> = Promise.resolve();
  /** The one behind it, which all share who ask before it begins. */
  let nextLook: Promise<void> | undefined;

  function problem(): BrokerError | undefined {
    if (known === undefined) return fault ?? failed("the token file has not been read yet");
    return known.expiresAt <= Date.now() ? expired(known) : misplaced(known, tradeEnv);
  }

  function warning(): string | undefined {
    if (fault === undefined || known === undefined) return undefined;
    if (unsaved !== undefined)
      return `the access token is new and in no file, so that a restart loses it: ${fault.message}`;
    return endsSoon(known) ? `the access token ends at ${dateText(known)}: ${fault.message}` : undefined;
  }

  function take(token: AccessToken): void {
    const before = known;
    known = token;
    if (before !== undefined && before.token !== token.token) onChange();
  }

  /** Another process may have been here first; what it wrote is used then. */
  async function renew(on: TokenFile): Promise<void> {
    const kept = await on.read();
    take(kept);
    if (!endsSoon(kept)) return;
    const answer = await refresh(new Date(Date.now() + NEW_TOKEN_MS));
    if (!isToken(answer.token)) throw failed("the vendor's new token is not one that can be sent");
    const expiresAt = Date.parse(answer.expired_at);
    const fresh = { token: answer.token, expiresAt: Number.isNaN(expiresAt) ? Date.now() + NEW_TOKEN_MS : expiresAt };
    // The vendor has ended the token before, so this one must not be lost: used it is in either case.
    unsaved = { fresh, ended: kept.token };
    await save(on, fresh).finally(() => take(fresh));
  }

  async function save(on: TokenFile, fresh: AccessToken): Promise<void> {
    await on.write(fresh);
    unsaved = undefined;
  }

  /** Brings file and memory together. */
  async function match(on: TokenFile): Promise<void> {
    const kept = await on.read();
    if (unsaved !== undefined && kept.token === unsaved.ended) {
      const { fresh } = unsaved;
      await on.locked(() => save(on, fresh));
      return;
    }
    unsaved = undefined;
    take(kept);
    if (autoRefreshToken && endsSoon(kept)) await on.locked(() => renew(on));
  }

  async function check(on: TokenFile): Promise<void> {
    try {
      await match(on);
      fault = undefined;
    } catch (error) {
      // A token in hand serves on until it ends.
      fault = isBrokerError(error) ? error : failed(`the access token could not be refreshed: ${reasonOf(error)}`);
    }
  }

  return {
    current() {
      const reason = problem();
      if (reason !== undefined || known === undefined) throw reason;
      return known.token;
    },
    problem,
    warning,
    async load() {
      if (file !== undefined) {
        const kept = await file.read();
        known = unsaved?.ended === kept.token ? unsaved.fresh : kept;
      }
      const reason = problem();
      if (reason !== undefined) throw reason;
    },
    async check() {
      if (file === undefined) return;
      nextLook ??= looking.then(() => {
        nextLook = undefined;
        looking = check(file);
        return looking;
      });
      await nextLook;
    },
    async settled() {
      await (nextLook ?? looking);
    },
  };
}

/** One that has ended already cannot be refreshed any more. */
function endsSoon({ expiresAt }: AccessToken): boolean {
  const left = expiresAt - Date.now();
  return left > 0 && left < REFRESH_BEFORE_MS;
}

function expired(token: AccessToken): BrokerError {
  return failed(`the access token expired at ${dateText(token)}; get a new one from the vendor's developer site`);
}

/** What keeps a token of another data center, or of the other environment, from being used for anything. */
function misplaced({ token }: AccessToken, tradeEnv: LongportConfig["tradeEnv"]): BrokerError | undefined {
  if (isOfUsCenter(token)) {
    const message =
      "the access token is of Longbridge's data center in the US, which has calls of its own for cash, positions and orders; its accounts cannot be used here";
    return new BrokerError("NotSupported", message, { outcome: "not_sent" });
  }
  if (tradeEnv === undefined) return undefined;
  const channel = accountChannel(token);
  if (isPaper(channel) === (tradeEnv === "SIMULATE")) return undefined;
  const is =
    channel === undefined ? "does not say whose it is" : `is that of a ${isPaper(channel) ? "paper" : "live"} account`;
  return failed(`tradeEnv is ${tradeEnv}, and the access token ${is}; give another token or tradeEnv`);
}

function dateText({ expiresAt }: AccessToken): string {
  return new Date(expiresAt).toISOString();
}

function failed(message: string): BrokerError {
  return new BrokerError("AuthenticationFailed", message, { outcome: "not_sent" });
}
