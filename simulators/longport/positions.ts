/** The account behind the service, and holdings that no adapter has a name for. */

/** The name of the account's one book. */
export const BOOK = "LB";
/** The channel of the account: at which of the vendor's companies it is. */
export const CHANNEL = "lb";
/** Number of the account in pushes. */
export const ACCOUNT_NO = "H10000001";

/** A holding the exchange has no name for. Reported as it is, never traded. */
export interface ExtraPosition {
  readonly channel: string;
  readonly symbol: string;
  readonly name: string;
  readonly qty: number;
  readonly costPrice: number;
  readonly currency: string;
  readonly market: string;
}

/** A Singapore stock and an option beside the shares, and a share in another channel. */
export const UNUSUAL_POSITIONS: readonly ExtraPosition[] = [
  { channel: CHANNEL, symbol: "D05.SG", name: "DBS", qty: 200, costPrice: 41.5, currency: "SGD", market: "SG" },
  {
    channel: CHANNEL,
    symbol: "AAPL271217C200000.US",
    name: "AAPL 271217 200.00 Call",
    qty: 3,
    costPrice: 12.4,
    currency: "USD",
    market: "US",
  },
  { channel: "lb_ipo", symbol: "9988.HK", name: "Alibaba", qty: 100, costPrice: 80, currency: "HKD", market: "HK" },
];
