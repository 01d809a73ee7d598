/** Wrong about the cash that is paid with. */
import type { Cash } from "../../../src/domain/cash.ts";
import { altering, type Mutant, type Mutate } from "./mutant.ts";

const paid = (region: string) =>
  `pays from the cash of its currency what is bought in ${region}, and counts that in every total`;

/** Tells other cash than there is. */
function telling(change: (cash: Cash) => Cash): Mutate {
  return altering(({ cash }) => ({ cash: async (query, call) => change(await cash(query, call)) }));
}

export const payingMutants: readonly Mutant[] = [
  {
    fault: "tells the cash in dollars alone, with what is owed in other currencies in it",
    mutate: telling((cash) => ({
      ...cash,
      balances: [{ currency: cash.currency, amount: cash.amount, available: null }],
    })),
    red: [paid("HK"), paid("CN")],
  },
  {
    fault: "leaves what is owed in another currency out of the total",
    mutate: altering(({ cash }, venue) => ({
      cash: async (query, call) => {
        const right = await cash(query, call);
        const dollars = venue.cash().get("USD") ?? 0;
        return { ...right, amount: right.currency === "USD" ? dollars : right.amount };
      },
    })),
    red: [paid("HK"), paid("CN")],
  },
  {
    fault: "converts a total by the rate of the other way",
    mutate: altering(({ cash }) => ({
      cash: async (query, call) => {
        const right = await cash(query, call);
        if (query.currency !== "HKD") return right;
        const { amount } = await cash({ currency: "USD" }, call);
        return { ...right, amount: Number((amount / 7.8).toFixed(2)) };
      },
    })),
    red: [paid("US"), paid("HK"), paid("CN"), paid("WW")],
  },
  {
    fault: "remembers its cash for ever",
    mutate: altering(({ cash }) => {
      const told = new Map<string, Cash>();
      return {
        cash: async (query, call) => {
          const right = told.get(query.currency) ?? (await cash(query, call));
          // What was closed, or aborted before, has no cash.
          if (!told.has(query.currency)) told.set(query.currency, right);
          else await cash(query, call);
          return right;
        },
      };
    }),
    red: [paid("US"), paid("HK"), paid("CN"), paid("WW")],
  },
];
