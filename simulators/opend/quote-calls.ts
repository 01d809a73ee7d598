/** Static data, snapshots and market states. */
import * as v from "valibot";
import type { Contract } from "../../src/domain/contract.ts";
import { priceStep } from "../../src/exchange/markets.ts";
import { marketTime } from "../shared/market-time.ts";
import { securityName } from "../shared/security-names.ts";
import { contractOfSecurity } from "./codes.ts";
import { type Desk, type Peer, requireLogin, requireQuotes, stateOfMarket } from "./desk.ts";
import { countCall } from "./limits.ts";
import { orderIdOf } from "./order-message.ts";
import { Refusal } from "./refusal.ts";
import { requests } from "./requests.ts";
import type { Answer } from "./session-calls.ts";

const MOST_SNAPSHOTS = 400;
const EQUITY = 3;
const FUND = 4;
const STATUS_NORMAL = 1;
const STATUS_SUSPENDED = 9;
const LISTED_ON = "1999-03-10";

/** 3202. */
export function getStaticInfo(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const list = asked(desk, c2s);
  return {
    staticInfoList: list.map(({ security, contract }) => ({
      basic: {
        security,
        id: orderIdOf(`${contract.region} ${contract.symbol}`),
        lotSize: desk.venue.lotSize(contract),
        secType: securityType(contract),
        name: securityName(contract),
        listTime: LISTED_ON,
        delisting: false,
      },
    })),
  };
}

/** 3203. */
export function getSecuritySnapshot(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const list = asked(desk, c2s);
  if (list.length > MOST_SNAPSHOTS) throw new Refusal(`股票数量超过限制，最多${MOST_SNAPSHOTS}个`);
  countCall(desk.limiter, "snapshot");
  return {
    snapshotList: list.map(({ security, contract, quote }) => {
      const suspended = desk.venue.isSuspended(contract);
      return {
        basic: {
          security,
          name: securityName(contract),
          type: securityType(contract),
          isSuspend: suspended,
          listTime: LISTED_ON,
          lotSize: desk.venue.lotSize(contract),
          priceSpread: priceStep(contract, quote.latest),
          updateTime: marketTime(quote.timestamp, contract.region),
          updateTimestamp: quote.timestamp / 1000,
          highPrice: quote.highPrice,
          openPrice: quote.openPrice,
          lowPrice: quote.lowPrice,
          lastClosePrice: quote.preClose,
          curPrice: quote.latest,
          volume: 0,
          turnover: 0,
          turnoverRate: 0,
          secStatus: suspended ? STATUS_SUSPENDED : STATUS_NORMAL,
        },
      };
    }),
  };
}

/** 3223. */
export function getMarketState(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  return {
    marketInfoList: asked(desk, c2s).map(({ security, contract }) => ({
      security,
      name: securityName(contract),
      marketState: stateOfMarket(desk, contract.region),
    })),
  };
}

function asked(desk: Desk, c2s: unknown) {
  const { securityList } = v.parse(requests.securities, c2s);
  requireLogin(desk);
  requireQuotes(desk);
  if (securityList.length === 0) throw new Refusal("缺少必要的参数: securityList");
  return securityList.map((security) => {
    const contract = contractOfSecurity(security.market, security.code);
    const quote = contract === undefined ? undefined : desk.venue.quote(contract);
    if (contract === undefined || quote === undefined) throw new Refusal(`未知股票 ${security.code}`);
    return { security, contract, quote };
  });
}

function securityType({ region, symbol }: Contract): number {
  return region === "US" && symbol === "QQQ" ? FUND : EQUITY;
}
