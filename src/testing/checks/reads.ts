/** Reading the account and the market. */
import { sameCurrency } from "../../domain/cash.ts";
import { contractKey } from "../../domain/contract.ts";
import { UNIFIED_STATUSES } from "../../domain/market-status.ts";
import { add, multiply } from "../../domain/money.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import type { Instrument } from "../stage.ts";
import {
  cashCurrency,
  expectDecimal,
  expectTime,
  heldOf,
  heldUntil,
  marketOf,
  openMarket,
  orderUntil,
  placeResting,
  priceStep,
} from "../trade.ts";
import { methods, powers, row, TRADING } from "./needing.ts";

const NO_CURRENCY = "XTS";

export const readChecks = (regions: readonly string[]): readonly ConformanceCheck[] => [
  check("ping is true", methods("ping"), async (scene) => {
    expectEqual(await scene.ping(), true, "ping");
  }),

  check(
    "ping turns false when the login behind the gateway is lost, and true when it is back",
    [...methods("ping"), ...powers("brokerLogin")],
    async (scene) => {
      await scene.venue.brokerLogin?.(false);
      await pingUntil(scene, false);
      await scene.venue.brokerLogin?.(true);
      await pingUntil(scene, true);
    },
  ),

  check("ping is not true when nobody answers", [...methods("ping"), ...powers("silence")], async (scene) => {
    await scene.venue.silence?.("read");
    await scene.until("ping not to be true", async () => {
      const pong = await scene.ping().catch((error: unknown) => {
        if (isBrokerError(error)) return false;
        throw error;
      });
      return pong ? undefined : "so";
    });
  }),

  check("gives the total cash in the currency asked for, and the ledger's lines", methods("cash"), async (scene) => {
    const asked = cashCurrency(scene);
    const cash = await scene.cash(asked);
    expectEqual(cash.currency, asked, "currency of the cash");
    expectDecimal(cash.amount, "amount of the cash");
    for (const { currency, amount, available } of cash.balances) {
      expect(/^[A-Z]{3,5}$/.test(currency), () => `a balance has currency "${currency}"`);
      expectDecimal(amount, `balance of ${currency}`);
      expectDecimal(available ?? 0, `available balance of ${currency}`);
    }
    const currencies = cash.balances.map(({ currency }) => currency);
    expectEqual(currencies, [...new Set(currencies)], "currencies of the balances, each once");
  }),

  check("gives the cash in every market's currency, or says that it cannot", methods("cash"), async (scene) => {
    for (const { currency } of scene.broker.capabilities().markets) {
      const answer = scene.cash(currency);
      const error = await rejectionOf(answer);
      if (error !== undefined) {
        await expectRefusal(`cash in ${currency}`, "cash", answer, { codes: ["NotSupported"] });
        continue;
      }
      const cash = await answer;
      expect(sameCurrency(cash.currency, currency), () => `asked for ${currency}, got ${cash.currency}`);
      expectDecimal(cash.amount, `cash in ${currency}`);
    }
  }),

  check("refuses cash in a currency that does not exist, and never answers 0", methods("cash"), async (scene) => {
    await expectRefusal(`cash in ${NO_CURRENCY}`, "cash", scene.cash(NO_CURRENCY), {
      codes: ["NotSupported", "InvalidRequest"],
    });
  }),

  check("lists positions in the language of its markets", methods("positions"), async (scene) => {
    const { positions } = await scene.positions();
    const { markets } = scene.broker.capabilities();
    for (const { contract, unit, currency, qty } of positions) {
      const what = `position in ${contract.region} ${contract.symbol}`;
      const market = markets.find((one) => one.region === contract.region && one.tradeType === contract.tradeType);
      if (market !== undefined) {
        expectEqual(unit, market.unit, `${what}: unit`);
        expect(new RegExp(`^(?:${market.symbolPattern})$`).test(contract.symbol), () => `${what}: odd symbol`);
      }
      expect(/^[A-Z]{3,5}$/.test(currency), () => `${what}: currency is "${currency}"`);
      expectDecimal(qty, `${what}: qty`);
      expect(qty !== 0, () => `${what}: a position of nothing`);
    }
  }),

  check(
    "shows a position that it cannot map as unmapped, beside the others",
    [...methods("positions"), ...powers("holdUnmappable")],
    async (scene) => {
      const before = await scene.positions();
      const held = await scene.venue.holdUnmappable?.();
      const after = await scene.until("the position to be unmapped", async () => {
        const listing = await scene.positions();
        return listing.unmapped.some((one) => one.originSymbol === held?.originSymbol) ? listing : undefined;
      });
      const shown = after.unmapped.find(({ originSymbol }) => originSymbol === held?.originSymbol);
      expectEqual(shown, held, "the unmapped position");
      expectEqual(after.positions.length, before.positions.length, "number of mapped positions");
    },
  ),

  ...regions.map((region) =>
    check(
      `shows what was bought as a position, in ${region}`,
      [
        ...TRADING,
        row({ region, orderType: "Limit" }),
        { instrument: region },
        ...methods("positions"),
        ...powers("fill"),
      ],
      async (scene) => {
        const { orderId, request, lot, instrument } = await placeResting(scene, { region });
        const before = await heldOf(scene, instrument.contract);
        await scene.venue.fill?.(orderId, lot, request.price);
        const { filledQty, avgPrice } = await orderUntil(scene, orderId, ["FILLED"]);
        expectEqual([filledQty, avgPrice], [lot, request.price], "filled and average of the order that bought");
        await heldUntil(scene, instrument.contract, add(before, lot));
        const { positions } = await scene.positions();
        const held = positions.find(({ contract }) => contractKey(contract) === contractKey(instrument.contract));
        const { currency } = marketOf(scene, region, instrument.contract.tradeType);
        expectEqual(held?.currency, currency, "currency of the position");
      },
    ),
  ),

  ...regions.map((region) =>
    check(`quotes in ${region}`, [...methods("quote"), { quotes: region }, { instrument: region }], async (scene) => {
      const instrument = instrumentIn(scene, region);
      const quote = await scene.quote(instrument.contract);
      expectEqual(quote.contract, instrument.contract, "contract of the quote");
      expectEqual(quote.currency, marketOf(scene, region, instrument.contract.tradeType).currency, "its currency");
      expectEqual(typeof quote.isTradable, "boolean", "type of isTradable");
      const { latest, preClose, highPrice, lowPrice, openPrice } = quote;
      for (const [name, price] of Object.entries({ latest, preClose, highPrice, lowPrice, openPrice })) {
        expectDecimal(price, name);
        expect(price > 0, () => `${name} is ${price}`);
      }
      expect(highPrice >= lowPrice, () => `high ${highPrice} is below low ${lowPrice}`);
      expectTime(quote.timestamp, "timestamp of the quote");
    }),
  ),

  ...regions.map((region) =>
    check(
      `quotes the last price without float dust, in ${region}`,
      [...methods("quote"), { quotes: region }, { instrument: region }, ...powers("setPrice")],
      async (scene) => {
        const instrument = instrumentIn(scene, region);
        const price = add(instrument.price, multiply(3, priceStep(scene, instrument)));
        // Asked for before, so that an answer that is remembered does not pass for the new one.
        await scene.quote(instrument.contract);
        await scene.venue.setPrice?.(instrument.contract, price);
        let seen = 0;
        await scene.until(
          `the quote to show ${price}`,
          async () => {
            seen = (await scene.quote(instrument.contract)).latest;
            return seen === price ? seen : undefined;
          },
          () => seen,
        );
      },
    ),
  ),

  check("refuses a quote of an unknown symbol", [...methods("quote"), { data: "unknownContract" }], async (scene) => {
    const contract = scene.stage.unknownContract;
    if (contract === undefined) return;
    await expectRefusal("quote of an unknown symbol", "quote", scene.quote(contract), { codes: ["UnknownContract"] });
  }),

  check("refuses a quote of a region that it does not know", methods("quote"), async (scene) => {
    const contract = { tradeType: "Securities", region: "ZZ", symbol: "NONE" } as const;
    await expectRefusal("quote in region ZZ", "quote", scene.quote(contract), {
      codes: ["NotSupported", "UnknownContract", "InvalidRequest"],
    });
  }),

  ...regions.map((region) =>
    check(
      `gives the state of the market in ${region}`,
      [...methods("marketStatus"), row({ region }), { instrument: region }],
      async (scene) => {
        const instrument = instrumentIn(scene, region);
        const status = await marketState(scene, instrument);
        expectEqual(status?.region, region, `region of the market's state`);
        expectOneOf(status?.unifiedStatus, UNIFIED_STATUSES, `unifiedStatus of ${region}`);
        expect(status?.originStatus !== "", () => "originStatus is empty");
      },
    ),
  ),

  ...regions.map((region) =>
    check(
      `says RTH while the regular session of ${region} trades`,
      [
        ...methods("marketStatus"),
        row({ region }),
        { instrument: region },
        { data: "tradingAt" },
        ...powers("setClock"),
      ],
      async (scene) => {
        const instrument = instrumentIn(scene, region);
        await openMarket(scene, instrument);
        let seen: string | undefined;
        await scene.until(
          `the market to be in RTH`,
          async () => {
            seen = (await marketState(scene, instrument))?.unifiedStatus;
            return seen === "RTH" ? seen : undefined;
          },
          () => seen,
        );
      },
    ),
  ),
];

async function pingUntil(scene: Scene, wanted: boolean): Promise<void> {
  await scene.until(`ping to be ${wanted}`, async () => ((await scene.ping()) === wanted ? "so" : undefined));
}

async function marketState(scene: Scene, { contract }: Instrument) {
  const map = await scene.marketStatus();
  return map[contract.tradeType]?.[contract.region];
}

function instrumentIn(scene: Scene, region: string): Instrument {
  const found = scene.stage.instruments.find(({ contract }) => contract.region === region);
  if (found === undefined) throw new Error(`the stage names no contract of ${region}`);
  return found;
}
