/** Wrong about itself, the account or the market. */
import { multiply } from "../../../src/domain/money.ts";
import { altering, claiming, lacking, type Mutant } from "./mutant.ts";

export const readingMutants: readonly Mutant[] = [
  {
    fault: "its kind is not a word of the wire",
    mutate: altering(() => ({ kind: "My Broker" })),
    red: ["has a kind in camel case and a name for people"],
  },
  {
    fault: "is a plain object that nobody bound to an instance",
    mutate: (broker) => ({ ...broker }),
    red: ["was made by defineBroker, which binds the instance's id and tokens"],
  },
  {
    fault: "knows its capabilities only once it is started",
    mutate: altering(({ capabilities, start }) => {
      let started = false;
      return {
        capabilities: () => {
          if (!started) throw new Error("not started");
          return capabilities();
        },
        start: async (host) => {
          started = true;
          await start(host);
        },
      };
    }),
    red: ["gives its capabilities before it is started"],
  },
  {
    fault: "writes a row twice",
    mutate: claiming((right) => ({ ...right, orders: [...right.orders, ...right.orders.slice(0, 1)] })),
    red: [
      "gives its capabilities before it is started",
      "has capabilities that are plain data and agree with themselves",
    ],
  },
  {
    fault: "has a settle time that is no number",
    mutate: claiming((right) => ({ ...right, listing: { complete: true, settleMs: Number.NaN } })),
    red: [
      "gives its capabilities before it is started",
      "has capabilities that are plain data and agree with themselves",
      "lists an accepted order, once and under its tag, to who asks past the caches",
    ],
  },
  {
    fault: "lists quotes, but has no method for them",
    mutate: lacking("quote"),
    red: ["has the methods that its capabilities promise, and no promise for those it lacks"],
  },
  {
    fault: "shows the number of its account",
    mutate: claiming((right) => ({ ...right, account: "281756455982434220" })),
    red: ["names its account masked"],
  },
  {
    fault: "has a pattern that its own symbols do not match",
    mutate: claiming((right) => ({
      ...right,
      markets: right.markets.map((market) =>
        market.region === "HK" ? { ...market, symbolPattern: "[A-Z]+" } : market,
      ),
    })),
    red: ["names only markets in which the stage's contracts are well formed"],
  },
  {
    fault: "always says pong",
    mutate: altering(() => ({ ping: async () => true })),
    red: [
      "ping turns false when the login behind the gateway is lost, and true when it is back",
      "ping is not true when nobody answers",
      "answers no read after it was closed",
    ],
  },
  {
    fault: "never says pong",
    mutate: altering(() => ({ ping: async () => false })),
    red: ["ping is true", "ping turns false when the login behind the gateway is lost, and true when it is back"],
  },
  {
    fault: "never ends a ping that nobody answers",
    mutate: altering(({ ping }) => ({
      ping: (call) =>
        Promise.race([ping(call), new Promise<never>(() => undefined)]).catch(() => new Promise(() => undefined)),
    })),
    red: [
      "ping is not true when nobody answers",
      "ends every read whose call was aborted before",
      "ends every read that nobody answers when its call is aborted",
      "says that it was too fast when the venue says so, and that nothing was sent",
      "ends the calls that nobody answers when it closes",
      "answers no read after it was closed",
      "takes a proxy's page for no answer to a read",
    ],
  },
  {
    fault: "gives cash in dollars, whatever is asked for",
    mutate: altering(({ cash }) => ({ cash: (_query, call) => cash({ currency: "USD" }, call) })),
    red: [
      "gives the cash in every market's currency, or says that it cannot",
      "refuses cash in a currency that does not exist, and never answers 0",
      "pays from the cash of its currency what is bought in US, and counts that in every total",
      "pays from the cash of its currency what is bought in HK, and counts that in every total",
      "pays from the cash of its currency what is bought in CN, and counts that in every total",
      "pays from the cash of its currency what is bought in WW, and counts that in every total",
    ],
  },
  {
    fault: "says that there is 0 of a currency it does not know",
    mutate: altering(({ cash }) => ({
      cash: ({ currency }, call) =>
        cash({ currency }, call).catch((error: unknown) => {
          if (call.signal.aborted || currency !== "XTS") throw error;
          return { currency, amount: 0, balances: [] };
        }),
    })),
    red: ["refuses cash in a currency that does not exist, and never answers 0"],
  },
  {
    fault: "adds money up in floats",
    mutate: altering(({ cash }) => ({
      cash: async (query, call) => ({ ...(await cash(query, call)), amount: 0.1 + 0.2 }),
    })),
    red: [
      "gives the total cash in the currency asked for, and the ledger's lines",
      "gives the cash in every market's currency, or says that it cannot",
      "pays from the cash of its currency what is bought in US, and counts that in every total",
      "pays from the cash of its currency what is bought in HK, and counts that in every total",
      "pays from the cash of its currency what is bought in CN, and counts that in every total",
      "pays from the cash of its currency what is bought in WW, and counts that in every total",
    ],
  },
  {
    fault: "drops positions that it cannot map",
    mutate: altering(({ positions }) => ({
      positions: async (call) => ({ ...(await positions(call)), unmapped: [] }),
    })),
    red: ["shows a position that it cannot map as unmapped, beside the others"],
  },
  {
    fault: "drops all positions when it cannot map one",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const listing = await positions(call);
        if (listing.unmapped.length > 0) throw new Error("what is AAPL 270115C00200000?");
        return listing;
      },
    })),
    red: ["shows a position that it cannot map as unmapped, beside the others"],
  },
  {
    fault: "shows positions of nothing",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const listing = await positions(call);
        const contract = { tradeType: "Securities", region: "US", symbol: "SOLD" } as const;
        const sold = { contract, unit: "Share", currency: "USD", qty: 0 } as const;
        return { ...listing, positions: [...listing.positions, sold] };
      },
    })),
    red: ["lists positions in the language of its markets"],
  },
  {
    fault: "shows no positions in America",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const listing = await positions(call);
        return { ...listing, positions: listing.positions.filter(({ contract }) => contract.region !== "US") };
      },
    })),
    red: [
      "shows what was bought as a position, in US",
      "sells what is held",
      "shows what was sold and is not held as a position below zero, unless it cannot be sold",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "writes Hong Kong symbols without their zeros",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const listing = await positions(call);
        const short = listing.positions.map((one) => ({
          ...one,
          contract: { ...one.contract, symbol: one.contract.symbol.replace(/^0+/, "") },
        }));
        return { ...listing, positions: short };
      },
    })),
    red: ["shows what was bought as a position, in HK"],
  },
  {
    fault: "counts positions in lots",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const listing = await positions(call);
        const lots = listing.positions.map((one) =>
          one.contract.region === "CN" ? { ...one, qty: multiply(one.qty, 0.01) } : one,
        );
        return { ...listing, positions: lots };
      },
    })),
    red: ["shows what was bought as a position, in CN"],
  },
  {
    fault: "quotes Hong Kong in dollars of America",
    mutate: altering(({ quote }) => ({
      quote: async (contract, call) => ({ ...(await quote(contract, call)), currency: "USD" }),
    })),
    red: ["quotes in HK", "quotes in CN"],
  },
  {
    fault: "quotes with float dust",
    mutate: altering(({ quote }) => ({
      quote: async (contract, call) => {
        const right = await quote(contract, call);
        return { ...right, latest: (right.latest * 3) / 3 + 2.842170943040401e-14 };
      },
    })),
    red: [
      "quotes in US",
      "quotes in HK",
      "quotes in CN",
      "quotes the last price without float dust, in US",
      "quotes the last price without float dust, in HK",
      "quotes the last price without float dust, in CN",
    ],
  },
  {
    fault: "dates quotes in seconds",
    mutate: altering(({ quote }) => ({
      quote: async (contract, call) => {
        const right = await quote(contract, call);
        return { ...right, timestamp: Math.floor(right.timestamp / 1000) };
      },
    })),
    red: ["quotes in US", "quotes in HK", "quotes in CN", "quotes in WW"],
  },
  {
    fault: "quotes another price than the last",
    mutate: altering(({ quote }) => ({
      quote: async (contract, call) => {
        const right = await quote(contract, call);
        return { ...right, latest: right.preClose - 1 };
      },
    })),
    red: [
      "quotes the last price without float dust, in US",
      "quotes the last price without float dust, in HK",
      "quotes the last price without float dust, in CN",
      "quotes the last price without float dust, in WW",
    ],
  },
  {
    fault: "quotes an unknown symbol at 0",
    mutate: altering(({ quote }) => ({
      quote: (contract, call) =>
        quote(contract, call).catch((error: unknown) => {
          if (contract.symbol !== "NOSUCH") throw error;
          const prices = { latest: 0, preClose: 0, highPrice: 0, lowPrice: 0, openPrice: 0 };
          return { contract, currency: "USD", isTradable: false, ...prices, timestamp: Date.now() };
        }),
    })),
    red: ["refuses a quote of an unknown symbol"],
  },
  {
    fault: "takes any region for the American one",
    mutate: altering(({ quote }) => ({
      quote: (contract, call) =>
        quote(contract.region === "ZZ" ? { ...contract, region: "US", symbol: "AAPL" } : contract, call),
    })),
    red: ["refuses a quote of a region that it does not know"],
  },
  {
    fault: "knows the state of the American market alone",
    mutate: altering(({ marketStatus }) => ({
      marketStatus: async (call) => {
        const { Securities } = await marketStatus(call);
        return {
          Securities: Object.fromEntries(Object.entries(Securities ?? {}).filter(([region]) => region === "US")),
        };
      },
    })),
    red: [
      "gives the state of the market in HK",
      "gives the state of the market in CN",
      "gives the state of the market in WW",
      "says RTH while the regular session of HK trades",
      "says RTH while the regular session of CN trades",
      "says RTH while the regular session of WW trades",
    ],
  },
  {
    fault: "says the vendor's word for the state of a market",
    mutate: altering(({ marketStatus }) => ({
      marketStatus: async (call) => {
        const right = await marketStatus(call);
        const us = { region: "US", originStatus: "", unifiedStatus: "RTH" } as const;
        return { ...right, Securities: { ...right["Securities"], US: us } };
      },
    })),
    red: ["gives the state of the market in US"],
  },
  {
    fault: "takes an open market for a closed one",
    mutate: altering(({ marketStatus }) => ({
      marketStatus: async (call) => {
        const closed = (region: string) => ({ region, originStatus: "MORNING", unifiedStatus: "CLOSED" }) as const;
        await marketStatus(call);
        return { Securities: { US: closed("US"), HK: closed("HK"), CN: closed("CN") } };
      },
    })),
    red: [
      "gives the state of the market in WW",
      "says RTH while the regular session of US trades",
      "says RTH while the regular session of HK trades",
      "says RTH while the regular session of CN trades",
      "says RTH while the regular session of WW trades",
    ],
  },
];
