/** Numbers of the TWS protocol. Names follow the vendor's API. Source: the vendor's API client (EDecoder, EClient). */

/** What a client asks. */
export const REQUEST = {
  marketData: 1,
  cancelMarketData: 2,
  placeOrder: 3,
  cancelOrder: 4,
  openOrders: 5,
  accountUpdates: 6,
  executions: 7,
  ids: 8,
  contractDetails: 9,
  logLevel: 14,
  autoOpenOrders: 15,
  allOpenOrders: 16,
  managedAccounts: 17,
  currentTime: 49,
  globalCancel: 58,
  marketDataType: 59,
  positions: 61,
  accountSummary: 62,
  cancelAccountSummary: 63,
  cancelPositions: 64,
  startApi: 71,
  positionsMulti: 74,
  cancelPositionsMulti: 75,
  accountUpdatesMulti: 76,
  cancelAccountUpdatesMulti: 77,
  matchingSymbols: 81,
  marketRule: 91,
  completedOrders: 99,
} as const;

/** What TWS says. */
export const RESPONSE = {
  tickPrice: 1,
  tickSize: 2,
  orderStatus: 3,
  error: 4,
  openOrder: 5,
  accountValue: 6,
  portfolioValue: 7,
  accountUpdateTime: 8,
  nextValidId: 9,
  contractDetails: 10,
  executionDetails: 11,
  managedAccounts: 15,
  tickGeneric: 45,
  tickString: 46,
  currentTime: 49,
  contractDetailsEnd: 52,
  openOrderEnd: 53,
  accountDownloadEnd: 54,
  executionDetailsEnd: 55,
  tickSnapshotEnd: 57,
  marketDataType: 58,
  commissionReport: 59,
  position: 61,
  positionEnd: 62,
  accountSummary: 63,
  accountSummaryEnd: 64,
  positionMulti: 71,
  positionMultiEnd: 72,
  accountUpdateMulti: 73,
  accountUpdateMultiEnd: 74,
  symbolSamples: 79,
  tickReqParams: 81,
  marketRule: 93,
  completedOrder: 101,
  completedOrderEnd: 102,
} as const;

/** A number that is not set: a double and an integer. */
export const UNSET = "1.7976931348623157E308";
export const UNSET_INTEGER = 2147483647;

/** Versions from which a message has a further field. */
export const SINCE = {
  lastTradeDate: 182,
  customerAccount: 183,
  professionalCustomer: 184,
  bondAccruedInterest: 185,
  ineligibilityReasons: 186,
  includeOvernight: 189,
  cmeTagging: 192,
  cmeTaggingInOpenOrder: 193,
} as const;

/** The versions that this TWS speaks. Below 177 `@stoqey/ib` misreads completed orders. */
export const LOWEST_VERSION = 178;
export const HIGHEST_VERSION = 193;
