/** Prices that move by themselves, the same way every time. */
import { type Contract, contractKey } from "../domain/contract.ts";
import { multiply } from "../domain/money.ts";
import { priceStep } from "./markets.ts";
import type { Exchange } from "./types.ts";

/** Milliseconds between two steps. */
export const WALK_STEP_MS = 1000;

/** Largest move of one step, as a part of the price. */
const REACH = 0.0004;
/** How strongly a price is drawn back to where it began or was last set, so that no contract drifts to nothing. */
const PULL = 0.0005;
/** Steps that are caught up after a pause; a longer one counts as if this much time had passed. */
const CATCH_UP = 60;

export interface RandomWalk {
  /** Moves the prices of all markets that trade now up to the exchange's clock. Does nothing between two steps. */
  advance(): void;
}

/**
 * A seeded random walk over an exchange's prices, one step a second while the contract's market trades. Equal seeds,
 * clocks and calls give equal prices. A price that somebody else has set is where the walk goes on from.
 */
export function createRandomWalk(exchange: Exchange, contracts: readonly Contract[], seed: number): RandomWalk {
  const walkers = contracts.map((contract) => ({
    contract,
    key: contractKey(contract),
    anchor: 0,
    exact: 0,
    shown: 0,
  }));
  let taken = Math.floor(exchange.now() / WALK_STEP_MS);

  return {
    advance: () => {
      const step = Math.floor(exchange.now() / WALK_STEP_MS);
      const missed = Math.min(step - taken, CATCH_UP);
      taken = step;
      if (missed <= 0) return;
      for (const walker of walkers) {
        const last = exchange.quote(walker.contract)?.latest;
        if (last === undefined || !trades(exchange, walker.contract)) continue;
        if (walker.shown !== last) walker.anchor = walker.exact = last;
        for (let each = step - missed + 1; each <= step; each++) {
          const drift = PULL * (walker.anchor / walker.exact - 1);
          walker.exact *= 1 + drift + REACH * noise(`${seed} ${walker.key} ${each}`);
        }
        walker.shown = onStep(walker.contract, walker.exact);
        if (walker.shown !== last) exchange.setPrice(walker.contract, walker.shown);
      }
    },
  };
}

function trades(exchange: Exchange, { region }: Contract): boolean {
  const { unifiedStatus } = exchange.marketStatus(region);
  return (
    unifiedStatus === "RTH" ||
    unifiedStatus === "PRE_HOURS" ||
    unifiedStatus === "AFTER_HOURS" ||
    unifiedStatus === "OVERNIGHT"
  );
}

/** The nearest price on the contract's price steps, at least one step. */
function onStep(contract: Contract, price: number): number {
  const step = priceStep(contract, price);
  return multiply(Math.max(1, Math.round(price / step)), step);
}

/** From -1 to 1, the same for the same text: FNV-1a over the text, then the finaliser of MurmurHash3. */
function noise(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x7fffffff - 1;
}
