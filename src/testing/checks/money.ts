/** Cash that is paid with, in one currency and in others. */
import { sameCurrency } from "../../domain/cash.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, show } from "../expect.ts";
import { check, rejectionOf, type Scene } from "../scene.ts";
import type { HeldCash } from "../stage.ts";
import { cashCurrency, orderUntil, placeResting } from "../trade.ts";
import { methods, powers, row, TRADING } from "./needing.ts";

/** A currency's smallest part, and how far apart two conversions of the same cash may be: rates have few digits. */
const CENT = 0.01;
const OF_RATES = 0.001;

export const moneyChecks = (regions: readonly string[]): readonly ConformanceCheck[] =>
  regions.map((region) =>
    check(
      `pays from the cash of its currency what is bought in ${region}, and counts that in every total`,
      [
        ...TRADING,
        row({ region, orderType: "Limit" }),
        { instrument: region },
        ...methods("cash"),
        ...powers("fill", "cash"),
      ],
      async (scene) => {
        const { orderId, request } = await placeResting(scene, { region });
        const before = await scene.venue.cash?.();
        await expectCash(scene, before, "before anything is bought");
        await scene.venue.fill?.(orderId, request.qty, request.price);
        await orderUntil(scene, orderId, ["FILLED"]);
        const after = await scene.venue.cash?.();
        expect(show(after) !== show(before), () => `the cash of the stage is the same after something was bought`);
        await expectCash(scene, after, `once something was bought in ${region}`);
      },
    ),
  );

/** Reads the cash until it is what the venue has, line by line and as a total in every currency that can be asked for. */
async function expectCash(scene: Scene, held: HeldCash | undefined, when: string): Promise<void> {
  const { balances = {}, totals = {} } = held ?? {};
  const asked = cashCurrency(scene);
  let seen: unknown;
  await scene.until(
    `the cash by currency to be ${show(balances)} ${when}`,
    async () => {
      const lines = (await scene.cash(asked)).balances.map(({ currency, amount }) => [currency, amount] as const);
      seen = Object.fromEntries(lines);
      return sameLines(lines, Object.entries(balances)) ? "so" : undefined;
    },
    () => seen,
  );
  for (const [currency, total] of Object.entries(totals)) {
    // Not every broker converts into every currency; another check sees to it that it says so.
    if ((await rejectionOf(scene.cash(currency))) !== undefined) continue;
    await scene.until(
      `the total cash in ${currency} to be ${total} ${when}`,
      async () => {
        const { amount } = await scene.cash(currency);
        seen = amount;
        return Math.abs(amount - total) <= CENT + OF_RATES * Math.abs(total) ? "so" : undefined;
      },
      () => seen,
    );
  }
}

type Line = readonly [currency: string, amount: number];

function sameLines(seen: readonly Line[], held: readonly Line[]): boolean {
  const has = (lines: readonly Line[], [currency, amount]: Line): boolean =>
    amount === 0 || lines.some(([other, as]) => sameCurrency(other, currency) && Math.abs(as - amount) <= CENT);
  return seen.every((line) => has(held, line)) && held.every((line) => has(seen, line));
}
