/**
 * Unlocking trade with the password: once a connection, and after a refusal of the password never again.
 *
 * A file of its own beside `wire.ts`, which says on which connection and when.
 */
import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import { createSharedReads, type Departure, underTurn } from "../shared/pacing.ts";
import type { TradingAccount } from "./accounts.ts";
import type { FutuConfig } from "./config.ts";
import type { Budgets } from "./timing.ts";

/** What is to be unlocked: the accounts on one connection. */
export interface Unlockable {
  readonly accounts: readonly TradingAccount[];
  unlocked: boolean;
}

export interface Unlocking<Session extends Unlockable> {
  /** True once OpenD has refused the password. */
  isRefused(): boolean;
  /** Reads work without it. @throws BrokerError when OpenD refuses it. */
  unlock(on: Session): Promise<void>;
  /** The same for a write, which waits for that no longer than its caller does. */
  unlockFor(call: Call, on: Session): Promise<void>;
}

/** What unlocking stands on. */
export interface UnlockingOptions<Session extends Unlockable> {
  readonly config: Pick<FutuConfig, "tradeEnv" | "unlockPin">;
  readonly deadlineMs: number;
  readonly budgets: Budgets;
  /** Asks OpenD on the connection of this session. */
  ask(on: Session, request: Readonly<Record<string, unknown>>, departure: Departure): Promise<unknown>;
}

export function createUnlocking<Session extends Unlockable>(options: UnlockingOptions<Session>): Unlocking<Session> {
  const { config, deadlineMs, budgets, ask } = options;
  const shared = createSharedReads();
  /** A password that OpenD refused is never sent again: a few wrong ones lock the account. */
  let refused = false;

  function isToUnlock(on: Session): boolean {
    return config.tradeEnv === "REAL" && config.unlockPin !== undefined && !on.unlocked && !refused;
  }

  async function unlock(on: Session): Promise<void> {
    if (!isToUnlock(on)) return;
    const { firm } = on.accounts[0] ?? {};
    const request = {
      unlock: true,
      pwdMD5: config.unlockPin,
      ...(firm === undefined ? {} : { securityFirm: firm }),
    };
    await shared.read("unlock", new AbortController().signal, async () => {
      const bounds = { deadline: performance.now() + deadlineMs };
      try {
        await underTurn(budgets.of({ limit: "unlock" }), "cancel", bounds, (departure) => ask(on, request, departure));
        on.unlocked = true;
      } catch (error) {
        const code = isBrokerError(error) ? error.code : undefined;
        refused = code === "AuthenticationFailed";
        // Another refusal is not repeated on this connection either, unless OpenD says that trading is locked.
        on.unlocked = code === "BrokerFault";
        throw error;
      }
    });
  }

  return {
    isRefused: () => refused,
    unlock,
    async unlockFor({ signal }, on) {
      if (!isToUnlock(on)) return;
      // Joined rather than handed the signal: the password that is on its way is not sent a second time beside it.
      await shared.read("unlock for writes", signal, () => unlock(on));
    },
  };
}
